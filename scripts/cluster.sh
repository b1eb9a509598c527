#!/usr/bin/env bash
# The tests of the log on a cluster: three Galera nodes on this machine's loopback interface. What follows is handed to
# pytest. The tests of ./test_build.sh leave these out: they want more of the machine, and take some minutes.

set -uo pipefail

top=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
log_file=$top/build/cluster.log
program=cluster

# shellcheck source=scripts/messages.sh
source "$top/scripts/messages.sh"
# shellcheck source=scripts/environment.sh
source "$top/scripts/environment.sh"
# shellcheck source=scripts/checks.sh
source "$top/scripts/checks.sh"

install_cluster_programs() {
    local -a missing=()
    # The package has the programs that copy one node's data to another, which mariadb-server-core has not.
    has_program wsrep_sst_rsync && has_program mariadbd && has_program mariadb-install-db || missing+=(mariadb-server)
    [[ -e /usr/lib/galera/libgalera_smm.so || -e /usr/lib64/galera-4/libgalera_smm.so ]] || missing+=(galera-4)
    has_program rsync || missing+=(rsync)
    # With these a node sees whether its ports and its helpers are there.
    has_program ps || missing+=(procps)
    has_program ss || has_program lsof || missing+=(iproute2)
    ((${#missing[@]} == 0)) || install_debian_packages "${missing[@]}"
    if [[ " ${missing[*]-} " == *" mariadb-server "* ]]; then
        say "Debian's mariadb-server may have started a database service; the tests do without:" \
            "systemctl disable --now mariadb ends it."
    fi
}

run_cluster_tests() {
    forget_settings
    say "pytest -m cluster"
    of_the_tree pytest -m cluster tests/cluster "$@"
}

cd "$top" || exit 1
begin_log
install_cluster_programs
use_environment
python -c 'import aiomysql, pytest, pytest_asyncio' >>"$log_file" 2>&1 ||
    fail "the environment lacks what the tests need; ./test_build.sh test installs it"
run_cluster_tests "$@"
