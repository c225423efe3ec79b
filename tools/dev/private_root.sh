# shellcheck shell=bash
# A private Debian 13 for machines that are something else: a folder in the cache, named after the package lists, entered
# with a mount namespace of its own. Nothing of the machine is changed, except that debootstrap is installed with apt.

# private_root_enter COMMAND…: makes the root if it is not there yet, and becomes the command inside it.
private_root_enter() {
    if [ "$(id -u)" -ne 0 ]; then
        die "This machine is not Debian 13, so the tools live in a private Debian 13 root, and entering it needs root." \
            "Run: sudo -E ./dev ${*:2}"
    fi
    if ! unshare --mount --propagation private true 2>/dev/null; then
        die "This system does not allow a private mount namespace (an unprivileged container, perhaps)." \
            "Use a machine or a --privileged container, or a debian:trixie container, where none is needed."
    fi
    local root
    root=$cache/root-$(private_root_key)
    if [ ! -d "$root" ]; then private_root_make_once "$root"; fi
    touch "$root"
    if [ -z "${NPM_CONFIG_REGISTRY:-}" ] && command -v npm >/dev/null; then
        NPM_CONFIG_REGISTRY=$(npm config get registry 2>/dev/null) || NPM_CONFIG_REGISTRY=
        export NPM_CONFIG_REGISTRY
    fi
    ROOST_DEV_INSIDE=1 ROOST_CACHE=$cache exec tools/dev/enter "$root" "$@"
}

# Another list of packages makes another root; so does another number here, for a change in how roots are made.
private_root_key() { { echo 1; packages build run services test; } | sha256sum | cut -c1-12; }

# Makes the root under another name and renames it when it is complete: a killed attempt leaves nothing that is believed.
private_root_make_once() {
    local root=$1 unfinished=$cache/unfinished-root
    mkdir -p "$cache" 2>/dev/null || die "The cache folder $cache cannot be made." "Set ROOST_CACHE to a folder that can."
    exec 9>"$cache/lock"
    if ! flock --nonblock 9; then
        say "Another ./dev is preparing the tools; waiting for it."
        flock 9
    fi
    if [ ! -d "$root" ]; then
        require_space
        say "Preparing a private Debian 13 in $root (once; some two minutes)"
        find_archives
        rm -rf --one-file-system "$unfinished"
        private_root_make "$unfinished"
        mv "$unfinished" "$root"
        # Roots of package lists that no checkout has had for a month.
        find "$cache" -mindepth 1 -maxdepth 1 -name 'root-????????????' -mtime +30 -exec rm -rf --one-file-system {} +
    fi
    exec 9>&-
}

require_space() {
    local free
    free=$(df --output=avail -m "$cache" | tail -n 1)
    if [ "$free" -lt 4096 ]; then
        die "There are $free MB free in $cache; the tools need 4096." "Make room, or set ROOST_CACHE to a folder on another disk."
    fi
}

private_root_make() {
    local root=$1 script=trixie
    require_debootstrap
    if [ ! -e /usr/share/debootstrap/scripts/trixie ]; then script=sid; fi
    mkdir -p "$cache/apt"
    # In a mount namespace because debootstrap mounts /proc in the new root and a killed one would leave it there.
    with_progress "base system" "$cache/base-system.log" unshare --mount --propagation private \
        debootstrap --variant=minbase --include=ca-certificates --cache-dir="$cache/apt" trixie "$root" "$archive" "$script" ||
        die "debootstrap failed." "When it is a matter of the network or of the mirror: set ROOST_DEBIAN_MIRROR and run ./dev again."

    private_root_configure "$root"
    # shellcheck disable=SC2046  # one word a package
    with_progress "packages" "$cache/packages.log" tools/dev/enter "$root" \
        bash tools/dev/install_packages.sh $(packages build run services test) ||
        die "Installing the packages failed." "Run ./dev again; it starts over cleanly."
}

require_debootstrap() {
    if command -v debootstrap >/dev/null; then return; fi
    command -v apt-get >/dev/null || die "debootstrap is needed." "Install it with this system's package manager."
    with_progress "debootstrap" "$cache/debootstrap.log" env DEBIAN_FRONTEND=noninteractive \
        sh -c 'apt-get update; apt-get install -y --no-install-recommends debootstrap' ||
        die "debootstrap could not be installed." "Check the network and /etc/apt, then run ./dev again."
}

# find_archives: sets $archive to the mirror and $sources to sources.list of the root, from what this machine's apt uses.
find_archives() {
    local codename security
    codename=$(source /etc/os-release && echo "${VERSION_CODENAME:-}")
    archive=${ROOST_DEBIAN_MIRROR:-$(host_archive "$codename")}
    if [ -z "$archive" ]; then
        die "No Debian mirror is known: this machine's apt has none." "Set ROOST_DEBIAN_MIRROR=http://… to one and run ./dev again."
    fi
    if ! archive_has "$archive" trixie; then
        die "Debian 13 cannot be read from $archive." "There is no network, or the mirror is another one: set ROOST_DEBIAN_MIRROR."
    fi
    sources="deb $archive trixie main"
    security=$(host_archive "$codename-security")
    if archive_has "$archive" trixie-updates; then sources+=$'\n'"deb $archive trixie-updates main"; fi
    if archive_has "$security" trixie-security; then sources+=$'\n'"deb $security trixie-security main"; fi
}

# host_archive SUITE: the address this machine's apt takes a suite of Debian from, whatever the format of its files.
host_archive() {
    local uri list
    if [ "$(source /etc/os-release && echo "$ID")" != debian ] || ! command -v apt-get >/dev/null; then return; fi
    # shellcheck disable=SC2016  # apt's own variables
    uri=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        awk -v suite="$1" '$1 == suite && $2 == "main" { print $3; exit }')
    list=${uri#mirror+file:}
    if [ "$list" != "$uri" ]; then uri=$(grep -m 1 -o '^http[^[:space:]]*' "${list%/}"); fi
    echo "${uri%/}"
}

archive_has() {
    local got status=0
    if [ -z "$1" ]; then return 1; fi
    got=$(mktemp)
    if [ -x /usr/lib/apt/apt-helper ]; then
        /usr/lib/apt/apt-helper -o Acquire::Retries=2 download-file "$1/dists/$2/InRelease" "$got" >/dev/null 2>&1 || status=1
    else
        curl -fsSL --retry 2 -o "$got" "$1/dists/$2/InRelease" || status=1
    fi
    rm -f "$got"
    return "$status"
}

private_root_configure() {
    local root=$1
    rm -f "$root/etc/apt/sources.list.d/"*
    echo "$sources" >"$root/etc/apt/sources.list"
    {
        echo 'Acquire::Languages "none";'
        echo 'Acquire::Retries "3";'
        if command -v apt-config >/dev/null; then apt-config dump | grep -iE '^Acquire::https?::(Proxy|CaInfo|Verify)' || true; fi
    } >"$root/etc/apt/apt.conf.d/90host"
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/fast"  # an unfinished root is thrown away anyway
    if [ -d /usr/local/share/ca-certificates ]; then
        cp -rL /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
        tools/dev/enter "$root" update-ca-certificates >/dev/null 2>&1
    fi
}
