"""Reading a month from S3, beside reading it through one connection and from local files:
s3.py BUILD [ROWS [RUNS]]

BUILD is a meson build directory. The bucket is a server on the loopback that waits and dawdles as
a network does. Prints a Markdown table (docs/performance.md), and fails where a month of eight
objects does not arrive six times as fast as through one connection, takes more than 1.3 times as
long as from files, or takes too much memory."""
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "s3"))

import bucket

OBJECTS = 8
LATENCY = 0.05  # seconds
RATE = 25_000_000  # bytes a second of a connection
WINDOW_MIB = 64  # that parts of objects may take
FASTER_LEAST = 6.0
SLOWER_MOST = 1.3
MEMORY_MOST_MIB = 256 + WINDOW_MIB


def split(month):
    """The one file of a month into several, as AWS splits larger ones."""
    manifest = next(month.glob("*-Manifest.json"))
    told = json.loads(manifest.read_text())
    files = sorted(month.glob("*.csv"))
    lines = []
    for file in files:
        header, *rows = file.read_bytes().splitlines(keepends=True)
        lines += rows
        file.unlink()
    front = told["reportKeys"][0].rpartition("/")[0]
    told["reportKeys"] = []
    share = -(-len(lines) // OBJECTS)
    for i in range(OBJECTS):
        name = f"demo-{i + 1:05}.csv"
        (month / name).write_bytes(header + b"".join(lines[i * share : (i + 1) * share]))
        told["reportKeys"].append(f"{front}/{name}")
    manifest.write_text(json.dumps(told))


def by_one_connection(server, month):
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for path in sorted(month.glob("*.csv")):
        connection.request("GET", f"/bucket/{path.relative_to(server.directory)}")
        reply = connection.getresponse()
        while reply.read(1 << 20):
            pass
    connection.close()
    return time.monotonic() - begun


class Costfs:
    def __init__(self, build, work):
        self.path = build / "fs" / "cmd" / "costfs"
        self.work = work

    def read(self, source, port=0):
        """Seconds and peak MiB of a cold `cat` of one slice."""
        cache = self.work / "cache"
        subprocess.run(["rm", "-rf", cache], check=True)
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.work),
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AK",
            "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        words = [self.path, "cat", source, "this-month/by-service.csv", "--cache", cache]
        begun = time.monotonic()
        with open(self.work / "out", "wb") as out, subprocess.Popen(
            [os.fspath(w) for w in words], env=env, stdout=out
        ) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - begun
        if process.returncode:
            raise SystemExit(f"costfs cat {source}: exit {process.returncode}")
        return took, used.ru_maxrss / 1024, (self.work / "out").read_bytes()


def arrival(server):
    """Seconds from the first request for the month's data to the last byte."""
    return max(server.ends) - min(server.begins)


def median(call, runs):
    return statistics.median(call() for _ in range(runs))


def main(build, rows=200_000, runs=3):
    build, runs = pathlib.Path(build).resolve(), int(runs)
    failures = []
    with tempfile.TemporaryDirectory(prefix="costfs-bench-") as work:
        work = pathlib.Path(work)
        costfs = Costfs(build, work)
        copy = work / "copy"
        subprocess.run(
            [costfs.path, "demo-export", copy, "--rows", str(rows), "--months", "1",
             "--compression", "plain", "--quiet"], check=True,
        )
        month = next((copy / "exports" / "demo").iterdir())
        # Elsewhere: Linux counts the memory of who starts a program as the program's.
        subprocess.run([sys.executable, "-B", __file__, "--split", month], check=True)
        size = sum(f.stat().st_size for f in month.glob("*.csv"))
        server = bucket.Bucket(copy)
        same = costfs.read(copy)[2]
        peaks = []

        def from_bucket():
            server.forget()
            took, peak, text = costfs.read("s3://bucket/exports/demo", server.port)
            assert text == same
            peaks.append(peak)
            return took

        print(f"{int(rows):,} rows in {OBJECTS} objects, {size / 1e6:.0f} MB, not compressed\n")
        print("| what | seconds | MB/s | connections at once |\n|---|---:|---:|---:|")
        server.latency, server.rate = LATENCY, RATE
        one = median(lambda: by_one_connection(server, month), 1)
        print(f"| 50 ms, 25 MB/s, one connection | {one:.2f} | {size / one / 1e6:.0f} | 1 |")
        arrivals = []
        slow = median(lambda: (from_bucket(), arrivals.append(arrival(server)))[0], runs)
        arrived = statistics.median(arrivals)
        print(f"| the same, costfs: the objects | {arrived:.2f} | {size / arrived / 1e6:.0f} "
              f"| {server.reading_most} |")
        print(f"| the same, costfs: all of a cold cat | {slow:.2f} | {size / slow / 1e6:.0f} | |")
        server.close()
        # Both of gzip, as AWS delivers, and of files that take next to no work.
        packed = work / "packed"
        subprocess.run(
            [costfs.path, "demo-export", packed, "--rows", str(4 * int(rows)), "--months",
             "1", "--quiet"], check=True,
        )
        for kind, files in (("plain", copy), ("gzip", packed)):
            server = bucket.Bucket(files)
            size = sum(f.stat().st_size for f in files.rglob("*.csv*"))
            same = costfs.read(files)[2]
            # Interleaved, since the machine's speed drifts.
            pairs = [(costfs.read(files)[0], from_bucket()) for _ in range(max(runs, 5))]
            local = statistics.median(a for a, _ in pairs)
            near = statistics.median(b for _, b in pairs)
            print(f"| {kind}, local files, a cold cat | {local:.2f} "
                  f"| {size / local / 1e6:.0f} | |")
            print(f"| {kind}, loopback, a cold cat | {near:.2f} | {size / near / 1e6:.0f} "
                  f"| {server.reading_most} |")
            server.close()
        print(f"\nPeak memory {max(peaks):.0f} MiB; one connection takes {one / arrived:.1f} "
              f"times as long; loopback {near / local:.2f} times as long as files.")
        if one / arrived < FASTER_LEAST:
            failures.append(f"only {one / arrived:.1f} times as fast as one connection")
        if near / local > SLOWER_MOST:
            failures.append(f"{near / local:.2f} times as slow as local files")
        if max(peaks) > MEMORY_MOST_MIB:
            failures.append(f"{max(peaks):.0f} MiB of memory")
    for failure in failures:
        print("not fast enough:", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    if sys.argv[1] == "--split":
        split(pathlib.Path(sys.argv[2]))
        sys.exit(0)
    sys.exit(main(*sys.argv[1:]))
