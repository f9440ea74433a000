"""Programs that back up a mount, and large ones that read it: not all are everywhere, and
tests/run.sh installs none of them."""
import decimal
import json
import os
import pathlib
import shutil
import unittest

import harness

BEFORE, MONTH = "2026-09", "2026-10"


def needs(*tools):
    missing = [t for t in tools if shutil.which(t) is None]
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)}")


def comparable(row):
    """What LibreOffice writes of a cell and what stands in the CSV, as one."""
    return {name: comparable_cell(name, text) for name, text in row.items()}


def comparable_cell(name, text):
    if name in ("usage_start", "usage_end"):
        return text.replace("T", " ").rstrip("Z")
    if not text or not (name in ("usage_amount", "tagged_percent") or name.endswith("lines") or
                        name.endswith("_cost") and not name.startswith("tag_")):
        return text
    return +decimal.Context(prec=15).create_decimal(text.rstrip("%"))


class Backups(harness.Case):
    """The second backup is of another mount with an empty cache: inodes, times and sizes are
    what tell these programs that nothing has changed."""

    def setUp(self):
        super().setUp()
        self.source = harness.demo_export(
            self.tmp / "export", 600, "--format", "cur2-csv", "--months", "2",
            "--last-month", MONTH)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.tmp), "LC_ALL": "C.UTF-8",
            "RESTIC_REPOSITORY": str(self.tmp / "repository"), "RESTIC_PASSWORD": "x",
            "BORG_REPO": str(self.tmp / "repository"), "BORG_BASE_DIR": str(self.tmp / "borg"),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}

    def run_in(self, mount, *words):
        done = harness.run(*words, check=True, env=self.environment, cwd=mount.directory)
        return (done.stdout + done.stderr).decode()

    def each_mount(self, *words):
        """What the command says of a mount, and of the next one."""
        said = []
        for number in range(2):
            with harness.Mount(self.source, self.tmp / "mnt", self.tmp / f"cache{number}") as m:
                # What is said of all months is known when all have been read.
                for month in (BEFORE, MONTH):
                    m.read(f"months/{month}/lines.csv")
                said.append(self.run_in(m, *words))
        return said

    def check_restored(self, top):
        with harness.Mount(self.source, self.tmp / "mnt", self.tmp / "cache0") as m:
            name = f"months/{MONTH}/lines.csv"
            self.assertEqual((pathlib.Path(top) / name).read_bytes(), m.read(name))

    @needs("restic")
    def test_restic_finds_nothing_changed(self):
        self.run_in(self.tmp_mount(), "restic", "init")
        first, second = self.each_mount("restic", "backup", "months", "accounts")
        self.assertRegex(first, r"Files: +[1-9]\d+ new, +0 changed, +0 unmodified")
        self.assertRegex(second, r"Files: +0 new, +0 changed, +[1-9]\d+ unmodified")
        self.run_in(self.tmp_mount(), "restic", "restore", "latest", "--target",
                    self.tmp / "restored")
        self.check_restored(self.tmp / "restored")

    @needs("borg")
    def test_borg_finds_nothing_changed(self):
        self.run_in(self.tmp_mount(), "borg", "init", "--encryption", "none")
        first, second = self.each_mount(
            "borg", "create", "--list", "--filter", "AMEU", "--json", "::{now:%H%M%S%f}",
            "months", "accounts")
        self.assertGreater(sum(l.startswith("A ") for l in first.splitlines()), 500)
        # What is as new as the newest file is read again; nothing of it is stored.
        changed = [l for l in second.splitlines() if l[:2] in ("A ", "M ", "E ")]
        self.assertEqual([l for l in changed if f"/{BEFORE}/" in l], [])
        self.assertGreater(sum(l.startswith("U ") for l in second.splitlines()), 300)
        stored = [json.loads(said[:said.rindex("}") + 1])["archive"]["stats"]
                  for said in (first, second)]
        self.assertEqual(stored[0]["nfiles"], stored[1]["nfiles"])
        self.assertLess(stored[1]["deduplicated_size"], stored[0]["deduplicated_size"] / 50)

    def tmp_mount(self):
        """Where a command is run that needs none."""
        class Here:
            directory = self.tmp
        return Here


class Programs(harness.Case):
    def setUp(self):
        super().setUp()
        source = harness.demo_export(
            self.tmp / "export", 2000, "--format", "cur2-csv", "--months", "1",
            "--last-month", MONTH)
        self.mnt = self.mount(source)

    @needs("soffice")
    def test_libreoffice_reads_what_stands_there(self):
        """And back: a spreadsheet of it, saved as CSV, has the same cells."""
        name = f"months/{MONTH}/by-service.csv"
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.tmp), "LC_ALL": "C.UTF-8"}
        # 2: text, so that no id becomes a number and no cost a rounded one.
        columns = "/".join(f"{n}/2" for n in range(1, 10))
        for form, read in (
                (["xlsx", f"--infilter=CSV:44,34,76,1,{columns}", self.mnt / name], "xlsx"),
                (["csv:Text - txt - csv (StarCalc):44,34,76", self.tmp / "by-service.xlsx"],
                 "csv")):
            done = harness.run("soffice", "--headless", "--convert-to", form[0], *form[1:],
                               "--outdir", self.tmp, env=environment, timeout=120, check=True)
            self.assertTrue((self.tmp / f"by-service.{read}").exists(), done.stdout)
        self.assertEqual(harness.read_table((self.tmp / "by-service.csv").read_bytes()),
                         self.mnt.table(name))

    @needs("soffice")
    def test_libreoffice_opens_a_workbook(self):
        """Saved as CSV, cells unformatted: ids as they are, numbers to the 15 digits it has."""
        if not (self.mnt / "accounts.xlsx").exists():
            self.skipTest("built without libxlsxwriter")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.tmp), "LC_ALL": "C.UTF-8"}
        for name in ("by-service", "lines", "tag-coverage"):
            path = self.mnt / f"months/{MONTH}/{name}.xlsx"
            # 44, 34, 76: commas, quotes, UTF-8; the eighth says not to save what is shown.
            done = harness.run(
                "soffice", "--headless", "--convert-to",
                "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false", path,
                "--outdir", self.tmp, env=environment, timeout=240, check=True)
            self.assertTrue((self.tmp / f"{name}.csv").exists(), done.stdout)
            got = harness.read_table((self.tmp / f"{name}.csv").read_bytes())
            wanted = self.mnt.table(f"months/{MONTH}/{name}.csv")
            self.assertEqual(len(got), len(wanted))
            for g, w in zip(got, wanted):
                self.assertEqual(*map(comparable, (g, w)))

    @needs("parallel")
    def test_parallel_reads_pieces(self):
        name = self.mnt / f"months/{MONTH}/lines.csv"
        done = harness.run("parallel", "--will-cite", "--pipe-part", "-a", name, "--block", "64k",
                           "-k", "cat", env={"PATH": os.environ["PATH"], "HOME": str(self.tmp)},
                           check=True)
        self.assertEqual(done.stdout, name.read_bytes())

    @needs("updatedb.plocate")
    def test_updatedb_finds_every_name_and_reads_no_file(self):
        database = self.tmp / "database"
        harness.run("updatedb.plocate", "-U", self.mnt, "-o", database, "-l", "0", "--prunefs",
                    "", "--prunepaths", "", "--prune-bind-mounts", "no", check=True)
        found = harness.run("plocate", "-d", database, f"{MONTH}/by-service.csv", check=True)
        self.assertIn(str(self.mnt / f"months/{MONTH}/by-service.csv"),
                      found.stdout.decode().splitlines())


if __name__ == "__main__":
    harness.main()
