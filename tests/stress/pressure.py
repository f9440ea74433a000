"""Many cold readers of a mount that may have little memory: nobody is killed, every byte is
right.

    pressure.py [--rows N] [--readers N] [--limit MIB] [--threads N] COSTFS

The daemon alone is in a memory cgroup of limit + 64 MiB, without swap. The export is read first
as it is cached nowhere, from a folder and from a bucket, and once more when all is cached.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))

MIB = 1 << 20
ROOM_MIB = 64


def words():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--rows", type=int, default=200000, help="of a month")
    p.add_argument("--readers", type=int, default=64)
    p.add_argument("--limit", type=int, default=256, help="MiB")
    p.add_argument("--threads", type=int, default=8, help="of a build")
    p.add_argument("costfs")
    return p.parse_args()


ASKED = words()
os.environ.setdefault("COSTFS_TEST_SECONDS", "1200")

import harness  # noqa: E402

MONTHS = 4
FILES = ("lines.csv", "by-service.csv", "by-resource.csv", "by-usage-type.csv", "daily.csv",
         "daily-by-service.csv", "tag-coverage.csv", "untagged.csv", "by-region.csv")


class Group:
    """A memory cgroup, of version 2 or 1."""

    def __init__(self, mib):
        top = pathlib.Path("/sys/fs/cgroup")
        self.is_old = (top / "memory/memory.limit_in_bytes").exists()
        if not self.is_old and "memory" not in self._text(top / "cgroup.subtree_control"):
            raise harness.unittest.SkipTest("there is no memory cgroup that one may make")
        self.path = top / ("memory" if self.is_old else "") / f"costfs-{os.getpid()}"
        try:
            self.path.mkdir()
        except OSError as e:
            raise harness.unittest.SkipTest(f"no cgroup can be made: {e}")
        self._put("memory.limit_in_bytes" if self.is_old else "memory.max", mib * MIB)
        if not self.is_old and (self.path / "memory.swap.max").exists():
            self._put("memory.swap.max", 0)

    @staticmethod
    def _text(path):
        return path.read_text() if path.exists() else ""

    def _put(self, name, value):
        (self.path / name).write_text(str(value))

    def take(self, pid):
        self._put("cgroup.procs", pid)

    def kills(self):
        text = (self.path / ("memory.oom_control" if self.is_old else "memory.events")).read_text()
        return int(dict(l.split() for l in text.splitlines())["oom_kill"])

    def peak_mib(self):
        """With the pages of files, which go when there is no room."""
        name = "memory.max_usage_in_bytes" if self.is_old else "memory.peak"
        text = self._text(self.path / name)
        return int(text) / MIB if text else float("nan")

    def remove(self):
        harness.wait_until(lambda: not (self.path / "cgroup.procs").read_text(), what="its end")
        self.path.rmdir()


class Server:
    """The stand-in for AWS, a process of its own."""

    def __init__(self, directory):
        main = pathlib.Path(__file__).resolve().parents[1] / "server" / "main.py"
        self.process = subprocess.Popen(
            [sys.executable, "-B", main, "--bucket", f"costs={directory}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        told = json.loads(self.process.stdout.readline())
        self.environment = {**os.environ, **told["environment"]}

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def digest(path):
    """Read piece by piece, as cat would."""
    found = hashlib.sha256()
    with open(path, "rb", buffering=0) as f:
        while piece := f.read(128 * 1024):
            found.update(piece)
    return found.hexdigest()


class Anonymous:
    """The most that a process has of memory that is no file's."""

    def __init__(self, pid):
        self.status = pathlib.Path(f"/proc/{pid}/status")
        self.most = 0.0

    def look(self):
        text = self.status.read_text()
        self.most = max(self.most, sum(int(text.split(f"{name}:")[1].split()[0]) / 1024
                                       for name in ("RssAnon", "RssShmem")))


class Pressure(harness.Case):
    def paths(self, mount):
        months = sorted(os.listdir(mount / "months"))[-MONTHS:]
        account = sorted(os.listdir(mount / "accounts"))[0]
        found = [self.of_a_resource(mount, f"accounts/{account}/{m}/services/AmazonEC2/resources")
                 for m in months]
        found += [f"months/{m}/{name}" for m in months for name in FILES]
        found += [f"accounts/{account}/{m}/{name}" for m in months for name in FILES]
        self.assertGreaterEqual(len(found), ASKED.readers)
        return found[:ASKED.readers]

    @staticmethod
    def of_a_resource(mount, directory):
        """A file that takes a pass over all rows beside it."""
        name = next(n for n in sorted(os.listdir(mount / directory)) if n != "index.csv")
        return f"{directory}/{name}/summary.csv"

    def read_all(self, paths, mount, anonymous):
        with concurrent.futures.ThreadPoolExecutor(ASKED.readers) as pool:
            waiting = {pool.submit(digest, mount / p): p for p in paths}
            got = {}
            while waiting:
                done, _ = concurrent.futures.wait(
                    waiting, timeout=0.02, return_when=concurrent.futures.FIRST_COMPLETED)
                anonymous.look()
                for future in done:
                    got[waiting.pop(future)] = future.result()
        return got

    def press(self, name, source, wanted, **more):
        group = Group(ASKED.limit + ROOM_MIB)
        self.addCleanup(group.remove)
        mnt = self.mount(source, name, "--memory-limit", f"{ASKED.limit}M", "--threads",
                         str(ASKED.threads), cache=self.tmp / f"{name}-cache", **more)
        # What it has until now is next to nothing.
        group.take(mnt.pid)
        anonymous = Anonymous(mnt.pid)
        for round_ in ("cold", "warm"):
            begun = time.monotonic()
            got = self.read_all(list(wanted), mnt, anonymous)
            self.assertEqual(got, wanted)
            print(f"{name}, {round_}: {len(got)} files in {time.monotonic() - begun:.1f} s, "
                  f"anonymous {anonymous.most:.0f} MiB at most, with pages of files "
                  f"{group.peak_mib():.0f}", file=sys.stderr, flush=True)
            pathlib.Path("/proc/sys/vm/drop_caches").write_text("1")
        self.assertEqual(group.kills(), 0)
        self.assertEqual(mnt.terminate(), 0)
        self.assertLessEqual(anonymous.most, ASKED.limit * 1.1)

    def export(self, form):
        source = self.tmp / form
        harness.costfs("demo-export", source, "--rows", str(ASKED.rows * MONTHS), "--format",
                       form, "--months", str(MONTHS), "--accounts", "20", "--quiet",
                       check=True, timeout=600)
        plain = self.mount(source, f"{form}-plain", cache=self.tmp / f"{form}-plain-cache")
        wanted = {p: digest(plain / p) for p in self.paths(plain)}
        self.assertEqual(plain.terminate(), 0)
        return source, wanted

    def test_csv_of_a_folder(self):
        source, wanted = self.export("legacy-csv")
        self.press("csv", source, wanted)

    def test_parquet_of_a_bucket(self):
        source, wanted = self.export("cur2-parquet")
        server = Server(source)
        self.addCleanup(server.close)
        self.press("bucket", "s3://costs", wanted, environment=server.environment)


if __name__ == "__main__":
    sys.argv = [sys.argv[0], ASKED.costfs]
    harness.main()
