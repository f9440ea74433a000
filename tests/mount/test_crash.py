"""Daemons that die, caches that are damaged, full or shared, and a daemon that has much to do."""
import contextlib
import errno
import gzip
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

import deliveries
import harness
from deliveries import legacy_delivery, legacy_row

MONTH = "2026-10"
SLOW = "2026-09"
LINES = f"months/{MONTH}/lines.csv"
SLOW_LINES = f"months/{SLOW}/lines.csv"


def many_rows(millions, month=SLOW):
    """The bytes of a data file: the same 10,000 rows again and again, so they are made
    at once."""
    rows = [
        legacy_row(month, "1.5", day=i % 28 + 1, resource=f"i-{i % 500:08x}")
        for i in range(10000)
    ]
    head, _, body = deliveries.csv_bytes(rows, deliveries.LEGACY_HEADER).partition(
        b"\n"
    )
    return gzip.compress(head + b"\n") + gzip.compress(body) * int(millions * 100)


def rows(count, cost="1.5", month=MONTH):
    # Costs and ids that do not compress well, so that blocks are many.
    return [
        legacy_row(
            month,
            cost,
            day=i % 28 + 1,
            resource=f"i-{i * 2654435761 % 2**32:08x}",
            **{"identity/LineItemId": f"{i * 0x9E3779B97F4A7C15 % 2**64:016x}"},
        )
        for i in range(count)
    ]


class Case(harness.Case):
    def setUp(self):
        super().setUp()
        self.export = self.tmp / "export"
        self.cache = self.tmp / "cache"
        self.readers = []
        self.addCleanup(self.end_readers)

    def end_readers(self):
        """All are killed first: they may wait for each other in the kernel (look-ups
        of one name)."""
        for reader in self.readers:
            reader.kill()
        for reader in self.readers:
            reader.wait(10)

    def is_reading(self, m, month=SLOW):
        return m.month(month)["rows_done"] > 0 and m.month(month)["state"] == "loading"

    def start_reading(self, m, command, month=SLOW):
        """A process that waits for the month, which is being read."""
        reader = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.readers.append(reader)
        harness.wait_until(
            lambda: self.is_reading(m, month), what="the reading of " + month
        )
        return reader

    def months(self):
        """Names of what is complete."""
        return [
            p.stem
            for p in (self.cache / "v1").iterdir()
            if re.fullmatch(r"[0-9a-f]{32}\.cube", p.name)
        ]

    def leftovers(self):
        """What is neither complete nor a lock, which may stay, nor remembered."""
        return [
            p.name
            for p in (self.cache / "v1").iterdir()
            if not re.fullmatch(r"[0-9a-f]{32}\.(cube|data|lock|known|tables?)|live", p.name)
        ]

    def assert_tidy(self):
        """What is known may just be being written."""
        harness.wait_until(lambda: not self.leftovers(), 5, "a tidy cache")


class Killed(Case):
    def test_a_dead_mount_is_taken_over(self):
        legacy_delivery(self.export, MONTH, [rows(100)])
        m = self.mount(self.export)
        before = m.read(LINES)
        for _ in range(2):
            m.kill()
            self.assert_errno(errno.ENOTCONN, os.listdir, m)
            m = self.mount(self.export)
            self.assertEqual(harness.mounts_below(self.tmp), [str(m.directory)])
            self.assertEqual(m.read(LINES), before)

    def test_killed_in_the_middle_of_reading_a_month_it_is_right_at_once(self):
        legacy_delivery(self.export, SLOW, [many_rows(3)])
        legacy_delivery(self.export, MONTH, [rows(100)])
        m = self.mount(self.export, "mnt", "--threads", "1")
        before = m.read(LINES)
        for _ in range(3):
            self.start_reading(m, ["cat", m / SLOW_LINES])
            m.kill()
            m = self.mount(self.export, "mnt", "--threads", "1")
            self.assertEqual(m.read(LINES), before)
            self.assertIn(m.month(SLOW)["state"], ("known", "loading"))
        self.assertEqual(len(self.months()), 1)
        # Reading it now is reading all of it, and nothing is left of those that died.
        self.assertEqual(m.table(f"months/{SLOW}/total.csv")[0]["lines"], "3000000")
        self.assertEqual(len(self.months()), 2)
        self.assert_tidy()

    def test_killed_readers_leave_nothing_that_hangs(self):
        legacy_delivery(self.export, SLOW, [many_rows(100)])
        legacy_delivery(self.export, MONTH, [rows(100)])
        m = self.mount(self.export, "mnt", "--threads", "1")
        m.read(LINES)
        reader = self.start_reading(m, ["cat", m / SLOW_LINES])
        m.kill()
        self.assertNotEqual(reader.wait(5), 0)


