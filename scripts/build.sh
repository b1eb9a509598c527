#!/usr/bin/env bash
# What ./test_build.sh does, in a process of its own: reads the options, then installs, then opens or tests.

set -uo pipefail
shopt -s nullglob

top=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
log_file=$top/build/test_build.log

# shellcheck source=scripts/messages.sh
source "$top/scripts/messages.sh"
# shellcheck source=scripts/environment.sh
source "$top/scripts/environment.sh"
# shellcheck source=scripts/node.sh
source "$top/scripts/node.sh"
# shellcheck source=scripts/install.sh
source "$top/scripts/install.sh"
# shellcheck source=scripts/open.sh
source "$top/scripts/open.sh"
# shellcheck source=scripts/checks.sh
source "$top/scripts/checks.sh"

usage() {
    cat <<'TEXT'
Usage: ./test_build.sh [--install-only] [--no-browser] [--port N] [--token T]
       ./test_build.sh test [OPTIONS OF PYTEST]

Without `test`: builds and installs Prompter, creates the log, and opens JupyterLab on a copy of the sample study in
~/prompter-sample. A second call installs what has changed; your notebooks and your log are never replaced.

  --install-only   stop before JupyterLab
  --no-browser     start JupyterLab, open no browser
  --port N         JupyterLab's port (default: 8888 or the next free one)
  --token T        JupyterLab's token (default: a new one each time)
  --help           this text

With `test`: installs what the tests need, then runs every check and test; what follows is handed to pytest.

It installs into the active conda or virtual environment, else into .venv here. From the environment it takes
  PROMPTER_LOG, MODE, PROMPTER_STUDY, …   the settings (README.md)
  BUILD_FRONTEND=1     build the plugin again
  INSTALL_FRONTEND=1   install its npm packages again, then build

`source ./test_build.sh` does the same and leaves the environment active.
TEXT
}

parse_options() {
    command=open install_only='' browser=yes port='' token=''
    pytest_options=()
    while (($#)); do
        case $1 in
            test)
                command=tests pytest_options=("${@:2}")
                return
                ;;
            --install-only) install_only=yes ;;
            --no-browser) browser='' ;;
            --port | --token)
                (($# > 1)) || refuse "$1 needs a value"
                set_option "$1" "$2"
                shift
                ;;
            --port=* | --token=*) set_option "${1%%=*}" "${1#*=}" ;;
            -h | --help)
                usage
                exit 0
                ;;
            *) refuse "unknown option $1; known are test, --install-only, --no-browser, --port N, --token T, --help" ;;
        esac
        shift
    done
}

set_option() {
    case $1 in
        --port)
            if ! [[ $2 =~ ^[1-9][0-9]{0,4}$ && $2 -lt 65536 ]]; then
                refuse "--port is ${2@Q}: give a number from 1 to 65535"
            fi
            port=$2
            ;;
        --token)
            # Jupyter takes an empty token for: let everybody in.
            [[ -n $2 ]] || refuse "--token is empty: give a token, or leave the option out"
            token=$2
            ;;
    esac
}

# The settings' paths are meant from where the person stands; JupyterLab will stand elsewhere.
anchor_paths() {
    if [[ ${PROMPTER_LOG-} == sqlite:///[!/:]* ]]; then
        PROMPTER_LOG=sqlite:///$PWD/${PROMPTER_LOG#sqlite:///}
    fi
    if [[ ${PROMPTER_STUDY-} == [!/~]* ]]; then
        PROMPTER_STUDY=$PWD/$PROMPTER_STUDY
    fi
    if [[ ${PROMPTER_DB_PASSWORD_FILE-} == [!/]* ]]; then
        PROMPTER_DB_PASSWORD_FILE=$PWD/$PROMPTER_DB_PASSWORD_FILE
    fi
}

parse_options "$@"
anchor_paths
cd "$top" || exit 1
begin_log
use_environment
case $command in
    open)
        install_prompter sample
        create_log
        if [[ $install_only ]]; then
            say "Installed. ./test_build.sh opens JupyterLab."
        else
            open_sample
        fi
        ;;
    tests)
        install_test_programs
        BUILD_FRONTEND=1 # the tests are about the sources as they stand
        install_prompter test
        install_browser_driver
        install_proxy
        run_checks
        run_tests
        ;;
esac
