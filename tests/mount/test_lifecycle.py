"""How mounts begin and end for who manages them: what a service manager is told, exit
codes, mount(8) and fstab, and being killed under a supervisor.

mount(8) looks for its helper in /sbin, so all runs in a mount namespace of its own, where
that is ours."""
import contextlib
import hashlib
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

import harness
from deliveries import legacy_delivery, legacy_row

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from server import Bucket, Identity, Rule, Server

MONTH = "2026-10"
LINES = f"months/{MONTH}/lines.csv"
OWN_NAMESPACE = "COSTFS_TEST_OWN_NAMESPACE"
REFUSED_SECONDS = 5
AGAIN_SECONDS = 1  # from kill -9 to an answer
WATCHDOG_SECONDS = 0.2
SILENT_SECONDS = 0.3
# Stops all threads of a process that wait for the kernel's requests, until its own input
# ends; one of them when it has taken a request, which then is never answered.
# PTRACE_SEIZE and so on; struct ptrace_syscall_info: op, then nr at entry, the result at exit.
HOLDER = """
import ctypes, os, pathlib, struct, sys, time
SEIZE, INTERRUPT, SYSCALL, INFO, WALL = 0x4206, 0x4207, 24, 0x420E, 0x40000000
TRACESYSGOOD, ENTRY, EXIT = 1, 1, 2
libc = ctypes.CDLL(None)
def ptrace(call, thread, size=0, data=None):
    if libc.ptrace(ctypes.c_long(call), ctypes.c_long(thread), ctypes.c_void_p(size),
                   data or ctypes.c_void_p(0)) < 0:
        sys.exit("not allowed")
def reader(tasks):  # the one that has the turn; all others wait for a lock or a signal
    for task in tasks.iterdir():
        if "do_sys_poll" in (task / "stack").read_text():
            return int(task.name)
end = time.monotonic() + 10
while not (thread := reader(pathlib.Path(f"/proc/{sys.argv[1]}/task"))):
    if time.monotonic() > end:
        sys.exit("no thread waits for requests")
    time.sleep(0.02)
ptrace(SEIZE, thread, 0, ctypes.c_void_p(TRACESYSGOOD))
ptrace(INTERRUPT, thread)
os.waitpid(thread, WALL)
info, call = ctypes.create_string_buffer(88), None
while True:  # until it has read a request, which it does not answer
    ptrace(SYSCALL, thread)
    os.waitpid(thread, WALL)
    ptrace(INFO, thread, len(info), info)
    op, value = info.raw[0], struct.unpack_from("q", info.raw, 24)[0]
    if op == ENTRY:
        call = value
    elif op == EXIT and call in {"x86_64": (0, 19, 275), "aarch64": (63, 65, 76)}[
            os.uname().machine] and value > 0:
        break
print("held", flush=True)
sys.stdin.read()
"""


def signed_in(server):
    """The environment of who may read its buckets."""
    who = Identity()
    return {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": who.access_key,
        "AWS_SECRET_ACCESS_KEY": who.secret,
    }


class Case(harness.Case):
    def setUp(self):
        super().setUp()
        self.point = self.tmp / "mnt"
        self.point.mkdir()
        self.cache = self.tmp / "cache"

    def words(self, source="demo:", *options):
        cache = ["--cache", str(self.cache)]
        return [harness.costfs_path(), "mount", str(source), str(self.point), *cache, *options]

    def start(self, *options, environment=None, **more):
        """In the foreground, with what it says in self.log."""
        self.log = open(self.tmp / "log", "ab")
        self.addCleanup(self.log.close)
        process = subprocess.Popen(
            self.words(*options or ("demo:",)) + ["--foreground"],
            stdin=subprocess.DEVNULL,
            stderr=self.log,
            env=dict(os.environ, **environment or {}),
            **more,
        )
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait(10)


