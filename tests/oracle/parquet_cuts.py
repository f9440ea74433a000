#!/usr/bin/env python3
"""A Parquet file that ends early is refused, wherever it was cut; one with a hole or a wrong bit
is read or refused, but nothing crashes. Made for a reader with sanitizers.
Usage: parquet_cuts.py PARQUET-CAT FOLDER-OR-FILE…"""
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
CUTS, DAMAGES = 25, 4  # a file, beside the cuts at its ends
EMPTY = 12  # two magics and the footer's length


class Check:
    def __init__(self, tool, scratch):
        self.tool, self.scratch = tool, Path(scratch) / "damaged.parquet"
        self.dice = random.Random(1)
        self.runs, self.problems = 0, []

    def read(self, content, *what):
        """The exit code, which is 0 or 1."""
        self.scratch.write_bytes(content)
        done = subprocess.run([self.tool, "-n", "--", self.scratch], timeout=120,
                              stdin=subprocess.DEVNULL, capture_output=True)
        self.runs += 1
        said = done.stderr.decode(errors="replace")
        if done.returncode not in (0, 1) or "Sanitizer" in said or "runtime error" in said:
            self.problems.append(f"{what}: exit {done.returncode}\n{said[:2000]}")
        return done.returncode

    def cuts(self, path, content):
        size = len(content)
        places = {self.dice.randrange(size) for _ in range(CUTS)}
        places |= set(range(EMPTY + 1)) | {size - n for n in (1, 4, 7, 8, 9)}
        for place in sorted(place for place in places if 0 <= place < size):
            if self.read(content[:place], path.name, "cut at", place) == 0:
                self.problems.append(f"{path.name} is read when it is cut at {place}")

    def damages(self, path, content):
        for _ in range(DAMAGES):
            place = self.dice.randrange(len(content))
            end = place + self.dice.randrange(1, 40)
            self.read(content[:place] + content[end:], path.name, "without", place, end)
            wrong = bytearray(content)
            wrong[place] ^= 1 << self.dice.randrange(8)
            self.read(wrong, path.name, "another bit in", place)

    def check(self, path):
        content = path.read_bytes()
        self.read(content, path.name)
        if content:
            self.cuts(path, content)
            self.damages(path, content)


def main(tool, *places):
    paths = []
    for place in map(Path, places):
        paths += sorted(place.rglob("*.parquet")) if place.is_dir() else [place]
    if not paths:
        print("skipped: no Parquet files are given")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="costfs-test-") as folder:
        check = Check(tool, folder)
        for path in paths:
            check.check(path)
    for problem in check.problems:
        print("WRONG:", problem)
    print(f"{len(paths)} files, {check.runs} runs, {len(check.problems)} wrong")
    sys.exit(1 if check.problems else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
