#!/usr/bin/env python3
"""Random deliveries, and the mount beside a small model of the tree after each.

    model.py [--seed S] [--steps N] [--keep DIR] COSTFS     one export (no --seed: two, the second
                                                            of a random seed)
    model.py --seconds N [--keep DIR] COSTFS                one after another for N seconds

A failure names the seed and the step; --keep leaves the export and the log there. Exit code 77:
nothing can be mounted here."""
import argparse
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

from compare import Comparison, Wrong
from reference import Damaged, Tree, read_delivery
from world import World

import harness

STEPS = 8
LOOKED_UP = 40
# Events, and how often.
EVENTS = {
    "deliver": 8, "deliver the same again": 1, "half": 3, "spoil the manifest": 2,
    "spoil the data": 2, "lose the manifest": 1, "lose all manifests": 1, "add a month": 2,
    "lose a month": 1, "litter": 1, "mount again": 2, "mount without its cache": 1, "nothing": 1,
    "mount in the middle of a delivery": 1, "mount in the middle of a delivery, no cache": 1,
}
# Nobody needs to be told of a new delivery by the same means each time.
REFRESH, SIGNAL, NONE = "costfs refresh", "SIGHUP", "no refresh"


class Run:
    """One export, mounted, and what is expected of it."""

    def __init__(self, seed, directory):
        self.draw = random.Random(seed)
        self.directory = pathlib.Path(directory)
        self.world = World(self.draw, self.directory / "export")
        self.cache, self.caches = self.directory / "cache", 0
        self.shown, self.failed, self.etags = {}, {}, {}
        self.numbers, self.generations, self.files = {}, {}, 0
        self.mount = self.tree = None

    # What happens

    def begin(self):
        for month in self.draw.sample(["2026-07", "2026-08", "2026-09", "2026-10"],
                                      self.draw.randrange(1, 4)):
            self.world.deliver(month)
        self.start()
        self.expect()
        self.compare()

    def start(self):
        self.mount = harness.Mount(self.world.root, self.directory / "mnt", self.cache)

    def step(self):
        """Answers what it was."""
        event = self.draw.choices(list(EVENTS), list(EVENTS.values()))[0]
        kept = self.keep_open()
        was_torn = bool(self.world.torn)
        told = self.happen(event)
        how = NONE
        if event.startswith("mount"):
            self.expect_anew(not event.endswith("cache"), told == "kill")
        else:
            how = self.draw.choices([REFRESH, SIGNAL, NONE], [6, 1, 1])[0]
            # What is being delivered comes by itself.
            if how == NONE and (was_torn or self.world.torn):
                how = REFRESH
            self.refresh(how)
        yield f"{event}{told and ' of ' + told}, {how}"
        for file, wanted in kept:
            with file:
                if not event.startswith("mount") and file.read() != wanted:
                    raise Wrong(f"{file.name}: open, and not the delivery that it was opened on")
        self.compare()

    def keep_open(self):
        """A file that is read in part: the rest has to be what it was then."""
        if not self.shown:
            return []
        month = self.draw.choice(sorted(self.shown))
        file = open(self.mount / f"months/{month}/lines.csv", "rb", buffering=0)
        wanted = self.shown[month].files["lines.csv"].encode()
        size = self.draw.randrange(len(wanted))
        if file.read(size) != wanted[:size]:
            raise Wrong(f"{file.name}: its beginning")
        return [(file, wanted[size:])]

    def happen(self, event):
        months = self.world.months()
        month = self.draw.choice(months)
        world = self.world
        if event == "deliver":
            world.deliver(month)
        elif event == "deliver the same again":
            chunks = [path.read_bytes() for path in world.files(month)][:3]
            world.deliver(month, chunks=chunks or None)
        elif event == "half":
            world.deliver(month, manifest=False)
        elif event == "spoil the manifest":
            return f"{month} ({world.spoil_manifest(month)})"
        elif event == "spoil the data":
            return f"{month} ({world.spoil_data(month)})"
        elif event.startswith("lose") and event.endswith(("manifest", "manifests")):
            world.lose_manifest(month, event.endswith("manifests"))
        elif event == "add a month":
            free = sorted({f"2026-{n:02}" for n in range(1, 13)} - set(months))
            month = self.draw.choice(free)
            world.deliver(month)
        elif event == "lose a month" and len(months) > 1:
            world.lose_month(month)
        elif event == "litter":
            world.litter(month)
        elif event.startswith("mount"):
            if "middle" in event:
                world.deliver(month, manifest=False)
            return self.mount_again(event.endswith("cache"))
        else:
            return ""
        return month

    def mount_again(self, is_fresh):
        how = self.draw.choice(["kill", "close"])
        getattr(self.mount, how)()
        if is_fresh:
            self.caches += 1
            self.cache = self.directory / f"cache-{self.caches}"
        self.start()
        return how

    def refresh(self, how):
        if how == REFRESH:
            self.mount.refresh()
        elif how == SIGNAL:
            before = self.mount.status()["refreshes"]
            os.kill(self.mount.pid, signal.SIGHUP)
            harness.wait_until(lambda: self.mount.status()["refreshes"] > before,
                               what="the refresh")
        if how != NONE:
            self.expect()

    # What is expected of it

    def expect(self):
        """A month is what its manifest named when that was seen last; what cannot be read
        leaves what is shown."""
        months = self.world.months()
        self.failed = {}
        for month in months:
            etag = self.etag(month)
            if month in self.shown and etag and self.etags.get(month) == etag:
                continue
            try:
                self.shown[month] = read_delivery(self.world, month)
                self.etags[month] = etag
            except Damaged as e:
                if month not in self.shown:
                    self.failed[month] = e.errno

    def expect_anew(self, has_cache, was_killed=False):
        """Of a mount that begins: all is read, and what was shown by the one before is shown
        again only where nothing else can be read."""
        before, etags = self.shown, self.etags
        self.shown, self.etags = {}, {}
        self.expect()
        for month in sorted(set(self.failed) & set(before)) if has_cache else ():
            # Who is killed may not have written it down; without a manifest nobody does.
            is_certain = etags[month] is not None and not was_killed
            if is_certain or self.is_shown(month):
                del self.failed[month]
                self.shown[month], self.etags[month] = before[month], etags[month]

    def is_shown(self, month):
        try:
            return bool(os.listdir(self.mount / f"months/{month}"))
        except OSError:
            return False

    def etag(self, month):
        try:
            seen = self.world.manifest(month).stat()
        except FileNotFoundError:
            return None
        return seen.st_ino, seen.st_size, seen.st_mtime_ns

    def look_up(self, comparison, before):
        """Some of what there is, and some of what was."""
        files = comparison.tree.files
        gone = [path for path in before if path not in files and path.startswith("months/")
                and path.rpartition("/")[0] in comparison.wanted]
        comparison.look_up(self.some(files), self.some(gone))

    def some(self, paths):
        paths = sorted(paths)
        return self.draw.sample(paths, min(len(paths), LOOKED_UP))

    def compare(self):
        """First as the kernel knows it, then all of it."""
        before, self.tree = self.tree.files if self.tree else {}, Tree(self.shown, self.failed)
        comparison = Comparison(self.mount, self.tree, self.numbers)
        for month in self.shown:
            # Above the months only what was read is known.
            os.stat(self.mount / f"months/{month}/lines.csv")
        self.look_up(comparison, before)
        self.files += comparison.run().files
        for month, delivery in self.shown.items():
            self.generation(month, delivery)

    def generation(self, month, delivery):
        """One name a delivery, and another for another."""
        name = os.getxattr(self.mount / f"months/{month}", "user.costfs.generation")
        before = self.generations.setdefault((month, name), delivery)
        if before.files != delivery.files:
            raise Wrong(f"months/{month}: two deliveries are called {name.decode()}")

    def close(self):
        if self.mount:
            self.mount.close()


