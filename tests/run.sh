#!/bin/bash
# Installs the test tools, builds, and runs every test in every configuration.
#
#   tests/run.sh                         all of them but fuzz and package
#   tests/run.sh gcc asan                some of:
#                                        asan gcc tsan valgrind format tidy fuzz package
#   tests/run.sh --fuzz 30 fuzz          30 seconds of real fuzzing for each target
#   tests/run.sh --long 10               10 minutes of each long test, see tests/long.sh
#
# The last line is "N passed, N failed, N skipped"; it exits with 0 if nothing failed.
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 2
cd "$root" || exit 2
. examples/packages.sh
. tests/long.sh

test_packages="libcmocka-dev git clang clang-tidy clang-format libclang-rt-dev llvm lld
valgrind attr rsync zip unzip less python3 procps util-linux miller gnuplot-nox
python3-pandas sqlite3 bc vim-tiny ripgrep tmux zsh fish
mandoc"
duckdb_version=1.5.6-r.1
duckdb=.tools/node_modules/@duckdb/node-api
moto_version=5.2.1
usual="asan gcc tsan valgrind format tidy"
all="$usual fuzz package long"
# What may be skipped: the tools are large, or come from outside Debian.
may_skip='recipe_libreoffice|mount_samba|mount_backups|prompt_(bash|zsh|fish)'
# The tests in which threads meet.
threaded='library|store|tables|tree|cache|month|ingest|loader|mount|ahead|s3_check|client'
threaded="$threaded|account|live(?!_oom)"
# Killed processes tell nothing of their threads or their memory, and take minutes.
killed='mount_crash'
# What others drive the same threads harder for.
tsan_suites='unit|mount'
tsan_names="^(?!$killed|mount_(cli|told|completion|printed|bad_input|tools)).*($threaded)"
# Suites whose tests compute, and those whose tests wait most of their time.
computing='unit|fuzz|style|cmd|oracle|recipes|demo|bench|tools|package'
waiting='mount|faults|s3|chain'
# Oracles that compare what others have compared, in another format.
same_figures='(rollups|raw|formats|same)_'
long_compared='(forms|xlsx|convert_(resources|moto|made_up)|recipe_duckdb_sums)$'
asan_waits='s3_(moto|doctor|planted|sig|sums)'
jobs=$(nproc 2>/dev/null || echo 2)
fuzz_seconds=0
long_minutes=10
long_seed=${COSTFS_TEST_SEED:-$RANDOM}
ahead=   # the process of begin_ahead()
fetched= # that of fetch_tools(), until tools_ready()

usage() {
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

chosen=
while [ $# -gt 0 ]; do
    case $1 in
    --fuzz)
        [[ ${2:-} =~ ^[0-9]+$ ]] || usage
        fuzz_seconds=$2
        shift
        ;;
    --long)
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage
        long_minutes=$2
        chosen="$chosen long"
        shift
        ;;
    *)
        [[ " $all " == *" $1 "* ]] || usage
        chosen="$chosen $1"
        ;;
    esac
    shift
done
chosen=${chosen:-$usual}

scratch=$(mktemp -d /tmp/costfs-tests.XXXXXX) || exit 2
chmod 711 "$scratch" # some tests are of another user
mkdir -p "$scratch/tmp" "$scratch/home" build || exit 2
results=$scratch/results
: >"$results"

# One a line, with the kernel's octal escapes.
mounts_left() {
    awk -v below="$scratch/" '$3 ~ /^fuse/ && index($2, below) == 1 { print $2 }' \
        /proc/mounts
}

