#!/usr/bin/env bash
# One command for a trial on this machine: JupyterHub, its proxy, the collector, and a MariaDB for the log.
# Run it again whenever you like: what is there is used, and nothing is replaced. Ctrl-C ends all of it.
set -euo pipefail

here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
config=${PROMPTER_HUB_CONFIG:-$here/config.yml}

# The environment that is active; else the repository's own.
if ! command -v prompter >/dev/null && [[ -x $here/../.venv/bin/prompter ]]; then
    PATH=$(readlink -f -- "$here/../.venv/bin"):$PATH
fi
command -v prompter >/dev/null || {
    echo "start: prompter is not installed: run ./test_build.sh --install-only, then pip install '.[hub]'" >&2
    exit 1
}

if [[ ! -e $here/node_modules/.bin/configurable-http-proxy ]]; then
    command -v npm >/dev/null || {
        echo "start: the proxy needs Node.js 20 or newer and npm: apt-get install nodejs npm" >&2
        exit 1
    }
    npm --prefix "$here" ci --ignore-scripts --no-audit --no-fund
fi
export PATH=$here/node_modules/.bin:$PATH

# `prompter study init` writes a file of this name; where another one is meant and missing, `study up` says so.
[[ -e $config || $(basename -- "$config") != config.yml ]] || prompter study init "$(dirname -- "$config")"
exec prompter study up --config "$config"
