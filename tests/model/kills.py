#!/usr/bin/env python3
"""kill -9 of programs that write the cache, at every step and at any moment; then a fresh one.

    kills.py [--kills N] [--seed S] COSTFS KILL_AT

KILL_AT is tests/model/kill_at.c as a library: it ends a program at its n-th call of a kind that
changes the cache directory, in the middle of a write. Half of the kills are such, of each kind
as many, half come after a random time. After each what a fresh process shows has to be right to
the byte, locks have to be free, and what is left has to go with the next build. Exit code 77: no
mounts here."""
import argparse
import contextlib
import fcntl
import itertools
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))

import harness

ROWS = 1500
PATIENCE = 60
MONTHS = ("2026-10", "2026-11")
# Less than both months take: building one evicts the other.
SMALL = "48K"
WHOLE = re.compile(r"[0-9a-f]{32}\.(cube|data|known|tables?)|live")
# What a victim finds: nothing, what the last one left, or that of other deliveries as well.
STATES = ("nothing", "what the last one left", "another delivery")


class Wrong(AssertionError):
    pass


class Bench:
    """An export, and the cache that is being ill-treated."""

    def __init__(self, directory, library, draw):
        self.directory, self.library, self.draw = pathlib.Path(directory), library, draw
        self.export, self.cache = self.directory / "export", self.directory / "cache"
        harness.costfs("demo-export", self.export, "--rows", str(ROWS), "--months", "2",
                       "--last-month", MONTHS[-1], "--tables", "--quiet", check=True)
        self.numbers = itertools.count(1)
        clean = self.directory / "clean"
        self.paths = self.paths_of(clean)
        self.wanted = self.read(clean)
        self.counts, self.seconds, self.calls = {}, {}, {}

    def paths_of(self, cache):
        def names(path):
            listed = harness.costfs("ls", "--cache", cache, self.export, path, check=True)
            return listed.stdout.decode().split()
        paths = ["tables/" + path for name in names("tables") for path in
                 [f"{name}/{file}" for file in names(f"tables/{name}")]]
        for month in MONTHS:
            base = f"months/{month}"
            paths += [f"{base}/{file}" for file in names(base) if file.endswith(".csv")]
            account = names("accounts")[0]
            base = f"accounts/{account}/{month}/services"
            paths += [f"{base}/{name}/costs.csv" for name in names(base)]
        return paths

    def read(self, cache):
        """One process, which reads what is there and builds what is not."""
        done = harness.costfs("cat", "--cache", cache, self.export, *self.paths)
        if done.returncode != 0 or done.stderr:
            raise Wrong(f"cat: exit {done.returncode}: {done.stderr.decode()}")
        return done.stdout

    # Victims

    def commands(self):
        """Arguments of programs that write the cache; mounts have a reader."""
        common = ["--cache", self.cache]
        tables = [path for path in self.paths if path.startswith("tables/")]
        return {
            "prefetch": ["prefetch", self.export, "--quiet", *common],
            "prefetch of one": ["prefetch", self.export, MONTHS[0], "--quiet", *common],
            "prefetch that evicts": ["prefetch", self.export, "--quiet", *common,
                                     "--cache-limit", SMALL],
            "cat": ["cat", *common, self.export, *self.paths],
            "cat of tables": ["cat", *common, self.export, *tables],
            "mount": ["mount", self.export, self.directory / "mnt", "--foreground", "--refresh",
                      "0", *common],
        }

    def start(self, command, **variables):
        if command[0] == "mount":
            self.unmount()
            (self.directory / "mnt").mkdir(exist_ok=True)
        # The address sanitizer wants to be first, and need not be.
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        environment = dict(os.environ, LD_PRELOAD=self.library, ASAN_OPTIONS=options, **variables)
        with open(self.directory / "victim.log", "wb") as log:
            return subprocess.Popen(
                [harness.costfs_path(), *map(os.fspath, command)], env=environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)

    def use(self, victim, point):
        """Reads through the mount what makes the daemon work, as long as it lives."""
        def is_there():
            return victim.poll() is not None or harness.is_mounted(point)
        harness.wait_until(is_there, PATIENCE, "the mount")
        return subprocess.Popen(["cat", *(point / path for path in self.paths)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def end(self, command, victim, is_clean):
        """Waits for it. Answers its exit status."""
        if command[0] != "mount":
            return victim.wait(PATIENCE)
        point = self.directory / "mnt"
        reader = self.use(victim, point)
        try:
            reader.wait(PATIENCE)
            # What is killed at a call that never came ends now.
            if victim.poll() is None and is_clean:
                victim.send_signal(signal.SIGTERM)
            elif victim.poll() is None:
                victim.kill()
            return victim.wait(PATIENCE)
        finally:
            victim.kill()
            victim.wait(PATIENCE)
            reader.kill()
            reader.wait(PATIENCE)
            self.unmount()

    def unmount(self):
        """Also what a process mounted that was dying while its parent was dead already."""
        point = self.directory / "mnt"
        while harness.is_mounted(point):
            harness.run("umount", "-l", point, check=True)

    def measure(self, name, command):
        """Which calls, and how long it takes, where it finds nothing."""
        if name in self.counts:
            return
        self.prepare("nothing")
        told, start = self.directory / "count", time.monotonic()
        victim = self.start(command, KILL_COUNT=os.fspath(told))
        status = self.end(command, victim, is_clean=True)
        if status != 0:
            raise Wrong(f"{name}: exit {status}: {self.log()}")
        self.seconds[name] = time.monotonic() - start
        counts = dict(line.split(":") for line in told.read_text().split())
        self.counts[name] = {call: int(n) for call, n in counts.items() if n != "0"}

    def log(self):
        return (self.directory / "victim.log").read_text(errors="replace")

    def prepare(self, state):
        if state == "nothing":
            shutil.rmtree(self.cache, ignore_errors=True)
        elif state == "another delivery":
            # The same bytes under another name: the manifest was written anew.
            for path in self.export.rglob("*anifest.json"):
                os.utime(path, (path.stat().st_atime, path.stat().st_mtime + 1))

    def next_call(self, name):
        """Each kind in turn, and of a kind each once before any comes again."""
        kinds = self.counts[name]
        if not self.calls.get(name):
            calls = {kind: self.draw.sample(range(1, n + 1), n) for kind, n in kinds.items()}
            self.calls[name] = [
                f"{kind}:{calls[kind][turn % kinds[kind]]}" for turn in range(max(kinds.values()))
                for kind in self.draw.sample(sorted(kinds), len(kinds))][::-1]
        return self.calls[name].pop()

    def kill(self, name, by_call):
        """Answers what was done, and whether the victim died of it."""
        command, state = self.commands()[name], self.draw.choice(STATES)
        self.measure(name, command)
        self.prepare(state)
        if by_call:
            at = self.next_call(name)
            told = f"{name}, finding {state}, at {at}"
            victim = self.start(command, KILL_AT=at)
        else:
            after = self.draw.uniform(0, self.seconds[name])
            told = f"{name}, finding {state}, after {after:.3f} s"
            victim = self.start(command)
            if name == "mount":
                self.use(victim, self.directory / "mnt").kill()
            # Nothing is waited for here: any moment is right.
            with contextlib.suppress(subprocess.TimeoutExpired):
                victim.wait(after)
            victim.kill()
        status = self.end(command, victim, is_clean=False)
        if status not in (0, -signal.SIGKILL):
            raise Wrong(f"{told}: exit {status}: {self.log()}")
        return told, status != 0

    # What is left

    def names(self):
        folder = self.cache / "v1"
        return {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}

    def builds(self):
        return {(name, path.stat().st_ino) for name, path in self.names().items()
                if name.endswith((".cube", ".table"))}

    def check(self):
        for name, path in self.names().items():
            if name.endswith(".lock"):
                self.check_lock(path)
        before = self.builds()
        if self.read(self.cache) != self.wanted:
            raise Wrong("what a fresh process shows is not what was delivered")
        if self.builds() - before:
            self.check_tidy()

    def check_lock(self, path):
        with open(path, "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as e:
                raise Wrong(f"{path.name} is held by nobody alive") from e

    def check_tidy(self):
        names = self.names()
        left = [name for name in names if not WHOLE.fullmatch(name)]
        # Rows may have been evicted before the months they are of.
        halves = {name[:32] for name in names if name.endswith(".data")} - {
            name[:32] for name in names if name.endswith(".cube")}
        if left or halves:
            raise Wrong(f"left behind after the next build: {left} {halves}")

    def finish(self):
        """A build of a new delivery removes whatever is left of all others."""
        self.prepare("another delivery")
        self.check()
        self.check_tidy()


def play(bench, kills):
    names = list(bench.commands())
    # A mount takes longer than all else.
    names = [name for name in names if name != "mount"] * 2 + ["mount"]
    done = died = 0
    while done < kills:
        name = names[done // 2 % len(names)]
        told, is_dead = bench.kill(name, by_call=done % 2 == 0)
        if bench.draw.randrange(3) == 0:
            # What the dead one was building is of no use to anybody any more.
            bench.prepare("another delivery")
        done += 1
        died += is_dead
        try:
            bench.check()
        except Wrong as e:
            raise Wrong(f"kill {done}: {told}: {e}") from e
    bench.finish()
    return died


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("--kills", type=int, default=30)
    options.add_argument("--seed", type=int, default=time.time_ns() % 10**9)
    options.add_argument("costfs")
    options.add_argument("library")
    asked = options.parse_args()
    harness.begin(asked.costfs, harness.WATCHDOG_SECONDS + 2 * asked.kills)
    # Who is told to end still takes the mount away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    directory = pathlib.Path(tempfile.mkdtemp(prefix="costfs-kills-"))
    start = time.monotonic()
    try:
        bench = Bench(directory, os.path.abspath(asked.library), random.Random(asked.seed))
        died = play(bench, asked.kills)
        # Else the counts and times that victims are given are no good.
        if died < asked.kills / 2:
            raise Wrong(f"only {died} of {asked.kills} died")
        print(f"seed {asked.seed}: {died} of {asked.kills} killed, "
              f"{time.monotonic() - start:.1f} s; calls of prefetch: {bench.counts['prefetch']}")
    except Wrong as e:
        print(f"FAILED: seed {asked.seed}: {e}")
        sys.exit(1)
    finally:
        for point in harness.mounts_below(directory):
            harness.run("umount", "-l", point)
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
