# shellcheck shell=bash
# A private PostgreSQL and Redis, on unix sockets in a folder that only root and they may enter.

# servers_start DATA [SETTING=VALUE]…: starts both with their data below DATA; sets $postgres_url (the superuser's, database
# `postgres`) and $redis_url. They stop when ./dev ends.
servers_start() {
    local data=$1
    shift
    mkdir -p "$data"
    data=$(readlink -f "$data")
    guard=$(mktemp -d /tmp/roost.XXXXXX)  # a socket's path must be short, and the checkout's may not be
    sockets=$guard/s
    mkdir "$sockets"
    if [ "$(id -u)" -eq 0 ]; then chown postgres: "$guard" "$sockets"; fi
    at_exit servers_stop

    # In sessions of their own, or Ctrl-C would stop them before the server that uses them.
    setsid tools/dev/postgres "$data/postgres" "$sockets" "$@" </dev/null >>"$data/postgres.log" 2>&1 9>&- &
    postgres_pid=$!
    setsid tools/dev/redis "$data/redis" "$sockets/redis" --databases 1024 </dev/null >>"$data/redis.log" 2>&1 9>&- &
    redis_pid=$!
    wait_for_server PostgreSQL "$postgres_pid" "$data/postgres.log" pg_isready --quiet --host "$sockets"
    wait_for_server Redis "$redis_pid" "$data/redis.log" redis-cli -s "$sockets/redis" ping
    postgres_url="postgresql://roost@/postgres?host=$sockets"
    redis_url="unix://$sockets/redis"
}

# redis_listen: on a free loopback port too, for clients that number databases in redis:// URLs.
redis_listen() {
    local port
    until
        port=$((RANDOM % 16384 + 16384))
        [ "$(redis-cli -s "$sockets/redis" config set port "$port" 2>&1)" = OK ]
    do :; done
    redis_url="redis://127.0.0.1:$port"
}

port_taken() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

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
    rm -rf "$guard"
}
