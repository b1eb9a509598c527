#!/usr/bin/env bash
# Inside the image, in its working directory: the log's tables, then JupyterLab. What follows is handed to JupyterLab.
# Started by JupyterHub it is that person's server, which has no log of its own. (The repository's own run_image.sh
# builds the image and runs it.)
set -euo pipefail

fail() {
    printf 'run_image: %s\n' "$*" >&2
    exit 1
}

[[ -w $HOME ]] || fail "$HOME cannot be written by the user $(id --user); its group is 0: run with --user $(id --user):0"

# A volume that was empty hides what the image has there; what is there may hold somebody's work.
[[ -e $HOME/sample ]] || cp --recursive /opt/prompter/share/prompter/sample "$HOME/sample"

# Each ends in exec: a stop reaches the server itself, which commits what has come.
if [[ ${JUPYTERHUB_API_TOKEN-} ]]; then
    exec jupyterhub-singleuser "$@"
fi

port=${PLUGIN_PORT:-8888}
[[ $port =~ ^[1-9][0-9]{0,4}$ && $port -lt 65536 ]] || fail "PLUGIN_PORT is ${port@Q}: give a number from 1 to 65535"
if [[ ${TOKEN-} ]]; then
    # Not as an option: everybody on the machine can read a command line.
    export JUPYTER_TOKEN=$TOKEN
    unset TOKEN
fi
# Where a study's collector records, there is no log to prepare.
[[ ${PROMPTER_COLLECTOR-} ]] || prompter migrate || echo "Nothing is recorded until that is mended; JupyterLab starts all the same." >&2
exec jupyter lab --ip=0.0.0.0 --port="$port" --ServerApp.port_retries=0 --no-browser "$@"
