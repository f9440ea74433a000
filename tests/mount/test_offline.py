"""A mount that begins with what an earlier one knew, while the source is away."""
import errno
import os
import pathlib
import shutil
import time

import harness
from deliveries import legacy_delivery, legacy_row

MONTH = "2026-10"
LINES = f"months/{MONTH}/lines.csv"
BEGIN_SECONDS = 0.3  # best of three; less than 0.1 where nothing else runs


class Offline(harness.Case):
    def setUp(self):
        super().setUp()
        self.export = self.tmp / "export"
        self.deliver(MONTH, 5)
        self.deliver("2026-09", 3)

    def deliver(self, month, count, number=1):
        legacy_delivery(
            self.export,
            month,
            [[legacy_row(month, "1.5", day=i % 28 + 1) for i in range(count)]],
            assembly=f"202611{number:02}T010203Z",
        )

    def read_once(self):
        """As an earlier mount leaves it; answers what it read."""
        m = self.mount(self.export, "first")
        text = m.read(LINES)
        m.terminate()
        return text

    def hide(self):
        self.export.rename(self.tmp / "away")

    def bring_back(self):
        (self.tmp / "away").rename(self.export)

    def test_what_was_read_is_shown_and_the_rest_comes_back(self):
        text = self.read_once()
        self.hide()
        m = self.mount(self.export, "mnt")
        self.assertEqual(m.read(LINES), text)
        self.assertEqual(sorted(os.listdir(m / "months")), ["2026-09", MONTH])
        self.assert_errno(errno.EIO, os.listdir, m / "months/2026-09")
        said = harness.wait_until(lambda: m.status()["refresh_error"])
        self.assertEqual(said["name"], "EIO")
        self.assertIn(str(self.export), said["text"])
        self.assertIsNotNone(m.status()["looked"])
        harness.wait_until(lambda: "stale since then" in m.text("STATUS.txt"))
        self.bring_back()
        harness.wait_until(lambda: m.status()["refresh_error"] is None)
        harness.wait_until(lambda: m.month("2026-09")["state"] != "loading")
        m.refresh()
        self.assertEqual(len(m.table("months/2026-09/lines.csv")), 3)

    def test_new_delivery_is_seen_when_the_source_is_back(self):
        self.read_once()
        self.deliver(MONTH, 6, number=2)
        self.hide()
        m = self.mount(self.export, "mnt")
        self.assertEqual(len(m.table(LINES)), 5)
        self.bring_back()
        harness.wait_until(lambda: len(m.table(LINES)) == 6)

    def test_new_delivery_is_seen_at_once_where_the_source_is_there(self):
        self.read_once()
        self.deliver(MONTH, 6, number=2)
        self.assertEqual(len(self.mount(self.export, "mnt").table(LINES)), 6)

    def test_refresh_says_that_nobody_could_be_asked(self):
        self.read_once()
        self.hide()
        m = self.mount(self.export, "mnt")
        done = harness.costfs("refresh", m)
        self.assertEqual(done.returncode, 1)
        said = m.status()["refresh_error"]
        self.assertIn(f"{m.directory}: {said['text']}".encode(), done.stderr)
        self.bring_back()
        m.refresh()

    def test_commands_say_what_they_show(self):
        text = self.read_once()
        self.hide()
        words = (self.export, LINES, "--cache", self.tmp / "cache")
        done = harness.costfs("cat", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, text)
        self.assertIn(b"this is what was known at 20", done.stderr)
        self.bring_back()
        done = harness.costfs("cat", *words)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_a_source_that_was_never_read_is_an_error(self):
        self.hide()
        for words, status in ((("mount", self.export, self.tmp), 3), (("ls", self.export), 1)):
            done = harness.costfs(*words, "--cache", self.tmp / "cache")
            self.assertEqual(done.returncode, status)
            self.assertIn(b"No such file or directory", done.stderr)

    def test_nothing_is_remembered_after_the_cache_was_cleaned(self):
        self.read_once()
        self.hide()
        cache = ("--cache", self.tmp / "cache")
        harness.costfs("cache", "clean", *cache, check=True)
        self.assertEqual(harness.costfs("ls", self.export, *cache).returncode, 1)

    def test_a_damaged_memory_is_none(self):
        text = self.read_once()
        (known,) = (self.tmp / "cache/v1").glob("*.known")
        self.assertEqual(known.stat().st_mode & 0o777, 0o600)
        good = known.read_bytes()
        for bad in (b"", good[:-1], good[:40] + b"\xff" + good[41:], bytes(len(good))):
            known.write_bytes(bad)
            m = self.mount(self.export, f"mnt{len(bad)}{bad[40:41].hex()}")
            self.assertEqual(m.read(LINES), text)
            m.terminate()

    def test_it_begins_at_once(self):
        self.read_once()
        self.hide()
        took = []
        for i in range(3):
            point = self.tmp / f"mnt{i}"
            point.mkdir()
            begun = time.monotonic()
            self.mount(self.export, f"mnt{i}", background=True)
            os.stat(point)
            took.append(time.monotonic() - begun)
        print(f"usable after {min(took) * 1000:.0f} ms")
        self.assertLess(min(took), BEGIN_SECONDS * harness.slowness())

    def test_an_export_that_was_set_up_anew_is_found_by_the_next_mount(self):
        self.read_once()
        (report,) = (p for p in pathlib.Path(self.export).rglob("*-20261101") if p.is_dir())
        other = report.parent.parent / "other"
        report.parent.rename(other)
        shutil.rmtree(other / "20260901-20261001")
        m = self.mount(self.export, "mnt")
        self.assertEqual(os.listdir(m / "months"), [MONTH])


if __name__ == "__main__":
    harness.main()
