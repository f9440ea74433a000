"""Real mounts for tests: every mount has its own directory, cache and daemon, every
wait an end.

A test file ends with: if __name__ == "__main__": harness.main()
The path of costfs is the first argument, or $COSTFS. Exit code 77 means: nothing
could be run. With COSTFS_TEST_S3 set, sources are buckets: see bucketed.py.
"""
import csv
import decimal
import errno
import faulthandler
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import bucketed

SKIPPED = 77
COMMAND_SECONDS = 60
# A file that takes longer hangs: its daemons are killed, which ends all system calls on
# mounts.
# As a test runner is told to wait longer for all of them.
WATCHDOG_SECONDS = (int(os.environ.get("COSTFS_TEST_SECONDS", "280")) *
                    int(os.environ.get("COSTFS_TEST_PATIENCE", "1")))
# Limits of time are for an idle machine and a plain build.
SLOWNESS = float(os.environ.get("COSTFS_TEST_SLOWNESS", "1"))

_costfs = os.environ.get("COSTFS")
_daemons = set()


def costfs_path():
    return _costfs


def slowness():
    """By how much limits of time are to be longer: sanitizers start slowly."""
    program = pathlib.Path(_costfs).read_bytes()
    return SLOWNESS * (5 if b"__asan_init" in program or b"__tsan_init" in program else 1)


