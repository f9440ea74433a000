#!/bin/bash
# Installs the test tools, builds, and runs every test in every configuration.
#
#   tests/run.sh                         all of them but fuzz
#   tests/run.sh gcc asan                some of:
#                                        asan gcc tsan valgrind format tidy fuzz
#   tests/run.sh --fuzz 30 fuzz          30 seconds of real fuzzing for each target
#   tests/run.sh --long 10               10 minutes of each long test, see tests/long.sh
#
# The last line is "N passed, N failed, N skipped"; it exits with 0 if nothing failed.
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 2
cd "$root" || exit 2
. examples/packages.sh
. tests/long.sh

test_packages="libcmocka-dev git clang clang-tidy clang-format libclang-rt-dev llvm
valgrind attr rsync zip unzip less python3 procps util-linux miller gnuplot-nox
python3-pandas sqlite3 bc"
duckdb_version=1.5.6-r.1
moto_version=5.2.1
usual="asan gcc tsan valgrind format tidy"
all="$usual fuzz long"
# What may be skipped: the tool is large, or comes from outside Debian.
may_skip='recipe_libreoffice'
# The tests in which threads meet.
threaded='library|store|tables|tree|cache|month|ingest|loader|mount|ahead|s3_check|client'
threaded="$threaded|account|live(?!_oom)"
# Suites whose tests compute, and those whose tests wait most of their time.
computing='unit|fuzz|style|cmd|oracle|recipes|demo|bench|tools'
waiting='mount|faults|s3|chain'
jobs=$(nproc 2>/dev/null || echo 2)
fuzz_seconds=0
long_minutes=10
long_seed=${COSTFS_TEST_SEED:-$RANDOM}
tidy= # the process of begin_tidy()

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
    [ -z "$tidy" ] || kill "$tidy" 2>/dev/null
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

# build NAME COMPILER OPTION... : configures and builds below build/test-NAME: all, or, where
# they are set, what the tests of $only_suites and $only_names run
build() {
    local name=$1 cc=$2 dir=build/test-$1 log=$scratch/build.log
    shift 2
    local how=()
    [ ! -f "$dir/build.ninja" ] || how=(--reconfigure)
    # shellcheck disable=SC2046 # a list of words
    if CC=$cc meson setup "${how[@]}" "$dir" -Dtests=enabled -Dfuse=enabled "$@" \
        >"$log" 2>&1 </dev/null &&
        ninja -C "$dir" -j "$jobs" -k 0 $([ -z "${only_names:-}" ] ||
            programs "$name" "$only_suites" "$only_names") >>"$log" 2>&1 </dev/null; then
        note passed "$name: builds"
        return 0
    fi
    grep -v -E '^(\[[0-9]+/|(gcc|clang) )' "$log" | tail -n 60
    note failed "$name: builds"
    return 1
}

