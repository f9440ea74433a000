"""The package under systemd, in a system of its own (root.sh): its units, a line of fstab, a user's
mount, all three up through an upgrade and a removal. What is done by one test is there for
the next.

Without autofs in the kernel no automount is tried."""
import json
import os
import pathlib
import re
import signal
import time
import unittest

from inside import HOME, PACKAGE, SOME, SOME_LINES, as_alice, run, wait_until

CONFIG = pathlib.Path("/etc/costfs/config")
EXAMPLES = pathlib.Path("/usr/share/doc/costfs/examples/systemd")
OWN_UNITS = pathlib.Path("/etc/systemd/system")
ACME, FSTAB = pathlib.Path("/srv/costs/acme"), pathlib.Path("/srv/fstab")
USERS = HOME / "costs/acme"
UNIT = "costfs@acme.service"


def show(name, unit=UNIT):
    return run("systemctl", "show", "--value", "-p", name, unit).strip()


def state(unit):
    return run("systemctl", "is-active", unit, is_checked=False).strip()


def read(point, name):
    """As who may: a user's mount is shown to nobody else."""
    return (as_alice if point == USERS else run)("cat", point / name)


def pid_of(point):
    return json.loads(read(point, ".costfs/status.json"))["pid"]


def is_usable(point):
    try:
        return "README.txt" in os.listdir(point)
    except OSError:
        return False


