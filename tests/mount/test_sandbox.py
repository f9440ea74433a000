"""Mounts are confined, and can do all the same what they are for."""
import errno
import io
import os
import signal
import zipfile

import harness
from deliveries import legacy_delivery, legacy_row

FAILED, USAGE, EXIT_CREDENTIALS = 1, 2, 4
MONTH = "2026-10"
TOTAL = f"months/{MONTH}/total.csv"


def confined(m):
    with open(f"/proc/{m.pid}/status", encoding="ascii") as file:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    return lines["NoNewPrivs"], lines["Seccomp"]


class Sandbox(harness.Case):
    def setUp(self):
        super().setUp()
        self.export = self.tmp / "export"
        legacy_delivery(self.export, MONTH, [[legacy_row(MONTH, "1.5")]])

    def says(self, status, *words, arguments, env=None):
        done = harness.costfs(*arguments, env=env)
        self.assertEqual(done.returncode, status, done.stderr)
        for word in words:
            self.assertIn(word.encode(), done.stderr)

    def test_it_is_on_and_can_be_switched_off(self):
        m = self.mount(self.export)
        before = m.read(TOTAL)
        how = m.status()["sandbox"]
        self.assertIn("system calls", how)
        self.assertEqual(confined(m), ("1", "2"))
        # Somebody else unmounts it, and the daemon ends by itself.
        harness.run("umount", m.directory, check=True)
        self.assertEqual(m._gone(), 0)
        for option in ("on", "off"):
            if option == "on" and how != "files and system calls":
                continue
            m = self.mount(self.export, option, "-o", f"sandbox={option}")
            self.assertEqual(m.read(TOTAL), before)
            self.assertEqual(confined(m), ("1", "2") if option == "on" else ("0", "0"))
            self.assertEqual(m.status()["sandbox"].startswith("off"), option == "off")
            self.assertEqual(m.terminate(), 0)
            self.assertFalse(harness.is_mounted(m.directory))

    def test_a_workbook_needs_no_directory(self):
        m = self.mount(self.export)
        if not (m / "accounts.xlsx").exists():
            self.skipTest("built without libxlsxwriter")
        m.read(TOTAL)
        kept = set(os.listdir(self.tmp / "cache" / "v1"))
        for name in ("by-service", "lines"):
            content = m.read(f"months/{MONTH}/{name}.xlsx")
            with zipfile.ZipFile(io.BytesIO(content)) as book:
                self.assertIsNone(book.testzip())
                self.assertIn(b"<v>1.5</v>", book.read("xl/worksheets/sheet1.xml"))
        # A lock stands there while what is known of the months is written.
        harness.wait_until(lambda: set(os.listdir(self.tmp / "cache" / "v1")) <= kept,
                           what="nothing more in the cache")

    @harness.only_local("links are of a file system")
    def test_a_link_out_of_the_source_is_not_followed(self):
        (data,) = self.export.rglob("*.csv.gz")
        os.rename(data, self.tmp / "elsewhere")
        os.symlink(self.tmp / "elsewhere", data)
        m = self.mount(self.export)
        if "files:" in m.status()["sandbox"]:
            self.skipTest("the kernel has no Landlock")
        self.assert_errno(errno.EACCES, m.read, TOTAL)
        self.assertIn("sandbox", m.errors())
        m = self.mount(self.export, "off", "-o", "sandbox=off")
        self.assertIn(b"1.5", m.read(TOTAL))

    def test_two_processes_are_gone_after_kill_9(self):
        m = self.mount(self.export)
        with open(f"/proc/{m.pid}/task/{m.pid}/children", encoding="ascii") as file:
            (keeper,) = file.read().split()
        # A service manager sends it to both.
        os.kill(int(keeper), signal.SIGTERM)
        self.assertIn(b"1.5", m.read(TOTAL))
        m.kill()
        harness.wait_until(lambda: not harness.is_running(int(keeper)), what="its end")

    def test_a_program_that_gives_credentials_is_not_confined(self):
        config = self.tmp / "aws"
        config.write_text("[default]\ncredential_process = /bin/false\n")
        words = ["mount", "s3://nothing-here/x", self.tmp, "--cache", self.tmp / "cache"]
        env = dict(os.environ, AWS_CONFIG_FILE=str(config))
        self.says(EXIT_CREDENTIALS, "ended with status 1", arguments=words, env=env)
        self.says(
            FAILED,
            "sandbox=on cannot hold",
            "credential_process",
            arguments=words + ["--sandbox", "on"],
            env=env,
        )
        self.says(
            USAGE, "sandbox", arguments=["mount", "demo:", self.tmp, "-o", "sandbox=maybe"]
        )



if __name__ == "__main__":
    harness.main()