class Stopped(Case):
    def test_sigterm_with_open_files_ends_within_a_second(self):
        legacy_delivery(self.export, MONTH, [rows(30000)])
        m = self.mount(self.export)
        fd = os.open(m / LINES, os.O_RDONLY)
        os.read(fd, 1000)
        start = time.monotonic()
        self.assertEqual(m.terminate(), 0)
        self.assertLess(time.monotonic() - start, 1 * harness.SLOWNESS)
        self.assertFalse(harness.is_mounted(m.directory))
        with contextlib.suppress(OSError):
            os.close(fd)
        self.assertEqual(os.listdir(m.directory), [])

    def test_sigterm_while_a_month_is_read_ends_within_a_second(self):
        legacy_delivery(self.export, SLOW, [many_rows(100), many_rows(100)])
        legacy_delivery(self.export, MONTH, [rows(100)])
        m = self.mount(self.export)
        m.read(LINES)
        reader = self.start_reading(m, ["cat", m / SLOW_LINES])
        start = time.monotonic()
        self.assertEqual(m.terminate(), 0)
        self.assertLess(time.monotonic() - start, 1 * harness.SLOWNESS)
        self.assertNotEqual(reader.wait(5), 0)
        self.assertFalse(harness.is_mounted(m.directory))
        self.assert_tidy()

    def test_umount_of_a_busy_mount_is_refused_and_a_lazy_one_not(self):
        legacy_delivery(self.export, MONTH, [rows(30000)])
        m = self.mount(self.export)
        whole = m.read(LINES)
        with open(m / LINES, "rb") as f:
            done = harness.costfs("umount", m)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"still in use", done.stderr)
            self.assertIn(b"--lazy", done.stderr)
            self.assertTrue(harness.is_mounted(m.directory))
            harness.costfs("umount", "--lazy", m, check=True)
            self.assertFalse(harness.is_mounted(m.directory))
            self.assertEqual(f.read(), whole)
            self.assertTrue(harness.is_running(m.pid))
        self.assertEqual(m._gone(), 0)

    def test_umount_ends_the_daemon(self):
        legacy_delivery(self.export, MONTH, [rows(10)])
        m = self.mount(self.export)
        harness.costfs("umount", m, check=True)
        self.assertEqual(m._gone(), 0)
        done = harness.costfs("umount", m)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"not mounted", done.stderr)


class Busy(Case):
    def setUp(self):
        super().setUp()
        legacy_delivery(self.export, SLOW, [many_rows(100)])
        legacy_delivery(self.export, MONTH, [rows(100)])
        self.m = self.mount(self.export, "mnt", "--threads", "1")
        self.m.read(LINES)

    def test_others_are_served_while_many_wait(self):
        for _ in range(24):
            self.start_reading(self.m, ["cat", self.m / SLOW_LINES])
        took = []
        for i in range(200):
            name = f"months/{MONTH}/nothing-{i}"
            start = time.monotonic()
            with contextlib.suppress(FileNotFoundError):
                os.stat(self.m / name)
            took.append(time.monotonic() - start)
        took.sort()
        self.assertLess(took[100], 0.05 * harness.SLOWNESS, took[-10:])
        self.assertLess(took[197], 0.5 * harness.SLOWNESS, took[-10:])
        self.assertEqual(len(self.m.table(LINES)), 100)


