"""Recommendations and carbon emissions beside an export, against Python's own reading of the
files: from directories, from a mount, from a bucket."""
import csv
import decimal
import errno
import gzip
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import harness

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "s3"))
import strict  # noqa: E402
from server import Bucket, Identity, Rule  # noqa: E402

ADVICE = [f"2026-11-{day}.csv" for day in (21, 22, 23)]
CARBON = ["2026-09.csv", "2026-10.csv", "2026-10_v2.0.0.csv"]
NAMES = {"demo-carbon": CARBON, "demo-recommendations": ADVICE}
DATA_FOLDER = {
    "2026-09.csv": "carbon_model_version=v3.0.0/usage_period=2026-09",
    "2026-10.csv": "carbon_model_version=v3.0.0/usage_period=2026-10",
    "2026-10_v2.0.0.csv": "carbon_model_version=v2.0.0/usage_period=2026-10",
}


def folder(name, file):
    return f"exports/{name}/data/" + DATA_FOLDER.get(file, f"date={file[:-4]}")


def said(root, name, file):
    """What the file is to say: the files that the manifest names, in the dialect."""
    data = folder(name, file)
    manifest = root / data.replace("/data/", "/metadata/") / f"{name}-Manifest.json"
    out = io.StringIO()
    to = csv.writer(out, lineterminator="\n")
    for number, key in enumerate(json.loads(manifest.read_text())["dataFiles"]):
        path = root / key.removeprefix("s3://acme-billing-exports/")
        with gzip.open(path, "rt", newline="") as of:
            rows = list(csv.reader(of))
        to.writerows([cell.replace("\n", " ") for cell in row]
                     for row in rows[number > 0:])
    return out.getvalue().encode()


def plain(cell):
    """One spelling for numbers and times of CSV and of Parquet."""
    if re.fullmatch(r"\d+\.\d+(E-\d+)?|0", cell):
        return decimal.Decimal(cell).normalize()
    return cell.replace(".000Z", "Z")