def play(seed, steps, until, keep):
    """Answers whether all was right."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="costfs-model-"))
    run, done = Run(seed, directory), []
    try:
        run.begin()
        while len(done) < steps and time.monotonic() < until:
            for told in run.step():
                done.append(told)
        print(f"seed {seed}, {run.world}: {len(done)} steps, {run.files} files", flush=True)
        return True
    except (Wrong, AssertionError, OSError) as e:
        print(f"FAILED: seed {seed}, {run.world}, step {len(done)}: {e}")
        for number, told in enumerate(done, 1):
            print(f"  {number}: {told}")
        if keep:
            shutil.copytree(directory / "export", pathlib.Path(keep) / f"{seed}" / "export")
            shutil.copy(directory / "mnt.log", pathlib.Path(keep) / f"{seed}")
        return False
    finally:
        run.close()
        shutil.rmtree(directory, ignore_errors=True)


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("--seed", type=int)
    options.add_argument("--steps", type=int, default=STEPS)
    options.add_argument("--seconds", type=float)
    options.add_argument("--keep")
    options.add_argument("costfs")
    asked = options.parse_args()
    harness.begin(asked.costfs, harness.WATCHDOG_SECONDS + (asked.seconds or asked.steps))
    # Who is told to end still takes the mount away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    fresh = iter(lambda: time.time_ns() % 10**9, None)
    until = time.monotonic() + (asked.seconds or 10**6)
    seeds = [asked.seed] if asked.seed is not None else fresh if asked.seconds else [
        1, next(fresh)]
    steps = asked.steps if not asked.seconds else 5 * STEPS
    failures = 0
    for seed in seeds:
        if time.monotonic() > until:
            break
        failures += not play(seed, steps, until, asked.keep)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
