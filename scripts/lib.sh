# Helpers that the other scripts source; not a program of its own.
# shellcheck shell=bash

# Else a step that Ctrl-C has ended would count as one that failed.
trap 'exit 130' INT

say() { printf '==> %s\n' "$*"; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# Only there may we install system packages without asking.
is_root_on_debian() { [[ $EUID -eq 0 && -e /etc/debian_version ]] && has apt-get; }

# Copies its input to the log file $1 and shows a little of it: the newest line
# where a terminal can rewrite it, else one line every ten seconds.
condense() {
    local line shown=$SECONDS
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$1"
        if [[ -z ${line//[[:space:]]/} ]]; then
            continue
        elif [[ -t 1 ]]; then
            printf '\r\033[K    %.70s' "$line"
        elif ((SECONDS - shown >= 10)); then
            printf '    %.100s\n' "$line"
            shown=$SECONDS
        fi
    done
    [[ ! -t 1 ]] || printf '\r\033[K'
}

# quietly COMMAND...: its output condensed, but its last lines in full when it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" 2>&1 </dev/null | condense "$log" || status=$?
    ((status == 0)) || tail -n 25 "$log" >&2
    rm -f "$log"
    return "$status"
}

apt_install() {
    say "Installing Debian packages: $*"
    export DEBIAN_FRONTEND=noninteractive
    # One broken source among many makes it fail, and may have nothing to do with us.
    quietly apt-get update || say "apt-get update failed: going on with the package lists that are there"
    quietly apt-get install --yes --no-install-recommends "$@" ||
        die "apt-get could not install $*: its last lines, above, say why."
}
