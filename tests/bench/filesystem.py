"""A mount as a file system, beside the same tree copied to a plain directory: filesystem.py
BUILD [RUNS]

BUILD is a meson build directory. Exports are made and read into a cache before anything is
timed: "wide", whose month has 25,000 resources, directories of four files each; "keyed", whose
100 services have 1,000 tag keys each, that are 100 directories by-tag of 1,000 files; "flat", with
100,000 resources in one directory; and one of a million rows, whose lines.csv is a gigabyte.
Every figure is of a cached month and of a mount that was just made, unless "again" says
otherwise; runs of a mount and of the copy are interleaved. Prints a Markdown table
(docs/performance.md) of medians, with the bound of each figure, and fails where one is missed.
"Least" is the least that a daemon of FUSE can do (least_fuse.c): what the kernel costs, below
which no mount comes. TMPDIR should be on a disk with an ordinary file system."""
import ctypes
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))

import deliveries
import harness
from deliveries import legacy_delivery, legacy_row

MONTH = "2026-10"
ACCOUNT = "111122223333"
RESOURCES = 25_000
FLAT = 100_000
SERVICES = 100
KEYS = 1000
ROWS = 1_000_000
SLICES = 20  # read at once
MIB = 1 << 20
TIMEOUT = 600
LIBC = ctypes.CDLL(None, use_errno=True)


def drop_caches():
    """What the kernel holds of files goes; needs root."""
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3", encoding="ascii")


def seconds(*command):
    start = time.perf_counter()
    subprocess.run([os.fspath(c) for c in command], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=TIMEOUT)
    return time.perf_counter() - start


def read_through(path, size=MIB):
    """GiB/s of reading the file from its beginning to its end."""
    buffer = bytearray(size)
    total = 0
    start = time.perf_counter()
    with open(path, "rb", buffering=0) as file:
        while got := file.readinto(buffer):
            total += got
    return total / (time.perf_counter() - start) / 2**30


def each_us(paths, call):
    """Sorted microseconds of the calls."""
    times = []
    for path in paths:
        start = time.perf_counter_ns()
        call(path)
        times.append((time.perf_counter_ns() - start) / 1000)
    return sorted(times)


def open_read_close(path):
    fd = os.open(path, os.O_RDONLY)
    os.read(fd, 65536)
    os.close(fd)


def forget_pages(fd):
    LIBC.posix_fadvise(fd, ctypes.c_long(0), ctypes.c_long(0), 4)


def random_reads(path, count=2000, size=4096):
    """Median microseconds of a read of 4 KiB somewhere: not in the page cache, and in it."""
    fd = os.open(path, os.O_RDONLY)
    try:
        end = os.fstat(fd).st_size // size - 1
        LIBC.posix_fadvise(fd, ctypes.c_long(0), ctypes.c_long(0), 1)  # no read-ahead
        places = [random.randrange(end) * size for _ in range(count)]
        forget_pages(fd)
        first = each_us(places, lambda at: os.pread(fd, size, at))
        again = each_us(places, lambda at: os.pread(fd, size, at))
        return statistics.median(first), statistics.median(again)
    finally:
        os.close(fd)


def read_all_at_once(paths):
    """GiB/s of as many readers, each of a file of its own."""
    threads = [threading.Thread(target=read_through, args=(path,)) for path in paths]
    total = sum(os.path.getsize(path) for path in paths)
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total / (time.perf_counter() - start) / 2**30


