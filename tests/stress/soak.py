"""A mount for long: new deliveries without end, and readers that come and go. What it holds
does not grow.

    soak.py [--seconds N] [--pause S] [--seed S] COSTFS

Prints what it held over the time, and the slope of its memory: least squares over the means of
BLOCKS equal pieces of the time after the warm-up, since single samples hang together. A delivery
stands for a minute, so that an hour is 60 of them, however fast they come. It fails above
LIMIT_MIB_AN_HOUR only if chance explains no such slope: if what is left after T standard errors
(one-sided, 1 %) is above it, too.
"""
import argparse
import errno
import json
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))


def words():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seconds", type=int, default=600,
                   help="in much less its caches do not get full")
    p.add_argument("--pause", type=float, default=1.0, help="seconds between deliveries")
    p.add_argument("--seed", type=int, default=int(os.environ.get("COSTFS_TEST_SEED", "1")))
    p.add_argument("--reader", metavar="DIR", help="be one of its readers")
    p.add_argument("costfs", nargs="?")
    return p.parse_args()


ASKED = words()
if ASKED.reader is None:
    os.environ.setdefault("COSTFS_TEST_SECONDS", str(2 * ASKED.seconds + 240))

import deliveries  # noqa: E402
import harness  # noqa: E402

MONTHS = ("2026-09", "2026-10", "2026-11")
CHANGING = MONTHS[1:]
ROWS, ACCOUNTS, SERVICES = 400, 3, ("AmazonEC2", "AmazonS3", "AmazonRDS", "AWSLambda")
READERS, READER_SECONDS = 3, 10
CACHE_LIMIT = 12 << 20  # some tens of deliveries
SHOWN_SECONDS = 20
WARM_UP, BLOCKS, T = 0.3, 20, 2.552  # T: 18 degrees of freedom
LIMIT_MIB_AN_HOUR = 1.0
HOUR, MINUTE = 3600, 60
MOVING = ("STATUS.txt", "status.json", "metrics.prom", "errors.log")


def slope(samples):
    """(slope, standard error) an hour, of (seconds, value), through the means of blocks."""
    begin, end = samples[0][0], samples[-1][0]
    blocks = [[] for _ in range(BLOCKS)]
    for at, value in samples:
        blocks[min(int((at - begin) / (end - begin) * BLOCKS), BLOCKS - 1)].append((at, value))
    means = [tuple(map(statistics.fmean, zip(*b))) for b in blocks if b]
    x, y = zip(*means)
    line = statistics.linear_regression(x, y)
    left = sum((v - line.intercept - line.slope * at) ** 2 for at, v in means)
    spread = sum((at - statistics.fmean(x)) ** 2 for at in x)
    return line.slope * HOUR, (left / (len(means) - 2) / spread) ** 0.5 * HOUR


def memory_grows(samples):
    rate, error = slope(samples)
    return rate - T * error > LIMIT_MIB_AN_HOUR


def count_grows(samples):
    """Whether it never came back to what it was: the least of the last quarter is above the
    most of the first."""
    values = [v for _, v in samples]
    quarter = len(values) // 4
    return min(values[-quarter:]) > max(values[:quarter])


def read_some(top, chance):
    """Walks down at random; reads what it ends in. Names may go meanwhile."""
    path = top
    while os.path.isdir(path):
        with os.scandir(path) as entries:
            found = sorted((e.name, e.stat(follow_symlinks=False).st_size) for e in entries
                           if e.name not in MOVING)
        if not found:
            return
        path = os.path.join(path, chance.choice(found)[0])
    with open(path, "rb", buffering=0) as f:
        size, got = os.fstat(f.fileno()).st_size, 0
        while piece := f.read(chance.choice((4096, 65536, 1 << 20))):
            got += len(piece)
            if chance.random() < 0.02:
                time.sleep(chance.random() * 2 * ASKED.pause)
    if got != size:
        sys.exit(f"{path}: {got} bytes, its size is {size}")


def be_reader():
    chance = random.Random(ASKED.seed)
    end = time.monotonic() + chance.uniform(0.2, 2) * READER_SECONDS
    while time.monotonic() < end:
        try:
            read_some(ASKED.reader, chance)
        except OSError as e:
            if e.errno not in (errno.ENOENT, errno.ESTALE):
                sys.exit(str(e))
        time.sleep(0.01)


