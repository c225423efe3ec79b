# shellcheck shell=bash
# Compiling, formatting, generating, cleaning.

# build PRESET [TARGET]…: configures once and compiles; one at a time in a preset's folder.
build() {
    local preset=$1 status=0
    shift
    mkdir -p "build/$preset"
    exec 8>"build/$preset/.lock"
    flock --nonblock 8 || { say "Another ./dev is compiling $preset; waiting for it."; flock 8; }
    if [ ! -e "build/$preset/build.ninja" ]; then
        run cmake --preset "$preset" >"build/$preset/configure.log" 2>&1 || status=$?
        if [ "$status" -ne 0 ]; then cat "build/$preset/configure.log" >&2; fi
    fi
    if [ "$status" -eq 0 ]; then
        NINJA_STATUS="[$preset %f/%t %es] " run cmake --build --preset "$preset" --parallel "${ROOST_JOBS:-$(nproc)}" ${1:+--target "$@"} >&2 || status=$?
    fi
    if [ "$status" -eq 0 ]; then install_web "build/$preset"; fi
    exec 8>&-
    return "$status"
}

# install_web BUILD: the files a server built there gives to browsers, where it looks for them.
install_web() {
    local target=$PWD/$1/share/roost
    if [ "$target/graphiql/graphiql.min.css" -nt web/package-lock.json ]; then return; fi
    npm_packages web || exit 1
    bash web/install "$target"
}

# npm_packages FOLDER: its packages as its lock file names them; nobody is asked when they are there.
npm_packages() {
    if [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ]; then return; fi
    if with_progress "npm packages of $1" build/npm.log npm ci --prefer-offline --prefix "$1"; then return; fi
    say "The npm packages of $1 could not be had."
    say "  Without a network there are none. NPM_CONFIG_REGISTRY names another registry. Then run ./dev again."
    return 1
}

build_or_die() { build "$@" || die "Compiling $1 failed." "The errors are above."; }

command_build() { build_or_die "${1:-release}"; }

command_shell() {
    if [ $# -gt 0 ]; then exec "$@"; fi
    exec bash --rcfile <(echo 'PS1="(roost) \w\$ "')
}

# clean runs on the machine itself: it must work when nothing else does.
command_clean() {
    case ${1:-} in
        '' | --data | --all) ;;
        *) die "clean takes --data or --all, not '$1'." ;;
    esac
    if [ -n "${1:-}" ] && [ -e .roost/lock ]; then
        exec 9>.roost/lock
        flock --nonblock 9 || die "A ./dev up of this checkout is running." "Stop it first: its data would go."
    fi
    rm -rf build web/node_modules tests/clients/node_modules
    if [ -n "${1:-}" ]; then rm -rf .roost; fi
    if [ "${1:-}" = --all ]; then
        find "$cache" -mindepth 1 -maxdepth 1 \( -name 'root-????????????' -o -name unfinished-root -o -name 'image.??????' \
            -o -name ccache -o -name npm -o -name apt -o -name lint -o -name lock -o -name '*.log' \) \
            -exec rm -rf --one-file-system {} + 2>/dev/null || true
    fi
}