clean_up() {
    stop_ahead
    [ -z "$fetched" ] || kill "$fetched" 2>/dev/null
    mounts_left | while read -r left; do
        umount -l "$(printf '%b' "${left//\\/\\0}")" 2>/dev/null
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# The tests see none of the user's settings.
for name in $(compgen -e); do
    case $name in
    AWS_* | COSTFS_* | XDG_* | CC | CFLAGS | LDFLAGS | LD_PRELOAD) unset "$name" ;;
    esac
done
# Of a shim, which takes longer to start than the interpreter does.
interpreter=$(python3 -c 'import sys; print(sys.executable)') && PATH=${interpreter%/*}:$PATH
user_home=${HOME:-$scratch/home}
export HOME=$scratch/home TMPDIR=$scratch/tmp LC_ALL=C.UTF-8 TZ=UTC
export PYTHONDONTWRITEBYTECODE=1
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

# note RESULT NAME : one check, as passed, failed or skipped
note() {
    printf '%s\t%s\n' "$1" "$2" >>"$results"
    [ "$1" = passed ] || echo "$1: $2"
}

step() {
    printf '\n== %s (%d s)\n' "$1" "$SECONDS"
}

# compile NAME : configures and builds below build/test-NAME what the tests of that name need,
# once a run. What has been stopped goes on where it was.
compile() {
    local name=$1 dir=build/test-$1 log=$scratch/build-$1.log how=() what=
    [ ! -e "$scratch/built-$name" ] || return 0
    if [ -f "$dir/build.ninja" ]; then
        how=(--reconfigure)
    else
        rm -rf "$dir"
    fi
    options_of "$name"
    CC=${options[0]} CC_LD=${options[1]} meson setup "${how[@]}" "$dir" -Dtests=enabled \
        -Dfuse=enabled "${options[@]:2}" >"$log" 2>&1 </dev/null || return
    [ "$name" != tsan ] || what=$(programs tsan "$tsan_suites" "$tsan_names")
    # shellcheck disable=SC2086 # a list of words
    ninja -C "$dir" -j "$jobs" -k 0 $what >>"$log" 2>&1 </dev/null || return
    : >"$scratch/built-$name"
}

# options_of NAME : sets options: the compiler, the linker, those of meson. Lines of the source
# are all that reports need of -g.
options_of() {
    local sanitized=(clang lld --buildtype=debug -Doptimization=1 -Dc_args=-g1 -Db_lundef=false)
    case $1 in
    gcc) options=(gcc lld -Dwerror=true --buildtype=release -Ddebug=true -Dc_args=-g1) ;;
    asan) options=("${sanitized[@]}" -Dwerror=true "-Db_sanitize=address,undefined") ;;
    tsan) options=("${sanitized[@]}" -Dwerror=true -Db_sanitize=thread -Disal=disabled) ;;
    fuzz) options=("${sanitized[@]}" -Dwerror=false -Dfuzz=true) ;;
    esac
}

# build NAME : the same in front, as a check
build() {
    [ -e "$scratch/built-$1" ] || stop_ahead
    if compile "$1"; then
        note passed "$1: builds"
        return 0
    fi
    grep -v -E '^(\[[0-9]+/|(gcc|clang) )' "$scratch/build-$1.log" | tail -n 60
    note failed "$1: builds"
    return 1
}

# The next builds, and then tidy, begin behind all else and take the time in which tests wait.
# In a group of processes of its own, which can be ended as one.
begin_ahead() {
    local name
    [ -z "$ahead" ] || ! kill -0 "$ahead" 2>/dev/null || return 0
    set -m
    (
        renice -n 19 -p $BASHPID
        for name in gcc tsan; do
            [[ " $chosen " != *" $name "* ]] || compile "$name"
        done
        [[ " $chosen " != *" tidy "* ]] || tidy_files
    ) >/dev/null 2>&1 </dev/null &
    ahead=$!
    set +m
}

stop_ahead() {
    [ -n "$ahead" ] || return 0
    kill -- "-$ahead" 2>/dev/null
    wait "$ahead" 2>/dev/null
    ahead=
}

# run NAME BUILD ARGUMENT... : meson test in that build, and its results to the list
run() {
    local name=$1 dir=build/test-$2 status
    shift 2
    tools_ready
    rm -f "$dir"/meson-logs/testlog*.json
    meson test -C "$dir" --no-rebuild --print-errorlogs "$@" >"$scratch/run.log" 2>&1 </dev/null
    status=$?
    [ $status -eq 0 ] || cat "$scratch/run.log"
    python3 tests/testlog.py "$name" "$may_skip" $status \
        "$dir"/meson-logs/testlog*.json >"$scratch/one"
    cat "$scratch/one" >>"$results"
    grep -v ^passed "$scratch/one"
    echo "$(grep -c ^passed "$scratch/one") passed ($SECONDS s)"
}

# names BUILD SUITES GROUP REGEX : the names of its tests whose suite is in both (regular
# expressions), and that match; by priority, as meson runs named ones in the order given
names() {
    meson introspect --tests "build/test-$1" | python3 -c '
import json, re, sys
suites, group, name = sys.argv[1:]
found = sorted({(-t["priority"], t["name"]) for t in json.load(sys.stdin)
                if any(re.fullmatch(suites, s) and re.fullmatch(group, s)
                       for s in (s.split(":")[-1] for s in t["suite"]))
                and re.search(name, t["name"])})
print(*(name for _, name in found))' "$2" "$3" "$4"
}

# programs BUILD SUITES REGEX : what the tests of these suites and names need built
programs() {
    meson introspect --tests --targets "build/test-$1" | python3 -c '
import json, os, re, sys
build, suites, name = sys.argv[1:]
found = json.load(sys.stdin)
made = {t["id"]: [os.path.relpath(f, build) for f in t["filename"]] for t in found["targets"]}
tests = [t for t in found["tests"] if re.search(name, t["name"])
         and any(re.fullmatch(suites, s.split(":")[-1]) for s in t["suite"])]
print(*sorted({f for t in tests for d in t["depends"] for f in made[d]}))' \
        "$PWD/build/test-$1" "$2" "$3"
}

# run_named NAME SUITES REGEX PATIENCE : those of the build of the same name, first what
# computes, then what waits for clocks and servers, more of it at once. What hangs is told by so
# many times what a test takes at most.
run_named() {
    local name=$1 suites=$2 regex=$3 group list found= count
    export COSTFS_TEST_PATIENCE=$4
    for group in "$computing" "$waiting"; do
        list=$(names "$name" "$suites" "$group" "$regex")
        [ -n "$list" ] || continue
        found=1
        count=$jobs
        [ "$group" = "$computing" ] || count=$((3 * jobs))
        # shellcheck disable=SC2086 # a list of words
        run "$name" "$name" --num-processes "$count" --timeout-multiplier "$4" $list
    done
    [ -n "$found" ] || note failed "$name: there are tests"
}

do_gcc() {
    build gcc || return
    begin_ahead
    [ "$(names gcc '.*' '.*' .)" = "$(names gcc '.*' "$computing|$waiting" .)" ] ||
        note failed "gcc: every suite is known to compute or to wait"
    run_named gcc '.*' . 2
}

# All is built, for clang's warnings; not the same figures, nor the same waiting for clocks,
# once more, nor what takes longest to be compared and has unit tests and a fuzzer.
do_asan() {
    build asan || return
    begin_ahead
    run_named asan 'unit|fuzz|cmd|mount|s3|oracle' \
        "^(?!$same_figures|$long_compared|$killed|mount_stress\$|server\$|$asan_waits)" 4
}

do_tsan() {
    build tsan || return
    begin_ahead
    run_named tsan "$tsan_suites" "$tsan_names" 4
}

# All unit tests but those of the made-up export and of runs on disk, which alone take a third
# of the time, and those in which each allocation fails, which ASan looks at.
do_valgrind() {
    local list wrapper="valgrind -q --error-exitcode=99 --leak-check=full"
    [ -e "$scratch/built-gcc" ] || build gcc || return
    list=$(names gcc unit unit '^(?!(demo|spill|.*_oom)$)')
    # shellcheck disable=SC2086 # a list of words
    run valgrind gcc --timeout-multiplier 15 --num-processes "$jobs" \
        --wrapper "$wrapper --errors-for-leak-kinds=definite" $list
}

sources() {
    git ls-files '*.c' '*.h' 2>/dev/null || find base aws fs tests -name '*.[ch]'
}

do_format() {
    if sources | xargs clang-format --dry-run --Werror >"$scratch/format" 2>&1; then
        note passed "format"
    else
        grep 'error:' "$scratch/format" | cut -d: -f1 | sort | uniq -c
        note failed "format"
    fi
}

# Every file is a check of its own, whose result is a file. What has been stopped has none.
tidy_files() {
    local checks=
    [ -f build/test-asan/compile_commands.json ] || return
    mkdir -p "$scratch/tidy"
    # The static analyzer takes as long as half of all tests together.
    [ "$chosen" != "$usual" ] || checks=-clang-analyzer-*
    # shellcheck disable=SC2016 # for the inner shell
    sources | grep -E '^(base|aws|fs)/.*\.c$' | xargs -P "$jobs" -I {} sh -c '
        out=$1/$(echo "$2" | tr / -)
        [ ! -e "$out.result" ] || exit 0
        clang-tidy -quiet -p build/test-asan "--checks=$3" "$2" >"$out.log" 2>/dev/null
        case $? in
        0) word=passed ;;
        143) exit 0 ;; # by stop_ahead()
        *) word=failed ;;
        esac
        printf "%s\ttidy: %s\n" $word "$2" >"$out.result"' - "$scratch/tidy" {} "$checks"
}

do_tidy() {
    local out=$scratch/tidy
    [ -f build/test-asan/compile_commands.json ] || build asan || return
    # Once it is at tidy, it goes on.
    [ -z "$ahead" ] || wait "$ahead"
    ahead=
    tidy_files
    cat "$out"/*.result >"$scratch/one" 2>/dev/null
    cat "$scratch/one" >>"$results"
    [ "$(wc -l <"$scratch/one")" -eq "$(sources | grep -cE '^(base|aws|fs)/.*\.c$')" ] ||
        note failed "tidy: each file has a result"
    grep ^failed "$scratch/one"
    cat "$out"/*.log | grep -E '(warning|error):' | sort -u | head -n 200
}

do_fuzz() {
    build fuzz || return
    local target name length=-runs=0
    [ "$fuzz_seconds" -eq 0 ] || length=-max_total_time=$fuzz_seconds
    for target in build/test-fuzz/tests/fuzz/fuzz_*; do
        [ -x "$target" ] && [ -f "$target" ] || continue
        name=${target##*/fuzz_}
        mkdir -p "$scratch/fuzz/$name"
        # What it finds goes to the first folder; the corpus is only read.
        if "$target" "$length" -rss_limit_mb=2048 -timeout=10 \
            -artifact_prefix="build/fuzz-$name-" "$scratch/fuzz/$name" \
            "tests/fuzz/corpus/$name" >"$scratch/fuzz.log" 2>&1 </dev/null; then
            note passed "fuzz: $name"
        else
            tail -n 40 "$scratch/fuzz.log"
            note failed "fuzz: $name"
        fi
    done
}

