#!/bin/sh
# What the image runs: the log's tables, then JupyterLab.
set -eu

if [ -n "${TOKEN-}" ]; then
    export JUPYTER_TOKEN="$TOKEN"
    unset TOKEN
fi
prompter migrate || echo "Nothing is recorded until that is mended; JupyterLab starts all the same." >&2
exec jupyter lab --ip=0.0.0.0 --port="${PLUGIN_PORT:-8888}" --ServerApp.port_retries=0 --no-browser