class Shared(Case):
    def cubes(self):
        found = {}
        for path in (self.cache / "v1").glob("*.cube"):
            with contextlib.suppress(FileNotFoundError):
                found[path.name] = (path.stat().st_ino, path.stat().st_size)
        return found

    def test_the_second_mount_reads_what_the_first_one_read(self):
        folder = legacy_delivery(self.export, MONTH, [rows(1000)])
        first = self.mount(self.export, "first")
        whole = first.read(LINES)
        cubes = self.cubes()
        data = next(folder.glob("*.gz"))
        s = data.stat()
        with open(data, "r+b") as f:
            f.write(b"x" * s.st_size)
        os.utime(data, ns=(s.st_atime_ns, s.st_mtime_ns))
        second = self.mount(self.export, "second")
        self.assertEqual(second.read(LINES), whole)
        self.assertEqual(self.cubes(), cubes)

    def clean(self):
        """Answers whether there are rows all the same."""
        harness.costfs("cache", "clean", "--cache", self.cache, check=True)
        return any((self.cache / "v1").glob("*.data"))

    def test_rows_that_another_process_evicts_are_read_again(self):
        legacy_delivery(self.export, MONTH, [rows(100)])
        m = self.mount(self.export)
        before = m.read(LINES)
        sums = m.read(f"months/{MONTH}/by-service.csv")
        with open(m / LINES, "rb") as held:
            begin = held.read(10)
            self.assertTrue(self.clean())
            self.assertEqual(begin + held.read(), before)
        # The kernel tells of the end a little later.
        harness.wait_until(lambda: not self.clean(), what="an end of the open file")
        self.assertEqual(len(self.months()), 1)
        # Sums need neither rows nor the source.
        away = self.export.rename(self.tmp / "away")
        self.assertEqual(m.read(f"months/{MONTH}/by-service.csv"), sums)
        self.assertTrue(m.read(f"months/{MONTH}/by-region.csv"))
        self.assertEqual((m / LINES).stat().st_size, len(before))
        away.rename(self.export)
        self.assertEqual(m.read(LINES), before)
        self.assertTrue(any((self.cache / "v1").glob("*.data")))

    def test_a_month_that_two_want_at_once_is_built_once(self):
        legacy_delivery(self.export, SLOW, [many_rows(0.6)])
        legacy_delivery(self.export, MONTH, [rows(10)])
        mounts = [self.mount(self.export, name) for name in ("first", "second")]
        for m in mounts:
            m.read(LINES)
        seen, stop = set(), threading.Event()

        def watch():
            while not stop.is_set():
                # Temporary files keep their inode when they get their name.
                seen.update(inode for inode, _ in self.cubes().values())
                time.sleep(0.005)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            readers = [
                subprocess.Popen(
                    ["cat", m / f"months/{SLOW}/total.csv"], stdout=subprocess.PIPE
                )
                for m in mounts
                for _ in range(4)
            ]
            said = {r.communicate(timeout=60)[0] for r in readers}
        finally:
            stop.set()
            watcher.join()
        self.assertEqual(len(said), 1)
        self.assertIn(b",600000\n", said.pop())
        self.assertEqual(len(seen), 2)

    def test_the_cache_is_for_its_owner_only(self):
        legacy_delivery(self.export, MONTH, [rows(10)])
        self.mount(self.export).read(LINES)
        harness.costfs("ls", "demo:", "--cache", self.cache, check=True, umask=0)
        self.assertEqual(self.cache.stat().st_mode & 0o777, 0o700)
        for top, directories, names in os.walk(self.cache):
            for name in directories:
                self.assertEqual(
                    (pathlib.Path(top) / name).stat().st_mode & 0o777, 0o700
                )
            for name in names:
                self.assertEqual(
                    (pathlib.Path(top) / name).stat().st_mode & 0o777, 0o600
                )