def read_ahead_of(path):
    """Where it says how far the kernel reads ahead."""
    device = os.stat(path).st_dev
    return pathlib.Path(
        f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb")


def rss_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


class Least:
    """A mount of least_fuse."""

    def __init__(self, program, directory, *options):
        self.directory = directory
        directory.mkdir()
        self.process = subprocess.Popen([program, *options, directory])
        harness.wait_until(lambda: os.path.ismount(directory), what=str(directory))

    def __truediv__(self, name):
        return self.directory / name

    def close(self):
        subprocess.run(["umount", self.directory], check=False)
        self.process.wait(timeout=TIMEOUT)


class World:
    """Exports, a cache that holds them, the copies to compare with, and mounts."""

    def __init__(self, folder, least_program):
        self.folder = folder
        self.least = Least(least_program, folder / "least")
        self.unopened = Least(least_program, folder / "unopened", "-n")
        self.cache = folder / "cache"
        self.peer = folder / "peer"
        self.mounted = None
        for name, count in (("wide", RESOURCES), ("flat", FLAT)):
            legacy_delivery(folder / name, MONTH, [[
                legacy_row(MONTH, resource=f"i-{n:017x}", day=1 + n % 28)
                for n in range(count)]])
        self.make_keyed()
        harness.run(harness.costfs_path(), "demo-export", folder / "long", "--rows", str(ROWS),
                    "--accounts", "1", "--months", "1", "--last-month", MONTH, "--quiet",
                    check=True, timeout=TIMEOUT)
        for name in ("wide", "flat", "keyed", "long"):
            harness.costfs("prefetch", folder / name, "--cache", self.cache, check=True,
                           timeout=TIMEOUT)
        self.mount("wide")
        harness.run("cp", "-r", self.tree(), self.peer, check=True, timeout=TIMEOUT)
        self.mount("flat")
        self.flat = folder / "flat-peer"
        for entry in os.scandir(self.tree()):
            os.makedirs(self.flat / entry.name)
        self.mount("keyed")
        for tags in self.keyed():
            peer = folder / f"tags-{tags.parent.name}"
            peer.mkdir()
            for entry in os.scandir(tags):  # walks read no bytes
                (peer / entry.name).write_bytes(bytes(entry.stat().st_size))
        self.mount("long")
        harness.run("cp", self.mounted / self.lines(), folder / "lines.csv", check=True,
                    timeout=TIMEOUT)
        read_ahead_of(self.least / "large").write_bytes(
            read_ahead_of(self.mounted / self.lines()).read_bytes())
        services = self.mounted / f"months/{MONTH}/services"
        largest = sorted(services.glob("*/lines.csv"), key=os.path.getsize)[-SLICES:]
        self.slices = [path.relative_to(self.mounted.directory) for path in largest]
        for name in self.slices:
            (folder / name).parent.mkdir(parents=True)
            harness.run("cp", self.mounted / name, folder / name, check=True, timeout=TIMEOUT)

    def close(self):
        self.unmount()
        self.least.close()
        self.unopened.close()

    def make_keyed(self):
        keys = [f"resourceTags/user:Key{n:04}" for n in range(KEYS)]
        plain = list(deliveries.LEGACY_HEADER)
        deliveries.LEGACY_HEADER += keys
        legacy_delivery(self.folder / "keyed", MONTH, [[
            legacy_row(MONTH, service=f"Service{n:03}", resource=f"i-{n:017x}",
                       **{key: f"value-{n % 7}" for key in keys})
            for n in range(SERVICES)]])
        deliveries.LEGACY_HEADER[:] = plain

    def keyed(self):
        """The directories by-tag of all services, in a mount of keyed."""
        return sorted((self.mounted / f"accounts/{ACCOUNT}/{MONTH}/services").glob("*/by-tag"))

    def keyed_peer(self):
        return sorted(self.folder.glob("tags-*"))

    def requests(self):
        """How many of the kernel's the mount has had, by name."""
        time.sleep(1.1)  # for so long the kernel keeps them
        text = self.mounted.text(".costfs/metrics.prom")
        return {name: int(count) for name, count in re.findall(
            r'^costfs_fuse_requests_total\{operation="(\w+)"\} (\d+)$', text, re.M)}

    def mount(self, name):
        self.unmount()
        self.mounted = harness.Mount(self.folder / name, self.folder / "mnt", self.cache)
        return self.mounted

    def unmount(self):
        if self.mounted:
            self.mounted.close()
            self.mounted = None

    def tree(self):
        return self.mounted / f"accounts/{ACCOUNT}/{MONTH}/services/AmazonEC2/resources"

    def lines(self):
        return f"months/{MONTH}/lines.csv"

    def files(self, root, count):
        names = sorted(os.listdir(root))
        chosen = random.sample([n for n in names if n != "index.csv"], count)
        return [os.path.join(root, n, "summary.csv") for n in chosen]


class Figures:
    """Values by name, as (of the mount, of the copy or None, of the least mount or None)."""

    def __init__(self):
        self.values = {}

    def add(self, name, ours, peer=None, least=None):
        self.values.setdefault(name, []).append((ours, peer, least))


def measure_start(world, figures):
    world.unmount()
    mountpoint = world.folder / "mnt"
    start = time.perf_counter()
    harness.run(harness.costfs_path(), "mount", world.folder / "wide", mountpoint, "--cache",
                world.cache, "--refresh", "0", check=True)
    os.stat(mountpoint / "README.txt")
    figures.add("mount to stat, ms", 1000 * (time.perf_counter() - start))
    by_service = mountpoint / f"months/{MONTH}/by-service.csv"
    start = time.perf_counter()
    by_service.read_bytes()
    figures.add("then by-service.csv, ms", 1000 * (time.perf_counter() - start))
    harness.run("umount", mountpoint, check=True)


def measure_wide(world, figures):
    """25,000 directories of four files; the copy's first walk with nothing in the kernel's
    caches either."""
    world.mount("wide")
    tree = world.tree()
    os.stat(tree)
    drop_caches()
    first = seconds("find", tree)
    resident = rss_mib(world.mounted.pid)
    drop_caches()
    peer = seconds("find", world.peer)
    figures.add("25,000 dirs: find, dirs/s", RESOURCES / first, RESOURCES / peer)
    seconds("find", tree)  # the kernel has it all again
    for name, command in {"find": ("find",), "ls -lR": ("ls", "-lR")}.items():
        figures.add(f"25,000 dirs: {name} again, s", seconds(*command, tree),
                    seconds(*command, world.peer))
    figures.add("25,000 dirs: resident, MiB", resident)


def measure_keyed(world, figures):
    """100 directories of 1,000 files."""
    walks = {"ls -lR": ("ls", "-lR"), "find -type f": ("find",), "du -s": ("du", "-s")}
    world.mount("keyed")
    ours, peers = world.keyed(), world.keyed_peer()
    before = world.requests()
    first = seconds("ls", "-lR", *ours)
    after = world.requests()
    resident = rss_mib(world.mounted.pid)
    drop_caches()
    figures.add("100 x 1,000: ls -lR, s", first, seconds("ls", "-lR", *peers))
    spent = {name: after[name] - before[name] for name in after}
    figures.add("requests a directory", (spent["opendir"] + spent["readdir"]) / SERVICES)
    figures.add("lookups, attributes a file",
                (spent["lookup"] + spent["getattr"]) / SERVICES / KEYS)
    seconds("ls", "-lR", *ours)  # the kernel has it all again
    for name, command in walks.items():
        more = ("-type", "f") if command[0] == "find" else ()
        figures.add(f"100 x 1,000: {name} again, s", seconds(*command, *ours, *more),
                    seconds(*command, *peers, *more))
    figures.add("100 x 1,000: resident, MiB", resident)


def measure_flat(world, figures):
    """A directory of 100,000 directories."""
    world.mount("flat")
    tree = world.tree()
    os.stat(tree)
    drop_caches()
    first = seconds("ls", "-l", tree)
    drop_caches()
    figures.add("ls -l of 100,000, s", first, seconds("ls", "-l", world.flat))
    figures.add("ls -l of 100,000 again, s", seconds("ls", "-l", tree),
                seconds("ls", "-l", world.flat))


def measure_stat(world, figures):
    """Of files whose attributes the kernel holds, and of files that it has never asked for."""
    world.mount("wide")
    files = world.files(world.tree(), 3000)
    missed = each_us(files, os.stat)
    hot = each_us(files, os.stat)
    peers = world.files(world.peer, 3000)
    each_us(peers, os.stat)
    figures.add("stat hot, p50 us", statistics.median(hot),
                statistics.median(each_us(peers, os.stat)))
    # A path of two parts that the kernel does not hold: two lookups.
    figures.add("stat missed, p50 us", statistics.median(missed))
    figures.add("stat missed, p99 us", missed[int(len(missed) * 0.99)])
    others = [files, peers, [world.least / "small"] * 3000, [world.unopened / "small"] * 3000]
    warm = []
    for paths in others:
        each_us(paths, open_read_close)
        warm.append(statistics.median(each_us(paths, open_read_close)))
    ours, theirs, least, unopened = warm
    figures.add("open, read, close warm, p50 us", ours, theirs, least)
    figures.add("the same, opened without a request, p50 us", None, theirs, unopened)


def measure_reads(world, figures):
    world.mount("long")
    path, peer = world.mounted / world.lines(), world.folder / "lines.csv"
    os.stat(path)
    paths = path, peer, world.least / "large"
    for one in paths[1:]:
        read_through(one)
        with open(one, "rb") as file:
            forget_pages(file.fileno())
    figures.add("read cached, GiB/s", *[read_through(one) for one in paths])
    figures.add("read again, GiB/s", *[read_through(one) for one in paths])
    every = [random_reads(one) for one in paths]
    figures.add("4 KiB not in pages, p50 us", *[one[0] for one in every])
    figures.add("4 KiB in pages, p50 us", *[one[1] for one in every])
    slices = [world.mounted / name for name in world.slices]
    one = read_through(slices[-1])
    world.mount("long")
    for path in slices:
        os.stat(path)
    figures.add(f"{SLICES} readers of slices, of one reader", read_all_at_once(slices) / one)
    world.mount("long")
    start = time.perf_counter()
    subprocess.run(["head", "-n", "5", world.mounted / world.lines()], check=True,
                   stdout=subprocess.DEVNULL, timeout=TIMEOUT)
    figures.add("head -n 5, ms", 1000 * (time.perf_counter() - start))


# Name: (test of (ours, peer), as words).
BOUNDS = {
    "mount to stat, ms": (lambda o, p: o <= 100, "<= 100"),
    "then by-service.csv, ms": (lambda o, p: o <= 50, "<= 50"),
    "25,000 dirs: find, dirs/s": (lambda o, p: o >= 10_000, ">= 10,000"),
    "25,000 dirs: find again, s": (lambda o, p: 0.9 * o <= p, ">= 0.9 x the speed"),
    "25,000 dirs: ls -lR again, s": (lambda o, p: True, ""),
    "25,000 dirs: resident, MiB": (lambda o, p: o <= 64, "<= 64"),
    "100 x 1,000: ls -lR, s": (lambda o, p: o <= 2.5, "<= 2.5"),
    "requests a directory": (lambda o, p: o <= 3, "<= 3"),
    "lookups, attributes a file": (lambda o, p: o < 0.01, "0"),
    "100 x 1,000: ls -lR again, s": (lambda o, p: o <= 1.5, "<= 1.5"),
    "100 x 1,000: find -type f again, s": (lambda o, p: o <= 0.1, "<= 0.1"),
    "100 x 1,000: du -s again, s": (lambda o, p: o <= 0.4, "<= 0.4"),
    "100 x 1,000: resident, MiB": (lambda o, p: o <= 64, "<= 64"),
    "ls -l of 100,000, s": (lambda o, p: o <= p, "<= 1.0 x"),
    "ls -l of 100,000 again, s": (lambda o, p: o <= p, "<= 1.0 x"),
    "stat hot, p50 us": (lambda o, p: o <= 6, "<= 6"),
    "stat missed, p50 us": (lambda o, p: o <= 80 * 2, "<= 80 a lookup"),
    "stat missed, p99 us": (lambda o, p: o <= 1000, "<= 1000"),
    "open, read, close warm, p50 us": (lambda o, p: o <= 2 * p, "<= 2 x"),
    "read cached, GiB/s": (lambda o, p: o >= 2, ">= 2"),
    "read again, GiB/s": (lambda o, p: o >= 0.7 * p, ">= 0.7 x"),
    "4 KiB not in pages, p50 us": (lambda o, p: o <= 30, "<= 30"),
    "4 KiB in pages, p50 us": (lambda o, p: o <= 2, "<= 2"),
    f"{SLICES} readers of slices, of one reader": (lambda o, p: o >= 0.8, ">= 0.8"),
    "head -n 5, ms": (lambda o, p: o <= 50, "<= 50"),
}


def report(figures):
    """How many bounds are missed."""
    missed = 0
    print("| what | mount | copy | least | ratio | bound | |")
    print("|---|---:|---:|---:|---:|---|---|")
    for name, values in figures.values.items():
        ours, peer, least = [v[0] and statistics.median(v) for v in zip(*values)]
        holds, words = BOUNDS.get(name, (lambda o, p: True, ""))
        is_held = holds(ours, peer)
        missed += not is_held
        ratio = ours / peer if ours and peer else None
        cells = [f"{v:.2f}" if v else "" for v in (ours, peer, least, ratio)]
        print(f"| {name} | {' | '.join(cells)} | {words} | {'' if is_held else 'missed'} |")
    return missed


MEASURES = (measure_start, measure_wide, measure_keyed, measure_flat, measure_stat, measure_reads)


def main(build, runs=3):
    harness._costfs = os.path.join(build, "fs/cmd/costfs")
    random.seed(1)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="costfs-bench-"))
    figures = Figures()
    world = None
    try:
        world = World(folder, pathlib.Path(build, "tests/bench/least_fuse").resolve())
        for _ in range(int(runs)):
            for measure in MEASURES:
                measure(world, figures)
    finally:
        if world:
            world.close()
        for point in harness.mounts_below(folder):
            subprocess.run(["umount", "-l", point], check=False)
        shutil.rmtree(folder)
    return 1 if report(figures) else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
