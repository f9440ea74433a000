"""A Samba share of a mount: Windows and Excel see what the mount shows.

Samba is not installed by tests/run.sh: without smbd and smbclient this is skipped."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading
import unittest

import deliveries
import harness

MONTH = "2026-10"
SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/samba/smb.conf"
MOVING = {"STATUS.txt", "status.json", "metrics.prom"}
SMB = {"smbd": "/usr/sbin/smbd", "smbclient": "/usr/bin/smbclient"}
SMB = {name: shutil.which(name) or path for name, path in SMB.items()}
MISSING = [name for name, path in SMB.items() if not os.access(path, os.X_OK)]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def files_below(top):
    """{path: bytes} of the files, without links; names as SMB tells them apart."""
    found = {}
    for directory, _, names in os.walk(top):
        for name in names:
            path = pathlib.Path(directory) / name
            if not path.is_symlink() and name not in MOVING:
                found[str(path.relative_to(top))] = path.read_bytes()
    return found


class Share:
    """smbd with directories of its own, on a port of the loopback; the share is the one of
    the sample."""

    def __init__(self, directory, path):
        self.directory = directory
        directory.mkdir()
        self.port = free_port()
        own = "".join(
            f"\t{name} = {directory}\n" for name in (
                "private dir", "state directory", "cache directory", "lock directory",
                "pid directory", "ncalrpc dir", "usershare path"))
        sample = SAMPLE.read_text().replace("/srv/costs", str(path))
        self.configuration = directory / "smb.conf"
        self.configuration.write_text(sample.replace(
            "[global]\n", f"[global]\n{own}\tsmb ports = {self.port}\n"
            "\tinterfaces = lo\n\tbind interfaces only = yes\n\tlog level = 1\n"))
        # Its standard input has to stay open: where that ends, smbd does. It makes a
        # session of its own, all of which it ends.
        with open(directory / "log", "wb") as log:
            self.process = subprocess.Popen(
                [SMB["smbd"], "--foreground", "--debug-stdout", "-s", self.configuration],
                stdin=subprocess.PIPE, stdout=log, stderr=log)
        harness.wait_until(self.answers, what="smbd")

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("smbd has ended: " + (self.directory / "log").read_text())
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def do(self, commands, into="/"):
        """What smbclient prints; a failure of any command is one."""
        done = harness.run(
            SMB["smbclient"], "-N", "-s", self.configuration, "-p", str(self.port),
            "//127.0.0.1/costs", "-c", commands, cwd=into)
        said = (done.stdout + done.stderr).decode()
        if done.returncode != 0 or "NT_STATUS" in said:
            raise AssertionError(f"{commands}: exit {done.returncode}: {said}")
        return said

    def get(self, name, to):
        self.do(f'get "{name}" "{to}"')
        return to.read_bytes()

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdin.close()


@unittest.skipIf(MISSING, f"not installed: {', '.join(MISSING)}")
class Samba(harness.Case):
    def share(self, mount):
        self.tmp.chmod(0o711)  # guests are nobody
        share = Share(self.tmp / "smbd", mount.directory)
        self.addCleanup(share.close)
        return share

    def deliver(self, cost, month=MONTH):
        rows = [deliveries.legacy_row(
            month, cost=cost, account=f"11112222000{i % 3}", day=i % 28 + 1, **{
                "lineItem/ResourceId": f"arn:aws:rds:eu-west-1:111122220000:db:name.{i % 9}."})
            for i in range(3000)]
        deliveries.legacy_delivery(self.tmp / "export", month, [rows], assembly=f"a-{cost}")

    def test_every_file_is_there_as_it_is(self):
        """Below names with all that SMB has no letters for, too."""
        source = harness.demo_export(self.tmp / "demo", 600, "--format", "cur2-csv",
                                     "--months", "1", "--last-month", MONTH)
        m = self.mount(source, "mnt", "--allow-other")
        share = self.share(m)
        out = self.tmp / "out"
        out.mkdir()
        share.do("recurse on; prompt off; mget months accounts README.txt", out)
        got = files_below(out)
        wanted = {p: b for p, b in files_below(m.directory).items()
                  if p.split("/")[0] in ("months", "accounts", "README.txt")}
        self.assertGreater(len(wanted), 300)
        self.assertEqual(sorted(got), sorted(wanted))
        for path, content in wanted.items():
            self.assertEqual(got[path], content, path)
        # Sizes before anything is read, which is what Explorer and Excel go by.
        listed = share.do("recurse on; ls months/*")
        sizes = {int(s) for s in re.findall(r"\s[AR]+\s+(\d+)\s", listed)}
        for path, content in wanted.items():
            if path.startswith("months/"):
                self.assertIn(len(content), sizes, path)

    def test_twins_and_devices_can_be_opened(self):
        """Names that differ in case alone, and those that DOS keeps for itself."""
        names = ("Plain", "plain", "nul", "con")
        rows = [deliveries.legacy_row(MONTH, cost=f"{i}.5", service="AmazonS3", resource=name)
                for i, name in enumerate(names)]
        deliveries.legacy_delivery(self.tmp / "export", MONTH, [rows])
        m = self.mount(self.tmp / "export", "mnt", "--allow-other")
        share = self.share(m)
        top = f"accounts/111122223333/{MONTH}/services/AmazonS3/resources"
        got = set()
        for shown in re.findall(r"^  (\S+) +DR? ", share.do(f"ls {top}/*"), re.MULTILINE):
            if shown not in (".", ".."):
                got.add(share.get(f"{top}/{shown}/lines.csv", self.tmp / "got"))
        self.assertEqual(got, {m.read(f"{top}/{name}/lines.csv") for name in names})
        self.assertEqual(len(got), len(names))

    def test_names_are_found_in_any_case_and_none_is_mangled(self):
        self.deliver("1.5")
        m = self.mount(self.tmp / "export", "mnt", "--allow-other")
        share = self.share(m)
        wanted = m.read(f"months/{MONTH}/by-service.csv")
        for name in (f"months/{MONTH}/by-service.csv", f"MONTHS/{MONTH}/BY-Service.CSV"):
            self.assertEqual(share.get(name, self.tmp / "got"), wanted, name)
        listed = share.do("recurse on; ls accounts/*")
        names = set()
        for top, directories, files in os.walk(m / "accounts"):
            names.update(directories + files)
        for name in names:
            self.assertIn(f"  {name} ", listed)

    def test_nothing_can_be_written(self):
        self.deliver("1.5")
        m = self.mount(self.tmp / "export", "mnt", "--allow-other")
        share = self.share(m)
        (self.tmp / "new").write_text("x")
        for command in (f'put "{self.tmp}/new" new', "mkdir new", f"del months/{MONTH}/total.csv",
                        f"rename months/{MONTH}/total.csv x"):
            with self.assertRaises(AssertionError, msg=command) as caught:
                share.do(command)
            self.assertRegex(str(caught.exception),
                             "MEDIA_WRITE_PROTECTED|ACCESS_DENIED", command)
        said = share.do(f"allinfo months/{MONTH}/total.csv")
        self.assertRegex(said, r"attributes: \S*R")

    def test_a_new_delivery_is_seen_whole(self):
        """Who copies meanwhile gets one of the two; afterwards it is the new one."""
        self.deliver("1.5")
        m = self.mount(self.tmp / "export", "mnt", "--allow-other")
        share = self.share(m)
        name = f"months/{MONTH}/lines.csv"
        seen = {m.read(name)}
        got, failed = [], []
        over = threading.Event()

        def copy():
            try:
                while not over.is_set():
                    got.append(share.get(name, self.tmp / "copy"))
            except AssertionError as e:
                failed.append(e)

        reader = threading.Thread(target=copy)
        reader.start()
        try:
            for cost in ("2.5", "13.25", "4.0"):
                self.deliver(cost)
                m.refresh()
                seen.add(m.read(name))
                self.assertEqual(share.get(name, self.tmp / "got"), m.read(name))
        finally:
            over.set()
            reader.join(60)
        self.assertEqual(failed, [])
        self.assertEqual(len(seen), 4)
        self.assertGreater(len(got), 0)
        self.assertLessEqual(set(got), seen)


if __name__ == "__main__":
    harness.main()
