#!/usr/bin/env bash
# Builds the image if there is none, and runs it. `./run_image.sh --help` tells more.

set -euo pipefail

usage() {
    cat <<'TEXT'
Usage: ./run_image.sh [--build]

Runs JupyterLab with Prompter in a container, reachable from this machine alone. Builds the image first if there is
none, or if --build asks for it. Notebooks and the log live in the volume prompter-home and outlast the container.

From the environment it takes
  TOKEN, PLUGIN_PORT      JupyterLab's token (default: a new one each time) and port (8888)
  MODE, JP_PLUGIN_USER    the condition, the participant
  PROMPTER_STUDY          the path of study.yaml on this machine; the *.md and *.txt beside it go with it
  PROMPTER_PERIOD         the study's period in force
  PROMPTER_TRAITS         what is known of the participant: experience=novice,site=A
  PROMPTER_LOG            the log's URL as seen from the container; or
  DOCKER_HOST_IP          the host of the MySQL server
  PROMPTER_DB_PASSWORD or PROMPTER_DB_PASSWORD_FILE
  IMAGE, BASE_IMAGE       the image's name (prompter) and what it is built on
TEXT
}

fail() {
    printf 'run_image: %s\n' "$*" >&2
    exit 1
}

build=''
case ${1-} in
    '') ;;
    --build) build=yes ;;
    -h | --help)
        usage
        exit 0
        ;;
    *) fail "unknown option $1; known are --build and --help" ;;
esac

engine=$(command -v docker || command -v podman) || fail "neither docker nor podman is installed"
image=${IMAGE:-prompter}
port=${PLUGIN_PORT:-8888}
top=$(dirname -- "$(readlink -f -- "$0")")

build_options=()
if [[ $engine == */podman ]]; then
    build_options+=(--format docker) # its own format knows no health check
fi
if [[ $build ]] || ! "$engine" image inspect "$image" >/dev/null 2>&1; then
    "$engine" build "${build_options[@]}" ${BASE_IMAGE:+--build-arg "BASE_IMAGE=$BASE_IMAGE"} --tag "$image" "$top"
fi

options=(--rm --init --publish "127.0.0.1:$port:$port" --volume prompter-home:/home/prompter --env "PLUGIN_PORT=$port")
if [[ -t 0 && -t 1 ]]; then
    options+=(--interactive --tty)
fi
# By name alone: a value on the command line can be read by everybody on this machine.
for name in TOKEN MODE JP_PLUGIN_USER DOCKER_HOST_IP PROMPTER_LOG PROMPTER_PERIOD PROMPTER_TRAITS PROMPTER_DB_PASSWORD; do
    if [[ -v $name ]]; then
        options+=(--env "$name")
    fi
done
# with_file NAME PATH PLACE: gives the container one file, to read, and says where it is.
with_file() {
    [[ -r $2 ]] || fail "$1 is $2, which cannot be read"
    options+=(--volume "$(readlink -f -- "$2"):$3:ro" --env "$1=$3")
}
if [[ ${PROMPTER_STUDY-} ]]; then
    with_file PROMPTER_STUDY "$PROMPTER_STUDY" /etc/prompter/study.yaml
    # A study may name texts beside it, such as the one to consent to.
    for text in "$(dirname -- "$(readlink -f -- "$PROMPTER_STUDY")")"/*.{md,txt}; do
        [[ ! -f $text ]] || options+=(--volume "$text:/etc/prompter/${text##*/}:ro")
    done
fi
if [[ ${PROMPTER_DB_PASSWORD_FILE-} ]]; then
    with_file PROMPTER_DB_PASSWORD_FILE "$PROMPTER_DB_PASSWORD_FILE" /run/secrets/prompter_db_password
fi

exec "$engine" run "${options[@]}" "$image"
