"""What commands do on a terminal: pages painted in place, and left as it was."""
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time

import harness

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "s3"))
import bucket  # noqa: E402

# A command that hangs while it is interrupted ends with its threads as they are.
UNJOINED = {"TSAN_OPTIONS": os.environ.get("TSAN_OPTIONS", "") + ":report_thread_leaks=0"}
BEGIN, END = b"\x1b[?1049h\x1b[?25l", b"\x1b[?25h\x1b[?1049l"


class Terminal:
    """A command with a terminal of its own, in its foreground."""

    def __init__(self, *words, rows=24, columns=100, program=None, **environment):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)

        def take():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [program or harness.costfs_path(), *map(os.fspath, words)],
            stdin=slave, stdout=slave, stderr=slave,
            preexec_fn=take, env={**os.environ, "TERM": "xterm", **UNJOINED, **environment})
        self.slave = slave
        self.said = b""

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            self.said += os.read(self.master, 65536)

    def wait_for(self, part):
        def has():
            self.read(0.05)
            return part in self.said

        harness.wait_until(has, what=repr(part))

    def wait_for_match(self, pattern):
        def has():
            self.read(0.05)
            return re.search(pattern, self.said)

        harness.wait_until(has, what=repr(pattern))

    def press(self, keys):
        os.write(self.master, keys)

    def end(self):
        """The exit status; all that was said is there, and how the terminal is."""
        end = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        self.read(0)
        self.after = termios.tcgetattr(self.slave)
        return self.process.wait(1)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        os.close(self.master)
        os.close(self.slave)