class Tables(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        for kind, more in (("csv", ()), ("parquet", ("--layout", "create-new"))):
            harness.costfs("demo-export", cls.shared / kind, "--rows", "300", "--months",
                           "2", "--accounts", "4", "--format", f"cur2-{kind}", "--tables",
                           *more, check=True)
        cls.csv = cls.shared / "csv"

    def cat(self, source, *paths, **more):
        return harness.costfs("cat", source, *paths, "--cache", self.tmp / "cache",
                              check=True, **more).stdout

    def ls(self, source, *paths):
        done = harness.costfs("ls", source, *paths, "--cache", self.tmp / "cache", check=True)
        return done.stdout.decode().split()

    def copy(self):
        return pathlib.Path(shutil.copytree(self.csv, self.tmp / "copy"))

    def test_commands_show_every_row_as_it_is(self):
        for source in (self.csv, self.csv / "exports/demo"):
            self.assertIn("tables", self.ls(source))
            self.assertEqual(self.ls(source, "tables"), sorted(NAMES))
            for name, files in NAMES.items():
                self.assertEqual(self.ls(source, f"tables/{name}"), files)
                for file in files:
                    text = self.cat(source, f"tables/{name}/{file}")
                    self.assertEqual(text, said(self.csv, name, file))

    def test_parquet_says_the_same(self):
        for name, files in NAMES.items():
            for file in files:
                rows = [
                    [[plain(cell) for cell in row] for row in csv.reader(io.StringIO(
                        self.cat(self.shared / kind, f"tables/{name}/{file}").decode()))]
                    for kind in ("csv", "parquet")
                ]
                self.assertGreater(len(rows[0]), 8)
                self.assertEqual(rows[0], rows[1])

    def test_costs_know_nothing_of_them(self):
        alone = self.copy()
        for name in NAMES:
            shutil.rmtree(alone / "exports" / name)
        self.assertEqual([n for n in self.ls(self.csv) if n != "tables"], self.ls(alone))
        files = ["README.txt", "months.csv", "services.csv"]
        files += [f"this-month/{n}.csv" for n in ("total", "by-service", "lines", "daily")]
        for file in files[1:]:
            self.assertEqual(self.cat(self.csv, file), self.cat(alone, file))
        self.assertNotIn(b"tables/", self.cat(alone, files[0]))
        self.ls(self.csv)
        self.assertIn(b"tables/NAME", self.cat(self.csv, files[0]))

    def test_copies_without_manifests(self):
        alone = self.copy()
        for name, files in NAMES.items():
            shutil.rmtree(alone / "exports" / name / "metadata")
            for file in files:
                self.assertEqual(self.cat(alone, f"tables/{name}/{file}"),
                                 said(self.csv, name, file))

    def cached(self):
        return list((self.tmp / "cache/v1").glob("*.table"))

    def test_a_mount_reads_what_is_looked_at_and_no_more(self):
        m = self.mount(self.csv, "mnt", refresh="1h")
        self.assertIn("tables", os.listdir(m))
        for name, files in NAMES.items():
            self.assertEqual(sorted(os.listdir(m / f"tables/{name}")), files)
            self.assertEqual(len(list(os.scandir(m / f"tables/{name}"))), len(files))
        self.assertEqual(self.cached(), [])
        path = m / "tables/demo-recommendations" / ADVICE[0]
        want = said(self.csv, "demo-recommendations", ADVICE[0])
        st = os.stat(path)
        self.assertEqual((st.st_size, st.st_mode), (len(want), 0o100444))
        self.assertEqual(len(self.cached()), 1)
        self.assertEqual(path.read_bytes(), want)
        manifest = (self.csv / folder("demo-recommendations", ADVICE[0]).replace(
            "/data/", "/metadata/") / "demo-recommendations-Manifest.json")
        self.assertEqual(st.st_mtime, manifest.stat().st_mtime)
        self.assertEqual(os.getxattr(path, "user.costfs.lines"), b"8")
        self.assertNotIn("user.costfs.unblended_cost", os.listxattr(path))
        self.assert_errno(errno.EROFS, open, path, "w")
        # Of one that nobody has looked at, without asking for its size.
        opened = os.open(m / "tables/demo-carbon" / CARBON[1], os.O_RDONLY)
        self.assertEqual(os.read(opened, 1 << 20), said(self.csv, "demo-carbon", CARBON[1]))
        os.close(opened)
        for missing in ("tables/x", "tables/demo-carbon/x.csv", "tables/demo-carbon/2026-10"):
            self.assert_errno(errno.ENOENT, os.stat, m / missing)
        m.terminate()
        again = self.mount(self.csv, "mnt")
        self.assertEqual(os.stat(again / "tables/demo-recommendations" / ADVICE[0]).st_ino,
                         st.st_ino)

    def test_a_refresh_shows_what_came_and_an_open_file_stays(self):
        copy = self.copy()
        m = self.mount(copy, "mnt", refresh="1h")
        path = "tables/demo-recommendations/2026-11-23.csv"
        with open(m / path, "rb") as old:
            before = m.read(path)
            data = copy / folder("demo-recommendations", ADVICE[2])
            with gzip.open(data / "demo-recommendations-00002.csv.gz", "at") as to:
                to.write("111122223333" + "," * 24 + "\n")
            new = copy / "exports/demo-recommendations/data/date=2026-11-24"
            new.mkdir()
            with gzip.open(new / "demo-recommendations-00001.csv.gz", "wt") as to:
                to.write('account_id,"a ""note"""\n000012345678,"x\ny"\n')
            m.refresh()
            harness.wait_until(lambda: m.read(path) != before)
            self.assertEqual(m.read(path), before + b"111122223333" + b"," * 24 + b"\n")
            self.assertEqual(m.text("tables/demo-recommendations/2026-11-24.csv"),
                             'account_id,"a ""note"""\n000012345678,x y\n')
            self.assertEqual(old.read(), before)

    def test_a_damaged_file_is_an_error_that_is_named(self):
        copy = self.copy()
        data = copy / folder("demo-carbon", CARBON[1]) / "demo-carbon-00002.csv.gz"
        data.write_bytes(data.read_bytes()[:-5])
        m = self.mount(copy, "mnt", refresh="1h")
        path = f"tables/demo-carbon/{CARBON[1]}"
        self.assert_errno(errno.EIO, os.stat, m / path)
        (line,) = m.errors().splitlines()
        self.assertRegex(line, rf"^{path} EBADMSG .*demo-carbon-00002.csv.gz.* \| copy it")
        self.assertIn(path, m.text("STATUS.txt"))
        shutil.copy(self.csv / data.relative_to(copy), data)
        m.refresh()
        self.assertEqual(m.read(path), said(self.csv, "demo-carbon", CARBON[1]))
        self.assertEqual(m.errors(), "")

    def test_what_was_read_stays_when_the_source_has_gone(self):
        copy = self.copy()
        path = f"tables/demo-carbon/{CARBON[0]}"
        m = self.mount(copy, "mnt")
        text = m.read(path)
        m.terminate()
        copy.rename(self.tmp / "away")
        m = self.mount(copy, "mnt")
        self.assertEqual(m.read(path), text)
        self.assert_errno(errno.EIO, m.read, f"tables/demo-carbon/{CARBON[1]}")
        m.terminate()
        self.assertEqual(self.cat(copy, path), text)


class DeniedAbove(Rule):
    """Whoever may list the export's own folder only."""

    def fits(self, record):
        return super().fits(record) and re.search(
            r"(^|&)prefix=exports(%2F)?(&|$)", record["query"])


class Bucketed(strict.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        harness.costfs("demo-export", cls.shared / "b", "--rows", "100", "--months", "2",
                       "--accounts", "3", "--format", "cur2-csv", "--tables", check=True)

    def setUp(self):
        super().setUp()
        self.server = self.serve({"costs": Bucket(self.shared / "b")})

    def asked(self, *parts):
        """Keys and prefixes that were asked for with all of the parts."""
        return [r["operation"] for r in self.server.requests()
                if all(p in str(r) for p in parts)]

    def test_listings_alone_until_a_partition_is_opened(self):
        source = "s3://costs/exports/demo"
        self.costfs("cat", source, "this-month/total.csv", check=True)
        self.assertEqual(self.asked("demo-carbon"), [])
        self.costfs("ls", source, "tables/demo-carbon", check=True)
        self.assertEqual(set(self.asked("demo-carbon")), {"ListObjectsV2"})
        self.costfs("ls", source, "tables/demo-carbon", check=True)
        before = len(self.server.requests())
        done = self.costfs("cat", source, "tables/demo-carbon/2026-10.csv", check=True)
        self.assertEqual(done.stdout, said(self.shared / "b", "demo-carbon", "2026-10.csv"))
        self.assertLess(len(self.server.requests()) - before, 16)
        # It is fresh, and then the network is away.
        before = len(self.server.requests())
        for _ in range(2):
            again = self.costfs("cat", source, "tables/demo-carbon/2026-10.csv", check=True)
            self.assertEqual(again.stdout, done.stdout)
            self.assertEqual(len(self.server.requests()), before)
            self.server.rules(Rule("refuse"))

    def test_a_mount_of_a_bucket_finds_them_in_the_background(self):
        m = self.mount("s3://costs/exports/demo", refresh="1h")
        harness.wait_until(lambda: "tables" in os.listdir(m))
        for name, files in NAMES.items():
            for file in files:
                self.assertEqual(m.read(f"tables/{name}/{file}"),
                                 said(self.shared / "b", name, file))

    def test_who_waits_for_one_can_be_interrupted_and_others_go_on(self):
        m = self.mount("s3://costs/exports/demo", refresh="1h")
        harness.wait_until(lambda: "tables" in os.listdir(m))
        m.read("this-month/total.csv")
        self.server.rules(Rule("stall", operation="GetObject", key=".*carbon.*gz", seconds=20))
        waits = subprocess.Popen(["cat", m / "tables/demo-carbon/2026-10.csv"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(waits.kill)
        harness.wait_until(lambda: self.asked("demo-carbon", "GetObject", "csv.gz"))
        self.assertEqual(sorted(os.listdir(m / "tables/demo-carbon")), CARBON)
        self.assertEqual(len(m.read(f"tables/demo-recommendations/{ADVICE[0]}")), len(
            said(self.shared / "b", "demo-recommendations", ADVICE[0])))
        self.assertIsNone(waits.poll())
        begun = time.monotonic()
        waits.send_signal(signal.SIGINT)
        self.assertEqual(waits.wait(10), -signal.SIGINT)
        self.assertLess(time.monotonic() - begun, 2 * harness.slowness())
        waits.stderr.close()

    def test_where_the_folder_above_is_denied_there_are_none(self):
        self.server = self.serve({"costs": Bucket(self.shared / "b")})
        self.server.rules(DeniedAbove("denied", operation="ListObjectsV2"))
        done = self.costfs("ls", "s3://costs/exports/demo", check=True)
        self.assertNotIn(b"tables", done.stdout)
        self.assertEqual(done.stderr, b"")
        m = self.mount("s3://costs/exports/demo", refresh="1h")
        self.assertEqual(m.table("this-month/total.csv")[0]["currency"], "USD")
        self.assert_errno(errno.ENOENT, os.stat, m / "tables")


if __name__ == "__main__":
    harness.main()
