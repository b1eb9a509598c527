#!/usr/bin/env bash
# Writes image/*.lock: every package that the image installs, with its version and its hashes. `scripts/lock.sh`
# changes what no longer fits pyproject.toml and image/*.in; `scripts/lock.sh --upgrade` takes the newest of everything.

set -euo pipefail

top=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
program=lock

# shellcheck source=scripts/messages.sh
source "$top/scripts/messages.sh"

command -v uv >/dev/null || fail "uv is not installed: pip install uv"
case $* in
    '' | --upgrade) ;;
    *) fail "unknown option $1; known is --upgrade" ;;
esac

# lock NAME SOURCE…: for every Python that the base image may have, with no address of an index.
lock() {
    uv --quiet --no-config pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command scripts/lock.sh --output-file "image/$1.lock" "${@:2}" "${upgrade[@]}"
}

cd "$top"
upgrade=("$@")
lock build image/build.in
lock single-user --extra sample pyproject.toml image/single-user.in
# Both images have the same versions of what both have.
lock hub --extra hub --constraint image/single-user.lock pyproject.toml image/hub.in
