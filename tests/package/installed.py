"""The package's life, in a system of its own (root.sh), with three mounts: by fstab, of a user, and
by the system's unit. What is done by one test is there for the next.

There is no systemd here (booted.py is under one): systemctl is a script that writes down what it
is told, and the unit's own lines are run as it says."""
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import unittest

from inside import HOME, PACKAGE, SOME, SOME_LINES, as_alice, run, wait_until

SYSTEMCTL_LOG = pathlib.Path("/run/systemctl.log")
UNIT = pathlib.Path("/usr/lib/systemd/system/costfs@.service")
LINK = pathlib.Path("/etc/systemd/system/multi-user.target.wants/costfs@acme.service")
FSTAB, USERS, UNITS = pathlib.Path("/srv/fstab"), HOME / "costs", pathlib.Path("/srv/costs/acme")
MOUNTS = (FSTAB, USERS, UNITS)
SPECIFIERS = {"%i": "acme", "%E": "/etc", "%C": "/var/cache", "%S": "/var/lib"}
# What may differ in the end: dpkg's own, what these tests have made, users' caches, the user.
MAY_STAY = r"""(root/\.cache/costfs|home/alice|var/mail|srv/costs/acme|srv/fstab)(/.*)?
etc/(passwd|group|shadow|gshadow|subuid|subgid)-? etc/\.pwd\.lock etc/fstab usr/bin/systemctl
usr/sbin/policy-rc\.d var/(lib/dpkg|log|lib/systemd|cache/(man|ldconfig|debconf))/.*""".split()


def told_systemctl():
    """What it was told since this was last asked, one call a line."""
    text = SYSTEMCTL_LOG.read_text() if SYSTEMCTL_LOG.exists() else ""
    SYSTEMCTL_LOG.unlink(missing_ok=True)
    return text.splitlines()


def read(point, name):
    """As who may: a user's mount is shown to nobody else."""
    return (as_alice if point == USERS else run)("cat", point / name)


def pid_of(point):
    return json.loads(read(point, ".costfs/status.json"))["pid"]


