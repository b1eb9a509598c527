#!/usr/bin/env bash
# Builds, installs and opens Prompter; with `test` it runs every check and test. `./test_build.sh --help` tells more.
#
# Run it, or source it from bash or zsh. Sourced, it leaves the shell as it was, whatever happens: the work is done in
# a process of its own, whose exit code is the return code. One thing stays: if it succeeded in the repository's own
# .venv, that environment is active afterwards (`deactivate` leaves it).

if [ -n "${BASH_VERSION-}" ]; then
    # shellcheck disable=SC2128  # the first element is meant, and other shells must be able to read this line
    case $BASH_SOURCE in
        "$0") exec bash "$(dirname -- "$(readlink -f -- "$0")")/scripts/build.sh" "$@" ;;
    esac
elif [ -n "${ZSH_VERSION-}" ]; then
    case ${ZSH_EVAL_CONTEXT-} in
        *:file | *:file:*) ;;
        *) exec bash "$(dirname -- "$(readlink -f -- "$0")")/scripts/build.sh" "$@" ;;
    esac
else
    echo "test_build: run ./test_build.sh, or source it from bash or zsh" >&2
    # shellcheck disable=SC2317  # reached when another shell runs this file instead of sourcing it
    return 2 2>/dev/null || exit 2
fi

_prompter_test_build() {
    unset -f _prompter_test_build # it leaves no name behind either
    local top
    if [ -n "${BASH_VERSION-}" ]; then
        top=${BASH_SOURCE[0]}
    else
        eval 'top=${(%):-%x}' # zsh's word for it, which bash could not parse
    fi
    top=$(dirname -- "$(readlink -f -- "$top")")
    bash "$top/scripts/build.sh" "$@" || return
    if [ -z "${VIRTUAL_ENV-}${CONDA_PREFIX-}" ] && [ -f "$top/.venv/bin/activate" ]; then
        # shellcheck disable=SC1091
        . "$top/.venv/bin/activate"
    fi
}
_prompter_test_build "$@"
