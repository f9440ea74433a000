"""What a mount tells of itself: figures, log and state; and that refusals are quick."""
import decimal
import errno
import fcntl
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import harness
import prometheus

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "s3"))
import strict  # noqa: E402
from server import Bucket, Rule  # noqa: E402

SOURCE = "s3://costs/exports/demo"
MONTHS = ["2026-08", "2026-09", "2026-10", "2026-11"]
HOSTILE = "a\nb\x1b[31m\"c\\"
LINES_A_MINUTE = 10


class Observed(strict.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        harness.demo_export(cls.shared / "b", 1500, "--months", "4", "--last-month",
                            MONTHS[-1], "--accounts", "3", "--format", "cur2-csv")

    def setUp(self):
        super().setUp()
        self.server = self.serve({"costs": Bucket(self.shared / "b")})

    def begin(self, *options, **more):
        m = self.mount(SOURCE, "mnt", *options, **more)
        m.read(f"months/{MONTHS[-1]}/total.csv")
        return m

    def data_requests(self):
        return [r for r in self.server.requests() if strict.is_data(r)]

    def logged(self, m, part):
        """Lines of the log with the part; waits for the first."""
        def lines():
            return [line for line in m.log.read_text().split("\n") if part in line]

        return harness.wait_until(lines, what=part)

    def signalled(self, m, number, part):
        os.kill(m.pid, number)
        return self.logged(m, part)

    # Figures

    def figures(self, m):
        """status.json's as the samples of metrics.prom are named."""
        time.sleep(1.1)  # longer than the kernel keeps what it was told before
        found = {}
        text = m.text(".costfs/status.json")
        for family, value in json.loads(text, parse_float=decimal.Decimal)["figures"].items():
            for label, number in value.items() if isinstance(value, dict) else [(None, value)]:
                found[f"costfs_{family}", label] = decimal.Decimal(number)
        return found

    def test_metrics_are_prometheus_text_and_say_what_status_json_says(self):
        m = self.begin()
        m.read("this-month/total.csv")
        self.assert_errno(errno.EROFS, os.mkdir, m / "new")
        with open(m / "this-month/lines.csv", "rb"):
            before = self.figures(m)
            text = m.text(".costfs/metrics.prom")
            after = self.figures(m)
        samples, kinds = prometheus.parse(text)
        (info,) = (dict(labels) for name, labels in samples if name == "costfs_info")
        self.assertEqual((info["source"], info["export"]), (SOURCE, "demo"))
        shown = {(name, labels[0][1] if labels else None): value
                 for (name, labels), value in samples.items() if name != "costfs_info"}
        self.assertEqual(set(shown), set(before))
        for key, value in shown.items():
            if kinds[key[0]] == "counter":
                self.assertTrue(before[key] <= value <= after[key], key)
            elif key[0] != "costfs_open_files":  # the file that is read is open, too
                self.assertEqual(value, before[key], key)
        # Against what others count.
        asked = self.server.requests("GetObject")
        self.assertEqual(shown["costfs_s3_requests_total", "get"], len(asked))
        self.assertGreaterEqual(shown["costfs_open_files", None], 1)
        self.assertEqual(shown["costfs_months", "ready"], 1)
        self.assertEqual(shown["costfs_months", "unread"], 3)
        requests = {of: shown["costfs_s3_requests_total", of] for of in ("list", "head", "get")}
        self.assertEqual(
            shown["costfs_estimated_cost_usd_total", "s3_requests"],
            requests["list"] * decimal.Decimal("0.005") / 1000
            + (requests["head"] + requests["get"]) * decimal.Decimal("0.0004") / 1000)
        # A directory of them, as node_exporter's textfile collector reads it.
        link = self.tmp / "costfs.prom"
        link.symlink_to(m / ".costfs/metrics.prom")
        prometheus.parse(link.read_text())

    # The log

    def test_errors_are_logged_escaped_and_counted_and_name_the_call(self):
        m = self.begin()
        self.signalled(m, signal.SIGUSR2, "state: level=info")
        self.server.rules(Rule("denied", operation="GetObject", key=f".*{MONTHS[0]}.*"))
        directory = m / "months" / MONTHS[0]
        for _ in range(3 * LINES_A_MINUTE):
            self.assert_errno(errno.EACCES, os.stat, directory / HOSTILE)
        lines = self.logged(m, "op=lookup")
        self.assertEqual(len(lines), LINES_A_MINUTE)
        fields = re.fullmatch(
            r"costfs: info: request op=lookup id=(\d+) pid=(\d+) ms=\d+ path=(\".*\") "
            r"errno=EACCES aws_request=(\".*\") error=(\".*\")", lines[0]).groups()
        self.assertEqual(int(fields[1]), os.getpid())
        self.assertEqual(json.loads(fields[2]), f"months/{MONTHS[0]}/{HOSTILE}")
        error = harness.wait_until(lambda: m.month(MONTHS[0])["error"])
        self.assertEqual(json.loads(fields[3]), error["request"])
        self.assertIn(error["request"], error["text"])
        self.assertEqual(json.loads(fields[4]), error["text"])
        # And every request, however it went.
        self.signalled(m, signal.SIGUSR2, "state: level=debug")
        os.stat(m / "months" / MONTHS[1])
        self.assertRegex(self.logged(m, f'path="months/{MONTHS[1]}"')[0],
                         r"^costfs: debug: request op=(lookup|getattr) id=\d+ pid=\d+ ")
        self.signalled(m, signal.SIGUSR2, "state: level=info")
        text = m.log.read_text()
        self.assertNotIn("\x1b", text)
        for line in text.split("\n")[:-1]:
            self.assertRegex(line, "^costfs: (warning|info|debug|state): ")

    def test_state_says_who_waits_for_what_and_refusals_wait_for_nobody(self):
        m = self.begin()
        self.server.rules(Rule("stall", operation="GetObject", at=0, seconds=60))
        waits = subprocess.Popen(["cat", m / "months" / MONTHS[0] / "lines.csv"])
        self.addCleanup(waits.kill)
        harness.wait_until(lambda: m.status()["figures"]["waiting_requests"] == 1)
        self.refuses(m)
        self.signalled(m, signal.SIGUSR1, "state: end")
        (line,) = self.logged(m, "state: aside ")
        self.assertRegex(
            line, rf"^costfs: state: aside op=lookup id=\d+ pid={waits.pid} ms=\d+ "
            rf"state=waiting needs=month month={MONTHS[0]} "
            rf'path="months/{MONTHS[0]}/lines.csv"$')
        self.assertTrue(self.logged(m, f"state: month={MONTHS[0]} state=reading"))
        self.assertTrue(self.logged(m, f"state: month={MONTHS[-1]} state=ready"))
        self.assertTrue(self.logged(m, "state: waiting_requests=1"))
        waits.send_signal(signal.SIGTERM)
        self.assertEqual(waits.wait(10), -signal.SIGTERM)
        figures = harness.wait_until(
            lambda: (f := m.status()["figures"])["fuse_interrupted_total"] and f)
        self.assertEqual((figures["fuse_interrupted_total"], figures["waiting_requests"]), (1, 0))

    def refuses(self, m):
        """While every fetch hangs."""
        file, new = m / "months" / MONTHS[-1] / "total.csv", m / "months/new"
        begun = time.monotonic()
        for call in (
            lambda: os.open(file, os.O_RDWR),
            lambda: os.open(m / "new", os.O_CREAT | os.O_WRONLY),
            lambda: os.truncate(file, 0),
            lambda: os.mkdir(new),
            lambda: os.mknod(new),
            lambda: os.unlink(file),
            lambda: os.rename(file, new),
            lambda: os.link(file, new),
            lambda: os.symlink("x", new),
            lambda: os.chmod(file, 0o600),
            lambda: os.utime(file),
            lambda: os.setxattr(file, "user.x", b"1"),
        ):
            self.assert_errno(errno.EROFS, call)
        # Locks are the kernel's own.
        with open(file, "rb") as f, open(file, "rb") as other:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.assert_errno(errno.EAGAIN, fcntl.flock, other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.lockf(f, fcntl.LOCK_SH | fcntl.LOCK_NB)
            self.assert_errno(errno.EBADF, fcntl.lockf, f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        of = os.statvfs(m)
        self.assertTrue(of.f_blocks > of.f_bfree > 0 and of.f_files > of.f_ffree > 0)
        self.assertEqual(of.f_namemax, 255)
        self.assertLess(time.monotonic() - begun, harness.slowness())


if __name__ == "__main__":
    harness.main()
