"""Runs each contender several times, interleaved: measure.py INGEST FOLDER ROWS RUNS
(ordered|shuffled), where shuffled rewrites the files of FOLDER."""
import glob
import gzip as gzip_module
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# By account and service, by the header's names; what analysts would type. Commas inside
# of quotes are not minded, which only makes it faster.
AWK = r"""NR == 1 {
	header = $0
	for (i = 1; i <= NF; i++) {
		if ($i == "lineItem/UsageAccountId") account = i
		if ($i == "lineItem/ProductCode") service = i
	}
}
$0 != header { print > (out "/" $account "_" $service) }"""

KEYS = "lineItem/UsageAccountId,lineItem/ProductCode"

DUCKDB = """
const { DuckDBInstance } = require(process.argv[1]);
(async () => {
	const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
	const c = await instance.connect();
	await c.run(`COPY (SELECT * FROM read_csv('${process.argv[2]}', header=true,
		delim=',', quote='"', escape='"', all_varchar=true, union_by_name=true))
		TO '${process.argv[3]}' (FORMAT csv,
		PARTITION_BY ("lineItem/UsageAccountId", "lineItem/ProductCode"))`);
})().catch((e) => { console.error(e.message); process.exit(1); });
"""


def duckdb_module():
    """Where node finds DuckDB, or None."""
    if not shutil.which("node"):
        return None
    tools = Path(__file__).resolve().parents[2] / ".tools/node_modules/@duckdb/node-api"
    places = [os.environ.get("COSTFS_DUCKDB", ""), str(tools), "@duckdb/node-api"]
    if shutil.which("npm"):
        root = subprocess.run(["npm", "root", "-g"], capture_output=True, text=True)
        places.append(root.stdout.strip() + "/@duckdb/node-api")
    for place in places:
        found = place and subprocess.run(
            ["node", "-e", "require(process.argv[1])", place], capture_output=True)
        if found and found.returncode == 0:
            return place
    return None


def contenders(ingest, folder, files):
    quoted = " ".join(f"'{f}'" for f in files)
    known = {
        "costfs, 2 threads": [ingest, folder, "2", "{out}"],
        "costfs, 1 thread": [ingest, folder, "1", "{out}"],
        "igzip -dc > /dev/null": ["sh", "-c", f"exec igzip -dc {quoted} > /dev/null"],
        "gzip -dc > /dev/null": ["sh", "-c", f"exec gzip -dc {quoted} > /dev/null"],
        "zcat, mawk partitions": [
            "sh", "-c", f'ulimit -n 8192; zcat {quoted} | mawk -F, -v out="$0" "$1"',
            "{out}", AWK],
    }
    known["mlr split"] = [
        "sh", "-c", 'ulimit -n 8192; exec mlr --icsv --ocsv --gzin split -g '
        f'{KEYS} --prefix "$0/part" {quoted}', "{out}"]
    for name in list(known):
        tool = name.split()[1 if name.startswith("zcat") else 0]
        if tool in ("igzip", "mlr", "mawk") and not shutil.which(tool):
            del known[name]
    module = duckdb_module()
    if module:
        known["DuckDB, 2 threads, partitions"] = [
            "node", "-e", DUCKDB, module, os.path.dirname(files[0]) + "/*.csv.gz",
            "{out}/copy"]
    return known


def children_cpu():
    t = os.times()
    return t.children_user + t.children_system


def run(command):
    """Wall and CPU seconds of the command and all below it, MiB of the largest process;
    None when it failed."""
    out = tempfile.mkdtemp(prefix="costfs-bench-out-")
    try:
        cpu, wall = children_cpu(), time.monotonic()
        child = subprocess.Popen([a.replace("{out}", out) for a in command],
                                 stdout=subprocess.PIPE, text=True)
        peak = Peak(child.pid)
        peak.watch(child)
        wall = time.monotonic() - wall
        if child.returncode != 0:
            return None
        return wall, children_cpu() - cpu, peak.kib / 1024
    finally:
        shutil.rmtree(out)


class Peak:
    """The most memory that any process of the command held: VmHWM, while it runs."""

    def __init__(self, pid):
        self.pid, self.kib = pid, 0

    def look(self):
        pids = [self.pid]
        for pid in pids:
            try:
                status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
                pids += Path(f"/proc/{pid}/task/{pid}/children").read_text(
                    encoding="ascii").split()
            except OSError:
                continue
            for line in status.splitlines():
                if line.startswith("VmHWM:"):
                    self.kib = max(self.kib, int(line.split()[1]))

    def watch(self, child):
        while True:
            self.look()
            try:
                child.communicate(timeout=0.05)
                return
            except subprocess.TimeoutExpired:
                pass


def csv_bytes(files):
    total = 0
    for name in files:
        gzip = subprocess.run(f"gzip -dc '{name}' | wc -c", shell=True, check=True,
                              capture_output=True)
        total += int(gzip.stdout)
    return total


def ratio(runs, base, index):
    """The median of what runs took for each of what the other took in the same round."""
    if not base or len(base) != len(runs):
        return ""
    return f"{statistics.median(r[index] / b[index] for r, b in zip(runs, base)):.2f}"


def report(rows, size, results, title):
    gzip, igzip = (results.get(f"{name} -dc > /dev/null") for name in ("gzip", "igzip"))
    print(f"\n{rows:,} rows{title}, {size / 1e9:.2f} GB of CSV\n")
    print("| what | wall s | x gzip | x igzip | rows/s | GB/s | CPU s | x igzip | peak MiB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, runs in results.items():
        if not runs:
            print(f"| {name} | failed | | | | | | | |")
            continue
        wall, cpu, peak = (statistics.median(r[i] for r in runs) for i in range(3))
        print(f"| {name} | {wall:.2f} | {ratio(runs, gzip, 0)} | {ratio(runs, igzip, 0)} | "
              f"{rows / wall:,.0f} | {size / wall / 1e9:.2f} | {cpu:.2f} | "
              f"{ratio(runs, igzip, 1)} | {peak:.0f} |")


def records(name):
    """Of a CSV file, the header first; a quoted cell may go over several lines."""
    found = []
    with gzip_module.open(name) as lines:
        for line in lines:
            if found and found[-1].count(b'"') % 2:
                found[-1] += line
            else:
                found.append(line)
    return found


def shuffle(files):
    """Deals all rows out anew, at random, but the same in each run."""
    headers, rows = [], []
    for name in files:
        header, *more = records(name)
        headers.append(header)
        rows += more
    if len(set(headers)) != 1:
        sys.exit("files with different headers cannot be shuffled")
    random.Random(1).shuffle(rows)
    for i, name in enumerate(files):
        with gzip_module.open(name, "wb", compresslevel=6) as out:
            out.writelines([headers[i], *rows[i::len(files)]])


def main(ingest, folder, rows, runs, order):
    files = sorted(glob.glob(folder + "/**/*.csv.gz", recursive=True))
    if order == "shuffled":
        shuffle(files)
    known = contenders(ingest, folder, files)
    size = csv_bytes(files)
    results = {name: [] for name in known}
    for _ in range(int(runs)):
        for name, command in known.items():
            result = run(command)
            if result:
                results[name].append(result)
    report(int(rows), size, results, ", shuffled" if order == "shuffled" else "")


if __name__ == "__main__":
    main(*sys.argv[1:])
