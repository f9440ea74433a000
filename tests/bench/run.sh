#!/bin/sh
# The benchmark: reads generated exports into the cache, and does with other tools what
# comes nearest to it. Prints a Markdown table (docs/performance.md).
#
# Usage: tests/bench/run.sh [--rows N[,N...]] [--runs N] [--shuffle] BUILD
#
# --shuffle: the rows of all files at random, which is the worst there can be.
#
# BUILD is a meson build directory. COSTFS_DUCKDB names the folder of DuckDB's node module
# (@duckdb/node-api) where npm does not find it. Tools that are not there are left out, but gzip.
set -eu

rows=1000000,5000000
runs=5
order=ordered
while [ $# -gt 1 ]; do
	case $1 in
	--rows) rows=$2 ;;
	--runs) runs=$2 ;;
	--shuffle)
		order=shuffled
		shift
		continue
		;;
	*) break ;;
	esac
	shift 2
done
if [ $# -ne 1 ] || [ ! -x "$1/fs/cmd/costfs" ]; then
	sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
ninja -C "$build" fs/cmd/costfs tests/bench/bench_ingest >/dev/null

work=$(mktemp -d "${TMPDIR:-/tmp}/costfs-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
for n in $(echo "$rows" | tr , ' '); do
	"$build/fs/cmd/costfs" demo-export "$work/$n" \
		--rows "$n" --accounts 50 --months 1 >/dev/null
	python3 -B "$here/measure.py" \
		"$build/tests/bench/bench_ingest" "$work/$n" "$n" "$runs" "$order"
	rm -rf "${work:?}/$n"
done
