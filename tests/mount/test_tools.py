"""Every tool reads from a mount what costfs cat prints: identical and complete.

The reference is the tree read without a mount and without the kernel (costfs cat)."""
import ctypes
import errno
import functools
import hashlib
import mmap
import os
import pathlib
import shutil
import stat
import unittest

import harness

MONTH = "2026-10"
FILES = [
    f"months/{MONTH}/lines.csv",
    f"months/{MONTH}/by-service.csv",
    f"months/{MONTH}/by-resource.csv",
    f"months/{MONTH}/daily-by-service.csv",
    f"months/{MONTH}/invoices.csv",
    "README.txt",
]
BIG = FILES[0]


def each_file(test):
    """Calls test(self, path, expected) for each of the files."""

    @functools.wraps(test)
    def for_all(self):
        for name in FILES:
            with self.subTest(file=name):
                test(self, self.mnt / name, self.reference[name])

    return for_all


def needs(*tools):
    missing = [t for t in tools if shutil.which(t) is None]
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)}")


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = harness.scratch(cls)
        cls.source = harness.demo_export(
            cls.tmp / "export",
            6000,
            "--format",
            "cur2-csv",
            "--months",
            "2",
            "--last-month",
            MONTH,
        )
        cls.mnt = harness.Mount(cls.source, cls.tmp / "mnt", cls.tmp / "cache")
        cls.addClassCleanup(cls.mnt.close)
        cls.reference = {}
        for name in FILES:
            cls.reference[name] = harness.costfs(
                "cat",
                cls.source,
                name,
                "--cache",
                cls.tmp / "reference-cache",
                check=True,
            ).stdout
        cls.big = cls.reference[BIG]
        assert len(cls.big) > 1 << 20, len(cls.big)
        cls.number = 0

    def out(self):
        """A new directory."""
        type(self).number += 1
        path = self.tmp / f"out{self.number}"
        path.mkdir()
        return path

    def stdout(self, *command, **more):
        return harness.run(*command, check=True, **more).stdout

    # Speed

    def test_the_kernel_reads_half_a_mebibyte_ahead_where_we_may_say_so(self):
        device = os.stat(self.mnt / BIG).st_dev
        setting = pathlib.Path(
            f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb"
        )
        if not os.access(setting, os.W_OK):
            self.skipTest("it is root's to say")
        self.assertEqual(setting.read_text(encoding="ascii"), "512\n")

    # Bytes

    @each_file
    def test_cat(self, path, expected):
        self.assertEqual(self.stdout("cat", path), expected)

    @each_file
    def test_cp(self, path, expected):
        out = self.out()
        harness.run("cp", path, out / "copy", check=True)
        self.assertEqual((out / "copy").read_bytes(), expected)
        (out / "copy").unlink()

    @each_file
    def test_cp_with_attributes(self, path, expected):
        out = self.out()
        harness.run("cp", "-a", path, out / "copy", check=True)
        self.assertEqual((out / "copy").read_bytes(), expected)
        self.assertEqual((out / "copy").stat().st_mtime_ns, path.stat().st_mtime_ns)
        (out / "copy").unlink()

    def test_cp_of_the_whole_tree(self):
        """Symbolic links stay links; each file has the size that lstat() said, and is
        no hole."""
        copy = self.out() / "copy"
        harness.run("cp", "-r", self.mnt, copy, check=True)
        files = 0
        for top, _, names in os.walk(copy):
            for name in names:
                here = pathlib.Path(top) / name
                there = self.mnt / here.relative_to(copy)
                if here.is_symlink():
                    self.assertEqual(os.readlink(here), os.readlink(there))
                    continue
                files += 1
                if here.name not in ("STATUS.txt", "status.json", "metrics.prom"):
                    self.assertEqual(here.stat().st_size, there.stat().st_size, here)
        self.assertGreater(files, 1000)
        self.assertEqual((copy / BIG).read_bytes(), self.big)

    @each_file
    def test_dd(self, path, expected):
        self.assertEqual(
            self.stdout("dd", f"if={path}", "bs=7777", "status=none"), expected
        )

    def test_dd_from_the_middle(self):
        self.assertEqual(
            self.stdout(
                "dd",
                f"if={self.mnt / BIG}",
                "bs=1000",
                "skip=77",
                "count=9",
                "status=none",
            ),
            self.big[77000:86000],
        )

    def test_dd_around_the_page_cache(self):
        self.assertEqual(
            self.stdout(
                "dd", f"if={self.mnt / BIG}", "bs=64k", "iflag=direct", "status=none"
            ),
            self.big,
        )

    @each_file
    def test_head(self, path, expected):
        lines = expected.splitlines(keepends=True)
        self.assertEqual(self.stdout("head", path), b"".join(lines[:10]))
        self.assertEqual(self.stdout("head", "-c", "100", path), expected[:100])

    @each_file
    def test_tail(self, path, expected):
        lines = expected.splitlines(keepends=True)
        self.assertEqual(self.stdout("tail", "-n", "5", path), b"".join(lines[-5:]))
        self.assertEqual(self.stdout("tail", "-c", "1000", path), expected[-1000:])
        self.assertEqual(self.stdout("tail", "-n", "+2", path), b"".join(lines[1:]))

    @each_file
    def test_wc(self, path, expected):
        self.assertEqual(int(self.stdout("wc", "-c", path).split()[0]), len(expected))
        self.assertEqual(
            int(self.stdout("wc", "-l", path).split()[0]), expected.count(b"\n")
        )

    @needs("less")
    @each_file
    def test_less(self, path, expected):
        self.assertEqual(self.stdout("less", path), expected)

    @each_file
    def test_grep(self, path, expected):
        lines = [l for l in expected.splitlines(keepends=True) if b"Amazon" in l]
        done = harness.run("grep", "-a", "Amazon", path)
        self.assertEqual(done.stdout, b"".join(lines))

    def test_grep_through_directories(self):
        done = harness.run("grep", "-rlE", "BoxUsage", self.mnt / "months" / MONTH)
        self.assertIn(str(self.mnt / BIG).encode(), done.stdout.splitlines())
        self.assertEqual(done.stderr, b"")

    @each_file
    def test_sort(self, path, expected):
        self.assertEqual(
            self.stdout("sort", path, env={"LC_ALL": "C", "PATH": os.environ["PATH"]}),
            b"".join(sorted(expected.splitlines(keepends=True))),
        )

    def test_split(self):
        out = self.out()
        harness.run("split", "-n", "7", self.mnt / BIG, out / "part", check=True)
        self.assertEqual(
            b"".join(p.read_bytes() for p in sorted(out.iterdir())), self.big
        )

    @each_file
    def test_cmp(self, path, expected):
        out = self.out()
        (out / "copy").write_bytes(expected)
        harness.run("cmp", path, out / "copy", check=True)

    @each_file
    def test_gzip(self, path, expected):
        packed = self.stdout("gzip", "-c", path)
        self.assertEqual(self.stdout("gzip", "-dc", input=packed, stdin=None), expected)

    @each_file
    def test_md5sum(self, path, expected):
        self.assertEqual(
            self.stdout("md5sum", path).split()[0].decode(),
            hashlib.md5(expected).hexdigest(),
        )

    @needs("perl")
    @each_file
    def test_perl_slurps(self, path, expected):
        self.assertEqual(
            self.stdout("perl", "-0777", "-ne", "binmode STDOUT; print", path), expected
        )

    @needs("awk")
    def test_awk_counts_fields(self):
        self.assertEqual(
            int(self.stdout("awk", "END { print NR }", self.mnt / BIG)),
            self.big.count(b"\n"),
        )

    # Archives and copies

    def test_tar(self):
        for options in (["-cf"], ["-S", "-cf"]):
            with self.subTest(options=options):
                out = self.out()
                harness.run(
                    "tar",
                    "-C",
                    self.mnt / "months",
                    *options,
                    out / "a.tar",
                    MONTH,
                    check=True,
                )
                harness.run("tar", "-C", out, "-xf", out / "a.tar", check=True)
                for name in FILES[:-1]:
                    there = out / pathlib.Path(name).relative_to("months")
                    self.assertEqual(there.read_bytes(), self.reference[name])

    @needs("rsync")
    def test_rsync_transfers_nothing_the_second_time(self):
        out = self.out()
        words = [
            "rsync",
            "-a",
            "--itemize-changes",
            f"{self.mnt / 'months' / MONTH}/",
            f"{out}/",
        ]
        first = self.stdout(*words)
        self.assertGreater(first.count(b">f"), 50)
        self.assertEqual(self.stdout(*words), b"")
        self.assertEqual((out / "lines.csv").read_bytes(), self.big)

    def test_diff_of_two_mounts(self):
        other = harness.Mount(self.source, self.tmp / "other", self.tmp / "other-cache")
        self.addCleanup(other.close)
        for name in ("months", "accounts"):
            done = harness.run("diff", "-r", self.mnt / name, other / name)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    # Programs

    @each_file
    def test_python_reads(self, path, expected):
        self.assertEqual(path.read_bytes(), expected)
        with open(path, "rb", buffering=0) as f:
            got = b""
            while piece := f.read(4096):
                got += piece
        self.assertEqual(got, expected)

    @each_file
    def test_python_maps(self, path, expected):
        with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as m:
            self.assertEqual(m[:], expected)

    def test_python_seeks(self):
        with open(self.mnt / BIG, "rb") as f:
            self.assertEqual(f.seek(0, os.SEEK_END), len(self.big))
            for offset in (
                0,
                1,
                4095,
                4096,
                131071,
                131072,
                len(self.big) - 1,
                len(self.big),
            ):
                f.seek(offset)
                self.assertEqual(f.read(5000), self.big[offset : offset + 5000], offset)
                self.assertEqual(
                    os.pread(f.fileno(), 17, offset), self.big[offset : offset + 17]
                )
            self.assertEqual(os.pread(f.fileno(), 17, len(self.big) + 1), b"")
            self.assertEqual(os.lseek(f.fileno(), 10, os.SEEK_DATA), 10)
            self.assertEqual(os.lseek(f.fileno(), 10, os.SEEK_HOLE), len(self.big))

    @each_file
    def test_sendfile(self, path, expected):
        out = self.out()
        with open(path, "rb") as source, open(out / "copy", "wb") as to:
            while os.sendfile(to.fileno(), source.fileno(), None, 1 << 20):
                pass
        self.assertEqual((out / "copy").read_bytes(), expected)

    def test_splice(self):
        with open(self.mnt / BIG, "rb") as source:
            read_end, write_end = os.pipe()
            got = b""
            while n := os.splice(source.fileno(), write_end, 65536):
                got += os.read(read_end, n)
            os.close(read_end)
            os.close(write_end)
        self.assertEqual(got, self.big)

    @needs("node")
    @each_file
    def test_node(self, path, expected):
        script = "process.stdout.write(require('fs').readFileSync(process.argv[1]))"
        self.assertEqual(self.stdout("node", "-e", script, path), expected)

    @each_file
    def test_vim_writes_a_copy(self, path, expected):
        vim = shutil.which("vim") or shutil.which("vim.tiny")
        if vim is None:
            self.skipTest("not installed: vim")
        copy = self.out() / "copy"
        harness.run(vim, "-u", "NONE", "-i", "NONE", "-n", "-es", "-c", f"w! {copy}",
                    "-c", "qa!", path, check=True)
        self.assertEqual(copy.read_bytes(), expected)

    def test_pandas_reads_and_maps(self):
        """Its parser reads on behind the end of a map whose size is too large."""
        python = shutil.which("python3", path="/usr/bin") or "python3"
        if harness.run(python, "-c", "import pandas").returncode != 0:
            self.skipTest("not installed: pandas")
        script = (
            "import pandas, sys\n"
            "for mapped in (False, True):\n"
            "    t = pandas.read_csv(sys.argv[1], dtype=str, memory_map=mapped)\n"
            "    print(len(t), t['unblended_cost'].count())"
        )
        rows = harness.read_table(self.big)
        wanted = [str(len(rows)), str(sum(r["unblended_cost"] != "" for r in rows))] * 2
        done = self.stdout(python, "-c", script, self.mnt / BIG)
        self.assertEqual(done.decode().split(), wanted)

    @needs("rg")
    def test_ripgrep_finds_what_grep_finds(self):
        month = self.mnt / "months" / MONTH
        counted = harness.run("grep", "-rc", "BoxUsage", month).stdout.splitlines()
        wanted = sorted(line for line in counted if not line.endswith(b":0"))
        self.assertGreater(len(wanted), 1)
        for how in ("--mmap", "--no-mmap"):
            found = self.stdout("rg", "-c", how, "BoxUsage", month)
            self.assertEqual(sorted(found.splitlines()), wanted)

    @needs("sqlite3")
    def test_sqlite_imports(self):
        path = self.mnt / FILES[1]
        done = self.stdout(
            "sqlite3",
            ":memory:",
            ".mode csv",
            f".import {path} t",
            "select count(*) from t; select service from t order by rowid limit 1",
        )
        rows = harness.read_table(self.reference[FILES[1]])
        self.assertEqual(done.decode().split(), [str(len(rows)), rows[0]["service"]])

    def test_duckdb_globs(self):
        program = os.environ.get("COSTFS_DUCKDB") or shutil.which("duckdb")
        if program is None:
            self.skipTest("not installed: duckdb (COSTFS_DUCKDB names the program)")
        query = (
            f"select count(*) from read_csv('{os.fspath(self.mnt)}/accounts/*/{MONTH}/services/*"
            "/costs.csv',"
            " all_varchar=true, union_by_name=true)"
        )
        done = self.stdout(program, "-csv", "-noheader", "-c", query)
        self.assertEqual(int(done), self.big.count(b"\n") - 1)

    # Metadata

    def test_find_by_size(self):
        listed = self.stdout(
            "find",
            self.mnt / "months" / MONTH,
            "-maxdepth",
            "1",
            "-size",
            f"{len(self.big)}c",
        )
        self.assertEqual(listed.decode().split(), [str(self.mnt / BIG)])

    def test_du(self):
        path = self.mnt / BIG
        self.assertEqual(int(self.stdout("du", "-b", path).split()[0]), len(self.big))
        self.assertEqual(
            int(self.stdout("du", "--block-size=512", path).split()[0]),
            (len(self.big) + 511) // 512,
        )

    @each_file
    def test_attributes(self, path, expected):
        s = path.lstat()
        self.assertEqual(s.st_size, len(expected))
        self.assertEqual(s.st_blocks, (len(expected) + 511) // 512)
        self.assertEqual(s.st_mode, stat.S_IFREG | 0o444)
        self.assertEqual(s.st_nlink, 1)
        self.assertEqual(s.st_mtime_ns, s.st_ctime_ns)

    def test_attributes_of_directories(self):
        for name in (
            "",
            "accounts",
            "months",
            f"months/{MONTH}",
            f"months/{MONTH}/services",
        ):
            s = (self.mnt / name).lstat()
            self.assertEqual(s.st_mode, stat.S_IFDIR | 0o555, name)
            self.assertGreaterEqual(s.st_nlink, 2)
        self.assertTrue(stat.S_ISLNK((self.mnt / "this-month").lstat().st_mode))

    def seen(self, mount):
        """Path, inode, mode, size and times of all but what tells of the moment."""
        found = {}
        for top, directories, names in os.walk(mount.directory):
            for name in directories + names:
                path = pathlib.Path(top) / name
                key = str(path.relative_to(mount.directory))
                if name in ("STATUS.txt", "status.json", "metrics.prom"):
                    continue
                s = path.lstat()
                found[key] = (
                    s.st_ino,
                    s.st_mode,
                    s.st_size,
                    s.st_mtime_ns,
                    s.st_ctime_ns,
                )
        return found

    def test_another_mount_has_the_same_numbers(self):
        for _ in range(2):  # the first walk reads all months, so tables grow meanwhile
            first = self.seen(self.mnt)
        other = harness.Mount(self.source, self.tmp / "again", self.tmp / "cache")
        self.addCleanup(other.close)
        for _ in range(2):
            second = self.seen(other)
        self.assertEqual(first, second)
        inodes = [value[0] for value in first.values()]
        self.assertEqual(len(inodes), len(set(inodes)))

    def test_directory_entries_carry_type_and_inode(self):
        for name in ("", f"months/{MONTH}", f"months/{MONTH}/services"):
            for entry in os.scandir(self.mnt / name):
                s = os.lstat(entry.path)
                self.assertEqual(entry.inode(), s.st_ino, entry.path)
                self.assertEqual(
                    entry.is_dir(follow_symlinks=False), stat.S_ISDIR(s.st_mode)
                )

    def test_directory_offsets_can_be_returned_to(self):
        libc = ctypes.CDLL(None, use_errno=True)

        class Dirent(ctypes.Structure):
            _fields_ = [
                ("ino", ctypes.c_uint64),
                ("off", ctypes.c_int64),
                ("reclen", ctypes.c_ushort),
                ("type", ctypes.c_ubyte),
                ("name", ctypes.c_char * 256),
            ]

        libc.opendir.restype = ctypes.c_void_p
        libc.readdir.restype = ctypes.POINTER(Dirent)
        libc.telldir.restype = ctypes.c_long
        for f in (libc.readdir, libc.telldir, libc.closedir, libc.rewinddir):
            f.argtypes = [ctypes.c_void_p]
        libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
        directory = libc.opendir(os.fsencode(self.mnt / f"months/{MONTH}"))
        self.assertTrue(directory)
        before = []
        while True:
            at = libc.telldir(directory)
            entry = libc.readdir(directory)
            if not entry:
                break
            before.append((at, entry.contents.name))
        self.assertEqual(len(before), len({name for _, name in before}))
        self.assertEqual(
            {name for _, name in before} - {b".", b".."},
            {os.fsencode(n) for n in os.listdir(self.mnt / f"months/{MONTH}")},
        )
        for at, name in before[::-1]:
            libc.seekdir(directory, at)
            self.assertEqual(libc.readdir(directory).contents.name, name)
        libc.closedir(directory)

    def test_extended_attributes(self):
        account = next(p for p in (self.mnt / "accounts").iterdir())
        self.assertEqual(
            os.getxattr(account, "user.costfs.id").decode(),
            account.name.rpartition("_")[2],
        )
        month = account / MONTH
        names = os.listxattr(month)
        for name in (
            "id",
            "name",
            "as_of",
            "status",
            "currency",
            "unblended_cost",
            "lines",
            "generation",
        ):
            self.assertIn("user.costfs." + name, names)
        row = self.mnt.table(f"accounts/{account.name}/{MONTH}/total.csv")[0]
        for key, column in (
            ("unblended_cost", "unblended_cost"),
            ("lines", "lines"),
            ("status", "status"),
            ("as_of", "as_of"),
            ("currency", "currency"),
        ):
            self.assertEqual(
                os.getxattr(month, "user.costfs." + key).decode(), row[column], key
            )
        with self.assertRaises(OSError) as caught:
            os.getxattr(month, "user.costfs.nothing")
        self.assertEqual(caught.exception.errno, errno.ENODATA)
        with self.assertRaises(OSError) as caught:
            os.getxattr(self.mnt / "README.txt", "security.selinux")
        # ls -l then asks once, and not for each file.
        self.assertEqual(caught.exception.errno, errno.EOPNOTSUPP)

    @needs("getfattr")
    def test_getfattr(self):
        account = next(p for p in (self.mnt / "accounts").iterdir())
        done = self.stdout("getfattr", "--absolute-names", "-d", account / MONTH)
        self.assertIn(b'user.costfs.currency="USD"', done)

    def test_statvfs(self):
        s = os.statvfs(self.mnt)
        self.assertTrue(s.f_flag & os.ST_RDONLY)
        self.assertTrue(s.f_flag & os.ST_NOSUID)
        self.assertGreater(s.f_blocks, 0)
        self.assertEqual(s.f_namemax, 255)

    # Refusals

    def refused(self, number, call, *arguments, **more):
        with self.assertRaises(OSError) as caught:
            call(*arguments, **more)
        self.assertEqual(
            errno.errorcode[caught.exception.errno], errno.errorcode[number], arguments
        )

    def test_every_kind_of_write_is_refused(self):
        file, directory = self.mnt / BIG, self.mnt / "months"
        new = directory / "new"
        for flags in (
            os.O_WRONLY,
            os.O_RDWR,
            os.O_WRONLY | os.O_TRUNC,
            os.O_WRONLY | os.O_APPEND,
        ):
            self.refused(errno.EROFS, os.open, file, flags)
        self.refused(errno.EROFS, os.open, new, os.O_CREAT | os.O_WRONLY)
        self.refused(errno.EROFS, os.truncate, file, 0)
        self.refused(errno.EROFS, os.mkdir, new)
        self.refused(errno.EROFS, os.mknod, new)
        self.refused(errno.EROFS, os.mkfifo, new)
        self.refused(errno.EROFS, os.rmdir, directory / MONTH)
        self.refused(errno.EROFS, os.unlink, file)
        self.refused(errno.EROFS, os.rename, file, new)
        self.refused(errno.EROFS, os.link, file, new)
        self.refused(errno.EROFS, os.symlink, "x", new)
        self.refused(errno.EROFS, os.chmod, file, 0o644)
        self.refused(errno.EROFS, os.chown, file, 1, 1)
        self.refused(errno.EROFS, os.utime, file)
        self.refused(errno.EROFS, os.setxattr, file, "user.x", b"1")
        self.refused(errno.EROFS, os.removexattr, file, "user.costfs.as_of")
        self.assertEqual(harness.run("touch", file).returncode, 1)
        self.assertFalse(os.access(file, os.W_OK))
        self.assertTrue(os.access(file, os.R_OK))
        self.assertFalse(os.access(file, os.X_OK))

    def test_what_is_not_there_is_enoent(self):
        for name in (
            "nothing",
            "months/2001-01",
            "months/nothing",
            "accounts/999999999999",
            f"months/{MONTH}/nothing.csv",
            f"months/{MONTH}/services/nothing",
            f"months/{MONTH}/costs.csv",
            ".costfs/nothing",
            ".git",
            ".hidden",
        ):
            self.refused(errno.ENOENT, os.stat, self.mnt / name)
        self.refused(errno.ENOTDIR, os.stat, self.mnt / "README.txt/x")
        self.refused(errno.ENOTDIR, os.listdir, self.mnt / "README.txt")
        self.refused(errno.EISDIR, os.open, self.mnt / "months", os.O_RDWR)
        self.refused(errno.ENAMETOOLONG, os.stat, self.mnt / ("x" * 256))


if __name__ == "__main__":
    harness.main()