# Builds the packages and installs them in a system of their own. Each of their tests is a check.
do_package() {
    local status=0
    packages_install "$scratch/apt" debhelper dpkg-dev fakeroot lintian rpm ccache systemd \
        dbus libpam-systemd
    python3 -B tests/package/packages.py >"$scratch/package.log" 2>&1 </dev/null || status=$?
    sed -n 's/^test_\([a-z0-9_]*\) .* \.\.\. ok$/passed\tpackage: \1/p
        s/^test_\([a-z0-9_]*\) .* \.\.\. skipped.*/skipped\tpackage: \1/p' \
        "$scratch/package.log" >"$scratch/one"
    cat "$scratch/one" >>"$results"
    [ $status -eq 0 ] || {
        cat "$scratch/package.log"
        note failed "package: packages"
    }
    echo "$(grep -c ^passed "$scratch/one") passed ($SECONDS s)"
}

install_tools() {
    local status=0
    # shellcheck disable=SC2086 # lists of words
    packages_install "$scratch/apt" $build_packages $test_packages || status=$?
    [ $status -ne 1 ] || exit 1
    # shellcheck disable=SC2086
    packages_wish "$scratch/apt" $wanted_packages
    [ $status -ne 2 ] || echo "no apt-get here: the tools are expected to be there"
}

