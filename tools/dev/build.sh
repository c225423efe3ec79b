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
    if [ "$status" -eq 0 ]; then install_web "build/$preset" || status=$?; fi
    exec 8>&-
    return "$status"
}

# install_web BUILD: the files a server built there gives to browsers, where it looks for them.
install_web() {
    local target=$1/share/roost/swagger-ui source=web/node_modules/swagger-ui-dist
    if [ "$target/swagger-ui.css" -nt web/package-lock.json ]; then return; fi
    with_progress "npm packages of web" build/npm.log npm ci --prefix web || return
    mkdir -p "$target"
    cp "$source"/swagger-ui-bundle.js "$source"/swagger-ui.css "$target"
}

build_or_die() { build "$@" || die "Compiling $1 failed." "The errors are above."; }

command_build() { build_or_die "${1:-release}"; }

command_shell() {
    if [ $# -gt 0 ]; then exec "$@"; fi
    exec bash --rcfile <(echo 'PS1="(roost) \w\$ "')
}

# clean runs on the machine itself: it must work when nothing else does.
command_clean() {
    rm -rf build web/node_modules tests/clients/node_modules
    case ${1:-} in
        '') ;;
        --data) rm -rf .roost ;;
        --all)
            rm -rf .roost
            find "$cache" -mindepth 1 -maxdepth 1 \( -name 'root-????????????' -o -name unfinished-root -o -name ccache \
                -o -name npm -o -name apt -o -name lint -o -name '*.log' \) -exec rm -rf --one-file-system {} + 2>/dev/null || true
            ;;
        *) die "clean takes --data or --all, not '$1'." ;;
    esac
}