class Manager:
    """The socket of a service manager."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name[0] == "@" else name)
        self.socket.settimeout(10 * harness.SLOWNESS)

    def hear(self):
        """One message as a dict."""
        text = self.socket.recv(65536).decode()
        return dict(line.split("=", 1) for line in text.split("\n"))

    def forget(self):
        """What has come already."""
        wait = self.socket.gettimeout()
        self.socket.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while self.socket.recv(65536):
                pass
        self.socket.settimeout(wait)

    def wait_for(self, key):
        """The next message that has it, without words to the watchdog."""
        while key not in (message := self.hear()):
            assert "WATCHDOG" in message, message
        return message


class Told(Case):
    def manager(self, name):
        m = Manager(name)
        self.addCleanup(m.socket.close)
        return m

    def test_a_service_manager_is_told_of_each_step(self):
        manager = self.manager(f"@costfs-{os.getpid()}-told")
        environment = {
            "NOTIFY_SOCKET": manager.name,
            "WATCHDOG_USEC": str(int(WATCHDOG_SECONDS * 1e6)),
        }
        process = self.start(environment=environment)
        told = manager.hear()
        self.assertEqual(told["READY"], "1")
        self.assertEqual(int(told["MAINPID"]), process.pid)
        self.assertIn("demo:", told["STATUS"])
        self.assertIn("README.txt", os.listdir(self.point))
        before = time.monotonic()
        manager.forget()
        for _ in range(4):
            self.assertEqual(manager.hear(), {"WATCHDOG": "1"})
        # Half of its time between two; the first may come at once.
        self.assertGreater(time.monotonic() - before, WATCHDOG_SECONDS)

        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        process.send_signal(signal.SIGHUP)
        told = manager.wait_for("RELOADING")
        self.assertGreaterEqual(int(told["MONOTONIC_USEC"]), before)
        self.assertEqual(manager.wait_for("READY")["READY"], "1")

        process.terminate()
        self.assertEqual(manager.wait_for("STOPPING")["STOPPING"], "1")
        self.assertEqual(process.wait(10), 0)
        self.assertFalse(harness.is_mounted(self.point))

    def test_a_reload_ends_when_all_was_looked_at(self):
        manager = self.manager(f"@costfs-{os.getpid()}-reload")
        legacy_delivery(self.tmp / "export", MONTH, [[legacy_row(MONTH)]])
        with Server({"costs": Bucket(self.tmp / "export")}) as server:
            environment = dict(signed_in(server), NOTIFY_SOCKET=manager.name)
            process = self.start("s3://costs", environment=environment)
            manager.wait_for("READY")
            (self.point / LINES).read_bytes()
            server.is_stalled = True
            process.send_signal(signal.SIGHUP)
            manager.wait_for("RELOADING")
            manager.socket.settimeout(SILENT_SECONDS)
            with self.assertRaises(TimeoutError):
                manager.hear()
            manager.socket.settimeout(10 * harness.SLOWNESS)
            server.is_stalled = False
            manager.wait_for("READY")

    def test_one_in_the_background_says_which_process_it_is(self):
        manager = self.manager(str(self.tmp / "socket"))
        # The watchdog is of the process that was started, not of its child.
        environment = dict(
            os.environ,
            NOTIFY_SOCKET=manager.name,
            WATCHDOG_USEC="1000000",
            WATCHDOG_PID="1",
        )
        # Whose source would say something of its own, if it could.
        source = self.tmp / "a\nERRNO=1"
        legacy_delivery(source, MONTH, [[legacy_row(MONTH)]])
        m = self.mount(source, background=True, environment=environment)
        told = manager.hear()
        self.assertEqual(list(told), ["READY", "MAINPID", "STATUS"])
        self.assertIn("a?ERRNO=1", told["STATUS"])
        self.assertEqual(int(told["MAINPID"]), m.pid)
        m.terminate()
        self.assertEqual(list(manager.hear()), ["STOPPING", "STATUS"])

    def test_what_kept_it_from_mounting_is_told(self):
        manager = self.manager(f"@costfs-{os.getpid()}-failed")
        process = self.start(
            self.tmp / "no\nREADY=1", environment={"NOTIFY_SOCKET": manager.name}
        )
        self.assertEqual(process.wait(10), 3)
        told = manager.hear()
        self.assertEqual(list(told), ["ERRNO", "STATUS"])
        self.assertEqual(told["ERRNO"], "2")
        self.assertIn("no?READY=1", told["STATUS"])

    def test_a_manager_that_is_not_there_keeps_nobody_from_mounting(self):
        for name in (str(self.tmp / "nobody"), "@costfs-nobody", "relative", "/" * 200):
            with self.subTest(name=name):
                m = self.mount("demo:", environment=dict(os.environ, NOTIFY_SOCKET=name))
                self.assertIn("NOTIFY_SOCKET", m.log.read_text())
                m.terminate()
                m.log.unlink()

    def hold_session(self, pid):
        """Stops the thread that takes the kernel's requests; the process goes on. Who holds
        it is a process of its own, since only that hears of its end."""
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

        def let_go():
            holder.stdin.close()
            holder.stdout.close()
            holder.wait(10)

        self.addCleanup(let_go)
        if holder.stdout.readline() != b"held\n":
            self.skipTest("threads cannot be held here")
        return let_go

    def test_a_watchdog_hears_nothing_of_a_session_that_hangs(self):
        manager = self.manager(f"@costfs-{os.getpid()}-hangs")
        environment = {
            "NOTIFY_SOCKET": manager.name,
            "WATCHDOG_USEC": str(int(WATCHDOG_SECONDS * 1e6)),
        }
        process = self.start(environment=environment)
        manager.wait_for("READY")
        self.assertEqual(manager.hear(), {"WATCHDOG": "1"})
        let_go = self.hold_session(process.pid)
        manager.forget()
        manager.socket.settimeout(WATCHDOG_SECONDS * 5)
        with self.assertRaises(TimeoutError):
            for _ in range(2):  # one may have been on its way
                manager.hear()
        # The manager would kill it now: whoever waits for it, itself included, is let go.
        process.kill()
        let_go()
        process.wait(10)
        self.assertIn("README.txt", os.listdir(self.mount("demo:")))

    def test_status_does_not_wait_for_a_daemon_that_hangs(self):
        m = self.mount("demo:")
        os.kill(m.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, m.pid, signal.SIGCONT)
        done = harness.costfs("status", m.directory, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"the daemon of this mount does not answer", done.stderr)
        self.assertIn(f"costfs umount --lazy {m.directory}".encode(), done.stderr)

    def test_status_of_all_says_nothing_of_a_mount_that_has_just_gone(self):
        hanging = self.mount("demo:")
        directory = self.tmp / "going"
        directory.mkdir()
        going = harness.Mount("demo:", directory, self.tmp / "cache2")
        self.addCleanup(going.close)
        os.kill(hanging.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, hanging.pid, signal.SIGCONT)
        asking = subprocess.Popen([harness.costfs_path(), "status"], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        time.sleep(1)  # it waits for the first one now, and knows of both
        going.terminate()
        out, err = asking.communicate(timeout=30)
        self.assertIn(os.fsencode(hanging.directory) + b": the daemon of this mount does not",
                      err)
        self.assertNotIn(os.fsencode(directory), out + err)

    def test_a_supervisor_reads_a_newline_when_it_is_usable(self):
        for options in ([], ["--foreground"]):
            with self.subTest(options=options):
                ours, its = os.pipe()
                process = subprocess.Popen(
                    self.words("demo:", "--notify-fd", str(its), *options), pass_fds=[its]
                )
                os.close(its)
                with open(ours, "rb") as pipe:
                    # To its end: the mount does not keep it open.
                    self.assertEqual(pipe.read(), b"\n")
                self.assertIn("README.txt", os.listdir(self.point))
                harness.costfs("umount", self.point, check=True)
                self.assertEqual(process.wait(10), 0)

    def test_a_supervisor_that_has_gone_ends_nobody(self):
        ours, its = os.pipe()
        os.close(ours)
        self.start("demo:", "--notify-fd", str(its), pass_fds=[its])
        os.close(its)
        harness.wait_until(lambda: harness.is_mounted(self.point), what="the mount")
        self.assertIn("README.txt", os.listdir(self.point))

    def test_a_descriptor_that_is_none_is_a_wrong_argument(self):
        with open("/dev/null", "rb") as f:
            for number in ("", "x", "-1", "1", "987654", "99999999999", str(f.fileno())):
                with self.subTest(number=number):
                    words = self.words("demo:", "--notify-fd", number)
                    done = harness.run(*words, pass_fds=[f.fileno()])
                    self.assertEqual(done.returncode, 2)
                    self.assertIn(b"--notify-fd", done.stderr)


class Refused(Case):
    """costfs mount says by its exit code what is to be done."""

    def assert_refused(self, status, words, *options, **environment):
        env = dict(os.environ, AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
        env = {k: v for k, v in dict(env, **environment).items() if v is not None}
        begun = time.monotonic()
        done = harness.run(*self.words(*options), env=env)
        took = time.monotonic() - begun
        with self.subTest(options=options, environment=environment):
            said = done.stderr.decode()
            self.assertEqual(done.returncode, status, said)
            self.assertLess(took, REFUSED_SECONDS * harness.slowness(), said)
            cause, cure, end = said.split("\n")
            self.assertTrue(cause.startswith("costfs: "), said)
            self.assertIn(words, cause)
            self.assertTrue(cure.startswith("  "), said)
            self.assertEqual(end, "")
            self.assertFalse(harness.is_mounted(self.point))

    def test_each_cause_has_its_exit_code_within_5_seconds(self):
        legacy_delivery(self.tmp / "export", MONTH, [[legacy_row(MONTH)]])
        with Server({"costs": Bucket(self.tmp / "export")}) as server:
            aws = signed_in(server)
            nobody = dict(aws, AWS_ACCESS_KEY_ID=None, AWS_EC2_METADATA_DISABLED="true")
            wrong = dict(aws, AWS_SECRET_ACCESS_KEY="wrong")
            away = dict(aws, AWS_ENDPOINT_URL="http://127.0.0.1:1")
            self.assert_refused(2, "no such option: nothing", "s3://costs", "-o", "nothing", **aws)
            self.assert_refused(2, "no profile", "s3://costs", "--profile", "nobody", **aws)
            self.assert_refused(3, "NoSuchBucket", "s3://nowhere-at-all", **aws)
            self.assert_refused(3, "no billing export", "s3://costs/elsewhere", **aws)
            self.assert_refused(4, "no AWS credentials", "s3://costs", **nobody)
            self.assert_refused(4, "SignatureDoesNotMatch", "s3://costs", **wrong)
            self.assert_refused(6, "connect", "s3://costs", **away)
            server.rules(Rule("denied"))
            self.assert_refused(5, "AccessDenied", "s3://costs", **aws)

    def test_mount_points_that_are_none(self):
        self.assert_refused_there("nothing", "mkdir -p")
        (self.tmp / "file").write_text("x")
        self.assert_refused_there("file", "not a directory")
        m = self.mount("demo:", "other")
        self.assert_refused_there("other", "costfs is mounted here already")
        self.assertEqual(harness.mounts_below(self.tmp), [str(m.directory)])

    def assert_refused_there(self, name, words):
        done = harness.costfs("mount", "demo:", self.tmp / name, "--cache", self.cache)
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertIn(name, done.stderr.decode())
        self.assertIn(words, done.stderr.decode())


class Helper(Case):
    """mount.costfs, as mount(8) runs it."""

    @classmethod
    def setUpClass(cls):
        cls.sbin = harness.scratch(cls)
        real = pathlib.Path("/sbin").resolve()
        (cls.sbin / "real").mkdir()
        (cls.sbin / "ours").mkdir()
        harness.run("mount", "--bind", real, cls.sbin / "real", check=True)
        for each in (cls.sbin / "real").iterdir():
            (cls.sbin / "ours" / each.name).symlink_to(each)
        for name in ("mount.costfs", "mount.fuse.costfs"):
            (cls.sbin / "ours" / name).unlink(missing_ok=True)
            (cls.sbin / "ours" / name).symlink_to(harness.costfs_path())
        harness.run("mount", "--bind", cls.sbin / "ours", real, check=True)
        # Run in the other order: ours is made of what is real.
        cls.addClassCleanup(harness.run, "umount", "-l", cls.sbin / "real")
        cls.addClassCleanup(harness.run, "umount", "-l", real)

    def helper(self, *words, **more):
        return harness.run(self.sbin / "ours/mount.costfs", *words, **more)

    def unmount(self):
        pid = json.loads((self.point / ".costfs/status.json").read_text())["pid"]
        harness.run("umount", self.point, check=True)
        harness.wait_until(lambda: not harness.is_running(pid), what="the end of the daemon")

    def test_mount_and_umount_know_the_type(self):
        for kind, options in (
            ("costfs", "noatime,uid=nobody,gid=12,allow_other"),
            ("fuse.costfs", "ro,nofail,_netdev"),
        ):
            with self.subTest(kind=kind):
                all_options = f"{options},cache={self.cache}"
                harness.run("mount", "-t", kind, "-o", all_options, "demo:", self.point, check=True)
                self.assertIn(str(self.point), harness.mounts_below(self.tmp))
                s = (self.point / "README.txt").stat()
                is_given = "uid" in options
                self.assertEqual((s.st_uid, s.st_gid), (65534, 12) if is_given else (0, 0))
                self.unmount()
                self.assertEqual(os.listdir(self.point), [])

    def test_a_line_of_fstab(self):
        fstab = self.tmp / "fstab"
        legacy_delivery(self.tmp / "a b", MONTH, [[legacy_row(MONTH)]])
        source = str(self.tmp / "a b").replace(" ", "\\040")
        fstab.write_text(
            f"{source} {self.point} costfs "
            "noauto,user,_netdev,nofail,x-systemd.automount,x-systemd.idle-timeout=10min,"
            f"cache={self.cache},accounts=111122223333:444455556666 0 0\n"
        )
        environment = {k: v for k, v in os.environ.items() if k != "HOME"}
        harness.run("mount", "-T", fstab, self.point, check=True, env=environment)
        self.assertIn(MONTH, os.listdir(self.point / "months"))
        again = harness.run("mount", "-T", fstab, self.point, env=environment)
        self.assertEqual(again.returncode, 32)
        self.unmount()

    def test_home_is_that_of_the_user_where_there_is_none(self):
        """At boot nothing has set it."""
        environment = {"PATH": os.environ["PATH"]}
        done = self.helper("-f", "demo:", self.point, env=environment)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        done = harness.run(*self.words()[:4], "--foreground", env=environment)
        self.assertEqual(done.returncode, 2, "without the helper it is told")
        self.assertIn(b"no home directory is known", done.stderr)

    def test_letters_of_mount(self):
        cache = f"cache={self.cache}"
        usage = ("demo:",), ("demo:", self.point, "x"), (), ("demo:", self.point, "-z")
        for status, words in (
            (0, ("demo:", self.point, "-f", "-o", cache)),
            (0, ("demo:", self.point, "-fsnv", "-o", f"nothing,{cache}", "-t", "costfs")),
            (1, ("demo:", self.point, "-f", "-o", f"nothing,{cache}")),
            (1, ("demo:", self.point, "-f", "-o", f"uid=nobody-at-all,{cache}")),
            (1, ("demo:", self.point, "-o", f"setuid=nobody-at-all,{cache}")),
            (32, (self.tmp / "nothing", self.point, "-o", cache)),
            (32, ("demo:", self.tmp / "nothing", "-o", cache)),
            (32, ("demo:", self.point, "-N", "/proc/nothing/ns/mnt", "-o", cache)),
            *((1, words) for words in usage),
        ):
            with self.subTest(words=words):
                done = self.helper(*words)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertEqual(done.stderr == b"", status == 0)
                self.assertEqual(harness.mounts_below(self.tmp), [])

    def test_a_mount_namespace_that_mount_names(self):
        with contextlib.ExitStack() as stack:
            other = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "sh", "-c", "echo; cat"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            stack.callback(other.wait, 10)
            stack.callback(other.stdin.close)
            other.stdout.readline()
            self.addCleanup(other.stdout.close)
            there = f"/proc/{other.pid}/root{self.point}"
            options = f"cache={self.cache}"
            done = self.helper(
                "demo:", self.point, "-N", f"/proc/{other.pid}/ns/mnt", "-o", options
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(os.listdir(self.point), [])
            self.assertIn("README.txt", os.listdir(there))
            harness.run("nsenter", "-t", str(other.pid), "-m", "umount", self.point, check=True)

    def open_device(self):
        """As it is on machines, and in containers often is not: for all users."""
        device = self.tmp / "fuse"
        os.mknod(device, stat.S_IFCHR, os.stat("/dev/fuse").st_rdev)
        device.chmod(0o666)
        harness.run("mount", "--bind", device, "/dev/fuse", check=True)
        self.addCleanup(harness.run, "umount", "-l", "/dev/fuse")

    def test_setuid_runs_it_as_another_user(self):
        self.open_device()
        self.tmp.chmod(0o755)
        os.chown(self.point, 65534, 65534)
        self.cache.mkdir(mode=0o700)
        os.chown(self.cache, 65534, 65534)
        done = self.helper("demo:", self.point, "-o", f"setuid=nobody,cache={self.cache}")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        line = next(l for l in lines if f" {self.point} " in l)
        self.assertIn("user_id=65534", line)
        as_nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        text = harness.run("cat", self.point / ".costfs/status.json", check=True, **as_nobody)
        pid = json.loads(text.stdout)["pid"]
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        self.assertIn("Uid:" + "\t65534" * 4 + "\n", status)
        harness.run("umount", self.point, check=True)
        harness.wait_until(lambda: not harness.is_running(pid), what="the end of the daemon")


class Supervised(Case):
    def test_killed_again_and_again_it_is_back_within_a_second(self):
        """As Restart=always does: each end is followed by a start, with nothing between."""
        export = self.tmp / "export"
        rows = [legacy_row(MONTH, "1.5", day=i % 28 + 1) for i in range(3000)]
        legacy_delivery(export, MONTH, [rows])
        self.process = self.start(export)
        harness.wait_until(lambda: harness.is_mounted(self.point), what="the mount")
        want = hashlib.sha256((self.point / LINES).read_bytes()).digest()
        wrong, stop = [], threading.Event()

        def read():
            while not stop.is_set():
                try:
                    got = hashlib.sha256((self.point / LINES).read_bytes()).digest()
                    if got != want:
                        wrong.append(got)
                except OSError:
                    pass  # while nobody is there, and the directory below is seen

        reader = threading.Thread(target=read)
        reader.start()
        try:
            took = [self.kill_and_start_again(export, want) for _ in range(5)]
        finally:
            stop.set()
            reader.join()
        took.sort()
        print("usable again after", *(f"{t * 1000:.0f}" for t in took), "ms")
        self.assertLess(took[-1], AGAIN_SECONDS * harness.slowness())
        self.assertEqual(wrong, [])
        self.assertEqual(harness.mounts_below(self.tmp), [str(self.point)])
        self.assertEqual(len(list((self.cache / "v1").glob("*.cube"))), 1)

    def kill_and_start_again(self, export, want):
        begun = time.monotonic()
        self.process.kill()
        self.process.wait(10)
        ours, its = os.pipe()
        self.process = self.start(export, "--notify-fd", str(its), pass_fds=[its])
        os.close(its)
        with open(ours, "rb") as pipe:
            self.assertEqual(pipe.read(), b"\n")
        self.assertEqual(hashlib.sha256((self.point / LINES).read_bytes()).digest(), want)
        return time.monotonic() - begun


def enter_own_namespace():
    """Comes back in it, or, where that is not allowed, as it was: then no mount is."""
    if OWN_NAMESPACE not in os.environ and os.geteuid() == 0:
        os.environ[OWN_NAMESPACE] = "1"
        own = ["unshare", "--mount", "--propagation", "private"]
        if subprocess.run([*own, "true"], check=False).returncode == 0:
            os.execvp("unshare", [*own, sys.executable, "-B", *sys.argv])


if __name__ == "__main__":
    enter_own_namespace()
    harness.main()
