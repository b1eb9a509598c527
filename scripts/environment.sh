# shellcheck shell=bash
# The Python environment that everything goes into, and Debian's packages where the machine lacks something.

conda_line='conda create -n prompter python=3.12 nodejs=20 && conda activate prompter'

# The active environment, else .venv in the repository. Sets environment and puts its programs first in the path.
use_environment() {
    environment=$(active_environment)
    if [[ $environment ]]; then
        [[ -x $environment/bin/python ]] ||
            fail "the active environment $environment has no Python; leave it, or use: $conda_line"
    else
        environment=$top/.venv
        python_works "$environment/bin/python" || make_environment
    fi
    require_python "$environment/bin/python" "$environment"
    "$environment/bin/python" -m pip --version >>"$log_file" 2>&1 ||
        fail "$environment has no pip: $environment/bin/python -m ensurepip"
    export PATH=$environment/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1
    unset PYTHONHOME
    hash -r
    say "Environment: $environment ($(python --version))"
}

# With both kinds active, the one whose Python is first in the path.
active_environment() {
    if [[ ${CONDA_PREFIX-} && ${VIRTUAL_ENV-} && $(command -v python) == "$CONDA_PREFIX"/bin/* ]]; then
        printf '%s' "$CONDA_PREFIX"
    else
        printf '%s' "${VIRTUAL_ENV:-${CONDA_PREFIX-}}"
    fi
}

make_environment() {
    local base
    base=$(find_python) || exit 1
    if ! "$base" -c 'import ensurepip, venv' >>"$log_file" 2>&1; then
        install_debian_packages "python$(python_version "$base" 2)-venv"
    fi
    step "creating $environment" "$base" -m venv "$environment"
}

# The machine's own Python, or a newer one beside it.
find_python() {
    local name oldest=''
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        python_works "$name" || continue
        python_is_new_enough "$name" && {
            printf '%s' "$name"
            return
        }
        oldest=${oldest:-$name}
    done
    [[ $oldest ]] && require_python "$oldest" "$(command -v "$oldest")"
    fail "Python 3.11 or newer is needed: apt-get install python3 python3-venv, or $conda_line"
}

require_python() {
    python_is_new_enough "$1" ||
        fail "$2 has Python $(python_version "$1" 3), and 3.11 or newer is needed: $conda_line"
}

python_works() {
    "$1" -c '' >/dev/null 2>&1
}

python_is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# python_version PYTHON PARTS: such as 3.11 for two parts.
python_version() {
    "$1" -c "import sys; print('.'.join(str(n) for n in sys.version_info[:$2]))"
}

# Installs them if that needs no question; otherwise names them and ends.
install_debian_packages() {
    local -a rights=()
    command -v apt-get >/dev/null || fail "missing on this machine; please install what Debian calls $*"
    if ((EUID != 0)); then
        sudo -n true 2>/dev/null || fail "missing on this machine; please run: sudo apt-get install $*"
        rights=(sudo -n)
    fi
    step "installing Debian's $*" apt_install "$@"
}

# Takes `rights` from its caller. A fresh machine has no package lists yet; others need no new ones.
apt_install() {
    local -a install=("${rights[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends)
    "${install[@]}" "$@" || { "${rights[@]}" apt-get update && "${install[@]}" "$@"; }
}