class Screen(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        cls.export = harness.demo_export(cls.shared / "export", 300, "--months", "2")

    def setUp(self):
        super().setUp()
        self.m = self.mount(self.export, "mnt")
        self.m.read("this-month/total.csv")

    def terminal(self, *words, **more):
        t = Terminal(*words, **more)
        self.addCleanup(t.close)
        return t

    def watch(self, **more):
        return self.terminal("status", "--watch", self.m, **more)

    def test_a_watched_page_is_painted_in_place_and_cut_to_the_terminal(self):
        t = self.watch(rows=8, columns=30)
        t.wait_for(b"\x1b[J")
        first = t.said
        self.assertTrue(first.startswith(BEGIN + b"\x1b[Hcostfs "), first)
        self.assertNotIn(b"\x1b[2J", first)  # which flickers
        rows = first[len(BEGIN + b"\x1b[H"):first.index(b"\x1b[J")].split(b"\x1b[K\r")
        self.assertEqual(len(rows), 8)  # the last one is where the cursor stays
        for row in rows:
            self.assertLessEqual(len(row.strip(b"\r\n").decode()), 30, row)
        # At once, and not with the next second.
        t.resize(24, 100)
        t.wait_for(b"\x1b[1mMONTH    STATE")
        t.press(b"q")
        self.assertEqual(t.end(), 0)
        self.assertTrue(t.said.endswith(END), t.said[-80:])
        self.assertEqual(t.after, t.before)

    def test_an_interrupt_leaves_the_terminal_as_it_was(self):
        t = self.watch()
        t.wait_for(b"\x1b[J")
        t.press(b"\x03")
        self.assertEqual(t.end(), 128 + signal.SIGINT)
        self.assertIn(END, t.said)
        self.assertEqual(t.after, t.before)

    def test_ctrl_z_gives_the_shell_its_screen_and_fg_takes_it_again(self):
        # Jobs of a shell are groups of their own; it goes on when one is stopped.
        script = '"$@"; echo "stopped: $?"; stty -a; fg >/dev/null; echo "ended: $?"'
        t = Terminal("-mc", script, "-", harness.costfs_path(), "status", "--watch", self.m,
                     program="bash")
        self.addCleanup(t.close)
        t.wait_for(b"\x1b[J")
        t.press(b"\x1a")
        t.wait_for(b"stopped: 148")
        t.wait_for_match(rb" icanon .* echo ")
        self.assertEqual(t.said.count(END), 1)
        self.assertIn(END, t.said[:t.said.index(b"stopped: ")])
        t.wait_for_match(rb"(?s)stopped: .*" + re.escape(BEGIN) + rb".*\x1b\[J")
        t.press(b"q")
        t.wait_for(b"ended: 0")
        self.assertEqual(t.end(), 0)
        self.assertEqual(t.said.count(END), 2)
        self.assertEqual(t.after, t.before)

    def test_a_mount_that_goes_is_told_on_the_screen_that_comes_back(self):
        t = self.watch()
        t.wait_for(b"\x1b[J")
        self.m.kill()
        self.assertEqual(t.end(), 1)
        self.assertRegex(
            t.said.partition(END)[2], rb"costfs:\x1b\[m .*: the daemon of this mount is gone")

    def test_an_error_begins_in_red_on_a_terminal(self):
        for environment, head in (({}, b"\x1b[31mcostfs:\x1b[m "),
                                  ({"NO_COLOR": "1"}, b"costfs: ")):
            t = self.terminal("status", self.tmp, **environment)
            self.assertEqual(t.end(), 1)
            self.assertTrue(t.said.startswith(head + os.fsencode(self.tmp) + b": costfs is not "))

    def test_what_the_command_line_says_of_colour_counts_most(self):
        for environment in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}):
            for when in ("always", "never"):
                with self.subTest((environment, when)):
                    for words in (["status", self.m], ["help"], ["status", self.tmp]):
                        t = self.terminal(*words, f"--color={when}", **environment)
                        t.end()
                        self.assertEqual(b"\x1b" in t.said, when == "always", words)
        # Also in pipes, where nothing is painted in place.
        plain = harness.costfs("status", self.m)
        self.assertNotIn(b"\x1b", plain.stdout)
        coloured = harness.costfs("status", self.m, "--color", "always").stdout
        self.assertRegex(coloured, rb"\n\x1b\[1mMONTH    STATE [^\n]*\x1b\[m\n")
        self.assertEqual(re.sub(rb"\x1b\[\d*m", b"", coloured).split(b"\n\n")[2:],
                         plain.stdout.split(b"\n\n")[2:])
        self.assertEqual(json.loads(harness.costfs("status", "--json", self.m, "--color=always")
                                    .stdout)["pid"], self.m.pid)
        done = harness.costfs("status", self.tmp, "--color=always")
        self.assertTrue(done.stderr.startswith(b"\x1b[31mcostfs:\x1b[m "), done.stderr)

    def test_colour_is_for_terminals_whose_user_wants_it(self):
        for environment, is_coloured in (({}, True), ({"NO_COLOR": "1"}, False),
                                         ({"TERM": "dumb"}, False)):
            with self.subTest(environment):
                t = self.terminal("status", self.m, **environment)
                self.assertEqual(t.end(), 0)
                self.assertEqual(b"\x1b" in t.said, is_coloured)
                plain = re.sub(rb"\x1b\[\d*m", b"", t.said).replace(b"\r\n", b"\n")
                self.assertIn(b"\nMONTH    STATE ", plain)
        self.assertNotIn(b"\x1b", harness.costfs("status", self.m, check=True).stdout)


FIGURES = (rb"\[#*\.*\] +\d+ %  \d+ of \d+ MB, \d+ lines"
           rb"(, \d+\.\d MB/s, \d+ s left)?\Z")