# DuckDB comes from npm, into a folder of its own.
fetch_duckdb() {
    command -v duckdb >/dev/null 2>&1 && return
    if command -v npm >/dev/null 2>&1 && [ ! -d $duckdb ]; then
        mkdir -p .tools
        HOME=$user_home timeout 300 npm install --silent --no-fund --no-audit --prefix .tools \
            "@duckdb/node-api@$duckdb_version" >"$scratch/npm" 2>&1 </dev/null ||
            rm -rf .tools/node_modules
    fi
}

use_duckdb() {
    command -v duckdb >/dev/null 2>&1 && return
    if [ -d $duckdb ]; then
        export PATH=$root/tests/tools/bin:$PATH
        export COSTFS_DUCKDB=$root/tests/tools/bin/duckdb
    else
        echo "DuckDB is not there: no npm, or it could not be installed"
        may_skip="$may_skip|duckdb|formats_|mount_tools"
    fi
}

has_moto() {
    python3 -c 'import boto3, moto.server' >/dev/null 2>&1
}

# moto comes from pip, into a folder of its own. Elsewhere than in CI one can do without.
fetch_moto() {
    local into=.tools/python
    has_moto && return
    if [ ! -d $into ]; then
        python3 -m pip --version >/dev/null 2>&1 ||
            packages_install "$scratch/apt" python3-pip
        mkdir -p .tools
        HOME=$user_home timeout 300 python3 -m pip install --quiet --target $into \
            "moto[server]==$moto_version" boto3 awscli "botocore==$(model_version)" \
            >"$scratch/pip" 2>&1 </dev/null || rm -rf $into
    fi
}

