"""Exports are found by asking AWS: which are told, which is mounted, and what is said when
none can be: against a server that checks signatures, pages by five and denies."""
import json
import os
import pathlib
import sys
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "mount")]

import harness  # noqa: E402
from server import Bucket, Identity, Server, export, report  # noqa: E402


class Exports(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        cls.copy = harness.demo_export(cls.shared / "copy", 3000, "--months", "2")

    def setUp(self):
        super().setUp()
        self.who = Identity()
        self.server = Server({"costs": Bucket(self.copy)}, [self.who])
        self.addCleanup(self.server.close)
        self.state = self.server.state
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.tmp),
            "LC_ALL": "C.UTF-8",
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_ACCESS_KEY_ID": self.who.access_key,
            "AWS_SECRET_ACCESS_KEY": self.who.secret,
            "AWS_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "XDG_CACHE_HOME": str(self.tmp / "cache"),
        }

    def costfs(self, *words, status=0):
        done = harness.costfs(*words, env=self.environment)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def exports(self, *words, status=0):
        found = json.loads(self.costfs("exports", "--json", *words, status=status).stdout)
        return found["exports"], found["errors"]

    def local(self, path):
        return harness.costfs("cat", self.copy, path, "--cache", self.tmp / "local",
                              check=True).stdout

    def test_all_pages_of_both_services_are_told(self):
        self.state.reports = [report(f"r{n:02}", "costs") for n in range(13)]
        self.state.exports = [export(f"e{n}", "costs", "p") for n in range(5)]
        told, errors = self.exports()
        self.assertEqual(sorted(e["name"] for e in told),
                         [f"e{n}" for n in range(5)] + [f"r{n:02}" for n in range(13)])
        self.assertEqual(errors, {"cur": None, "data_exports": None})
        first = next(e for e in told if e["name"] == "e0")
        self.assertEqual((first["kind"], first["format"], first["granularity"],
                          first["bucket"], first["prefix"], first["resource_ids"]),
                         ("CUR 2.0", "csv.gz", "hourly", "costs", "p/e0", True))

    def test_the_preferred_one_is_mounted_without_naming_a_source(self):
        self.state.reports = [report("demo", "costs", "exports"),
                              report("coarse", "costs", TimeUnit="MONTHLY")]
        told, _ = self.exports()
        self.assertEqual([(e["name"], e["verdict"]) for e in told],
                         [("demo", "preferred"), ("coarse", "usable")])
        m = self.mount("aws:", "mnt", environment=self.environment)
        self.assertEqual(m.read("this-month/lines.csv"),
                         self.local("this-month/lines.csv"))
        m.close()
        directory = self.tmp / "alone"
        directory.mkdir()
        self.costfs("mount", directory)
        self.addCleanup(harness.costfs, "umount", directory)
        self.assertEqual((directory / "months.csv").read_bytes()[:5], b"month")

    def test_a_name_picks_one_of_several(self):
        self.state.reports = [report("demo", "costs", "exports"),
                              report("other", "costs", "elsewhere")]
        said = self.costfs("ls", "aws:", status=1).stderr.decode()
        self.assertIn("equally good", said)
        self.assertIn("costs/exports/demo", said)
        self.assertIn("--export", said)
        for name in ("demo", "exports/demo", "costs/exports/demo/"):
            with self.subTest(name):
                got = self.costfs("cat", "aws:", "this-month/total.csv", "--export", name)
                self.assertEqual(got.stdout, self.local("this-month/total.csv"))
        said = self.costfs("ls", "aws:", "--export", "nobody", status=1).stderr.decode()
        self.assertIn("no export has that name", said)

    def test_one_service_that_denies_hides_nothing_of_the_other(self):
        self.state.reports = [report("demo", "costs", "exports")]
        self.who.deny = ["bcm-data-exports:*"]
        told, errors = self.exports()
        self.assertEqual([e["verdict"] for e in told], ["preferred"])
        self.assertIn("bcm-data-exports:ListExports", errors["data_exports"]["cure"])
        said = self.costfs("exports").stdout.decode()
        self.assertIn("bcm-data-exports:ListExports", said)
        self.assertIn("README.txt", self.costfs("ls", "aws:").stdout.decode())

    def test_both_that_deny_are_told_with_the_cure(self):
        self.who.deny = ["bcm-data-exports:*", "cur:*"]
        for words, status in ((("exports",), 1), (("ls", "aws:"), 1), (("mount", self.tmp), 5)):
            with self.subTest(words[0]):
                said = self.costfs(*words, status=status).stderr.decode()
                self.assertIn("AccessDenied", said)
                self.assertIn("allow bcm-data-exports:ListExports", said)

    def test_no_export_at_all_is_told(self):
        said = self.costfs("ls", "aws:", status=1).stderr.decode()
        self.assertIn("has no export", said)
        self.assertIn("Data Exports", said)
        told, _ = self.exports(status=1)
        self.assertEqual(told, [])

    def test_what_holds_no_costs_is_refused_by_its_name(self):
        self.state.exports = [
            export("advice", "costs", table="COST_OPTIMIZATION_RECOMMENDATIONS",
                   configuration={"FILTER": "{}"}),
            export("air", "costs", table="CARBON_EMISSIONS", configuration={"A": "B"}),
        ]
        told, _ = self.exports(status=1)
        self.assertEqual({e["verdict"] for e in told}, {"refused"})
        self.assertEqual({e["table"] for e in told},
                         {"COST_OPTIMIZATION_RECOMMENDATIONS", "CARBON_EMISSIONS"})
        said = self.costfs("ls", "aws:", "--export", "air", status=1).stderr.decode()
        self.assertIn("is no export of costs", said)

    def test_a_bucket_tells_by_its_files_without_billing_rights(self):
        self.who.deny = ["bcm-data-exports:*", "cur:*", "organizations:*"]
        for source in ("s3://costs", "s3://costs/exports", self.copy):
            with self.subTest(str(source)):
                told, _ = self.exports(source)
                self.assertEqual(
                    [(e["name"], e["verdict"], e["format"], e["found_by"]) for e in told],
                    [("demo", "preferred", "csv.gz", "its files")])
        used = {r["service"] for r in self.server.records}
        self.assertEqual(used, {"s3"})

    def test_a_source_asks_only_s3(self):
        self.costfs("cat", "s3://costs", "this-month/total.csv")
        self.assertEqual({r["service"] for r in self.server.records}, {"s3"})


if __name__ == "__main__":
    harness.main()
