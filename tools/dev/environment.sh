# shellcheck shell=bash
# The one environment everything is built and run in: Debian 13 with the packages of deploy/packages.

cache=${ROOST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/roost}

# The packages of the named lists, one a line: deploy/packages/NAME.txt without its comments.
packages() {
    local list
    for list in "$@"; do sed 's/#.*//' "deploy/packages/$list.txt"; done | tr -s ' \t' '\n' | grep . | sort -u
}

# environment_enter COMMAND [ARGUMENTS]: returns where the packages are there, otherwise starts ./dev again where they are.
environment_enter() {
    if [ -z "${ROOST_DEV_INSIDE:-}" ]; then
        if is_debian_13; then
            install_what_is_missing
        else
            private_root_enter ./dev "$@"
        fi
    fi
    export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache} NPM_CONFIG_CACHE=${NPM_CONFIG_CACHE:-$cache/npm}
}

is_debian_13() { (source /etc/os-release 2>/dev/null && [ "${ID:-}:${VERSION_ID:-}" = debian:13 ]); }

install_what_is_missing() {
    local missing
    missing=$(comm -23 <(packages build run services test) \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u))
    if [ -z "$missing" ]; then return; fi
    if [ "$(id -u)" -ne 0 ]; then
        die "These Debian packages are missing: ${missing//$'\n'/ }" "Run 'sudo ./dev shell true' once, or install them yourself."
    fi
    say "Installing $(wc -l <<<"$missing") Debian packages"
    # shellcheck disable=SC2086  # one word a package
    with_progress "packages" "$cache/packages.log" bash tools/dev/install_packages.sh $missing ||
        die "apt could not install them." "Without a network or a mirror nothing can be prepared; check /etc/apt and run ./dev again."
}