class Waits(harness.Case):
    """A bucket that holds a file of a month back, the last to be read, until self.go is set."""

    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        cls.copy = harness.demo_export(cls.shared / "export", 30000, "--months", "1",
                                       "--last-month", "2026-11")

    def setUp(self):
        super().setUp()
        self.bucket = bucket.Bucket(self.copy)
        self.addCleanup(self.bucket.close)
        self.go = self.bucket.gate
        self.hold_back(self.copy)
        self.environment = {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self.bucket.port}",
                            "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
                            "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"}

    def terminal(self, *words, columns=100, cache="cache", **environment):
        words = [*words, "--cache", self.tmp / cache] if cache else words
        t = Terminal(*words, columns=columns, **{**self.environment, **environment})
        self.addCleanup(t.close)
        return t

    def hold_back(self, directory):
        """The smallest one, since large ones are read first."""
        files = sorted(directory.rglob("*.csv.gz"), key=lambda f: f.stat().st_size)
        self.assertEqual(len(files), 2)
        self.bucket.gated = files[0].name

    def end_after(self, t, pattern):
        """Its exit status; the month is let through once this has been on the terminal."""
        t.wait_for_match(pattern)
        self.go.set()
        status = t.end()
        self.go.clear()
        return status

    def end_slowly(self, t):
        """The same of one that may paint nothing, long after it could have."""
        harness.wait_until(lambda: self.bucket.reading > 0)
        time.sleep(1)
        self.go.set()
        status = t.end()
        self.go.clear()
        return status

    def painted(self, t, what=b"reading 2026-11"):
        """What was on the line of progress, one after another, which is gone now."""
        self.assertEqual(t.said.count(b"\x1b[K") - t.said.count(b"\r\x1b[K"),
                         len(re.findall(rb"\r[^\r\n\x1b]+\x1b\[K", t.said)))
        last = t.said.rfind(b"\x1b[K")
        self.assertTrue(last < 0 or t.said[:last].endswith(b"\r"), t.said)
        return re.findall(rb"\r(" + what + rb"[^\r]*)\x1b\[K", t.said)

    def test_a_month_that_is_read_has_a_bar_with_speed_and_time_left(self):
        for columns, bar in ((100, rb" \[#+\.+\] +"), (40, rb" +")):
            with self.subTest(columns):
                t = self.terminal("prefetch", "s3://bucket/exports/demo", "2026-11",
                                  columns=columns, cache=f"cache{columns}")
                shown = rb"\rreading 2026-11 " + bar + rb"[1-9]\d? %  \d"
                if columns == 100:
                    shown += rb"+ of \d+ MB, \d+ lines, \d+\.\d MB/s, \d+ s left\x1b\[K"
                self.assertEqual(self.end_after(t, shown), 0, t.said)
                # The line is taken away, and what stays is how it went.
                self.assertRegex(t.said, rb"\r\x1b\[K2026-11  30000 lines, \d+ MB in the cache")
                self.assertLess(max(map(len, self.painted(t))), columns)

    def test_every_command_that_waits_for_a_month_shows_it(self):
        source = "s3://bucket/exports/demo"
        for number, words in enumerate((
                ["cat", source, "this-month/total.csv"], ["ls", "--json", source],
                ["path", source, "AmazonEC2"])):
            with self.subTest(words):
                t = self.terminal(*words, cache=f"cache{number}")
                self.assertEqual(self.end_after(t, b"#"), 0, t.said)
                for line in self.painted(t):
                    self.assertRegex(line, rb"\Areading 2026-11(, \d+ s\Z|  " + FIGURES + rb")")

    def test_one_in_the_foreground_says_that_it_is_mounted_and_what_it_reads(self):
        (self.tmp / "mnt").mkdir()
        t = self.terminal("mount", "--foreground", "s3://bucket/exports/demo", self.tmp / "mnt")
        t.wait_for(b"costfs: s3://bucket/exports/demo is mounted at "
                   + os.fsencode(self.tmp / "mnt") + b"; Ctrl-C unmounts it\r\n")
        self.assertTrue(harness.is_mounted(self.tmp / "mnt"))
        t.wait_for(b"#")
        self.go.set()
        harness.wait_until(lambda: b'"ready"' in (
            self.tmp / "mnt/.costfs/status.json").read_bytes())
        t.wait_for(b"\r\x1b[K")
        for line in self.painted(t):
            self.assertRegex(line, rb"\Areading 2026-11(, \d+ s\Z|  " + FIGURES + rb")")
        t.press(b"\x03")
        self.assertEqual(t.end(), 0)
        self.assertFalse(harness.is_mounted(self.tmp / "mnt"))
        self.assertEqual(t.after, t.before)

    def test_one_in_the_background_shows_what_it_waits_for(self):
        (self.tmp / "mnt").mkdir()
        self.go.set()
        self.bucket.latency = 0.6 * harness.SLOWNESS
        t = self.terminal("mount", "s3://bucket/exports/demo", self.tmp / "mnt")
        self.addCleanup(harness.run, "umount", "-l", self.tmp / "mnt")
        self.assertEqual(t.end(), 0, t.said)
        self.assertTrue(self.painted(t, rb"looking for the export, \d+ s"), t.said)
        self.assertEqual(self.painted(t), [])

    def test_a_refresh_shows_what_is_read_anew(self):
        export = self.tmp / "export"
        harness.demo_export(export, 300, "--months", "1", "--last-month", "2026-11")
        self.bucket.directory = export
        with harness.Mount("s3://bucket/exports/demo", self.tmp / "mnt", self.tmp / "cache",
                           environment={**os.environ, **self.environment}) as m:
            self.go.set()
            m.wait_for("2026-11", "ready")
            self.go.clear()
            harness.demo_export(export, 30000, "--months", "1", "--last-month", "2026-11",
                                "--seed", "7")
            self.hold_back(export)
            t = self.terminal("refresh", m, cache=None)
            self.assertEqual(self.end_after(t, b"#"), 0, t.said)
            self.assertEqual(m.month("2026-11")["lines"], 30000)
        for line in self.painted(t):
            self.assertRegex(line, rb"\Areading 2026-11  " + FIGURES)

    def test_a_made_up_export_has_its_lines(self):
        t = self.terminal("demo-export", self.tmp / "big", "--rows", "1000000", cache=None)
        t.wait_for(b"lines/s")
        t.press(b"\x03")
        self.assertEqual(t.end(), 128 + signal.SIGINT, t.said)
        painted = re.findall(rb"\r(writing[^\r]*)\x1b\[K", t.said)
        for line in painted:
            self.assertRegex(line, rb"\Awriting(, \d+ s|  \[#*\.*\] +\d+ %  \d+ of 1000000 "
                             rb"lines(, \d+ lines/s, \d+ s left)?)\Z")
        self.assertEqual(harness.run(harness.costfs_path(), "demo-export", self.tmp / "some",
                                     "--rows", "100000").stderr, b"")

    def test_an_interrupt_and_an_error_take_the_line_away(self):
        t = self.terminal("cat", "s3://bucket/exports/demo", "this-month/lines.csv")
        t.wait_for(b"#")
        t.press(b"\x03")
        self.assertEqual(t.end(), 128 + signal.SIGINT)
        self.assertRegex(t.said, rb"\r\x1b\[Kcostfs: interrupted\r\n\Z")
        self.bucket.refusal = lambda who, path: path.endswith(".gz") and (403, "AccessDenied")
        self.bucket.latency = 0.6 * harness.SLOWNESS
        t = self.terminal("cat", "s3://bucket/exports/demo", "this-month/lines.csv")
        self.assertEqual(t.end(), 1)
        self.assertTrue(self.painted(t), t.said)
        self.assertRegex(t.said, rb"\r\x1b\[K\x1b\[31mcostfs:\x1b\[m ")

    def test_nothing_is_painted_where_nobody_sees_it_or_waits_for_it(self):
        words = ["prefetch", "s3://bucket/exports/demo", "2026-11"]
        for number, (more, environment) in enumerate((
                ([], {"TERM": "dumb"}), (["--quiet"], {}), (["--verbose"], {}))):
            t = self.terminal(*words, *more, cache=f"none{number}", **environment)
            self.assertEqual(self.end_slowly(t), 0, t.said)
            self.assertNotIn(b"\r\x1b", t.said)
            self.assertNotIn(b"#", t.said)
        threading.Timer(1, self.go.set).start()
        done = harness.run(harness.costfs_path(), *words, "--cache", self.tmp / "piped",
                           env={**os.environ, "TERM": "xterm", **self.environment})
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.go.clear()
        t = self.terminal(*words, NO_COLOR="1", cache="plain")
        self.assertEqual(self.end_after(t, b"#"), 0, t.said)
        self.assertTrue(self.painted(t))  # it has no colour
        self.assertNotIn(b"\x1b[3", t.said)
        # What is there at once.
        t = self.terminal("cat", "s3://bucket/exports/demo", "this-month/total.csv",
                          cache="plain")
        self.assertEqual((t.end(), t.said.count(b"\x1b")), (0, 0))


if __name__ == "__main__":
    harness.main()
