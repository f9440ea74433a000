"""The units for systemd: what it says of them, if it is there; keys that would hide the
mount, or keep users from mounting; and their command lines."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

COSTFS, UNITS = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(2))
# By systemd.exec(5) and exec_needs_mount_namespace() of systemd: a mount made in a namespace
# of its own is seen by nobody else.
NAMESPACE = """BindLogSockets BindPaths BindReadOnlyPaths DynamicUser ExecPaths
ExtensionDirectories ExtensionImages IPCNamespacePath InaccessiblePaths JoinsNamespaceOf
LogNamespace MountAPIVFS MountFlags MountImages NetworkNamespacePath NoExecPaths PrivateBPF
PrivateDevices PrivateIPC PrivateMounts PrivateNetwork PrivatePIDs PrivateTmp PrivateUsers
ProcSubset ProtectControlGroups ProtectHome ProtectKernelLogs ProtectKernelModules
ProtectKernelTunables ProtectProc ProtectSystem ReadOnlyPaths ReadWritePaths RootDirectory
RootImage TemporaryFileSystem""".split()
# Of which each means NoNewPrivileges= in a unit of a user, whose fusermount3 is set-uid.
NO_SETUID = """LockPersonality MemoryDenyWriteExecute NoNewPrivileges ProtectClock
ProtectHostname RestrictAddressFamilies RestrictFileSystems RestrictNamespaces RestrictRealtime
RestrictSUIDSGID SystemCallArchitectures SystemCallFilter SystemCallLog""".split()
BOTH = {
    "Type": "notify",
    "ExecReload": "/bin/kill -HUP $MAINPID",
    "Restart": "on-failure",
    "RestartPreventExitStatus": "2 3 4 5 7",
    "LimitCORE": "0",
    "UMask": "0077",
}


def keys_of(text):
    """All lines as key and value."""
    text = re.sub(r"^#.*\n", "", text, flags=re.M).replace("\\\n", "")
    return re.findall(r"^(\w+)=(.*)$", text, re.M)


class Units(unittest.TestCase):
    def setUp(self):
        self.tmp = pathlib.Path(tempfile.mkdtemp(prefix="costfs-units-"))
        self.addCleanup(shutil.rmtree, self.tmp)

    def text(self, kind):
        template = (UNITS / kind / "costfs@.service.in").read_text()
        self.assertEqual(template.count("@costfs@"), 1)
        self.assertEqual(template.count("@docs@"), 1)
        return template.replace("@costfs@", str(COSTFS)).replace("@docs@", "/usr/share/doc")

    def test_no_key_hides_the_mount(self):
        for kind in ("system", "user"):
            names = [name for name, _ in keys_of(self.text(kind))]
            self.assertEqual([n for n in names if n in NAMESPACE], [])
            for name, value in BOTH.items():
                self.assertIn((name, value), keys_of(self.text(kind)))

    def test_users_may_use_fusermount(self):
        names = [name for name, _ in keys_of(self.text("user"))]
        self.assertEqual([n for n in names if n in NO_SETUID], [])
        names = [name for name, _ in keys_of(self.text("system"))]
        self.assertIn("NoNewPrivileges", names)

    def test_their_command_line_is_one(self):
        for kind in ("system", "user"):
            line = dict(keys_of(self.text(kind)))["ExecStart"]
            words = re.sub("%[a-zA-Z]", str(self.tmp / "none"), line).split()
            done = subprocess.run(
                words, capture_output=True, text=True, timeout=20,
                env={"HOME": str(self.tmp)}, check=False,
            )
            # Neither section nor file is there, and that is all that is wrong.
            self.assertIn(done.returncode, (1, 3, 5), done.stderr)
            self.assertNotIn("costfs help", done.stderr)

    def test_systemd_understands_them(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd is not installed")
        for kind in ("system", "user"):
            with self.subTest(kind=kind):
                unit = self.tmp / "costfs@acme.service"
                unit.write_text(self.text(kind))
                self.assertEqual(self.verify(unit, kind), "")
        for name in ("srv-costs.mount", "srv-costs.automount"):
            shutil.copy(UNITS / name, self.tmp)
        self.assertEqual(self.verify(self.tmp / "srv-costs.automount", "system"), "")
        # It would say so.
        unit.write_text(unit.read_text().replace("Type=", "Tipe="))
        self.assertIn("Tipe", self.verify(unit, "user"))

    def verify(self, unit, kind):
        """What it says of that unit; those of the machine are not ours."""
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", f"--{kind}", unit],
            capture_output=True, text=True, timeout=30, check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "XDG_RUNTIME_DIR": str(self.tmp)},
        )
        ours = [l for l in done.stderr.splitlines() if "costs" in l or "costfs" in l]
        return "\n".join(ours) or (done.stderr if done.returncode and kind == "system" else "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
