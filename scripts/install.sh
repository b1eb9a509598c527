# shellcheck shell=bash
# The plugin's build, the wheel, the kernel, the log; then a look whether Jupyter really has them.

plugin=prompter/prompter/labextension
wheels=build/wheel

# install_prompter EXTRA: installs the wheel of these sources, with the packages that the extra names.
install_prompter() {
    build_plugin
    step "building the wheel" build_wheel
    step "installing the wheel and what it needs" install_wheel "$1"
    step "registering the kernel prompter" python -m prompter_kernel.install --sys-prefix
    check_enabled
}

build_plugin() {
    local modules=lab-extension/node_modules
    if plugin_is_built && [[ ${BUILD_FRONTEND-} != 1 && ${INSTALL_FRONTEND-} != 1 ]]; then
        if [[ $(find lab-extension/{src,style,schema,package.json} -newer $plugin/package.json -print -quit) ]]; then
            say "Note: the plugin's sources are newer than its build; BUILD_FRONTEND=1 ./test_build.sh builds it again."
        fi
        return
    fi
    use_node
    # npm writes this file last: without it an installation was interrupted.
    if [[ ${INSTALL_FRONTEND-} == 1 || lab-extension/package-lock.json -nt $modules/.package-lock.json ]]; then
        step "installing the plugin's npm packages" npm --prefix lab-extension ci --ignore-scripts --no-audit --no-fund
        touch $modules/.package-lock.json
    fi
    if ! command -v jupyter-builder >/dev/null; then
        step "installing JupyterLab's builder" python -m pip install 'jupyter-builder>=1,<2'
        hash -r
    fi
    step "building the plugin" npm --prefix lab-extension run build:prod
    plugin_is_built || fail "the build left no plugin in $plugin; see $log_file"
}

plugin_is_built() {
    local entries=("$plugin"/static/remoteEntry.*.js)
    [[ -f $plugin/package.json && ${#entries[@]} -gt 0 ]]
}

# build_wheel [OPTION OF PIP…]
build_wheel() {
    rm -rf "$wheels" && python -m pip wheel --no-deps --wheel-dir "$wheels" "$@" .
}

# The version does not change with each edit, so pip must be told to take the new file. The second call fetches what
# is missing.
install_wheel() {
    local wheel=("$wheels"/jupyterlab_prompter-*.whl)
    python -m pip install --no-deps --force-reinstall "${wheel[0]}" && python -m pip install "${wheel[0]}[$1]"
}

# In the foreground: on MySQL it may ask for an administrator's password, if the database is missing.
create_log() {
    local found
    prompter migrate || exit 1
    if ! found=$(prompter check 2>&1); then
        # Each finding is a line: failed, what was looked at, why. All of it, if it is something else.
        fail "$(sed -n 's/^failed *[a-z]* *//p' <<<"$found" | grep . || printf '%s' "$found")"
    fi
}

check_enabled() {
    expect "JupyterLab has the plugin jupyterlab-prompter enabled and OK" \
        'jupyterlab-prompter v[^ ]+ +enabled +OK' jupyter labextension list
    expect "the server extension prompter is enabled" '^ *prompter enabled' jupyter server extension list
    expect "the server extension prompter is OK" '^ *prompter [^ ]+ +OK' jupyter server extension list
    expect "Jupyter knows the kernel prompter" '^ *prompter ' jupyter kernelspec list
    say "The plugin, the server extension and the kernel are enabled."
}

# expect FACT PATTERN COMMAND…: ends unless a line of what the command says matches.
expect() {
    local fact=$1 pattern=$2 found
    shift 2
    found=$("$@" 2>&1 </dev/null | sed 's/\x1b\[[0-9;]*m//g') # without its colours
    printf '\n== %s\n%s\n' "$*" "$found" >>"$log_file"
    if ! grep -Eq "$pattern" <<<"$found"; then
        printf '%s\n' "$found" >&2
        fail "not so: $fact. Above is what \`$*\` says"
    fi
}