class Booted(unittest.TestCase):
    pids: dict = {}

    @classmethod
    def setUpClass(cls):
        pathlib.Path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)
        run("dpkg", "-P", "costfs", is_checked=False)
        run("useradd", "-m", "alice")

    def serve(self):
        """All three mounts do, by the processes that began."""
        for point, pid in self.pids.items():
            self.assertEqual(pid_of(point), pid)
            self.assertEqual(read(point, SOME).count("\n"), SOME_LINES)

    def test_01_it_is_installed_and_starts_nothing(self):
        self.assertEqual(pathlib.Path("/proc/1/comm").read_text(), "systemd\n")
        run("dpkg", "-i", PACKAGE / "first.deb")
        self.assertEqual(show("LoadState"), "loaded")
        self.assertEqual(show("NeedDaemonReload"), "no")
        self.assertEqual(state(UNIT), "inactive")
        self.assertEqual(run("mount", "-t", "fuse.costfs"), "")

    def test_02_a_source_that_is_not_there_fails_once_and_says_why(self):
        CONFIG.write_text("[acme]\nsource = /srv/nothing\n")
        self.assertIn("failed", run("systemctl", "start", UNIT, is_checked=False))
        self.assertEqual(state(UNIT), "failed")
        self.assertEqual(show("NRestarts"), "0")
        self.assertEqual(show("ExecMainStatus"), "3")
        self.assertIn("/srv/nothing", show("StatusText"))
        self.assertIn("/srv/nothing: ", run("journalctl", "-u", UNIT, "-o", "cat"))
        run("systemctl", "reset-failed", UNIT)

    def test_03_the_systems_unit_is_up_when_it_is_started(self):
        CONFIG.write_text("[acme]\nsource = demo:\n")
        run("systemctl", "enable", "--now", UNIT)
        self.assertIn("README.txt", os.listdir(ACME))
        self.assertEqual(state(UNIT), "active")
        self.assertEqual(as_alice("cat", ACME / SOME).count("\n"), SOME_LINES)
        self.assertEqual(pid_of(ACME), int(show("MainPID")))
        process = pathlib.Path(f"/proc/{pid_of(ACME)}")
        self.assertEqual(process.stat().st_uid, int(run("id", "-u", "costfs")))
        status = dict(re.findall(r"^(\w+):\s*(.*)$", (process / "status").read_text(), re.M))
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "2")
        self.assertEqual(int(status["CapBnd"], 16) & ~(1 << 21), 0)  # CAP_SYS_ADMIN
        caches = pathlib.Path("/var/cache/costfs/acme")
        self.assertEqual((caches.owner(), caches.stat().st_mode & 0o777), ("costfs", 0o700))
        self.assertTrue(any(caches.rglob("*")))

    def test_04_a_reload_looks_for_deliveries(self):
        before = read(ACME, ".costfs/status.json")
        run("systemctl", "reload", UNIT)
        time.sleep(1.1)  # longer than the kernel keeps what it was told
        self.assertEqual(pid_of(ACME), json.loads(before)["pid"])
        self.assertEqual(state(UNIT), "active")
        self.assertNotEqual(read(ACME, ".costfs/status.json"), before)

    def test_05_one_that_is_killed_is_back(self):
        pid = pid_of(ACME)
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        wait_until(lambda: is_usable(ACME), "usable again")
        print(f"usable again after {(time.monotonic() - began) * 1000:.0f} ms", flush=True)
        wait_until(lambda: state(UNIT) == "active", "active again")
        self.assertNotEqual(pid_of(ACME), pid)
        self.assertEqual(show("NRestarts"), "1")
        self.assertEqual(read(ACME, SOME).count("\n"), SOME_LINES)

    def test_06_umount_ends_it_for_good(self):
        run("umount", ACME)
        wait_until(lambda: state(UNIT) == "inactive", "the end of the service")
        self.assertEqual(show("Result"), "success")
        time.sleep(0.5)  # longer than RestartSec
        self.assertEqual(state(UNIT), "inactive")
        run("systemctl", "start", UNIT)
        run("systemctl", "stop", UNIT)
        self.assertFalse(os.path.ismount(ACME))
        run("systemctl", "start", UNIT)
        self.pids[ACME] = pid_of(ACME)

    def test_07_a_line_of_fstab_is_a_unit(self):
        FSTAB.mkdir()
        with open("/etc/fstab", "a") as f:
            f.write(f"\ndemo: {FSTAB} costfs ro,nofail,_netdev,allow_other 0 0\n")
        run("systemctl", "daemon-reload")
        self.assertIn("srv-fstab.mount", show("Wants", "remote-fs.target").split())
        run("systemctl", "start", "srv-fstab.mount")
        self.assertEqual(state("srv-fstab.mount"), "active")
        self.assertEqual(as_alice("cat", FSTAB / SOME).count("\n"), SOME_LINES)
        run("systemctl", "stop", "srv-fstab.mount")
        self.assertFalse(os.path.ismount(FSTAB))
        # As a boot does.
        run("systemctl", "start", "remote-fs.target")
        wait_until(lambda: is_usable(FSTAB), "mounted")
        self.pids[FSTAB] = pid_of(FSTAB)

    def test_08_the_sample_of_a_mount_unit_mounts(self):
        text = (EXAMPLES / "srv-costs.mount").read_text()
        text = re.sub("^What=.*$", "What=demo:", text, flags=re.M)
        text = re.sub("^(Options=.*),profile=.*$", r"\1", text, flags=re.M)
        text = re.sub("^Where=.*$", "Where=/srv/sample", text, flags=re.M)
        (OWN_UNITS / "srv-sample.mount").write_text(text)
        run("systemctl", "daemon-reload")
        run("systemctl", "start", "srv-sample.mount")
        self.assertIn("README.txt", as_alice("ls", "/srv/sample"))
        run("systemctl", "stop", "srv-sample.mount")
        self.assertFalse(os.path.ismount("/srv/sample"))

    @unittest.skipIf("autofs" not in pathlib.Path("/proc/filesystems").read_text(), "no autofs")
    def test_09_the_sample_of_an_automount_mounts_when_somebody_looks(self):
        text = (EXAMPLES / "srv-costs.automount").read_text()
        text = re.sub("^Where=.*$", "Where=/srv/sample", text, flags=re.M)
        (OWN_UNITS / "srv-sample.automount").write_text(text)
        run("systemctl", "daemon-reload")
        run("systemctl", "start", "srv-sample.automount")
        self.assertEqual(state("srv-sample.mount"), "inactive")
        self.assertIn("README.txt", as_alice("ls", "/srv/sample"))
        self.assertEqual(state("srv-sample.mount"), "active")
        run("systemctl", "stop", "srv-sample.automount", "srv-sample.mount")

    def test_10_a_users_unit_mounts(self):
        run("loginctl", "enable-linger", "alice")
        number = run("id", "-u", "alice").strip()
        run("systemctl", "start", f"user@{number}.service")
        config = HOME / ".config/costfs"
        as_alice("mkdir", "-p", config)
        as_alice("sh", "-c", f"printf '[acme]\\nsource = demo:\\n' >{config}/config")
        as_alice("systemctl", "--user", "enable", "--now", UNIT)
        self.assertEqual(read(USERS, SOME).count("\n"), SOME_LINES)
        pid = pid_of(USERS)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: "README" in as_alice("ls", USERS, is_checked=False), "usable again")
        self.pids[USERS] = pid_of(USERS)
        self.assertNotEqual(self.pids[USERS], pid)

    def test_11_an_upgrade_leaves_mounts_alone_and_a_restart_begins_the_new_one(self):
        self.serve()
        with open(ACME / SOME, "rb") as f:
            half = f.read(100_000)
            run("dpkg", "-i", PACKAGE / "second.deb")
            self.assertIn("+next", run("dpkg-query", "-W", "costfs"))
            whole = half + f.read()
        self.assertEqual(whole, (FSTAB / SOME).read_bytes())
        self.serve()
        self.assertEqual(show("NeedDaemonReload"), "no")
        before = os.readlink(f"/proc/{self.pids[ACME]}/exe")
        self.assertTrue(before.endswith(" (deleted)"), before)
        run("systemctl", "restart", UNIT)
        self.pids[ACME] = pid_of(ACME)
        self.assertEqual(os.readlink(f"/proc/{self.pids[ACME]}/exe"), "/usr/bin/costfs")
        self.serve()

    def test_12_a_removal_stops_services_and_no_other_mount(self):
        run("dpkg", "-r", "costfs")
        self.assertFalse(os.path.ismount(ACME))
        self.assertFalse(os.path.ismount(USERS))
        self.assertNotEqual(state(UNIT), "active")
        self.assertTrue(CONFIG.exists())
        del self.pids[ACME], self.pids[USERS]
        self.serve()
        run("systemctl", "stop", "srv-fstab.mount")
        self.assertFalse(os.path.ismount(FSTAB))
        wait_until(lambda: not run("pgrep", "-x", "costfs", is_checked=False), "the last daemon")

    def test_13_a_purge_leaves_no_unit(self):
        run("dpkg", "-P", "costfs")
        self.assertEqual(list(OWN_UNITS.rglob("costfs@*")), [])
        self.assertEqual(show("LoadState"), "not-found")
        self.assertFalse(pathlib.Path("/var/cache/costfs").exists())
        self.assertEqual(run("systemctl", "--failed", "--plain", "--no-legend"), "")


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True)
