# shellcheck shell=bash
# JupyterLab on a copy of the sample study.

open_sample() {
    local folder=${HOME:?}/prompter-sample file
    local -a options=()
    mkdir -p "$folder" || fail "cannot make $folder"
    for file in sample/*; do
        # What is there may hold somebody's work.
        [[ -e $folder/${file##*/} ]] || cp "$file" "$folder/" || fail "cannot write in $folder"
    done
    if [[ $port ]]; then
        options+=("--port=$port" --ServerApp.port_retries=0)
    fi
    [[ $browser ]] || options+=(--no-browser)
    ((EUID != 0)) || options+=(--allow-root)
    # Not as an option: everybody on the machine can read a command line.
    [[ ! $token ]] || export JUPYTER_TOKEN=$token
    say "Opening JupyterLab on $folder/loans.ipynb; Ctrl-C ends it."
    cd "$folder" || exit 1
    exec jupyter lab "${options[@]}" --LabApp.default_url=/lab/tree/loans.ipynb
}
