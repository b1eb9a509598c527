# shellcheck shell=bash
# `./test_build.sh test`: what the tests need from the machine, the checks, the tests. The first red one ends it.

install_test_programs() {
    local -a missing=()
    # Without the package that would start a database service on this machine.
    has_program mariadbd && has_program mariadb-install-db || missing+=(mariadb-server-core mariadb-client-core)
    # Backups are tried with the program that people use for them.
    has_program mariadb-dump || missing+=(mariadb-client)
    ((${#missing[@]} == 0)) || install_debian_packages "${missing[@]}"
    # MariaDB does not run as root; the package that would make this user is the one left out above.
    if ((EUID == 0)) && ! getent passwd mysql >/dev/null; then
        step "adding the system user mysql, as whom the tests' MariaDB runs" \
            useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /bin/false mysql
    fi
    # The repositories that `prompter history` writes are read by git itself.
    has_program git || install_debian_packages git
    # Chromium's package brings no font, and a page without letters has other sizes.
    chromium --version >>"$log_file" 2>&1 || install_debian_packages chromium fonts-dejavu-core
    chromium --version >>"$log_file" 2>&1 ||
        fail "the browser tests need Debian's chromium as /usr/bin/chromium, and the one here does not run; see $log_file"
}

# Playwright comes with a Node.js of its own, and that one needs a library which not every machine has.
install_browser_driver() {
    python -m playwright --version >>"$log_file" 2>&1 || install_debian_packages libatomic1
    python -m playwright --version >>"$log_file" 2>&1 ||
        fail "Playwright, which drives the browser, does not run here; see $log_file"
}

has_program() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$1" >/dev/null
}

run_checks() {
    local shown_lines=60
    step "ruff check" ruff check
    step "ruff format" ruff format --check
    step "mypy" of_the_tree mypy
    step "layers of the packages" of_the_tree lint-imports
    step "generated files are fresh" of_the_tree python -m prompter.wire.generate --check
    step "make_tables.sql is fresh" of_the_tree python -m prompter.make_tables --check
    step "shellcheck" shellcheck --external-sources test_build.sh scripts/build.sh scripts/start_image.sh scripts/cluster.sh run_image.sh .ci/run
    step "hadolint" hadolint --failure-threshold warning Dockerfile
    step "prettier" npm --prefix lab-extension run prettier:check
    step "eslint" npm --prefix lab-extension run eslint:check
    step "tsc" npm --prefix lab-extension run typecheck
    step "vitest" npm --prefix lab-extension test
}

# Looks at the sources themselves, not at the wheel that was made of them.
of_the_tree() {
    PYTHONPATH=$top/events:$top/projections:$top/prompter "$@"
}

# The wheel is under test, and nobody's own log or study may take part.
run_tests() {
    local name
    for name in $(compgen -e PROMPTER_) MODE JP_PLUGIN_USER DOCKER_HOST_IP TOKEN PLUGIN_PORT PYTHONPATH; do
        unset "$name"
    done
    say "pytest"
    exec pytest "${pytest_options[@]}"
}
