#!/usr/bin/env bash
# Builds the plugin and then the wheel, into build/wheel, with what the active environment has: the image's own build.

set -uo pipefail
shopt -s nullglob

top=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
log_file=$top/build/wheel.log
program=wheel

# shellcheck source=scripts/messages.sh
source "$top/scripts/messages.sh"
# shellcheck source=scripts/environment.sh
source "$top/scripts/environment.sh"
# shellcheck source=scripts/node.sh
source "$top/scripts/node.sh"
# shellcheck source=scripts/install.sh
source "$top/scripts/install.sh"

cd "$top" || exit 1
begin_log
use_environment
build_plugin
step "building the wheel" build_wheel --no-build-isolation
