"""costfs doctor without AWS: a made-up export, copies in directories that are whole or not,
the cache. Its lines are golden; what they say of this machine is masked."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

COSTFS = sys.argv.pop(1)
STATES = {"ok", "warning", "FAILED", "skipped"}

LOCAL = """\
ok       configuration: the source is COPY
skipped  credentials: because the source is no place in AWS
skipped  identity: because the source is no place in AWS
skipped  clock: because the source is no place in AWS
skipped  region: because the source is no place in AWS
skipped  bucket: because the source is no place in AWS
ok       list: COPY may be listed
ok       export: legacy report "demo" in "exports/demo/": no other is there
ok       manifest: 2026-11 of 2 months: 2 files, N bytes, TIME
ok       read: exports/demo/20261101-20261201/demo-00001.csv.gz
skipped  decrypt: because the source is no place in AWS
ok       columns: legacy, 130 columns
skipped  legacy reports: because the source is no place in AWS
skipped  data exports: because the source is no place in AWS
skipped  account names: because the source is no place in AWS
ok       cache: CACHE will be made, N MB free
"""

EMPTY = """\
ok       list: COPY may be listed
FAILED   export: COPY: no billing export found in it: it is empty
          why:  it is not there, or not whole
          cure: it should hold PREFIX/NAME/20261101-20261201/ or \