use_moto() {
    has_moto && return
    export PYTHONPATH=$root/.tools/python${PYTHONPATH:+:$PYTHONPATH}
    export PATH=$PATH:$root/.tools/python/bin
    has_moto && return
    echo "moto is not there, and pip could not install it"
    [ -n "${CI:-}" ] || may_skip="$may_skip|s3_moto|chain|identity|convert_"
}

# That of botocore which the table of shapes is of.
model_version() {
    sed -n 's/.*service models of botocore //p' aws/resource/shapes.inc
}

# Another botocore, newer say, cannot be compared with the table.
look_at_model() {
    python3 -B aws/resource/make_shapes.py --check >"$scratch/model" && return
    [ $? -eq 77 ] || return 0 # the test says so
    cat "$scratch/model"
    may_skip="$may_skip|shapes|convert_"
}

# What comes from outside Debian is fetched while the first build runs.
fetch_tools() {
    fetch_duckdb
    fetch_moto
}

# Before anything that needs it.
tools_ready() {
    [ -n "$fetched" ] || return 0
    wait "$fetched"
    fetched=
    use_duckdb
    use_moto
    look_at_model
}

step "tools"
install_tools
fetch_tools &
fetched=$!
[ -c /dev/fuse ] || may_skip="$may_skip|recipe|mount|(readme|pages)_show"

for configuration in $chosen; do
    step "$configuration"
    "do_$configuration"
done

step "done"
left=$(mounts_left)
if [ -n "$left" ]; then
    echo "$left"
    note failed "nothing is left mounted"
else
    note passed "nothing is left mounted"
fi
count() {
    grep -c "^$1" "$results"
}
grep -E '^(failed|skipped)' "$results"
echo "$(count passed) passed, $(count failed) failed, $(count skipped) skipped"
[ "$(count failed)" -eq 0 ]
