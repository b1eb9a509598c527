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

# JupyterHub's proxy, in front of the Hubs that the tests start.
install_proxy() {
    local modules=notebook-server/node_modules
    if [[ notebook-server/package-lock.json -nt $modules/.package-lock.json ]]; then
        use_node
        step "installing JupyterHub's proxy" npm --prefix notebook-server ci --ignore-scripts --no-audit --no-fund
        touch $modules/.package-lock.json
    fi
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
    step "the study's schema and reference are fresh" of_the_tree python -m prompter.study.generate --check
    step "make_tables.sql is fresh" of_the_tree python -m prompter.make_tables --check
    step "the reference of the documentation is fresh" of_the_tree python -m prompter.reference --check
    step "shellcheck" shellcheck --external-sources test_build.sh scripts/build.sh scripts/cluster.sh scripts/image.sh \
        scripts/lock.sh scripts/wheel.sh run_image.sh image/run_image.sh notebook-server/start.sh .ci/run
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

# Nobody's own log or study may take part in tests.
forget_settings() {
    local name
    for name in $(compgen -e PROMPTER_) MODE JP_PLUGIN_USER DOCKER_HOST_IP TOKEN PLUGIN_PORT; do
        unset "$name"
    done
}

# The wheel is under test.
run_tests() {
    forget_settings
    unset PYTHONPATH
    say "pytest"
    # Two at a time: browsers, servers and kernels leave two cores idle for half of the time. `-n 0`: one after the other.
    exec pytest --numprocesses 2 --dist worksteal "${pytest_options[@]}"
}
