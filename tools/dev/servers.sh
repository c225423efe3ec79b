# shellcheck shell=bash
# A private PostgreSQL and Redis: on unix sockets only, so they never meet anyone else's ports.

# servers_start DATA [SETTING=VALUE]…: starts both with their data below DATA and exports the superuser's URL of PostgreSQL as
# $postgres_url (its database `postgres`) and the URL of Redis as $redis_url. They stop when ./dev ends.
servers_start() {
    local data=$1
    shift
    mkdir -p "$data"
    sockets=$(mktemp -d /tmp/roost.XXXXXX)  # a socket's path must be short, and the checkout's may not be
    if [ "$(id -u)" -eq 0 ]; then chown postgres: "$sockets"; fi
    at_exit servers_stop

    # In sessions of their own, or Ctrl-C would stop them before the server that uses them.
    setsid tools/dev/postgres "$PWD/$data/postgres" "$sockets" "$@" </dev/null >>"$data/postgres.log" 2>&1 9>&- &
    postgres_pid=$!
    setsid tools/dev/redis "$PWD/$data/redis" "$sockets/redis" </dev/null >>"$data/redis.log" 2>&1 9>&- &
    redis_pid=$!
    wait_for_server PostgreSQL "$postgres_pid" "$data/postgres.log" pg_isready --quiet --host "$sockets"
    wait_for_server Redis "$redis_pid" "$data/redis.log" redis-cli -s "$sockets/redis" ping
    postgres_url="postgresql://roost@/postgres?host=$sockets"
    redis_url="unix://$sockets/redis"
}

wait_for_server() {
    local name=$1 pid=$2 log=$3
    shift 3
    until "$@" >/dev/null 2>&1; do
        if ! kill -0 "$pid" 2>/dev/null; then
            tail -n 15 "$log" >&2
            die "$name did not start." "The lines above are the end of $log. A full disk? 'df .' tells."
        fi
        sleep 0.05
    done
}

servers_stop() {
    kill -INT "$postgres_pid" 2>/dev/null || true  # fast shutdown: connections end, nothing is lost
    kill -TERM "$redis_pid" 2>/dev/null || true
    wait "$postgres_pid" "$redis_pid" 2>/dev/null || true
    rm -rf "$sockets"
}
