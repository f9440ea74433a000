"""What grows, and who waits: scale.py [--rows N[,N...]] [--runs N] BUILD

BUILD is a meson build directory. Prints Markdown tables (docs/performance.md) of medians of
months of the made-up export, legacy CSV in gzip, read into an empty cache: rows a second, peak
memory and the size of the cache for each number of rows; how long the first roll-up of a month
that nobody has read takes from the mount on, beside reading the month alone; and how much slower a
reader of one month is while another one is read in. Runs that are compared take turns."""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))

import harness

TIMEOUT = 1200
MIB = 1 << 20
WAITING_ROWS = 1_000_000  # of the month that is waited for, or read in beside a reader


def made(folder, rows, months=1):
    harness.run(harness.costfs_path(), "demo-export", folder, "--rows", str(rows), "--accounts",
                "50", "--months", str(months), "--last-month", "2026-10", "--quiet", check=True,
                timeout=TIMEOUT)
    return folder


def sizes(folder):
    """Bytes of the CSV and of its files; what gzip keeps of the size is modulo 2^32."""
    plain = packed = 0
    for path in folder.rglob("*.csv.gz"):
        data = path.stat().st_size
        with open(path, "rb") as f:
            f.seek(-4, os.SEEK_END)
            plain += int.from_bytes(f.read(4), "little")
        packed += data
    return plain, packed


def read_in(export, cache):
    """Seconds, CPU seconds and peak MiB of reading all months into an empty cache."""
    shutil.rmtree(cache, ignore_errors=True)
    start = time.perf_counter()
    process = subprocess.Popen([harness.costfs_path(), "prefetch", "--quiet", "--cache", cache,
                                export])
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"prefetch: {status}")
    return (time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def size_of(folder):
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def measure_growth(folder, rows, runs):
    print("| rows | GB of CSV | wall s | rows/s | CPU s | us a row | peak MiB | cache / CSV |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for count in rows:
        export, cache = made(folder / "export", count), folder / "cache"
        plain, _ = sizes(export)
        wall, cpu, peak = (statistics.median(v) for v in zip(
            *(read_in(export, cache) for _ in range(runs))))
        print(f"| {count:,} | {plain / 1e9:.2f} | {wall:.2f} | {count / wall:,.0f} | {cpu:.2f} |"
              f" {cpu / count * 1e6:.2f} | {peak:.0f} | {size_of(cache) / plain:.3f} |",
              flush=True)
        shutil.rmtree(export)
        shutil.rmtree(cache)
    print()


def first_answer(export, folder, cache):
    """Seconds from the start of mount to the first line, and from its end."""
    start = time.perf_counter()
    with harness.Mount(export, folder / "mnt", cache, background=True) as m:
        mounted = time.perf_counter()
        with open(m / "months/2026-10/by-service.csv", "rb") as f:
            f.readline()
        return time.perf_counter() - start, time.perf_counter() - mounted


def measure_first_answer(export, folder, runs):
    cache, alone, cold, warm = folder / "cache", [], [], []
    for _ in range(runs):
        alone.append(read_in(export, cache)[0])
        warm.append(first_answer(export, folder, cache)[1])
        shutil.rmtree(cache)
        cold.append(first_answer(export, folder, cache)[0])
    ratio = statistics.median(c / a for c, a in zip(cold, alone))
    print("| first line of by-service.csv | s | bound |\n|---|---:|---:|")
    print(f"| reading the month alone | {statistics.median(alone):.2f} | |")
    print(f"| not read before, from the start of mount | {statistics.median(cold):.2f} = "
          f"{ratio:.2f} x | <= 1.2 x |")
    print(f"| cached, after mount | {statistics.median(warm):.4f} | <= 0.05 |\n", flush=True)


def read_rate(path):
    """MiB/s, of which nothing comes out of pages that the kernel has."""
    buffer, count = bytearray(MIB), 0
    start = time.perf_counter()
    with open(path, "rb", buffering=0) as f:
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while n := f.readinto(buffer):
            count += n
    return count / MIB / (time.perf_counter() - start)


def measure_reader(export, folder, runs):
    """2026-10 is in the cache, and 2026-09 is read in meanwhile; a mount reads the newest."""
    cache, alone, beside = folder / "cache", [], []
    kept = folder / "kept"
    for directory in (cache, kept):
        shutil.rmtree(directory, ignore_errors=True)
    harness.costfs("prefetch", "--quiet", "--cache", kept, export, "2026-10", check=True,
                   timeout=TIMEOUT)
    for _ in range(runs):
        shutil.rmtree(cache, ignore_errors=True)
        shutil.copytree(kept, cache)
        with harness.Mount(export, folder / "mnt", cache) as m:
            largest = max((m / "months/2026-10/services").glob("*/lines.csv"),
                          key=os.path.getsize)
            alone += [read_rate(largest) for _ in range(5)]
            reading = subprocess.Popen(["cat", m / "months/2026-09/total.csv"],
                                       stdout=subprocess.DEVNULL)
            while reading.poll() is None:
                rate = read_rate(largest)
                if reading.poll() is None:
                    beside.append(rate)
    print("| reader of a month that is cached | MiB/s | bound |\n|---|---:|---:|")
    print(f"| alone | {statistics.median(alone):.0f} | |")
    print(f"| while another month is read in | {statistics.median(beside):.0f} = "
          f"{statistics.median(beside) / statistics.median(alone):.2f} x | >= 0.75 x |\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="1000000,5000000,20000000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("build", type=pathlib.Path)
    asked = parser.parse_args()
    harness._costfs = str((asked.build / "fs/cmd/costfs").resolve())
    with tempfile.TemporaryDirectory(prefix="costfs-scale-") as name:
        folder = pathlib.Path(name)
        export = made(folder / "two", 2 * WAITING_ROWS, months=2)
        measure_reader(export, folder, asked.runs)
        shutil.rmtree(export)
        export = made(folder / "one", WAITING_ROWS)
        measure_first_answer(export, folder, asked.runs)
        shutil.rmtree(export)
        measure_growth(folder, [int(n) for n in asked.rows.split(",")], asked.runs)


if __name__ == "__main__":
    main()
