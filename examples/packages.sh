# Sourced by examples/demo.sh and tests/run.sh: installs Debian packages that are missing.

build_packages="meson ninja-build gcc libc6-dev pkg-config libfuse3-dev fuse3 zlib1g-dev
libcjson-dev liblz4-dev libzstd-dev libsnappy-dev libbrotli-dev libxxhash-dev libssl-dev
libcurl4-openssl-dev libexpat1-dev"
# What the build does without, where a release or a processor has no such package.
wanted_packages="libisal-dev libxlsxwriter-dev scdoc"

# packages_missing NAME... : prints those that are not installed
packages_missing() {
    for package in "$@"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
        [ "$state" = installed ] || printf '%s ' "$package"
    done
}

# packages_elsewhere : what to install where there is no apt
packages_elsewhere() {
    cat >&2 <<'END'
This is no Debian or Ubuntu (there is no apt-get). Install by hand: a C compiler, git,
meson (1.0 or newer), ninja, pkg-config, and libfuse (3.10 or newer), zlib, cJSON, LZ4,
Zstandard, Snappy, xxHash, OpenSSL, libcurl (7.81 or newer) and expat (2.4 or newer) with
their headers; ISA-L, which reads gzip three times as fast, Brotli, libxlsxwriter, which makes
spreadsheets, and scdoc, which makes the manual pages, if you want them.
  Fedora   dnf install gcc meson ninja-build pkgconf fuse3 fuse3-devel zlib-devel \
           cjson-devel lz4-devel libzstd-devel snappy-devel brotli-devel xxhash-devel \
           openssl-devel libcurl-devel expat-devel isa-l-devel libxlsxwriter-devel
  Arch     pacman -S gcc meson pkgconf fuse3 zlib cjson lz4 zstd snappy brotli xxhash \
           openssl curl expat isa-l libxlsxwriter
  Alpine   apk add gcc musl-dev meson pkgconf fuse3 fuse3-dev zlib-dev cjson-dev \
           lz4-dev zstd-dev snappy-dev brotli-dev xxhash-dev openssl-dev curl-dev \
           expat-dev isa-l-dev libxlsxwriter-dev
END
}

# packages_apt LOG ARGUMENT... : apt-get as root, quietly
packages_apt() {
    packages_log=$1
    shift
    packages_sudo=
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null 2>&1; then
            echo "neither root nor sudo: as root, run: apt-get $*" >&2
            return 1
        fi
        packages_sudo=sudo
    fi
    $packages_sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o DPkg::Lock::Timeout=300 "$@" >>"$packages_log" 2>&1 </dev/null
}

# packages_install LOG NAME... : 0 all are installed now
packages_install() {
    packages_out=$1
    shift
    if ! command -v dpkg-query >/dev/null 2>&1; then
        return 2
    fi
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    echo "installing: $missing" | fold -s -w 88
    # The first try spares the update where package lists are there and good.
    # shellcheck disable=SC2086 # a list of words
    packages_apt "$packages_out" install --no-install-recommends $missing && return 0
    packages_apt "$packages_out" update
    # shellcheck disable=SC2086
    packages_apt "$packages_out" install --no-install-recommends $missing && return 0
    echo "apt-get could not install: $missing" >&2
    tail -n 15 "$packages_out" >&2
    return 1
}

# packages_wish LOG NAME... : likewise, but what is not to be had is done without
packages_wish() {
    packages_out=$1
    shift
    command -v dpkg-query >/dev/null 2>&1 || return 0
    for missing in $(packages_missing "$@"); do
        packages_apt "$packages_out" install --no-install-recommends "$missing" || true
    done
}

# packages_at_least HAVE WANT : whether version HAVE is WANT or newer
packages_at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}
