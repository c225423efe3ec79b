# shellcheck shell=bash
# ./dev bench: the release build, beside its ceilings on the same private servers; `floods` needs none.

command_bench() {
    if [ "${1:-}" = floods ]; then
        build_or_die release graphql_floods
        run build/release/tests/graphql_floods "${@:2}"
        return
    fi
    build_or_die release roost benches
    results=$(mktemp -d /tmp/roost-bench.XXXXXX)
    at_exit remove_results
    use_bench_servers
    run python3 tests/bench/run.py "$@"
}

# As for the tests, but durable: what is measured keeps its promises.
use_bench_servers() {
    export ROOST_BUILD_DIR=$PWD/build/release ROOST_BIN=$PWD/build/release/src/roost
    servers_start "$results/servers" shared_buffers=1GB
    redis_listen
    export ROOST_TEST_PG=$postgres_url ROOST_TEST_REDIS=$redis_url
}
