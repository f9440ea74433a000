# The long part of run.sh, with its functions and variables: what finds more the longer it
# runs. Needs minutes each, so it is run by hand: tests/run.sh --long MINUTES

# All that is run, in one place. One a line: what it is called, the build it is run with, and
# the command, run below the project's root.
long_list() {
    local seconds=$((60 * long_minutes)) kill_at
    kill_at=$(find "$PWD/build/test-gcc" -name 'libkill_at.so' -o -name 'kill_at.so' |
        head -n 1)
    local stress="python3 -B tests/stress/stress.py --rows 3000 --seed $long_seed
        --seconds $((seconds * 3 / 4)) --fsx-seconds $((seconds / 4))"
    local model="python3 -B tests/model/model.py --seconds $seconds"
    # In less the mount's caches only get full.
    local soak="python3 -B tests/stress/soak.py --seconds $((seconds < 600 ? 600 : seconds))
        --seed $long_seed"
    local pressure="python3 -B tests/stress/pressure.py"
    local kills="python3 -B tests/model/kills.py --kills 1000"
    # A command is one line.
    echo stress tsan $stress build/test-tsan/fs/cmd/costfs
    echo stress asan $stress build/test-asan/fs/cmd/costfs
    echo soak gcc $soak build/test-gcc/fs/cmd/costfs
    echo soak asan $soak build/test-asan/fs/cmd/costfs
    echo pressure gcc $pressure build/test-gcc/fs/cmd/costfs
    [ ! -f tests/model/model.py ] || echo model asan $model build/test-asan/fs/cmd/costfs
    [ ! -f tests/model/kills.py ] || echo kills gcc $kills build/test-gcc/fs/cmd/costfs "$kill_at"
}

# long_one NAME BUILD COMMAND... : runs it with an end, keeps what it says if it fails
long_one() {
    local name=$1 build=$2 log=$scratch/long.log begun=$SECONDS word=passed
    shift 2
    COSTFS_TEST_SECONDS=$((120 * long_minutes + 600)) \
        timeout -k 30 $((120 * long_minutes + 900)) "$@" >"$log" 2>&1 </dev/null ||
        { [ $? -eq 77 ] && word=skipped || word=failed; }
    if [ $word = failed ]; then
        cp "$log" "build/long-$name-$build.log"
        grep -E 'FAILED|Error:|Sanitizer' "$log" | head -n 20
        echo "all of it: build/long-$name-$build.log"
    fi
    note $word "long: $name, $build"
    printf '%-8s %-6s %7d s  %s\n' "$name" "$build" $((SECONDS - begun)) "$word" >>"$scratch/long"
}

do_long() {
    local name build command
    build gcc && build asan && build tsan || return
    tools_ready
    : >"$scratch/long"
    while read -r name build command; do
        # shellcheck disable=SC2086 # a list of words
        long_one "$name" "$build" $command
    done < <(long_list)
    # Each target has its share, so that all together take as long as one of the others.
    fuzz_seconds=$((60 * long_minutes / $(find tests/fuzz -name 'fuzz_*.c' | wc -l) + 1))
    local begun=$SECONDS
    do_fuzz
    printf '%-8s %-6s %7d s  %s s each target\n' fuzz fuzz $((SECONDS - begun)) \
        "$fuzz_seconds" >>"$scratch/long"
    echo "seed $long_seed, $long_minutes minutes each:"
    cat "$scratch/long"
}
