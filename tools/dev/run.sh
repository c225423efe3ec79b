# shellcheck shell=bash
# Running things so that Ctrl-C and SIGTERM stop all of them, in order, and exit codes survive.

running=      # the process group in the foreground
stop_signal=  # the signal that asked us to stop
undo=()       # what to undo at exit, last first

# at_exit COMMAND: a command line to run when ./dev ends, however it ends.
at_exit() {
    undo=("$1" "${undo[@]}")
    trap undo_all EXIT
}

undo_all() {
    local status=$? step
    trap '' INT TERM HUP
    for step in "${undo[@]}"; do eval "$step" || true; done
    undo=()
    exit "$status"
}

on_signal() {
    stop_signal=$1
    # A plain return would give the status of what was interrupted, and end the shell before its children.
    if [ -n "$running" ] && kill -"$1" -- "-$running" 2>/dev/null; then return 0; fi
    exit $((128 + $(kill -l "$1")))
}
trap 'on_signal INT' INT
trap 'on_signal TERM' TERM
trap 'on_signal HUP' HUP

# run COMMAND…: in a process group of its own, so that a signal to ./dev reaches it and everything it started.
run() {
    start "$@"
    finish
}

# start COMMAND…: the same in the background; `finish` waits for it and returns its status. It ends when ./dev is killed.
start() {
    set -m
    setpriv --pdeathsig TERM "$@" </dev/null &
    running=$!
    set +m
}

finish() {
    local status=0
    while :; do
        status=0
        wait "$running" 2>/dev/null || status=$?
        if ! kill -0 "$running" 2>/dev/null; then break; fi  # else a signal of ours only interrupted the waiting
    done
    running=
    if [ -n "$stop_signal" ]; then exit $((128 + $(kill -l "$stop_signal"))); fi
    return "$status"
}