PREFIX/NAME/data/BILLING_PERIOD=2026-11/, as AWS delivers them
skipped  manifest: because export failed
skipped  read: because manifest was skipped
skipped  decrypt: because the source is no place in AWS
skipped  columns: because read was skipped
"""


class Doctor(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="costfs-doctor-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        cls.whole = cls.shared / "whole"
        cls.run_costfs("demo-export", cls.whole, "--rows", "3000", "--months", "2", "--quiet")

    def setUp(self):
        self.tmp = pathlib.Path(tempfile.mkdtemp(prefix="costfs-doctor-"))
        self.addCleanup(shutil.rmtree, self.tmp)
        self.cache = self.tmp / "cache"

    @staticmethod
    def run_costfs(*words, home="/nonexistent", **more):
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            [COSTFS, *map(str, words)], capture_output=True, text=True, timeout=40, env=env, **more
        )

    def copy(self):
        shutil.copytree(self.whole, self.tmp / "copy")
        return self.tmp / "copy"

    def doctor(self, *words, status=0, **more):
        """What it prints, but for fuse, which is the machine's; and whatever that says
        does not count."""
        words = ("doctor", *words, "--cache", self.cache)
        done = self.run_costfs(*words, **more)
        self.assertEqual(done.stderr, "")
        text, fuse = re.fullmatch(r"(.*?)(^\w+ +fuse: .*)", done.stdout, re.M | re.S).groups()
        if status == 0 and fuse.startswith("FAILED"):
            status = 1
        self.assertEqual(done.returncode, status, done.stdout)
        return text

    def mask(self, text, copy=None):
        text = text.replace(str(copy or self.whole), "COPY").replace(str(self.cache), "CACHE")
        text = re.sub(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
        return re.sub(r"\d+ (MB free|bytes)", r"N \1", text)

    def line(self, text, name):
        return re.search(rf"^\w+ +{name}: .*\n(?: .*\n)*", text, re.M)[0]

    def test_a_copy_that_is_whole_is_well(self):
        self.assertEqual(self.mask(self.doctor(self.whole)), LOCAL)

    def test_demo_is_well(self):
        text = self.mask(self.doctor("demo:"))
        expected = LOCAL.replace("COPY", "demo:").replace("of 2 months", "of 3 months")
        expected = expected.replace("because the source is no place in AWS",
                                    "because demo: needs no AWS")
        # The made-up export is written into it.
        expected = expected.replace("CACHE will be made", "CACHE is yours alone and writable")
        self.assertEqual(text, expected)

    def test_a_section_of_the_configuration_is_a_source(self):
        config = self.tmp / "config"
        config.write_text(f"[acme]\nsource = {self.whole}\n")
        text = self.doctor("acme", "--config", config)
        self.assertIn(f"ok       configuration: section [acme]: the source is {self.whole}\n", text)

    def test_json_says_the_same(self):
        words = ("doctor", self.whole, "--cache", self.cache)
        lines = self.run_costfs(*words).stdout.splitlines()
        found = json.loads(self.run_costfs(*words, "--json").stdout)
        self.assertEqual(len(found), 17)
        for line, one in zip(lines, found):
            self.assertIn(one["status"], STATES)
            said = f"{one['status']:<8} {one['name']}: {one['seen']}"
            # Others write to the disk meanwhile.
            self.assertEqual(self.mask(said), self.mask(line))

    def test_a_directory_without_an_export_is_told(self):
        empty = self.tmp / "empty"
        empty.mkdir()
        text = self.mask(self.doctor(empty, status=1), empty)
        self.assertIn(EMPTY, text)
        self.assertEqual(len(re.findall(r"^\w", text, re.M)), 16)

    def test_a_directory_that_is_not_there_is_told(self):
        text = self.doctor(self.tmp / "nowhere", status=1)
        self.assertIn("FAILED   list: ", text)
        self.assertIn("skipped  export: because list failed\n", text)

    def test_several_exports_are_told_by_name(self):
        copy = self.copy()
        shutil.copytree(copy / "exports/demo", copy / "exports/other")
        text = self.doctor(copy, status=1)
        self.assertIn("2 exports stand in it", self.line(text, "export"))
        self.assertIn("cure: name one: --export", self.line(text, "export"))
        text = self.doctor(copy, "--export", "exports/other")
        self.assertIn("it has the name that was given", self.line(text, "export"))

    def test_a_month_without_a_manifest_is_a_warning(self):
        copy = self.copy()
        for manifest in copy.rglob("*Manifest.json"):
            manifest.unlink()
        text = self.doctor(copy)
        self.assertRegex(text, r"(?m)^warning  manifest: 2026-11 of 2 months has no manifest")
        self.assertIn("cure: copy the manifests", text)

    def test_a_damaged_manifest_is_told(self):
        copy = self.copy()
        for manifest in copy.rglob("*Manifest.json"):
            manifest.write_text('{"reportKeys": [')
        line = self.line(self.doctor(copy, status=1), "manifest")
        self.assertTrue(line.startswith("FAILED"), line)
        self.assertIn("cure: copy the manifest again", line)

    def test_a_file_that_the_manifest_names_and_is_absent_is_told(self):
        copy = self.copy()
        (copy / "exports/demo/20261101-20261201/demo-00002.csv.gz").unlink()
        line = self.line(self.doctor(copy, status=1), "manifest")
        self.assertTrue(line.startswith("FAILED"), line)
        self.assertIn("demo-00002.csv.gz", line)

    def test_data_that_is_no_table_of_costs_is_told(self):
        copy = self.copy()
        for file in copy.rglob("*-00001.csv.gz"):
            file.write_bytes(b"PAR1" + bytes(file.stat().st_size - 4))
        line = self.line(self.doctor(copy, status=1), "columns")
        self.assertTrue(line.startswith("FAILED"), line)

    def test_columns_that_are_missing_are_named(self):
        copy = self.tmp / "copy"
        month = copy / "exports/small/20261101-20261201"
        month.mkdir(parents=True)
        (month / "small-00001.csv").write_text(
            "bill/BillingPeriodStartDate,lineItem/UsageAccountId,lineItem/UsageStartDate,"
            "lineItem/LineItemType,lineItem/UnblendedCost,lineItem/CurrencyCode\n"
            "2026-11-01T00:00:00Z,111122223333,2026-11-01T00:00:00Z,Usage,1.00,USD\n"
        )
        line = self.line(self.doctor(copy), "columns")
        self.assertTrue(line.startswith("warning"), line)
        self.assertIn("empty will be net_unblended_cost, net_amortized_cost, amortized_cost of "
                      "what is covered, list_cost, by-tag\n", line)
        self.assertIn("no ids of resources", line)

    def test_a_cache_that_others_may_write_to_is_refused(self):
        self.cache.mkdir()
        self.cache.chmod(0o777)
        line = self.line(self.doctor(self.whole, status=1), "cache")
        self.assertIn("other users may write to it", line)
        self.assertIn("chmod go-w", line)

    def test_a_cache_that_is_a_file_is_refused(self):
        self.cache.write_text("")
        line = self.line(self.doctor(self.whole, status=1), "cache")
        self.assertTrue(line.startswith("FAILED"), line)

    def test_a_broken_configuration_leaves_what_needs_none(self):
        config = self.tmp / "config"
        config.write_text("[acme]\nsource = /srv\nthreads = many\n")
        text = self.doctor("acme", "--config", config, status=1)
        self.assertTrue(text.startswith("FAILED   configuration: "), text)
        self.assertIn("skipped  list: because configuration failed\n", text)
        self.assertNotIn("\nok       cache", text)

    def test_hostile_names_forge_no_lines(self):
        copy = self.tmp / "x\nok       list: all is well"
        text = self.doctor(copy, status=1)
        self.assertEqual(len(re.findall(r"^\w+ +list: ", text, re.M)), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
