# shellcheck shell=bash
# What a person sees: one line for each step; what the step's programs say goes into the log file.

begin_log() {
    if ! { mkdir -p "$(dirname "$log_file")" && : >"$log_file"; } 2>/dev/null; then
        fail "cannot write $log_file: is the repository yours?"
    fi
}

say() {
    printf '%s\n' "$*"
}

# Under the name that whoever sourced this file gave the program.
fail() {
    printf '%s: %s\n' "${program:-test_build}" "$*" >&2
    exit 1
}

# A wrong call, as against a failure.
refuse() {
    printf '%s: %s\n' "${program:-test_build}" "$*" >&2
    exit 2
}

# step LABEL COMMAND…: runs a command or function without a terminal. On failure shows the last lines of what it said
# (as many as shown_lines says), names the log file, and ends.
step() {
    local label=$1 begin=$SECONDS said
    shift
    printf '%s … ' "$label"
    printf '\n== %s\n' "$label" >>"$log_file"
    said=$(wc -l <"$log_file")
    # A step must not ask: nobody would see the question.
    if "$@" >>"$log_file" 2>&1 </dev/null; then
        printf 'ok (%d s)\n' $((SECONDS - begin))
        return
    fi
    printf 'failed\n'
    tail -n "+$((said + 1))" "$log_file" | tail -n "${shown_lines:-20}" >&2
    fail "failed: $label; all that was said is in $log_file"
}
