#!/bin/sh
# Installs what is missing, builds costfs, mounts a made-up organization and shows a tour.
#
#   ./examples/demo.sh [DIR]       DIR is where to mount, ~/costs if left out
#
# Running it again reuses what is there.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
costfs=$build/fs/cmd/costfs
log=$(mktemp "${TMPDIR:-/tmp}/costfs-demo.XXXXXX")
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

. "$root/examples/packages.sh"

fail() {
    echo "demo.sh: $*" >&2
    exit 1
}

# say_failure WHAT : the end of the log, then what failed
say_failure() {
    tail -n 25 "$log" >&2
    fail "$1"
}

tools_are_there() {
    for tool in meson ninja cc pkg-config; do
        command -v "$tool" >/dev/null 2>&1 || {
            echo "missing: $tool" >&2
            return 1
        }
    done
    for library in zlib libcjson liblz4 libzstd libxxhash libcrypto 'libcurl >= 7.81' \
        'expat >= 2.4' 'fuse3 >= 3.10'; do
        pkg-config --exists "$library" || {
            echo "missing: $library" >&2
            return 1
        }
    done
    packages_at_least "$(meson --version)" 1.0 || {
        echo "meson is $(meson --version), 1.0 or newer is needed" >&2
        return 1
    }
}

install_missing() {
    found=0
    # shellcheck disable=SC2086 # a list of words
    packages_install "$log" $build_packages || found=$?
    [ $found -ne 1 ] || exit 1
    # shellcheck disable=SC2086
    packages_wish "$log" $wanted_packages
    tools_are_there && return
    packages_elsewhere
    fail "install these, then run this again"
}

build_it() {
    [ -f "$build/build.ninja" ] || {
        echo "configuring $build"
        meson setup "$build" "$root" -Dtests=disabled >"$log" 2>&1 </dev/null ||
            say_failure "meson setup failed; what it printed stands above"
    }
    echo "building $build"
    ninja -C "$build" fs/cmd/costfs >"$log" 2>&1 </dev/null ||
        say_failure "the build failed; what it printed stands above"
}

is_mounted() {
    awk -v dir="$1" '{ gsub(/\\040/, " ", $2) }
        $2 == dir && $3 == "fuse.costfs" { found = 1 }
        END { exit !found }' /proc/mounts
}

# The default is ~/costs; where that is taken or no home is known, a new directory.
choose_dir() {
    if [ $# -gt 0 ]; then
        mkdir -p "$1" && dir=$(cd "$1" && pwd) || fail "cannot make $1"
    elif [ -n "${HOME:-}" ] && mkdir -p "$HOME/costs" 2>/dev/null &&
        { is_mounted "$HOME/costs" || [ -z "$(ls -A "$HOME/costs" 2>&1)" ]; }; then
        dir=$HOME/costs
    else
        dir=$(mktemp -d "${TMPDIR:-/tmp}/costs.XXXXXX")
    fi
}

# show COMMAND : the command as one would type it, and what it prints
show() {
    printf '\n$ %s\n' "$1"
    sh -c "$1" || fail "that command failed"
}

tour_mounted() {
    export PATH="$build/fs/cmd:$PATH"
    cd "$dir"
    printf '\n$ cd %s\n' "$dir"
    show "ls"
    show "cat this-month/total.csv"
    show "head -n 6 this-month/by-service.csv | cut -d, -f1-2,4,6"
    show "awk -F, 'FNR>1{s+=\$2}END{printf \"%.2f\\n\",s}' this-month/by-service.csv"
    show "ls accounts | head -n 4"
    show "tail -n 8 STATUS.txt"
    cat <<END

Look around in $dir; README.txt there is one screen. To end:
    $costfs umount $dir
END
}

tour_unmounted() {
    export PATH="$build/fs/cmd:$PATH"
    show "costfs ls demo:"
    show "costfs cat demo: this-month/total.csv"
    show "costfs cat demo: this-month/by-service.csv | head -n 6 | cut -d, -f1-2,4,6"
    show "costfs cat demo: this-month/by-service.csv |
    awk -F, 'FNR>1{s+=\$2}END{printf \"%.2f\\n\",s}'"
    show "costfs ls demo: accounts | head -n 4"
    cat <<END

costfs ls and costfs cat show the same tree as a mount would:
    $costfs help ls
END
}

install_missing
build_it
if [ ! -c /dev/fuse ]; then
    echo "There is no /dev/fuse here (a container?), so nothing can be mounted:" \
        "the same tour without a mount."
    tour_unmounted
    exit 0
fi
choose_dir "$@"
# A mount whose process was killed answers nothing any more.
if is_mounted "$dir" && ! ls "$dir" >/dev/null 2>&1; then
    "$costfs" umount --lazy "$dir" >/dev/null 2>&1 ||
        fail "cannot unmount $dir, whose daemon is gone"
fi
if is_mounted "$dir"; then
    echo "mounted already: $dir"
else
    "$costfs" mount demo: "$dir" >"$log" 2>&1 </dev/null || {
        cat "$log" >&2
        echo "It cannot be mounted here: the same tour without a mount."
        tour_unmounted
        exit 0
    }
    echo "mounted: $dir"
fi
tour_mounted
