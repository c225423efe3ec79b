# shellcheck shell=bash
# ./dev test: every suite, one count.

suites_by_default=(lint unit http clients graphql fuzz)
all_suites=("${suites_by_default[@]}" asan tsan)  # the last two run unit and http again, in builds that look for more
passed=0
failed=0

command_test() {
    local suite suites=("${suites_by_default[@]}")
    if [ $# -gt 0 ]; then
        suites=("$1")
        shift
    fi
    for suite in "${suites[@]}"; do
        [[ " ${all_suites[*]} " == *" $suite "* ]] || die "There is no suite '$suite'." "There are: ${all_suites[*]}"
    done

    results=$(mktemp -d /tmp/roost-test.XXXXXX)
    at_exit remove_results
    for suite in "${suites[@]}"; do
        heading "$suite"
        "suite_$suite" "$@"
    done
    printf '\n%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ]
}

remove_results() { rm -rf "$results"; }

heading() { say "" "── $1 ── ($((SECONDS / 60)) min)"; }

suite_lint() {
    local check
    for check in "${lint_checks[@]}"; do count_one "$check" "lint_$check"; done
}

suite_unit() { if compile release roost_unit roost; then unit release "$@"; fi; }

suite_http() {
    if ! compile release roost; then return; fi
    http release "$@"
    if [ $# -eq 0 ]; then count_one "every statement ran" run python3 tests/every_statement_ran.py; fi
}

suite_clients() {
    if ! compile release roost; then return; fi
    if ! npm_packages tests/clients; then
        failed=$((failed + 1))
        return
    fi
    use_test_servers release
    NODE_OPTIONS="--test-reporter=spec --test-reporter-destination=stdout --test-reporter=junit --test-reporter-destination=$results/clients.xml" \
        count_file clients.xml run python3 tests/with_server.py npm --prefix tests/clients test -- "$@"
}

# The reference implementation of GraphQL and ours judge the same random documents.
suite_graphql() {
    if ! compile release graphql_verdicts; then return; fi
    if ! npm_packages tests/graphql; then
        failed=$((failed + 1))
        return
    fi
    ROOST_BUILD_DIR=$PWD/build/release \
        NODE_OPTIONS="--test-reporter=spec --test-reporter-destination=stdout --test-reporter=junit --test-reporter-destination=$results/graphql.xml" \
        count_file graphql.xml run npm --prefix tests/graphql test
}

# Every fuzz target runs its corpus and then a bounded number of inputs of its own.
suite_fuzz() {
    local program name
    if ! compile fuzz fuzz; then return; fi
    for program in build/fuzz/tests/*_fuzz; do
        name=$(basename "$program" _fuzz)
        mkdir -p "$results/fuzz-$name"
        count_one "fuzz $name" with_progress "$name" "build/fuzz/$name.log" \
            "$program" -runs="${ROOST_FUZZ_RUNS:-100000}" -max_total_time=120 -timeout=10 -rss_limit_mb=4096 \
            -artifact_prefix="build/fuzz/$name-" "$@" "$results/fuzz-$name" "tests/fuzz/corpus/$name"
    done
}

suite_asan() { sanitized asan "$@"; }

suite_tsan() { sanitized tsan "$@"; }

# sanitized PRESET: the suites that run our code, in a build that looks for the faults it can look for.
sanitized() {
    local preset=$1
    shift
    if ! compile "$preset" roost_unit roost; then return; fi
    pytest_options+=(--timeout 1800)  # everything takes several times as long
    unit "$preset"
    http "$preset" "$@"
}

compile() {
    if build "$@"; then return; fi
    say "$1 does not compile."
    failed=$((failed + 1))
    return 1
}

unit() {
    local preset=$1
    shift
    use_test_servers "$preset"
    count_file "unit-$preset.xml" run "${wrap[@]}" "build/$preset/tests/roost_unit" --gtest_brief=1 \
        --gtest_output="xml:$results/unit-$preset.xml" "$@"
}

pytest_options=(--quiet --timeout 600 -p no:cacheprovider -o junit_family=xunit1)

http() {
    local preset=$1
    shift
    use_test_servers "$preset"
    local workers=()
    # Tests wait more than they compute. Of a part, the output is to be read as it comes.
    if [ $# -eq 0 ]; then workers=(--numprocesses $(($(nproc) * 3 / 2)) --dist worksteal); fi
    count_file "http-$preset.xml" run "${wrap[@]}" python3 -m pytest tests/http "${pytest_options[@]}" "${workers[@]}" \
        --junitxml "$results/http-$preset.xml" "$@"
}

# What the tests are given: the binary under test, and a PostgreSQL superuser and a Redis that are theirs alone. fsync is off
# and synchronous_commit on: a killed server loses nothing, only a power cut could.
use_test_servers() {
    export ROOST_BUILD_DIR=$PWD/build/$1 ROOST_BIN=$PWD/build/$1/src/roost
    wrap=()
    # TSan knows only the usual layout of memory; a container may forbid to ask for it.
    if [ "$1" = tsan ]; then export TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp${TSAN_OPTIONS:+:$TSAN_OPTIONS}"; fi
    if [ "$1" = asan ]; then export LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}"; fi
    if [ "$1" = tsan ] && setarch --addr-no-randomize true 2>/dev/null; then wrap=(setarch --addr-no-randomize); fi
    if [ -n "${ROOST_TEST_PG:-}" ]; then return; fi
    servers_start "$results/servers" fsync=off full_page_writes=off max_connections=400 \
        shared_preload_libraries=pg_stat_statements pg_stat_statements.max=100000
    redis_listen
    export ROOST_TEST_PG=$postgres_url ROOST_TEST_REDIS=$redis_url
}

# count_one NAME COMMAND…: one test, passed when the command succeeds.
count_one() {
    local name=$1 began=$SECONDS
    shift
    if "$@"; then
        passed=$((passed + 1))
        say "  ok      $name ($((SECONDS - began)) s)"
    else
        failed=$((failed + 1))
        say "  FAILED  $name ($((SECONDS - began)) s)"
    fi
}

# count_file FILE COMMAND…: as many tests as the command writes to the JUnit file; running none, or failing without saying so
# in the file, is a failure too.
count_file() {
    local file=$results/$1 status=0 counts='0 0' good bad
    shift
    "$@" || status=$?
    if [ -s "$file" ]; then counts=$(python3 tools/dev/count_results.py "$file") || counts='0 1'; fi
    read -r good bad <<<"$counts"
    if [ $((good + bad)) -eq 0 ]; then say "No test ran."; fi
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then bad=1; fi
    passed=$((passed + good))
    failed=$((failed + bad))
}
