# shellcheck shell=bash
# Telling people what happens, and what to do when it does not.

say() { printf '%s\n' "$*" >&2; }

# die MESSAGE [WHAT TO DO NEXT]…
die() {
    printf '\n%s\n' "$1" >&2
    shift
    if [ $# -gt 0 ]; then printf '  %s\n' "$@" >&2; fi
    exit 1
}

# with_progress LABEL LOG COMMAND…: runs the command with its output in LOG and shows that time passes; when it fails,
# shows the end of LOG and fails with its status.
with_progress() {
    local label=$1 log=$2 status=0
    shift 2
    mkdir -p "$(dirname "$log")"
    local began=$SECONDS
    show_time_passing "$label" "$began" &
    local ticker=$!
    run "$@" >"$log" 2>&1 || status=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    if [ -t 2 ]; then printf '\r\033[K' >&2; fi
    if [ "$status" -eq 0 ]; then
        say "  $label: $((SECONDS - began)) s"
    else
        say "  $label failed after $((SECONDS - began)) s. The end of $log:"
        tail -n 25 "$log" | sed 's/^/    /' >&2
    fi
    return "$status"
}

show_time_passing() {
    local label=$1 began=$2 seconds shown=0
    while sleep 0.5 && kill -0 $$ 2>/dev/null; do
        seconds=$((SECONDS - began))
        if [ -t 2 ]; then
            printf '\r  %s … %d s' "$label" "$seconds" >&2
        elif [ $((seconds - shown)) -ge 15 ]; then
            shown=$seconds
            say "  $label … $seconds s"
        fi
    done
}