def is_running(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def lines_of_unit():
    text = re.sub(r"^#.*\n", "", UNIT.read_text(), flags=re.M).replace("\\\n", "")
    text = re.sub("%[iECS]", lambda m: SPECIFIERS[m[0]], text)
    return re.findall(r"^(\w+)=(.*)$", text, re.M)


class Life(unittest.TestCase):
    pids: dict = {}
    unit: tuple = ()  # its process, and the socket of the manager that it talks to

    @classmethod
    def setUpClass(cls):
        pathlib.Path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)
        systemctl = pathlib.Path("/usr/bin/systemctl")
        systemctl.unlink(missing_ok=True)
        systemctl.write_text(f'#!/bin/sh\necho "$*" >>{SYSTEMCTL_LOG}\n')
        systemctl.chmod(0o755)
        run("dpkg", "-P", "costfs", is_checked=False)
        told_systemctl()
        run("useradd", "-m", "alice")

    def serve(self):
        """All three mounts do, by the processes that began."""
        for point in MOUNTS:
            self.assertEqual(pid_of(point), self.pids[point])
            self.assertEqual(read(point, SOME).count("\n"), SOME_LINES)

    def test_1_it_installs_and_starts_nothing(self):
        run("dpkg", "-i", PACKAGE / "first.deb")
        self.assertEqual(run("dpkg", "-V", "costfs"), "")
        self.assertIn(":/var/lib/costfs:", run("getent", "passwd", "costfs"))
        self.assertEqual(set(told_systemctl()), {"--system daemon-reload"})

    def test_2_a_line_of_fstab_mounts(self):
        FSTAB.mkdir(parents=True)
        with open("/etc/fstab", "a") as f:
            f.write(f"\ndemo: {FSTAB} costfs ro,nofail,_netdev,allow_other 0 0\n")
        run("mount", "-a", "-t", "costfs")
        self.pids[FSTAB] = pid_of(FSTAB)

    def test_3_a_user_mounts(self):
        as_alice("mkdir", USERS)
        as_alice("costfs", "mount", "demo:", USERS)
        self.pids[USERS] = pid_of(USERS)

    def test_4_the_units_own_lines_mount(self):
        pathlib.Path("/etc/costfs/config").write_text("[acme]\nsource = demo:\n")
        lines = lines_of_unit()
        unit = dict(lines)
        for folder in (unit["StateDirectory"], unit["CacheDirectory"]):
            root = "/var/lib/" if folder == unit["StateDirectory"] else "/var/cache/"
            run("install", "-d", "-m", "700", "-o", unit["User"], root + folder)
        run(*shlex.split(unit["ExecStartPre"].lstrip("-+").replace("$$", "$")))
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind("\0costfs-package")
        manager.settimeout(20)
        environment = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": "@costfs-package"}
        for key, value in lines:
            if key == "Environment":
                environment.update(word.split("=", 1) for word in shlex.split(value))
        capability = unit["AmbientCapabilities"].removeprefix("CAP_").lower()
        words = ["setpriv", f"--reuid={unit['User']}", f"--regid={unit['User']}", "--clear-groups",
                 f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}",
                 f"--bounding-set=-all,+{capability}", "--no-new-privs"]
        process = subprocess.Popen(
            words + unit["ExecStart"].split(), env=environment, stdin=subprocess.DEVNULL
        )
        self.assertIn("READY=1", manager.recv(65536).decode())
        self.pids[UNITS] = process.pid
        Life.unit = (process, manager)
        self.assertIn("README.txt", as_alice("ls", UNITS).split())

    def test_5_systemd_understands_what_is_installed(self):
        for kind in ("system", "user"):
            words = ("systemd-analyze", "verify", f"--{kind}", "--man=no")
            unit = UNIT.parents[1] / kind / "costfs@acme.service"
            said = run(*words, unit, is_checked=False, env=dict(os.environ, XDG_RUNTIME_DIR="/run"))
            self.assertEqual([line for line in said.splitlines() if "costfs" in line], [])

    def test_6_the_packages_own_test_passes(self):
        self.assertIn("unmounted", run(PACKAGE / "mount"))

    def test_7_an_upgrade_leaves_mounts_alone(self):
        self.serve()
        told_systemctl()
        with open(FSTAB / SOME, "rb") as f:
            half = f.read(100_000)
            run("dpkg", "-i", PACKAGE / "second.deb")
            self.assertIn("+next", run("dpkg-query", "-W", "costfs"))
            whole = half + f.read()
        self.assertEqual(whole, (UNITS / SOME).read_bytes())
        self.serve()
        self.assertEqual(set(told_systemctl()), {"--system daemon-reload"})
        self.assertIn("demo:", run("costfs", "status", FSTAB))

    def test_8_a_removal_stops_services_and_no_other_mount(self):
        LINK.parent.mkdir(parents=True, exist_ok=True)
        LINK.symlink_to(UNIT)
        run("dpkg", "-r", "costfs")
        told = told_systemctl()
        self.assertIn("stop costfs@*.service", told)
        self.assertEqual(told[-1], "--system daemon-reload")
        self.assertFalse(pathlib.Path("/usr/bin/costfs").exists())
        self.assertTrue(pathlib.Path("/etc/costfs/config").exists())
        self.serve()
        run("umount", FSTAB)
        as_alice("fusermount3", "-u", USERS)
        os.kill(self.pids[UNITS], signal.SIGTERM)
        for point in MOUNTS:
            wait_until(lambda: not is_running(self.pids[point]), f"the end of {point}")
            self.assertFalse(os.path.ismount(point))
        process, manager = self.unit
        self.assertEqual(process.wait(10), 0)
        manager.close()

    def test_9_a_purge_leaves_what_users_have(self):
        run("dpkg", "-P", "costfs")
        # A link of a unit that is enabled would be dangling.
        self.assertFalse(LINK.is_symlink())
        self.assertTrue((HOME / ".cache/costfs").exists())
        left = []
        for folder, folders, files in os.walk("/run/changed"):
            here = pathlib.Path(folder).relative_to("/run/changed")
            left += [str(here / name) for name in files]
            left += [str(here / name) for name in folders if "costfs" in name]
        self.assertEqual([p for p in left if not re.fullmatch("|".join(MAY_STAY), p)], [])


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast=True)