def run(*command, check=False, timeout=COMMAND_SECONDS, **more):
    """A finished process with stdout and stderr as bytes."""
    more.setdefault("stdin", subprocess.DEVNULL)
    if "stdout" not in more:
        more.setdefault("capture_output", True)
    words = [os.fspath(word) for word in command]
    done = subprocess.run(words, timeout=timeout, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{words}: exit {done.returncode}: {done.stderr!r}")
    return done


def costfs(*arguments, **more):
    words = bucketed.words_of(arguments, mounts_below("/tmp") if bucketed.IS_ON else ())
    return run(_costfs, *words, **more)


def source(directory):
    """What a mount of the directory says that it shows."""
    return bucketed.source_of(directory)


def only_local(reason):
    """Of a test that is about sources in the file system."""
    return unittest.skipIf(bucketed.IS_ON, reason)


def wait_until(condition, seconds=20, what="it"):
    """Polls; answers the first true value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come within {seconds} s")
        time.sleep(0.02)


def mounts_below(directory):
    """Mount points of costfs below the directory, innermost first."""
    found = []
    text = os.fsdecode(pathlib.Path("/proc/self/mountinfo").read_bytes())
    for line in text.split("\n")[:-1]:
        fields = line.split(" ")
        kind = fields[fields.index("-") + 1]
        # Blanks and the like are escaped as \040.
        point = os.fsdecode(
            re.sub(
                rb"\\([0-7]{3})",
                lambda m: bytes([int(m[1], 8)]),
                os.fsencode(fields[4]),
            )
        )
        if kind in ("fuse.costfs", "tmpfs") and point.startswith(f"{directory}/"):
            found.append(point)
    return found[::-1]


def is_mounted(directory):
    return str(directory) in mounts_below(os.path.dirname(str(directory)))


class Mount:
    """A mount of costfs, in the foreground below us unless background is asked for."""

    def __init__(
        self,
        source,
        directory,
        cache,
        *options,
        refresh="0",
        environment=None,
        background=False,
    ):
        self.directory = pathlib.Path(directory)
        if not is_mounted(directory):
            self.directory.mkdir(exist_ok=True)
        self.log = pathlib.Path(str(directory) + ".log")
        self.process = None
        words = [
            _costfs,
            "mount",
            bucketed.source_of(source),
            directory,
            "--cache",
            cache,
            "--refresh",
            refresh,
            *options,
        ]
        if background:
            run(*words, check=True, env=environment)
            self.pid = self.status()["pid"]
        else:
            self._start(words + ["--foreground"], environment)
        _daemons.add(self.pid)

    def _start(self, words, environment):
        is_stale = is_mounted(self.directory)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [os.fspath(w) for w in words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
            )
        self.pid = self.process.pid
        _daemons.add(self.pid)

        def answers():
            if self.process.poll() is not None:
                raise AssertionError(
                    f"costfs mount: exit {self.process.returncode}: "
                    + self.log.read_text()
                )
            try:
                if is_stale:
                    # Device and number of the mount may be those of the dead one.
                    return self.status()["pid"] == self.pid
                return is_mounted(self.directory) and os.statvfs(self.directory)
            except OSError as e:
                if e.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.ENOENT):
                    return False
                raise

        wait_until(answers, what="the mount")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __truediv__(self, name):
        return self.directory / name

    def __fspath__(self):
        return str(self.directory)

    def read(self, name):
        return (self.directory / name).read_bytes()

    def text(self, name):
        return self.read(name).decode()

    def table(self, name):
        return read_table(self.read(name))

    def status(self):
        return json.loads(self.text(".costfs/status.json"))

    def month(self, name):
        """The month's entry in status.json."""
        return next(m for m in self.status()["months"] if m["month"] == name)

    def wait_for(self, name, state, seconds=30):
        return wait_until(
            lambda: self.month(name)["state"] == state, seconds, f"{name} {state}"
        )

    def errors(self):
        """What errors.log says now, not what the kernel remembers of a second ago."""
        time.sleep(1.1)
        return self.text(".costfs/errors.log")

    def refresh(self):
        costfs("refresh", self.directory, check=True)

    def kill(self):
        """kill -9, with the mount left behind."""
        os.kill(self.pid, signal.SIGKILL)
        self._gone()

    def terminate(self, seconds=10):
        os.kill(self.pid, signal.SIGTERM)
        return self._gone(seconds)

    def _gone(self, seconds=10):
        status = None
        if self.process is not None:
            status = self.process.wait(seconds)
        else:
            wait_until(
                lambda: not is_running(self.pid), seconds, "the end of the daemon"
            )
        _daemons.discard(self.pid)
        return status

    def close(self):
        """Whatever became of it: unmounted, and no daemon is left."""
        for _ in range(3):
            if is_mounted(self.directory):
                run("umount", "-l", self.directory)
        if self.pid in _daemons:
            try:
                self.terminate()
            except (AssertionError, ProcessLookupError, subprocess.TimeoutExpired):
                try:
                    self.kill()
                except ProcessLookupError:
                    _daemons.discard(self.pid)
        if self.log.exists():
            said = self.log.read_text(errors="replace")
            if "Sanitizer" in said or "runtime error" in said:
                raise AssertionError(said)


def is_running(pid):
    """Zombies of others do not count."""
    try:
        state = (
            pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        )
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


class Case(unittest.TestCase):
    """A directory of its own, self.tmp, and mounts that end with the test."""

    def setUp(self):
        self.tmp = scratch(self)

    def mount(self, source, name="mnt", *options, cache=None, **more):
        m = Mount(
            source, self.tmp / name, cache or self.tmp / "cache", *options, **more
        )
        self.addCleanup(m.close)
        return m

    def assert_errno(self, number, call, *arguments):
        with self.assertRaises(OSError) as caught:
            call(*arguments)
        self.assertEqual(
            errno.errorcode[caught.exception.errno], errno.errorcode[number]
        )


def scratch(owner):
    """A temporary directory that goes with the test (an instance) or all of its tests
    (a class)."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="costfs-mount-"))
    add = owner.addClassCleanup if isinstance(owner, type) else owner.addCleanup

    def remove():
        for _ in range(3):
            for directory in mounts_below(path):
                run("umount", "-l", directory)
        shutil.rmtree(path, ignore_errors=True)

    add(remove)
    return path


def demo_export(directory, rows=3000, *options):
    costfs(
        "demo-export", directory, "--rows", str(rows), "--quiet", *options, check=True
    )
    return pathlib.Path(directory)


def read_table(raw):
    """Rows of a CSV as dicts."""
    return list(csv.DictReader(io.StringIO(raw.decode(), newline="")))


def total(rows, column="unblended_cost"):
    return sum(
        (decimal.Decimal(row[column]) for row in rows if row[column]),
        decimal.Decimal(0),
    )


def _bite():
    sys.stderr.write("\nstill running: its daemons are killed\n")
    faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
    for pid in list(_daemons):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def begin(program, seconds=WATCHDOG_SECONDS):
    """What comes before tests of the program; ends where nothing can be mounted. After so
    many seconds it hangs."""
    global _costfs
    _costfs = os.path.abspath(program)
    if not os.path.exists("/dev/fuse"):
        print("skipped: /dev/fuse is not there")
        sys.exit(SKIPPED)
    if os.geteuid() != 0:
        print("skipped: only root may mount here without further ado")
        sys.exit(SKIPPED)
    for name in [
        n for n in os.environ if n.startswith(("COSTFS_CACHE", "XDG_", "AWS_"))
    ]:
        del os.environ[name]
    # nohup and background jobs ignore some, and our children would too.
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["HOME"] = "/nonexistent"
    os.environ["LC_ALL"] = "C.UTF-8"
    watchdog = threading.Timer(seconds, _bite)
    watchdog.daemon = True
    watchdog.start()


def main():
    """Runs the tests of the calling file."""
    program = _costfs
    if (
        len(sys.argv) > 1
        and os.access(sys.argv[1], os.X_OK)
        and os.path.isfile(sys.argv[1])
    ):
        program = sys.argv.pop(1)
    if program is None:
        sys.exit("usage: " + sys.argv[0] + " COSTFS [TEST...]")
    begin(program)
    if bucketed.IS_ON:
        bucketed.start()
    ran = unittest.main(verbosity=2, exit=False).result
    if bucketed.IS_ON:
        bucketed.stop()
    if not ran.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if ran.testsRun and len(ran.skipped) == ran.testsRun else 0)
