# shellcheck shell=bash
# ./dev up: from nothing to a served sample.

roost=build/release/src/roost
demo_password=correct-horse-battery

command_up() {
    local fresh="" host=${ROOST_HTTP_ADDRESS:-127.0.0.1} port=${ROOST_HTTP_PORT:-8080}
    case ${1:-} in
        '') ;;
        --fresh) fresh=yes ;;
        *) die "up takes --fresh, not '$1'." ;;
    esac
    mkdir -p .roost
    exec 9>.roost/lock
    flock --nonblock 9 || die "Another ./dev up of this checkout is running." "Stop that one first."
    require_port "$host" "$port"

    build_or_die release roost
    if [ "$fresh" ]; then start_over; fi
    use_databases
    export ROOST_HTTP_ADDRESS=$host ROOST_HTTP_PORT=$port ROOST_LOG_JSON=${ROOST_LOG_JSON:-false}
    export ROOST_ENVIRONMENT=${ROOST_ENVIRONMENT:-development} ROOST_MAIL_SITE=${ROOST_MAIL_SITE:-http://$host:$port}
    run "$roost" migrate up || die "The migrations failed." "./dev up --fresh starts over with an empty database."
    if wants_the_sample; then fill; fi

    start "$roost" serve
    announce "http://$host:$port" &
    finish || die "The server stopped." "Its last lines are above."
}

require_port() {
    if port_taken "$1" "$2"; then
        die "Port $2 of $1 is taken." "Stop what listens there (ss -ltnp 'sport = :$2' names it), or: ROOST_HTTP_PORT=$(($2 + 1)) ./dev up"
    fi
}

start_over() {
    if [ -n "${ROOST_DATABASE_URL:-}" ]; then
        die "--fresh throws away the private database only." "ROOST_DATABASE_URL is set: empty that database yourself, or unset it."
    fi
    rm -rf .roost/postgres .roost/redis .roost/filled-*
}

# Sets ROOST_DATABASE_URL and ROOST_REDIS_URL where they are not set, $filled, the mark of a database that has the sample, and
# $given to the database's URL when it is somebody else's.
use_databases() {
    given=${ROOST_DATABASE_URL:-}
    filled=.roost/filled-$(printf %s "${ROOST_DATABASE_URL:-private}" | sha256sum | cut -c1-12)
    if [ -z "${ROOST_DATABASE_URL:-}" ] || [ -z "${ROOST_REDIS_URL:-}" ]; then servers_start .roost; fi
    if [ -z "${ROOST_DATABASE_URL:-}" ]; then
        psql --quiet "$postgres_url" --command 'create database roost' 2>/dev/null || true  # it is there since the last time
        ROOST_DATABASE_URL="postgresql://roost@/roost?host=$sockets"
    fi
    export ROOST_DATABASE_URL ROOST_REDIS_URL=${ROOST_REDIS_URL:-$redis_url}
    rm -f .roost/database-url
    (umask 077 && echo "$ROOST_DATABASE_URL" >.roost/database-url)  # it may hold a password
    at_exit 'rm -f .roost/database-url'
}

# The private database until it is filled; somebody else's only while nothing is in it.
wants_the_sample() {
    local empty
    if [ -e "$filled" ]; then return 1; fi
    if [ -z "$given" ]; then return 0; fi
    empty=$(psql --no-psqlrc --tuples-only --no-align "$given" \
        --command 'select not exists (select from property) and not exists (select from app_user)') ||
        die "The database of ROOST_DATABASE_URL cannot be read."
    if [ "$empty" = t ]; then return 0; fi
    say "The database of ROOST_DATABASE_URL is in use, so the sample stays out of it."
    return 1
}

fill() {
    local name
    say "Importing the sample: 2,000 real listings and what guests said of them"
    run "$roost" import inside-airbnb data/sample/listings.csv.gz --calendar data/sample/calendar-runs.csv.gz \
        --reviews data/sample/reviews.csv.gz --currency SGD --city Singapore --shift-to "$(date +%F)" ||
        die "The import failed." "./dev up --fresh starts over."
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$ROOST_DATABASE_URL" --file data/sample/rules.sql ||
        die "The sample's ways to be paid and prices by date could not be set." "The error is above."
    for name in guest host admin; do
        local role=()
        if [ "$name" != guest ]; then role=("--$name"); fi
        run "$roost" user create --username "$name" --email "$name@example.com" --password "$demo_password" "${role[@]}" ||
            die "The demo people could not be made." "./dev up --fresh starts over."
    done
    touch "$filled"
}

# announce URL: waits until the server is ready and says what there is.
announce() {
    local url=$1
    until curl --silent --fail --output /dev/null "$url/readyz"; do
        sleep 0.1
        kill -0 $$ 2>/dev/null || return 0
    done
    cat >&2 <<END

Roost is served. Ctrl-C stops it; the data stays.

  $url/docs      the API, to read and try
  $url/dev/mail  the mails it would have sent
  $url/readyz    what it depends on, and how that is

  Sign in as guest, host or admin with the password $demo_password, for example:

  curl '$url/api/v1/properties/?guests=4&limit=3'

END
}

command_psql() {
    if [ ! -e .roost/database-url ]; then die "There is no running ./dev up to open the database of."; fi
    exec psql "$(cat .roost/database-url)" "$@"
}