class Soak(harness.Case):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(ASKED.seed)
        self.number = 0
        self.readers = []
        self.samples = {name: [] for name in (
            "memory_mib", "anonymous_mib", "descriptors", "threads", "cache_files", "nodes")}
        for month in MONTHS:
            self.deliver(month)
        self.mnt = self.mount(self.tmp / "export", "mnt", "--cache-limit", str(CACHE_LIMIT))
        self.addCleanup(self.end_readers)

    def deliver(self, month):
        """Answers the sum of its costs, that no other delivery has."""
        self.number += 1
        rows = [deliveries.legacy_row(
            month, cost=f"{self.number}.5", account=f"11112222000{i % ACCOUNTS}",
            service=self.chance.choice(SERVICES), day=i % 28 + 1,
            resource=f"i-{self.number:05x}{self.chance.randrange(64):03x}") for i in range(ROWS)]
        deliveries.legacy_delivery(self.tmp / "export", month, [rows[0::2], rows[1::2]],
                                   assembly=f"assembly-{self.number}")
        return ROWS * (2 * self.number + 1) // 2

    def shows(self, month, cost):
        [row] = self.mnt.table(f"months/{month}/total.csv")
        return float(row["unblended_cost"]) == cost

    def end_readers(self):
        for process in self.readers:
            process.kill()
            process.wait()
        self.readers = []

    def tend_readers(self):
        for process in self.readers:
            self.assertIn(process.poll(), (None, 0), "a reader failed")
        self.readers = [p for p in self.readers if p.poll() is None]
        while len(self.readers) < READERS:
            seed = str(self.chance.randrange(1 << 32))
            self.readers.append(subprocess.Popen(
                ["nice", sys.executable, "-B", __file__, "--seed", seed, "--pause",
                 str(ASKED.pause), "--reader", self.mnt], stdin=subprocess.DEVNULL))

    def sample(self):
        process = pathlib.Path(f"/proc/{self.mnt.pid}")
        fields = dict(line.split(":", 1) for line in
                      (process / "status").read_text().splitlines())
        found = {"memory_mib": int(fields["VmRSS"].split()[0]) / 1024,
                 "anonymous_mib": int(fields["RssAnon"].split()[0]) / 1024,
                 "descriptors": len(os.listdir(process / "fd")),
                 "threads": int(fields["Threads"]),
                 "cache_files": sum(1 for _ in (self.tmp / "cache/v1").iterdir()),
                 "nodes": self.figure("costfs_nodes")}
        for name, value in found.items():
            self.samples[name].append((self.number * MINUTE, value))
        return found

    def figure(self, name):
        for line in self.mnt.text(".costfs/metrics.prom").splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        self.fail(f"metrics.prom has no {name}")

    def soak(self):
        begun, told = time.monotonic(), 0
        while (seconds := time.monotonic() - begun) < ASKED.seconds:
            self.tend_readers()
            month = self.chance.choice(CHANGING)
            cost = self.deliver(month)
            os.kill(self.mnt.pid, signal.SIGHUP)
            harness.wait_until(lambda m=month, c=cost: self.shows(m, c),
                               SHOWN_SECONDS * harness.slowness(), f"delivery {self.number}")
            found = self.sample()
            if seconds >= told:
                told += max(ASKED.seconds / 20, 1)
                print(f"{seconds:6.0f} s, {self.number} deliveries: " + ", ".join(
                    f"{name} {value:.1f}" for name, value in found.items()),
                    file=sys.stderr, flush=True)
            time.sleep(ASKED.pause)

    def check(self):
        """Sanitizers keep what was freed, so that their memory tells nothing."""
        grown = []
        for name, all_ in self.samples.items():
            warm = all_[int(len(all_) * WARM_UP):]
            values = [v for _, v in warm]
            told = f"{name}: {min(values):.1f} to {max(values):.1f}"
            if name.endswith("_mib"):
                rate, error = slope(warm)
                told += f", {rate:+.3f} MiB an hour, standard error {error:.3f}"
                is_grown = memory_grows(warm) and harness.slowness() == harness.SLOWNESS
            else:
                is_grown = count_grows(warm)
            print(told, file=sys.stderr)
            if is_grown:
                grown.append(told)
        self.assertEqual(grown, [])

    def test_nothing_grows(self):
        self.soak()
        self.end_readers()
        self.assertEqual(self.mnt.text(".costfs/errors.log"), "")
        print(json.dumps({"deliveries": self.number}), file=sys.stderr)
        self.assertEqual(self.mnt.terminate(10 * harness.slowness()), 0)
        self.check()

    def test_a_slope_is_told_from_noise(self):
        noise = random.Random(7)
        still = [(t, 50 + noise.gauss(0, 2)) for t in range(1200)]
        self.assertFalse(memory_grows(still))
        self.assertTrue(memory_grows([(t, v + t * 6 / HOUR) for t, v in still]))
        self.assertTrue(count_grows([(t, 20 + t // 100) for t in range(400)]))
        self.assertFalse(count_grows([(t, 20 + t % 7) for t in range(400)]))


if __name__ == "__main__":
    if ASKED.reader is not None:
        be_reader()
        sys.exit()
    sys.argv = [sys.argv[0], ASKED.costfs]
    harness.main()