# run NAME BUILD ARGUMENT... : meson test in that build, and its results to the list
run() {
    local name=$1 dir=build/test-$2 status
    shift 2
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

# run_named NAME SUITES REGEX ARGUMENT... : those of the build of the same name, first what
# computes, then what waits for clocks and servers, more of it at once
run_named() {
    local name=$1 suites=$2 regex=$3 group list found= count
    shift 3
    for group in "$computing" "$waiting"; do
        list=$(names "$name" "$suites" "$group" "$regex")
        [ -n "$list" ] || continue
        found=1
        count=$jobs
        [ "$group" = "$computing" ] || count=$((3 * jobs))
        # shellcheck disable=SC2086 # a list of words
        run "$name" "$name" --num-processes "$count" "$@" $list
    done
    [ -n "$found" ] || note failed "$name: there are tests"
}

build_gcc() {
    build gcc gcc -Dwerror=true --buildtype=release -Ddebug=true
}

# build_sanitized NAME SANITIZERS
build_sanitized() {
    build "$1" clang -Dwerror=true --buildtype=debug -Doptimization=1 \
        -Db_lundef=false -Db_sanitize="$2"
}

build_asan() {
    build_sanitized asan address,undefined
}

do_gcc() {
    build_gcc || return
    [ "$(names gcc '.*' '.*' .)" = "$(names gcc '.*' "$computing|$waiting" .)" ] ||
        note failed "gcc: every suite is known to compute or to wait"
    run_named gcc '.*' .
}

# All is built, for clang's warnings; not the same figures, nor the same waiting for clocks,
# once more.
do_asan() {
    build_asan || return
    [[ " $chosen " != *" tidy "* ]] || begin_tidy
    run_named asan 'unit|fuzz|cmd|mount|s3|oracle' \
        '^(?!(rollups|raw|formats|same)_|mount_stress$|server$|s3_(moto|doctor|planted|sig|sums))' \
        --timeout-multiplier 4
}

# Killed processes tell nothing of their threads, and take a minute and a half.
do_tsan() {
    only_suites='unit|mount' only_names="^(?!mount_crash).*($threaded)"
    build_sanitized tsan thread &&
        run_named tsan "$only_suites" "$only_names" --timeout-multiplier 4
    only_suites='' only_names=''
}

# All unit tests but that of the made-up export, which alone takes a fifth of the time.
do_valgrind() {
    local list wrapper="valgrind -q --error-exitcode=99 --leak-check=full"
    [ -f build/test-gcc/build.ninja ] || build_gcc || return
    list=$(names gcc unit unit '^(?!demo$)')
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

# Every file is a check of its own. It begins first, behind all else, and takes the time in
# which tests wait.
begin_tidy() {
    mkdir -p "$scratch/tidy"
    sources | grep -E '^(base|aws|fs)/.*\.c$' | nice -n 19 xargs -P "$jobs" -I {} sh -c '
        clang-tidy -quiet -p build/test-asan "$2" >"$1/$(echo "$2" | tr / -)" \
            2>/dev/null && word=passed || word=failed
        printf "%s\ttidy: %s\n" $word "$2"' - "$scratch/tidy" {} >"$scratch/tidy.results" &
    tidy=$!
}

do_tidy() {
    local out=$scratch/tidy
    [ -f build/test-asan/compile_commands.json ] || build_asan || return
    [ -n "$tidy" ] || begin_tidy
    wait "$tidy"
    [ -s "$out.results" ] || note failed "tidy: there are files"
    cat "$out.results" >>"$results"
    grep ^failed "$out.results"
    cat "$out"/* | grep -E '(warning|error):' | sort -u | head -n 200
}

do_fuzz() {
    build fuzz clang -Dwerror=false --buildtype=debug -Doptimization=1 \
        -Db_lundef=false -Dfuzz=true || return
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

install_tools() {
    local status=0
    # shellcheck disable=SC2086 # lists of words
    packages_install "$scratch/apt" $build_packages $test_packages || status=$?
    [ $status -ne 1 ] || exit 1
    [ $status -ne 2 ] || echo "no apt-get here: the tools are expected to be there"
}

# DuckDB comes from npm, into a folder of its own.
install_duckdb() {
    local node=.tools/node_modules/@duckdb/node-api
    command -v duckdb >/dev/null 2>&1 && return
    if command -v npm >/dev/null 2>&1 && [ ! -d $node ]; then
        mkdir -p .tools
        HOME=$user_home timeout 300 npm install --silent --no-fund --no-audit --prefix .tools \
            "@duckdb/node-api@$duckdb_version" >"$scratch/npm" 2>&1 </dev/null ||
            rm -rf .tools/node_modules
    fi
    if [ -d $node ]; then
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
install_moto() {
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
    export PYTHONPATH=$root/$into${PYTHONPATH:+:$PYTHONPATH} PATH=$PATH:$root/$into/bin
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

step "tools"
install_tools
install_duckdb
install_moto
look_at_model
[ -c /dev/fuse ] || may_skip="$may_skip|recipe|mount|readme_shows"

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
