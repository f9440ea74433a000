"""Everything at once on mounts of made-up exports: readers, crawlers, careless programs, new
deliveries, an emptied cache, signals, kills, faults of the source, mounts that share a cache.
Every byte, size and name that anybody sees is that of one delivery.

    stress.py [--seconds N] [--fsx-seconds N] [--seed S] [--rows N] [--versions N]
              [--keep DIR] COSTFS
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))


def words():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seconds", type=int, default=6, help="of everything at once")
    p.add_argument("--fsx-seconds", type=int, default=3, help="of fsx with deliveries")
    p.add_argument("--seed", type=int, default=int(os.environ.get("COSTFS_TEST_SEED", "1")))
    p.add_argument("--rows", type=int, default=1500, help="of an export")
    p.add_argument("--versions", type=int, default=3, help="of each export")
    p.add_argument("--keep", metavar="DIR", type=pathlib.Path,
                   help="where the daemons' whole logs go if it fails")
    p.add_argument("costfs")
    return p.parse_args()


if __name__ == "__main__":
    ASKED = words()
    # Each wait has an end of its own; this is for those of the kernel.
    os.environ.setdefault(
        "COSTFS_TEST_SECONDS", str(2 * (ASKED.seconds + ASKED.fsx_seconds) + 240))

import harness  # noqa: E402
import references  # noqa: E402
import watch  # noqa: E402
from exports import Export  # noqa: E402

MONTHS, SWAPPED = 3, 2
CALL_SECONDS = 10  # for each system call, at most
D_SECONDS = 1
KILL_SECONDS = 1
FAULTS = "0.1"
PAUSE_US = "300"  # between the calls of an actor: the machine has others
# (mount, kind, threads)
# Lines of a daemon's log that say nothing of a failure: its state, and errors that actors
# make or allow.
USUAL = re.compile(r"costfs: state: |errno=(0|EROFS|ENOENT|ESTALE|EINTR|EOPNOTSUPP)\b|"
                   r"debug: s3 .*: HTTP 20|cannot remember")
FSX_ACTORS = (("csv", "fsx", 3), ("second", "fsx", 1), ("bucket", "fsx", 2))
ALL_ACTORS = (*FSX_ACTORS, *((m, k, 1) for m in ("csv", "bucket") for k in (
    "read", "map", "list", "xattr", "write")), ("second", "read", 1), ("second", "list", 1))
FSX_EVENTS = ("signal_deliver", "signal_deliver", "signal_deliver", "clean")
ALL_EVENTS = ("signal_deliver", "signal_deliver", "signal_deliver", "deliver", "replace",
              "clean", "clean", "user_signal", "kill", "kill", "kill", "visit", "drop")


class Live:
    """An export that is delivered again and again, and what it is by now."""

    def __init__(self, name, form, tmp):
        self.name = name
        self.export = Export(tmp / f"{name}-export", form, ASKED.versions, ASKED.rows, MONTHS)
        self.swapped = self.export.months[-SWAPPED:]
        self.root = tmp / name
        self.references = tmp / f"{name}-references"
        self.totals = {}  # (version, month): total.csv
        self.cache_bytes = 0

    def begin(self):
        """As it is before the first new delivery."""
        self.now = dict.fromkeys(self.export.months, 0)
        self.export.make(self.root, 0, ())

    def refer(self, tmp):
        """Writes the references, by a mount of each version."""
        for number in range(ASKED.versions):
            name = f"{self.name}-{number}"
            root = self.export.make(tmp / name, number, self.swapped)
            cache = tmp / f"{name}-cache"
            with harness.Mount(root, tmp / f"{name}-mount", cache) as m:
                references.write(m, self.references, number)
                for month in self.export.months:
                    self.totals[number, month] = m.read(f"months/{month}/total.csv")
            self.cache_bytes = sum(p.stat().st_size for p in cache.glob("v1/*"))


class Server:
    """The stand-in for AWS, a process of its own, with a tenth of its answers spoilt."""

    def __init__(self, directory, seed):
        main = pathlib.Path(__file__).resolve().parents[1] / "server" / "main.py"
        self.process = subprocess.Popen(
            [sys.executable, "-B", main, "--bucket", f"costs={directory}", "--faults", FAULTS,
             "--seed", str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        told = json.loads(self.process.stdout.readline())
        self.environment = {**os.environ, **told["environment"]}

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Stress(harness.Case):
    @classmethod
    def setUpClass(cls):
        begun = time.monotonic()
        cls.made = harness.scratch(cls)
        cls.lives = {"csv": Live("csv", "legacy-csv", cls.made),
                     "bucket": Live("bucket", "cur2-parquet", cls.made)}
        for live in cls.lives.values():
            live.refer(cls.made)
        print(f"seed {ASKED.seed}; references after {time.monotonic() - begun:.1f} s",
              file=sys.stderr, flush=True)

    def setUp(self):
        super().setUp()
        self.random = random.Random(ASKED.seed)
        self.slowness = harness.slowness()
        self.call_seconds = CALL_SECONDS * self.slowness
        self.fsx = pathlib.Path(harness.costfs_path()).parents[2] / "tests/stress/fsx"
        self.events = collections.Counter()
        self.tallies = {}
        self.said = collections.deque(maxlen=20)
        self.running = {}
        for live in self.lives.values():
            live.begin()
        server = Server(self.lives["bucket"].root, ASKED.seed)
        self.addCleanup(server.close)
        self.environment = server.environment
        # The months of both exports do not fit.
        self.limit = max(live.cache_bytes for live in self.lives.values()) * 3 // 2
        self.mounts = {
            "csv": self.mount(self.lives["csv"].root, "csv", *self.options()),
            "second": self.mount(self.lives["csv"].root, "second", *self.options()),
            "bucket": self.mount("s3://costs", "bucket", *self.options(), "--resources", "off",
                                 environment=self.environment),
        }
        self.watch = watch.Watch(D_SECONDS * self.slowness)
        self.watch.start()
        self.addCleanup(self.watch.stop)
        self.addCleanup(self.end_actors)

    def options(self):
        return "--verbose", "--cache-limit", str(self.limit)

    def live_of(self, name):
        return self.lives["bucket" if name == "bucket" else "csv"]

    # Actors

    def begin_actor(self, name, kind, threads, seconds):
        """Answers the process; its output is in the log beside the mount."""
        seed = str(self.random.randrange(1 << 32))
        log = self.tmp / f"{name}-{kind}-{seed}.out"
        with open(log, "wb") as out:
            process = subprocess.Popen(
                ["nice", self.fsx, "-k", kind, "-s", seed, "-t", str(seconds), "-n",
                 str(threads), "-b", str(int(self.call_seconds * 1000)), "-p", PAUSE_US,
                 self.mounts[name], self.live_of(name).references],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.running[process] = f"{kind} on {name}", log
        self.watch.add(process.pid)
        return process

    def forget_actor(self, process):
        self.watch.remove(process.pid)
        return self.running.pop(process)

    def end_actors(self):
        for process in list(self.running):
            process.kill()
            process.wait(self.call_seconds)
            self.forget_actor(process)

    def look_at_actors(self):
        """Fails as soon as one has failed."""
        if self.watch.found:
            self.fail(self.watch.found)
        for process, (who, log) in list(self.running.items()):
            if process.poll() not in (None, 0):
                self.fail(f"{who}: exit {process.returncode}\n{log.read_text()}")

    def finish_actors(self):
        for process in list(self.running):
            try:
                process.wait(2 * self.call_seconds)
            except subprocess.TimeoutExpired:
                self.fail(f"{self.running[process][0]} does not end")
            self.look_at_actors()
            who, log = self.forget_actor(process)
            told = json.loads(log.read_text().splitlines()[-1])
            for call, (count, longest) in told.items():
                before = self.tallies.setdefault((who.split()[0], call), [0, 0.0])
                before[0] += count
                before[1] = max(before[1], longest)

    # What happens meanwhile

    def refresh(self, live):
        for name, mount in self.mounts.items():
            if self.live_of(name) is live:
                harness.costfs("refresh", mount, check=True,
                               timeout=4 * self.call_seconds)

    def swap(self):
        live = self.random.choice(list(self.lives.values()))
        month = self.random.choice(live.swapped)
        before = live.now[month]
        number = (before + self.random.randrange(1, ASKED.versions)) % ASKED.versions
        live.export.deliver(live.root, month, number)
        live.now[month] = number
        self.said.append(f"{live.name} {month}: version {before}, then {number}")
        return live, month, before

    def deliver(self):
        """A new delivery is there for all who open it after the refresh."""
        live, month, _ = self.swap()
        self.refresh(live)
        self.check_totals(live, month)

    def replace(self):
        """The old one is gone before anybody has refreshed."""
        live, month, before = self.swap()
        live.export.remove(live.root, month, before)
        self.refresh(live)
        self.check_totals(live, month)

    def signal_deliver(self):
        """A refresh that nobody waits for shows it soon."""
        live, month, _ = self.swap()
        mounts = [m for n, m in self.mounts.items() if self.live_of(n) is live]
        for mount in mounts:
            os.kill(mount.pid, signal.SIGHUP)
        wanted = live.totals[live.now[month], month]
        for mount in mounts:
            harness.wait_until(lambda m=mount: m.read(f"months/{month}/total.csv") == wanted,
                               self.call_seconds, f"{live.name} {month} of the signal")

    def check_totals(self, live, month):
        wanted = live.totals[live.now[month], month]
        for name, mount in self.mounts.items():
            if self.live_of(name) is live:
                self.assertEqual(mount.read(f"months/{month}/total.csv"), wanted,
                                 f"{name} {month}, refreshed to {live.now[month]}")

    def clean(self):
        harness.costfs("cache", "clean", "--cache", self.tmp / "cache", check=True)

    def any_mount(self):
        return self.random.choice(list(self.mounts))

    def user_signal(self):
        """Where the daemon takes it; else it would end of it."""
        pid = self.mounts[self.any_mount()].pid
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        caught, blocked = (int(status.split(f"{field}:")[1].split()[0], 16)
                           for field in ("SigCgt", "SigBlk"))
        taken = caught | blocked
        if taken >> (signal.SIGUSR1 - 1) & 1:
            os.kill(pid, signal.SIGUSR1)

    def kill(self):
        """A reader that is sent a signal ends, whatever it waits for."""
        kind = self.random.choice(("fsx", "read", "map", "list", "xattr"))
        process = self.begin_actor(self.any_mount(), kind, 2, 60)
        number = self.random.choice((signal.SIGKILL, signal.SIGINT, signal.SIGTERM))
        time.sleep(self.random.uniform(0.01, 0.3))
        process.send_signal(number)
        try:
            process.wait(KILL_SECONDS * self.slowness)
        except subprocess.TimeoutExpired:
            self.fail(f"{self.running[process][0]} lives after {number!r}:\n"
                      + watch.tasks(process.pid))
        if process.returncode == 1:
            self.look_at_actors()
        self.forget_actor(process)

    def visit(self):
        """One more mount of the same cache comes, reads and goes."""
        live = self.lives["csv"]
        with harness.Mount(live.root, self.tmp / "visit", self.tmp / "cache",
                           *self.options()) as m:
            for month in live.export.months:
                self.assertEqual(m.read(f"months/{month}/total.csv"),
                                 live.totals[live.now[month], month])
            self.assertEqual(m.terminate(10 * self.slowness), 0)

    def drop(self):
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("1")

    # The whole

    @staticmethod
    def open_months(mount):
        """Deliveries; those that are held by their sums have no data, or none any more."""
        paths = {p for p in watch.open_files(mount.pid) if p.endswith(".data")}
        return sum(os.path.exists(p) and os.path.getsize(p) > 0 for p in paths)

    def check_end(self):
        """Nothing is left of it all but what there was at the beginning."""
        for live in self.lives.values():
            for month in live.export.months:
                self.check_totals(live, month)
        for name, mount in self.mounts.items():
            self.assertEqual(mount.text(".costfs/errors.log"), "", name)
            # Of each month the delivery that is shown, and no older one.
            try:
                harness.wait_until(lambda m=mount: self.open_months(m) <= MONTHS,
                                   self.call_seconds, f"{name}: the end of old deliveries")
            except AssertionError:
                self.fail("\n".join([f"{name}: older deliveries are open",
                                     *watch.open_files(mount.pid)]))
            print(f"{name}: peak {watch.peak_mib(mount.pid)} MiB, "
                  f"{len(watch.open_files(mount.pid))} open files", file=sys.stderr)
            self.assertEqual(mount.terminate(10 * self.slowness), 0, name)
        size = sum(p.stat().st_size for p in (self.tmp / "cache/v1").iterdir())
        # What all of the mounts show has just been used: it may be beyond the limit.
        used = sum(live.cache_bytes for live in self.lives.values())
        print(f"cache: {size} bytes; limit {self.limit}, {used} in use", file=sys.stderr)
        self.assertLessEqual(size, self.limit + used)

    def print_tallies(self):
        print(f"events: {dict(self.events)}; longest state D {self.watch.longest:.2f} s",
              file=sys.stderr)
        for (kind, call), (count, longest) in sorted(self.tallies.items()):
            print(f"{kind:6} {call:12} {count:9} calls, longest {longest:9.1f} ms",
                  file=sys.stderr)

    def tell(self):
        """What the daemons do, for a failure."""
        print(f"seed {ASKED.seed}, after {dict(self.events)}; deliveries:",
              *self.said, sep="\n", file=sys.stderr)
        for name, mount in self.mounts.items():
            if not harness.is_running(mount.pid):
                print(f"{name}: its daemon has ended: {mount.process.poll()}", file=sys.stderr)
            else:
                print(f"{name}: threads of the daemon\n{watch.tasks(mount.pid)}\n"
                      f"{watch.stacks(mount.pid)}", file=sys.stderr)
            if ASKED.keep:
                shutil.copyfile(mount.log, ASKED.keep / f"{name}.log")
            told = mount.log.read_text().splitlines()
            told = [line for line in told if not USUAL.search(line)][-60:] + told[-60:]
            print(f"{name}: end of its log\n" + "\n".join(told),
                  file=sys.stderr)

    def stress(self, seconds, actors, events):
        try:
            for name, kind, threads in actors:
                self.begin_actor(name, kind, threads, seconds)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                event = self.random.choice(events)
                getattr(self, event)()
                self.events[event] += 1
                self.look_at_actors()
                time.sleep(self.random.uniform(0, 0.1))
            self.finish_actors()
            self.print_tallies()
            self.check_end()
        except BaseException:
            self.tell()
            raise

    def test_totals_are_the_sums_of_the_deliveries(self):
        live = self.lives["csv"]
        for (number, month), raw in live.totals.items():
            cost, rows = live.export.sums(number if month in live.swapped else 0, month)
            # Of one seed all formats have the same line items.
            for text in (raw, self.lives["bucket"].totals[number, month]):
                table = harness.read_table(text)
                self.assertEqual(harness.total(table), cost)
                self.assertEqual(harness.total(table, "lines"), rows)

    def test_fsx_while_months_are_delivered(self):
        self.stress(ASKED.fsx_seconds, FSX_ACTORS, FSX_EVENTS)

    def test_everything_at_once(self):
        self.stress(ASKED.seconds, ALL_ACTORS, ALL_EVENTS)


if __name__ == "__main__":
    sys.argv = [sys.argv[0], ASKED.costfs]
    harness.main()
