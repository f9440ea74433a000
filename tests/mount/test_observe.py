"""What a mount tells of itself: figures, log and state; and what it does for nobody:
writes, and fetches for crawlers."""
import decimal
import errno
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
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
RECOVERY = 5  # seconds after a login, or the network's return


class Observed(strict.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        harness.demo_export(cls.shared / "b", 1500, "--months", "4", "--last-month",
                            MONTHS[-1], "--accounts", "3", "--format", "cur2-csv", "--tables")

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
        nodes = "costfs_nodes", None
        with open(m / "this-month/lines.csv", "rb"):
            for _ in range(10):
                before = self.figures(m)
                text = m.text(".costfs/metrics.prom")
                after = self.figures(m)
                if before[nodes] <= after[nodes]:
                    break  # else the kernel has forgotten some meanwhile
        samples, kinds = prometheus.parse(text)
        (info,) = (dict(labels) for name, labels in samples if name == "costfs_info")
        self.assertEqual((info["source"], info["export"]), (SOURCE, "demo"))
        shown = {(name, labels[0][1] if labels else None): value
                 for (name, labels), value in samples.items() if name != "costfs_info"}
        self.assertEqual(set(shown), set(before))
        for key, value in shown.items():
            # The file that is read has a node, too.
            if kinds[key[0]] == "counter" or key[0] == "costfs_nodes":
                self.assertTrue(before[key] <= value <= after[key], key)
            elif key[0] != "costfs_open_files":  # the file that is read is open, too
                self.assertEqual(value, before[key], key)
        # Against what others count.
        asked = self.server.requests("GetObject")
        self.assertEqual(shown["costfs_s3_requests_total", "get"], len(asked))
        self.assertGreaterEqual(shown["costfs_open_files", None], 1)
        harness.wait_until(lambda: m.status()["figures"]["open_files"] == 0)
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
            self.assert_errno(errno.EACCES, os.stat, directory / "lines.csv")
        lines = [x for x in self.logged(m, "errno=EACCES") if "op=lookup" in x]
        self.assertEqual(len(lines), LINES_A_MINUTE)
        fields = re.fullmatch(
            r"costfs: info: request op=lookup id=(\d+) pid=(\d+) ms=\d+ path=(\".*\") "
            r"errno=EACCES aws_request=(\".*\") error=(\".*\")", lines[0]).groups()
        self.assertEqual(int(fields[1]), os.getpid())
        self.assertEqual(json.loads(fields[2]), f"months/{MONTHS[0]}/lines.csv")
        error = harness.wait_until(lambda: m.month(MONTHS[0])["error"])
        self.assertEqual(json.loads(fields[3]), error["request"])
        self.assertIn(error["request"], error["text"])
        self.assertEqual(json.loads(fields[4]), error["text"])
        # And every request, however it went.
        self.signalled(m, signal.SIGUSR2, "state: level=debug")
        self.assert_errno(errno.ENOENT, os.stat, directory / HOSTILE)
        (line,) = self.logged(m, "errno=ENOENT")
        path = re.search(r" path=(\".*\") errno=", line).group(1)
        self.assertEqual(json.loads(path), f"months/{MONTHS[0]}/{HOSTILE}")
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
            line, rf"^costfs: state: aside op=getattr id=\d+ pid={waits.pid} ms=\d+ "
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

    # Crawlers

    def test_crawlers_and_listings_above_the_months_fetch_nothing(self):
        m = self.begin()
        harness.wait_until(lambda: "tables" in os.listdir(m))
        before = len(self.data_requests())
        # Three months of three accounts and of all, and two tables.
        refused = 3 * 4 + 2
        for name in ("updatedb", "tracker-miner-fs-3", "baloo_file"):
            crawler = self.tmp / name
            shutil.copy(shutil.which("find"), crawler)
            done = harness.run(crawler, m, "-type", "f")
            self.assertEqual(done.stderr.count(b"Permission denied"), refused, done.stderr)
            self.assertIn(f"months/{MONTHS[-1]}/total.csv".encode(), done.stdout)
        harness.run("ls", "-lR", "--color=always", m / ".costfs", check=True)
        self.assertEqual({n[:7] for n in os.listdir(m / "reports")}, {MONTHS[-1]})
        for directory in ("", "months", "accounts", "reports"):
            harness.run("ls", "-l", "--color=always", m / directory, check=True)
        for path in pathlib.Path(m).iterdir():  # what file managers sniff at
            if path.is_file():
                with open(path, "rb") as f:
                    f.read(4096)
        self.assertEqual(len(self.data_requests()), before)
        self.assertEqual([m.month(name)["state"] for name in MONTHS[:-1]], ["known"] * 3)
        self.assertEqual(m.status()["figures"]["crawlers_refused_total"], 3 * refused)
        self.assertEqual(len(self.logged(m, "crawler=")), 1)
        self.assertIn('crawler="updatedb" pid=', self.logged(m, "crawler=")[0])
        # People see all of it at once, each object is fetched once, and then nothing is.
        fetched = []
        for _ in range(2):
            done = harness.run("find", m, "-type", "f", check=True)
            self.assertIn(f"months/{MONTHS[0]}/total.csv".encode(), done.stdout)
            harness.run("du", "-s", m, check=True)
            fetched.append([(r["key"], r["range"]) for r in self.data_requests()])
        self.assertEqual(fetched[0], fetched[1])
        of_months = [key for key in fetched[0] if key[0].startswith("exports/demo/")]
        self.assertEqual(len(of_months), len(set(of_months)))
        # What is there is shown to crawlers as well.
        self.assertEqual(harness.run(self.tmp / "updatedb", m).stderr, b"")

    def test_whoever_is_named_is_a_crawler(self):
        m = self.begin("-o", "crawlers=ls:costfs-crawls")
        self.assertEqual(harness.run("ls", m / "months" / MONTHS[0]).returncode, 2)
        self.assertTrue(os.listdir(m / "months" / MONTHS[0]))
        # Also by a thread of it that has another name.
        name = pathlib.Path("/proc/self/comm")
        before = name.read_text()
        self.addCleanup(name.write_text, before)
        name.write_text("costfs-crawls")
        seen = []

        def look():
            task = pathlib.Path(f"/proc/self/task/{threading.get_native_id()}/comm")
            task.write_text("worker")
            try:
                os.listdir(m / "months" / MONTHS[1])
            except OSError as e:
                seen.append(e.errno)

        thread = threading.Thread(target=look)
        thread.start()
        thread.join(10)
        self.assertEqual(seen, [errno.EACCES])

    # What mends itself

    def errno_of(self, m, name):
        try:
            m.read(name)
        except OSError as e:
            return e.errno
        return 0

    def read_until(self, m, month, allowed):
        """Seconds until the month can be read."""
        begun = time.monotonic()

        def reads():
            number = self.errno_of(m, f"months/{month}/total.csv")
            self.assertIn(number, (0, *allowed))
            return number == 0

        harness.wait_until(reads, RECOVERY * harness.slowness(), month)
        return time.monotonic() - begun

    def test_the_network_comes_back(self):
        self.environment["AWS_MAX_ATTEMPTS"] = "2"
        m = self.begin(refresh="1h")
        self.server.shut()
        away = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT)
        with self.assertRaises(OSError) as caught:
            m.read(f"months/{MONTHS[0]}/total.csv")
        self.assertIn(caught.exception.errno, away)
        self.server.open()
        print(f"network: {self.read_until(m, MONTHS[0], away):.1f} s")

    def test_each_trouble_with_credentials_has_its_errno_and_ends_with_it(self):
        keys = self.tmp / "keys"
        good = {name: self.environment.pop(name) for name in
                ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
                if name in self.environment}
        self.environment["AWS_SHARED_CREDENTIALS_FILE"] = str(keys)

        def sign_in(**more):
            lines = [f"{name.lower()}={value}" for name, value in {**good, **more}.items()]
            keys.with_suffix(".new").write_text("\n".join(["[default]", *lines, ""]))
            os.replace(keys.with_suffix(".new"), keys)

        sign_in()
        m = self.begin()
        allowed = (errno.ENOKEY, errno.EKEYREJECTED, errno.EKEYEXPIRED)
        for number, month, spoil in (
            (errno.EKEYREJECTED, MONTHS[0],
             lambda: sign_in(AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE")),
            (errno.ENOKEY, MONTHS[1], keys.unlink),
        ):
            spoil()
            (key, who), = self.server.state.identities.items()
            self.server.state.identities.clear()  # what it has is of no use any more
            # Keys that are refused are looked for anew at the next use.
            harness.wait_until(
                lambda n=number, f=f"months/{month}/total.csv": self.errno_of(m, f) == n)
            self.server.state.identities[key] = who
            sign_in()
            print(f"{errno.errorcode[number]}: {self.read_until(m, month, allowed):.1f} s")


if __name__ == "__main__":
    harness.main()
