"""What commands print of mounts, for people and for programs."""
import json
import os
import subprocess
import time

import harness

MONTH = "2026-10"


class Printed(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        cls.export = harness.demo_export(cls.shared / "export", 900, "--months", "2",
                                         "--last-month", MONTH)

    def test_a_mount_needs_none_of_the_standard_descriptors(self):
        directory = self.tmp / "mnt"
        directory.mkdir()
        words = ["mount", self.export, directory, "--cache", self.tmp / "cache"]
        done = harness.run("sh", "-c", 'exec "$@" <&- >&- 2>&-', "-", harness.costfs_path(),
                           *words)
        self.addCleanup(harness.run, "umount", "-l", directory)
        self.assertEqual(done.returncode, 0)
        pid = json.loads((directory / ".costfs/status.json").read_text())["pid"]
        held = {os.readlink(f"/proc/{pid}/fd/{n}") for n in range(3)}
        self.assertEqual(held, {"/dev/null"})
        self.assertIn(MONTH, (directory / "this-month/total.csv").read_text())
        account = os.listdir(directory / "accounts")[0]
        for command in ("status", "name"):
            with open("/dev/full", "wb") as full:
                done = subprocess.run(
                    [harness.costfs_path(), command, directory / "accounts" / account],
                    stdout=full, stderr=subprocess.PIPE, timeout=10)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"standard output: No space", done.stderr)
        harness.costfs("umount", directory, check=True)
        harness.wait_until(lambda: not harness.is_running(pid))

    def status(self, *words):
        """Of all mounts; those of others are left out."""
        done = harness.costfs("status", *words)
        return done, [one for one in json.loads(done.stdout)
                      if one["mount"].startswith(f"{self.tmp}/")]

    def test_status_of_all_mounts_is_one_json(self):
        a = self.mount(self.export, 'a "quoted" \\ name\n', cache=self.tmp / "a")
        b = self.mount(self.export, "b", cache=self.tmp / "b")
        a.read("this-month/total.csv")
        done, found = self.status("--json")
        self.assertEqual([one["mount"] for one in found], [str(a.directory), str(b.directory)])
        self.assertEqual([one["status"]["pid"] for one in found], [a.pid, b.pid])
        self.assertEqual([one["error"] for one in found], [None, None])
        self.assertEqual(set(found[0]["status"]), set(a.status()))
        b.kill()
        done, found = self.status("--json")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"costfs: {b.directory}: the daemon".encode(), done.stderr)
        self.assertEqual(found[0]["status"]["months"][0]["month"], "2026-09")
        self.assertEqual((found[1]["status"], found[1]["error"]), (None, {
            "text": f"{b.directory}: the daemon of this mount is gone",
            "cure": "mount it again, which also takes the dead mount away"}))

    def test_without_a_mount_there_is_an_empty_array(self):
        words = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                 # Two of them, since one may be read while it is changed.
                 'for i in 1 2; do umount -alt fuse.costfs 2>/dev/null; done; exec "$@"',
                 "-", harness.costfs_path(), "status"]
        if harness.run("unshare", "--mount", "true").returncode != 0:
            self.skipTest("no namespaces here")
        done = harness.run(*words, "--json", check=True)
        self.assertEqual((done.stdout, done.stderr), (b"[]\n", b""))
        done = harness.run(*words, check=True)
        self.assertEqual((done.stdout, done.stderr), (
            b"", b"No costfs is mounted. Try: costfs mount demo: DIR\n"))

    def test_all_mounts_are_watched_and_one_that_dies_is_told_in_its_place(self):
        a = self.mount(self.export, "a", cache=self.tmp / "a")
        b = self.mount(self.export, "b", cache=self.tmp / "b")
        with subprocess.Popen([harness.costfs_path(), "status", "--watch"], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as watch:
            self.addCleanup(watch.kill)

            def read_until(wanted):
                end = time.monotonic() + 20
                for line in watch.stdout:
                    if line.rstrip("\n") == wanted:
                        return
                    if time.monotonic() > end:
                        break
                self.fail(f"no {wanted}")

            read_until(str(a.directory))
            read_until(str(b.directory))
            b.kill()
            read_until(f"{b.directory}: the daemon of this mount is gone")
            read_until(str(a.directory))  # again
            watch.terminate()
            watch.stdout.read()
            self.assertEqual(watch.wait(10), 128 + 15)


if __name__ == "__main__":
    harness.main()
