"""The command line: exit codes, messages with their cure, and what it says to a mount."""
import json
import os
import re
import signal
import subprocess
import time

import bucketed
import harness
from deliveries import legacy_delivery, legacy_row
from harness import costfs

DONE, FAILED, USAGE = 0, 1, 2
# Of costfs mount only.
NO_EXPORT, NOT_SIGNED_IN, DENIED = 3, 4, 5
# Of a bucket that is not there: nobody is signed in, or the tests' server says so.
BUCKET_STATUS = NO_EXPORT if bucketed.IS_ON else NOT_SIGNED_IN
COMMANDS = [
    "mount",
    "umount",
    "status",
    "prefetch",
    "refresh",
    "ls",
    "cat",
    "path",
    "name",
    "demo-export",
    "cache",
    "version",
    "help",
]
MONTHS = ["2026-09", "2026-10"]


class Cli(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        cls.export = harness.demo_export(
            cls.shared / "export",
            1500,
            "--format",
            "cur2-csv",
            "--months",
            "2",
            "--last-month",
            MONTHS[-1],
        )
        cls.shared_cache = cls.shared / "cache"

    def says(self, status, *words, arguments, out=False, **more):
        """Runs costfs; wants the exit code, and the words on stderr (or stdout)."""
        done = costfs(*arguments, **more)
        said = done.stdout if out else done.stderr
        self.assertEqual(done.returncode, status, (arguments, done.stderr))
        for word in words:
            self.assertIn(word.encode(), said, arguments)
        if status != DONE:
            self.assertTrue(done.stderr.startswith(b"costfs: "), done.stderr)
            self.assertEqual(done.stdout, b"")
        return done

    # Arguments

    def test_wrong_arguments_are_exit_code_2(self):
        cases = [
            (["mount"], "missing"),
            (["mount", "demo:"], "missing"),
            (["mount", "a", "b", "c"], "c"),
            (["umount"], "missing"),
            (["cat", "demo:"], "missing"),
            (["mount", "--nothing", "a", "b"], "--nothing"),
            (["ls", "-x", "demo:"], "-x"),
            (["mount", "a", "b", "--cache"], "--cache"),
            (["ls", "--long=yes", "demo:"], "--long"),
            (["nothing"], "nothing"),
            (["help", "nothing"], "nothing"),
            (["cache", "nothing"], "nothing"),
            (["prefetch", "demo:", "October"], "October"),
            (["prefetch", "demo:", "2026-10..2026-01"], "2026-10..2026-01"),
            (["demo-export", "x", "--rows", "many"], "many"),
            (["demo-export", "x", "--format", "xls"], "xls"),
            (["demo-export", "x", "--last-month", "2026-13"], "2026-13"),
            (["mount", "a", "b", "--accounts", "12,x"], "x"),
            (["mount", "a", "b", "--refresh", "soon"], "soon"),
            (["mount", "a", "b", "--cache-limit", "0"], "0"),
            (["mount", "a", "b", "--threads", "0"], "threads"),
            (["mount", "a", "b", "-o", "nothing"], "nothing"),
        ]
        for arguments, word in cases:
            with self.subTest(arguments=arguments):
                self.says(USAGE, word, "costfs help", arguments=arguments)
        self.assertFalse(os.path.exists("x"))

    def test_bad_values_are_exit_code_2_in_every_command(self):
        for command in (
            ["ls", "demo:"],
            ["cat", "demo:", "README.txt"],
            ["prefetch", "demo:"],
            ["path", "demo:", "x"],
        ):
            with self.subTest(command=command):
                self.says(
                    USAGE, "accounts", "12x", arguments=command + ["--accounts", "12x"]
                )

    def test_a_command_that_is_nearly_one_is_suggested(self):
        for wrong, right in (
            ("mout", "mount"),
            ("unmount", "umount"),
            ("stauts", "status"),
            ("prefetsh", "prefetch"),
            ("hlep", "help"),
        ):
            self.says(USAGE, f"did you mean {right}?", arguments=[wrong])
        self.assertNotIn(b"did you mean", costfs("frobnicate").stderr)

    def test_help_begins_with_examples(self):
        for arguments in ([], ["help"], ["--help"], ["-h"]):
            done = self.says(
                DONE, "Examples:", "Commands:", arguments=arguments, out=True
            )
            for command in COMMANDS:
                self.assertIn(f"\n  {command} ".encode(), done.stdout)
        for command in COMMANDS:
            texts = {
                costfs(*a, check=True).stdout
                for a in (["help", command], [command, "--help"], [command, "-h"])
            }
            self.assertEqual(len(texts), 1, command)
            text = texts.pop().decode()
            self.assertTrue(text.startswith(f"costfs {command}: "), command)
            self.assertLess(
                text.index("Examples:"), text.index("Usage: costfs " + command)
            )
            self.assertLess(max(len(line) for line in text.splitlines()), 150)

    def test_version(self):
        for arguments in (["version"], ["--version"]):
            done = self.says(DONE, "costfs ", arguments=arguments, out=True)
            self.assertRegex(done.stdout.decode(), r"^costfs \d+\.\d+\.\d+\n$")

    # Sources and mount points

    def cache(self):
        return ["--cache", str(self.tmp / "cache")]

    def test_sources_that_cannot_be_read(self):
        directory = self.tmp / "mnt"
        directory.mkdir()
        empty = self.tmp / "empty"
        empty.mkdir()
        file = self.tmp / "file"
        file.write_text("x")
        for source, status, words in (
            (self.tmp / "nothing", NO_EXPORT, ["nothing", "No such file"]),
            (file, NO_EXPORT, ["file", "directory"]),
            (empty, NO_EXPORT, ["empty", "no billing export", "BILLING_PERIOD"]),
            ("s3://bucket/prefix", BUCKET_STATUS, ["s3://bucket/prefix"]),
        ):
            for command in (
                ["mount", source, directory],
                ["ls", source],
                ["cat", source, "README.txt"],
                ["prefetch", source],
            ):
                with self.subTest(command=command):
                    done = self.says(
                        status if command[0] == "mount" else FAILED,
                        *words,
                        arguments=[*command, *self.cache()],
                    )
                    self.assertGreaterEqual(done.stderr.count(b"\n  "), 1, done.stderr)
        self.assertEqual(harness.mounts_below(self.tmp), [])

    def test_several_exports_are_named_with_the_cure(self):
        source = self.tmp / "export"
        for name in ("first", "second"):
            legacy_delivery(
                source, MONTHS[-1], [[legacy_row(MONTHS[-1])] * len(name)], name=name
            )
        self.says(
            FAILED,
            "2 exports",
            "exports/first",
            "exports/second",
            "--export first",
            arguments=["ls", source, *self.cache()],
        )
        for chosen in (["--export", "second"], ["--export", "exports/second"]):
            lines = costfs(
                "cat",
                source,
                "this-month/lines.csv",
                *chosen,
                *self.cache(),
                check=True,
            )
            self.assertEqual(lines.stdout.count(b"\n"), 7)
        self.says(
            FAILED,
            "third",
            arguments=["ls", source, "--export", "third", *self.cache()],
        )
        m = self.mount(source / "exports/first")
        self.assertEqual(len(m.table("this-month/lines.csv")), 5)

    def test_bad_caches(self):
        directory = self.tmp / "mnt"
        directory.mkdir()
        file = self.tmp / "file"
        file.write_text("x")
        loose = self.tmp / "loose"
        loose.mkdir(mode=0o777)
        loose.chmod(0o777)
        foreign = self.tmp / "foreign"
        foreign.mkdir(mode=0o700)
        os.chown(foreign, 12345, 12345)
        link = self.tmp / "link"
        link.symlink_to(self.tmp)
        for cache, status in (
            (file, DENIED),
            (loose, DENIED),
            (foreign, DENIED),
            ("/proc/nothing", NO_EXPORT),
        ):
            with self.subTest(cache=cache):
                self.says(
                    status,
                    str(cache),
                    arguments=["mount", self.export, directory, "--cache", cache],
                )
        self.assertEqual(harness.mounts_below(self.tmp), [])

    # Background and foreground

    def test_the_parent_ends_when_the_mount_is_usable(self):
        m = self.mount(self.export, background=True)
        self.assertTrue(os.path.exists(m / "README.txt"))
        self.assertNotEqual(m.pid, os.getpid())
        costfs("umount", m, check=True)
        m._gone()
        self.assertFalse(harness.is_mounted(m.directory))

    def test_ctrl_c_ends_one_in_the_foreground(self):
        m = self.mount(self.export)
        m.process.send_signal(signal.SIGINT)
        self.assertEqual(m._gone(), 0)
        self.assertFalse(harness.is_mounted(m.directory))

    def test_relative_paths_survive_the_daemon(self):
        (self.tmp / "here").symlink_to(self.export)
        (self.tmp / "mnt").mkdir()
        costfs(
            "mount",
            "here",
            "mnt",
            "--cache",
            "cache",
            "--log",
            "log",
            "--refresh",
            "0",
            cwd=self.tmp,
            check=True,
        )
        self.addCleanup(harness.run, "umount", "-l", self.tmp / "mnt")
        text = (self.tmp / "mnt" / "this-month" / "total.csv").read_text()
        self.assertIn(MONTHS[-1], text)
        self.assertTrue((self.tmp / "cache" / "v1").is_dir())
        self.assertEqual((self.tmp / "log").stat().st_mode & 0o777, 0o600)
        pid = json.loads((self.tmp / "mnt/.costfs/status.json").read_text())["pid"]
        costfs("umount", "mnt", cwd=self.tmp, check=True)
        harness.wait_until(lambda: not harness.is_running(pid))

    def test_a_name_with_blanks_and_commas(self):
        odd = self.tmp / "a b,c\\d\tü"
        odd.mkdir()
        source = odd / "export, too"
        legacy_delivery(source, MONTHS[-1], [[legacy_row(MONTHS[-1])]])
        m = harness.Mount(source, odd / "mnt", odd / "cache")
        self.addCleanup(harness.run, "umount", "-l", odd / "mnt")
        self.addCleanup(m.close)
        self.assertEqual(len(m.table("this-month/lines.csv")), 1)
        self.says(DONE, "legacy CUR", arguments=["status", odd / "mnt"], out=True)
        costfs("umount", odd / "mnt", check=True)
        self.assertEqual(m._gone(), 0)

    # What is mounted

    def test_on_a_mount(self):
        m = self.mount(self.export)
        m.read("this-month/total.csv")
        time.sleep(1.1)
        source = str(harness.source(self.export))
        text = self.says(
            DONE, source, *MONTHS, arguments=["status", m], out=True
        ).stdout
        self.assertEqual(text, m.read("STATUS.txt"))
        self.assertEqual(
            json.loads(costfs("status", "--json", m / "months", check=True).stdout)[
                "pid"
            ],
            m.pid,
        )
        # Of all mounts, of which others may hang, or be left by a daemon that was killed.
        done = costfs("status")
        self.assertIn(str(m.directory).encode(), done.stdout)
        self.assertNotIn(str(m.directory).encode() + b":", done.stderr)
        others = re.findall(
            rb"the daemon of this mount (?:does not answer|is gone)", done.stderr
        )
        self.assertEqual(done.returncode, 1 if others else 0, done.stderr)
        self.says(DONE, arguments=["refresh", m])
        done = self.says(
            DONE,
            "2026-09",
            arguments=["prefetch", m, "2026-09", *self.cache()],
            out=True,
        )
        self.assertIn(b"lines", done.stdout)
        account = next(n for n in os.listdir(m / "accounts") if "_" in n)
        number = account.rpartition("_")[2]
        self.assertEqual(
            costfs("name", m / "accounts" / account, check=True)
            .stdout.decode()
            .strip(),
            number,
        )
        found = (
            costfs("path", m, number, *self.cache(), check=True)
            .stdout.decode()
            .split("\n")
        )
        self.assertEqual(found[:-1], [f"{m.directory}/accounts/{account}"])
        self.says(DONE, arguments=["umount", m])
        self.assertEqual(m._gone(), 0)

    def test_path_finds_a_resource_by_id_and_arn(self):
        m = self.mount(self.export)
        row = next(
            r
            for r in m.table("this-month/lines.csv")
            if r["resource_id"].startswith("i-")
        )
        number = row["resource_id"]
        for value in (
            number,
            f"arn:aws:ec2:eu-west-1:{row['account_id']}:instance/{number}",
        ):
            found = (
                costfs("path", m, value, *self.cache(), check=True)
                .stdout.decode()
                .split()
            )
            self.assertTrue(found, value)
            for path in found:
                self.assertTrue(path.endswith("/" + number), path)
                self.assertTrue(os.path.isdir(path), path)
                self.assertEqual(
                    costfs("name", path, check=True).stdout.decode(), number + "\n"
                )
        self.says(
            FAILED,
            "i-nothing",
            "prefetch",
            arguments=["path", m, "i-nothing", *self.cache()],
        )

    def test_without_a_mount(self):
        for command in (
            ["status", self.tmp],
            ["refresh", self.tmp],
            ["umount", self.tmp],
        ):
            with self.subTest(command=command):
                self.says(FAILED, "not mounted", "costfs mount", arguments=command)
        self.says(FAILED, "missing", arguments=["name", self.tmp / "missing"])
        self.says(FAILED, arguments=["name", self.tmp])

    def test_with_a_dead_mount(self):
        m = self.mount(self.export)
        m.read("README.txt")
        m.kill()
        self.says(FAILED, "daemon", "mount it again", arguments=["status", m])
        self.says(FAILED, arguments=["refresh", m])
        self.says(DONE, arguments=["umount", m])
        self.assertFalse(harness.is_mounted(m.directory))

    # Without a mount

    def test_ls_and_cat_show_what_the_mount_shows(self):
        m = self.mount(self.export, cache=self.shared_cache)
        account = sorted(os.listdir(m / "accounts"))[0]
        for path in (
            "",
            "accounts",
            f"accounts/{account}/{MONTHS[0]}",
            f"months/{MONTHS[0]}",
            f"accounts/{account}/{MONTHS[0]}/services",
            "this-month/services",
        ):
            listed = (
                costfs(
                    "ls",
                    self.export,
                    *([path] if path else []),
                    "--cache",
                    self.shared_cache,
                    check=True,
                )
                .stdout.decode()
                .split()
            )
            self.assertEqual(
                sorted(listed),
                sorted(n for n in os.listdir(m / path) if not n.startswith(".")),
                path,
            )
            for entry in (
                costfs(
                    "ls",
                    "-l",
                    self.export,
                    *([path] if path else ["."]),
                    "--cache",
                    self.shared_cache,
                    check=True,
                )
                .stdout.decode()
                .splitlines()
            ):
                mode, size, _, name = entry.split()[:4]
                s = os.lstat(m / path / name)
                if (
                    name
                    not in ("STATUS.txt", "months.csv", "accounts.csv", "services.csv")
                    and mode[0] != "l"
                ):
                    self.assertEqual(int(size), s.st_size, (path, name))
        for name in (
            "README.txt",
            "this-month/total.csv",
            f"months/{MONTHS[0]}/lines.csv",
            f"accounts/{account}/account.json",
        ):
            self.assertEqual(
                costfs(
                    "cat", self.export, name, "--cache", self.shared_cache, check=True
                ).stdout,
                m.read(name),
            )

    def test_paths_that_are_not_there(self):
        for path, word in (
            ("nothing", "nothing"),
            ("months/2001-01/total.csv", "2001-01"),
            ("months", "directory"),
        ):
            self.says(
                FAILED,
                word,
                arguments=["cat", self.export, path, "--cache", self.shared_cache],
            )
        done = costfs(
            "cat", self.export, "nothing", "README.txt", "--cache", self.shared_cache
        )
        self.assertEqual(done.returncode, FAILED)
        self.assertIn(b"costs as files", done.stdout)

    def test_output_that_nobody_reads_ends_the_command(self):
        path = f"months/{MONTHS[0]}/lines.csv"
        done = harness.run(
            "bash",
            "-c",
            'set -o pipefail; "$@" | head -n 1',
            "-",
            harness.costfs_path(),
            "cat",
            self.export,
            path,
            "--cache",
            self.shared_cache,
        )
        self.assertEqual(done.stdout.count(b"\n"), 1)
        self.assertIn(done.returncode, (FAILED, 128 + signal.SIGPIPE))
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [harness.costfs_path(), "help"],
                stdout=full,
                stderr=subprocess.PIPE,
                timeout=10,
            )
        self.assertEqual(done.returncode, FAILED)
        self.assertIn(b"standard output", done.stderr)
        done = subprocess.run(
            [
                "sh",
                "-c",
                'exec "$@" >&-',
                "-",
                harness.costfs_path(),
                "cat",
                self.export,
                "README.txt",
                "--cache",
                self.shared_cache,
            ],
            stderr=subprocess.PIPE,
            timeout=10,
        )
        self.assertEqual(done.returncode, FAILED)

    def test_prefetch(self):
        cache = self.tmp / "cache"
        done = costfs("prefetch", self.export, "--cache", cache, check=True)
        self.assertEqual(
            [l.split()[0].decode() for l in done.stdout.splitlines()], MONTHS[::-1]
        )
        self.says(
            FAILED,
            "no such month",
            arguments=["prefetch", self.export, "2001-01", "--cache", cache],
        )
        self.assertEqual(
            costfs(
                "prefetch", "-q", self.export, "..2026-09", "--cache", cache, check=True
            ).stdout,
            b"",
        )
        m = self.mount(self.export)
        m.wait_for(MONTHS[-1], "ready", seconds=10)

    def test_cache(self):
        cache = self.tmp / "cache"
        costfs("prefetch", "-q", self.export, "--cache", cache, check=True)
        info = costfs("cache", "info", "--cache", cache, check=True).stdout.decode()
        self.assertIn(str(cache), info)
        self.assertRegex(info, r"months +2, 0 of them in use")
        m = self.mount(self.export)
        m.read("this-month/total.csv")
        self.assertRegex(
            costfs("cache", "info", "--cache", cache, check=True).stdout.decode(),
            r"months +2, [12] of them in use",
        )
        inventory = cache / "v1/live" / f"{'0' * 32}.inventory"
        inventory.parent.mkdir(mode=0o700, exist_ok=True)
        inventory.write_bytes(b"of the live inventory")
        cleaned = costfs("cache", "clean", "--cache", cache, check=True).stdout.decode()
        self.assertRegex(cleaned, r"months +[12], [12] of them in use")
        self.assertFalse(inventory.exists())
        self.assertIn(MONTHS[-1], m.text("this-month/total.csv"))
        self.assertIn(MONTHS[0], m.text(f"months/{MONTHS[0]}/total.csv"))

    def test_environment_names_the_cache(self):
        env = dict(os.environ, COSTFS_CACHE=str(self.tmp / "one"))
        costfs("cat", self.export, "README.txt", check=True, env=env)
        self.assertTrue((self.tmp / "one/v1").is_dir())
        env = dict(os.environ, XDG_CACHE_HOME=str(self.tmp / "two"))
        costfs("cat", self.export, "README.txt", check=True, env=env)
        self.assertTrue((self.tmp / "two/costfs/v1").is_dir())
        env = dict(os.environ, HOME=str(self.tmp / "three"))
        costfs("cat", self.export, "README.txt", check=True, env=env)
        self.assertTrue((self.tmp / "three/.cache/costfs/v1").is_dir())
        env = {k: v for k, v in os.environ.items() if k != "HOME"}
        self.says(
            USAGE,
            "home",
            "--cache",
            arguments=["cat", self.export, "README.txt"],
            env=env,
        )

    # Configuration and options

    def test_a_section_of_the_configuration(self):
        accounts = sorted(
            r["account_id"]
            for r in harness.read_table(
                costfs(
                    "cat",
                    self.export,
                    "this-month/by-account.csv",
                    "--cache",
                    self.shared_cache,
                    check=True,
                ).stdout
            )
        )
        home = self.tmp / "config-home"
        (home / "costfs").mkdir(parents=True)
        config = home / "costfs/config"
        config.write_text(
            f"# comment\n\n[acme]\nsource = {self.export}\naccounts = {accounts[0]}, "
            f"{accounts[1]}\ncache = {self.tmp}/cache\nrefresh = 0\n[other]\nsource=/x\n"
        )
        env = dict(os.environ, XDG_CONFIG_HOME=str(home))
        listed = (
            costfs("ls", "acme", "accounts", check=True, env=env)
            .stdout.decode()
            .split()
        )
        self.assertEqual(sorted(n.rpartition("_")[2] for n in listed), accounts[:2])
        listed = (
            costfs(
                "ls", "acme", "accounts", "--accounts", accounts[2], check=True, env=env
            )
            .stdout.decode()
            .split()
        )
        self.assertEqual([n.rpartition("_")[2] for n in listed], [accounts[2]])
        m = self.mount("acme", environment=env)
        self.assertEqual(len(m.table("this-month/by-account.csv")), 2)
        for text, words in (
            ("x = 1\n", ["line 1"]),
            ("[acme]\nsource\n", ["line 2"]),
            ("[acme]\nsource = /x\nnothing = 1\n", ["nothing", "known are"]),
            ("[acme]\naccounts = 1\n", ["no source"]),
            ("[acme]\nsource = /x\nrefresh = often\n", ["refresh", "often"]),
        ):
            with self.subTest(text=text):
                config.write_text(text)
                self.says(USAGE, *words, arguments=["ls", "acme"], env=env)
        config.chmod(0o666)
        self.says(FAILED, "any user may write", arguments=["ls", "acme"], env=env)
        self.says(
            FAILED,
            "nowhere",
            arguments=["ls", "acme", "--config", self.tmp / "nowhere"],
        )

    def test_options_as_fstab_has_them(self):
        accounts = sorted(
            r["account_id"]
            for r in harness.read_table(
                costfs(
                    "cat",
                    self.export,
                    "this-month/by-account.csv",
                    "--cache",
                    self.shared_cache,
                    check=True,
                ).stdout
            )
        )
        m = self.mount(
            self.export,
            "mnt",
            "-o",
            f"ro,_netdev,nofail,x-systemd.automount,accounts={accounts[0]}:{accounts[1]},"
            "threads=1",
        )
        self.assertEqual(len(m.table("this-month/by-account.csv")), 2)

    def line_of(self, m):
        with open("/proc/self/mountinfo") as f:
            return next(l for l in f if f" {m.directory} " in l)

    def test_options_of_the_kernel(self):
        m = self.mount(self.export)
        line = self.line_of(m)
        for word in (
            "ro",
            "nosuid",
            "nodev",
            "noexec",
            "noatime",
            "fuse.costfs",
            "default_permissions",
        ):
            self.assertIn(word, line)
        self.assertNotIn("allow_other", line)
        m.close()
        m = self.mount(self.export, "other", "--allow-other")
        line = self.line_of(m)
        self.assertIn("allow_other", line)

    def test_the_demo_needs_nothing(self):
        cache = self.tmp / "cache"
        done = costfs(
            "cat", "demo:", "this-month/total.csv", "--cache", cache, check=True
        )
        self.assertIn(b"unblended_cost", done.stdout)
        m = self.mount("demo:")
        self.assertEqual(m.read("this-month/total.csv"), done.stdout)

    def test_no_core_and_no_ptrace(self):
        m = self.mount(self.export)
        with open(f"/proc/{m.pid}/limits") as f:
            core = next(l for l in f if l.startswith("Max core file size"))
        self.assertEqual(core.split()[4:6], ["0", "0"])


if __name__ == "__main__":
    harness.main()