class Damaged(Case):
    def setUp(self):
        super().setUp()
        legacy_delivery(self.export, MONTH, [rows(20000)])
        legacy_delivery(self.export, "2026-08", [rows(10, month="2026-08")])
        m = self.mount(self.export)
        self.whole = m.read(LINES)
        self.total = m.read(f"months/{MONTH}/total.csv")
        m.close()
        self.cube = next((self.cache / "v1").glob("*.cube"))
        self.data = self.cube.with_suffix(".data")

    def flip(self, path, at):
        with open(path, "r+b") as f:
            f.seek(at)
            byte = f.read(1)
            f.seek(at)
            f.write(bytes([byte[0] ^ 0x40]))

    def assert_right(self):
        m = self.mount(self.export)
        self.assertEqual(m.read(f"months/{MONTH}/total.csv"), self.total)
        self.assertEqual(m.read(LINES), self.whole)
        m.close()

    def test_a_damaged_index_is_noticed_and_built_again(self):
        size = self.cube.stat().st_size
        for at in (0, 9, 40, 100, size // 2, size - 1):
            with self.subTest(at=at):
                self.flip(self.cube, at)
                self.assert_right()

    def test_files_that_are_cut_or_missing_are_built_again(self):
        for path in (self.cube, self.data):
            for size in (0, 1, path.stat().st_size - 1):
                with self.subTest(path=path.suffix, size=size):
                    os.truncate(path, size)
                    self.assert_right()
            with self.subTest(path=path.suffix):
                path.unlink()
                self.assert_right()

    def test_a_damaged_block_is_noticed_and_built_again(self):
        size = self.data.stat().st_size
        for at in (0, size // 2, size - 1):
            with self.subTest(at=at):
                self.flip(self.data, at)
                m = self.mount(self.export)
                self.assertEqual(m.read(f"months/{MONTH}/total.csv"), self.total)

                def reads_right():
                    try:
                        got = m.read(LINES)
                    except OSError as e:
                        # Never wrong bytes: the first reader may be told so.
                        self.assertEqual(e.errno, errno.EIO)
                        return False
                    self.assertEqual(got, self.whole)
                    return True

                harness.wait_until(reads_right, what="the rebuilt month")
                m.close()
                self.assert_right()

    def test_rubbish_in_the_cache_directory_is_no_matter(self):
        for name in (
            "x",
            "0" * 32 + ".cube",
            "0" * 32 + ".data",
            "tmp-" + "0" * 32 + ".data",
        ):
            (self.cache / "v1" / name).write_bytes(b"rubbish")
        (self.cache / "v1" / "directory").mkdir()
        self.assert_right()


class Full(Case):
    def tmpfs(self, size):
        self.cache.mkdir()
        done = harness.run(
            "mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "none", self.cache
        )
        if done.returncode != 0:
            self.skipTest("no tmpfs can be mounted here")

    def remount(self, options):
        harness.run("mount", "-o", "remount," + options, self.cache, check=True)

    def test_a_full_cache_disk_is_told_with_its_cure_and_recovers(self):
        self.tmpfs("600k")
        legacy_delivery(self.export, MONTH, [rows(100)])
        legacy_delivery(self.export, "2026-08", [rows(60000, month="2026-08")])
        m = self.mount(self.export, "mnt", "--memory-limit", "0")
        before = m.read(LINES)
        with open(m / LINES, "rb"):
            self.assert_errno(errno.ENOSPC, os.listdir, m / "months/2026-08")
            self.assertEqual(m.read(LINES), before)
        errors = m.errors()
        self.assertIn("ENOSPC", errors)
        self.assertIn(str(self.cache), errors)
        self.assertRegex(m.text("STATUS.txt"), r"free \d+ MiB")
        self.assert_tidy()
        self.remount("size=64m")
        m.refresh()
        self.assertEqual(len(m.table("months/2026-08/lines.csv")), 60000)
        self.assertEqual(m.read(LINES), before)
        self.assertEqual(m.errors(), "")

    def test_what_a_full_disk_cannot_take_is_served_from_memory(self):
        self.tmpfs("600k")
        legacy_delivery(self.export, MONTH, [rows(100)])
        legacy_delivery(self.export, "2026-08", [rows(60000, month="2026-08")])
        m = self.mount(self.export)
        before = m.read(LINES)
        for _ in range(2):
            self.assertEqual(len(m.table("months/2026-08/lines.csv")), 60000)
            self.assertEqual(m.read(LINES), before)
        self.assertEqual(m.errors(), "")
        self.assert_tidy()
        self.assertLess(self.used(), 600 << 10)

    def test_a_read_only_cache_answers_what_it_has_and_memory_the_rest(self):
        self.tmpfs("64m")
        legacy_delivery(self.export, MONTH, [rows(100)])
        legacy_delivery(self.export, "2026-08", [rows(100, month="2026-08")])
        m = self.mount(self.export)
        before = m.read(LINES)
        m.close()
        self.remount("ro")
        m = self.mount(self.export, "mnt", "--memory-limit", "0")
        self.assertEqual(m.read(LINES), before)
        self.assert_errno(errno.EROFS, os.listdir, m / "months/2026-08")
        self.assertIn("--cache", m.errors())
        m.close()
        m = self.mount(self.export)
        self.assertEqual(m.read(LINES), before)
        self.assertEqual(len(m.table("months/2026-08/lines.csv")), 100)
        self.assertEqual(m.errors(), "")

    def used(self):
        """Bytes of what the limit is for."""
        sizes = [
            path.stat().st_size
            for path in (self.cache / "v1").iterdir()
            if path.suffix in (".cube", ".data")
        ]
        return sum(sizes)

    def test_the_cache_stays_below_its_limit_whatever_the_kernel_remembers(self):
        """Two months and a half, of five that are walked through and read in one mount."""
        months = ["2026-05", "2026-06", "2026-07", "2026-08", MONTH]
        for month in months:
            legacy_delivery(self.export, month, [rows(20000, month=month)])
        m = self.mount(self.export, "mnt", "--cache-limit", "9M")
        sizes = {}
        for month in months:
            lines = f"months/{month}/lines.csv"
            self.assertEqual(len(m.table(lines)), 20000)
            for _ in os.walk(m / "months" / month):
                pass
            sizes[month] = (m / lines).stat().st_size
            self.assertLessEqual(self.used(), 9 << 20)
        held = open(m / f"months/{months[0]}/lines.csv", "rb")
        self.addCleanup(held.close)
        begin = held.read(100)
        # Names and sizes of all are as they were, and sums; rows come again.
        for month in months:
            self.assertEqual((m / f"months/{month}/lines.csv").stat().st_size, sizes[month])
            self.assertEqual(m.table(f"months/{month}/total.csv")[0]["lines"], "20000")
        for month in months[1:]:
            self.assertEqual(len(m.table(f"months/{month}/lines.csv")), 20000)
            self.assertLessEqual(self.used(), 9 << 20)
        # What is open was never evicted.
        rest = begin + held.read()
        self.assertEqual(len(rest), sizes[months[0]])
        self.assertEqual(len(harness.read_table(rest)), 20000)
        held.close()
        self.assert_right_without_room(m, sizes)

    def assert_right_without_room(self, m, sizes):
        """Not even for the sums of one month beside another: what the kernel remembers of
        a month that is gone altogether is still right."""
        m.close()
        shutil.rmtree(self.cache)
        m = self.mount(self.export, "mnt", "--cache-limit", "100k")
        inodes = {}
        for month in sizes:
            path = m / f"months/{month}/lines.csv"
            inodes[month] = path.stat().st_ino, path.stat().st_mtime
        self.assertEqual(len(self.months()), 1)
        for month in sizes:
            path = m / f"months/{month}/lines.csv"
            with open(path, "rb") as lines:
                st = os.fstat(lines.fileno())
                self.assertEqual(len(lines.read()), sizes[month])
            self.assertEqual((st.st_ino, st.st_mtime), inodes[month])
            self.assertEqual(st.st_size, sizes[month])
            self.assertEqual(len(self.months()), 1)


if __name__ == "__main__":
    harness.main()
