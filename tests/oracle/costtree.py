"""The tree as its users meet it: through a mount where there is /dev/fuse, else through
`costfs ls` and `costfs cat`. And the dialect its files promise, read strictly."""
import csv
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds for any one command, and for a mount to appear

csv.field_size_limit(1 << 27)


class Report:
    """Counts what was compared, and prints the first differences."""

    def __init__(self):
        self.checks = self.failures = 0

    def check(self, condition, *what):
        self.checks += 1
        if condition:
            return True
        self.failures += 1
        if self.failures <= 40:
            print("FAILED:", *what)
        return False

    def same(self, got, wanted, *what):
        """Texts; says where they part."""
        if self.check(got == wanted, *what) or self.failures > 40:
            return
        got, wanted = got.split("\n"), wanted.split("\n")
        shown = 0
        for number in range(max(len(got), len(wanted))):
            g = got[number] if number < len(got) else "(nothing)"
            w = wanted[number] if number < len(wanted) else "(nothing)"
            if g != w and shown < 4:
                shown += 1
                at = max(0, len(os.path.commonprefix([g, w])) - 60)
                print(f"  line {number + 1}, from byte {at}\n    is      {g[at:at + 160]}"
                      f"\n    wanted  {w[at:at + 160]}")

    def finish(self):
        print(f"{self.checks} comparisons, {self.failures} failed")
        sys.exit(1 if self.failures else 0)


class Workshop:
    """A private directory with home and cache, gone at the end."""

    def __init__(self, tool):
        self.tool = os.path.abspath(tool)
        self.root = tempfile.mkdtemp(prefix="costfs-oracle-")
        self.numbers = 0
        self.environment = dict(os.environ, HOME=self.path("home"), TZ="America/St_Johns",
                                XDG_CACHE_HOME=self.path("cache"),
                                XDG_CONFIG_HOME=self.path("config"))
        for name in list(self.environment):
            if name.startswith(("AWS_", "COSTFS_")):
                del self.environment[name]
        os.mkdir(self.path("home"))

    def path(self, *names):
        return os.path.join(self.root, *names)

    def fresh(self, name):
        self.numbers += 1
        return self.path(f"{name}-{self.numbers}")

    def run(self, *arguments, fails=False):
        done = subprocess.run([self.tool, *arguments], env=self.environment, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        if (done.returncode != 0) != fails:
            raise SystemExit(f"costfs {' '.join(arguments)}: exit {done.returncode}\n"
                             + done.stderr.decode(errors="replace"))
        return done.stdout

    def demo(self, *flags):
        where = self.fresh("export")
        self.run("demo-export", where, "--quiet", *flags)
        return where

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)


class Commands:
    """Without a mount."""

    def __init__(self, shop, source, *flags):
        self.shop, self.source = shop, source
        self.flags = [*flags, "--cache", shop.fresh("cache")]
        shop.run("prefetch", source, "--quiet", *self.flags)

    def list(self, path=""):
        listed = self.shop.run("ls", *self.flags, self.source, path or "/")
        return listed.decode().splitlines()

    def read(self, path):
        return self.shop.run("cat", *self.flags, self.source, path).decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Mount:
    def __init__(self, shop, source, *flags):
        self.shop, self.source = shop, source
        self.flags = [*flags, "--cache", shop.fresh("cache")]
        self.dir, self.process = shop.fresh("mount"), None

    def __enter__(self):
        self.shop.run("prefetch", self.source, "--quiet", *self.flags)
        os.mkdir(self.dir)
        self.log = open(self.dir + ".log", "wb")
        self.process = subprocess.Popen(
            [self.shop.tool, "mount", self.source, self.dir, "--foreground", *self.flags],
            env=self.shop.environment, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log)
        try:
            self.wait_until_mounted()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_until_mounted(self):
        end = time.monotonic() + PATIENCE
        while not os.path.ismount(self.dir):
            if self.process.poll() is not None or time.monotonic() > end:
                self.log.flush()
                with open(self.log.name, errors="replace") as log:
                    raise SystemExit("the mount did not appear:\n" + log.read()[-2000:])
            time.sleep(0.01)

    def __exit__(self, *_):
        try:
            subprocess.run([self.shop.tool, "umount", self.dir], env=self.shop.environment,
                           timeout=PATIENCE, stdin=subprocess.DEVNULL)
            self.process.wait(10)
        except (subprocess.TimeoutExpired, OSError):
            self.process.kill()
            self.process.wait()
            subprocess.run(["umount", "-l", self.dir], timeout=PATIENCE, check=False)
        self.log.close()

    def list(self, path=""):
        return os.listdir(os.path.join(self.dir, path))

    def read(self, path):
        return self.bytes_of(path).decode()

    def bytes_of(self, path):
        """Looks at the size first: it is promised before the first read."""
        path = os.path.join(self.dir, path)
        size = os.stat(path).st_size
        with open(path, "rb") as file:
            content = file.read()
        if len(content) != size:
            raise SystemExit(f"{path}: st_size {size}, but {len(content)} bytes")
        return content


def can_mount():
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
        return True
    except OSError:
        return False


def open_tree(shop, source, *flags):
    """A context manager with list() and read(); everything is in its cache already."""
    return (Mount if can_mount() else Commands)(shop, source, *flags)


def cell(text):
    """Minimal quoting, nothing that breaks a line."""
    text = text.replace("\n", " ").replace("\r", " ")
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


def record(cells):
    return ",".join(map(cell, cells)) + "\n"


def parse(report, text, what):
    """Rows of a file of ours, header first; checks its dialect on the way."""
    report.check(text.endswith("\n"), what, "does not end in a newline")
    report.check("\r" not in text and "\ufeff" not in text, what, "has a CR or a BOM")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    report.check(len(rows) == text.count("\n"), what, "has a newline inside a field")
    report.check(len({len(row) for row in rows}) == 1, what, "has ragged rows")
    report.check("".join(map(record, rows)) == text, what, "is not minimally quoted")
    return rows
