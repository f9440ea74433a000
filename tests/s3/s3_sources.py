"""Sources as people paste them or leave them out, trouble of the services that tell of
exports, and names of accounts. Against a server that lists what it is told."""
import json
import os
import pathlib
import sys
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "mount")]

import harness

SECRET = "planted/SecretKey+0123456789abcdefghijkl"
CUSTOM = "arn:aws:billing::123456789012:billingview/custom-0f1e"


def delivered(days_ago, status="SUCCESS"):
    when = time.gmtime(time.time() - days_ago * 86400)
    return {"ReportStatus": {"lastStatus": status,
                             "lastDelivery": time.strftime("%Y%m%dT%H%M%SZ", when)}}


def query(table="COST_AND_USAGE_REPORT"):
    return {"DataQuery": {
        "QueryStatement": f"SELECT line_item_resource_id, line_item_unblended_cost FROM {table}",
        "TableConfigurations": {table: {"TIME_GRANULARITY": "HOURLY",
                                        "INCLUDE_RESOURCES": "TRUE"}}}}


class Exports(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        harness.demo_export(cls.shared / "legacy", 3000, "--months", "2")
        harness.demo_export(cls.shared / "cur2", 3000, "--months", "2", "--format",
                            "cur2-csv", "--name", "second")
        done = harness.costfs("ls", cls.shared / "legacy", "accounts",
                              "--cache", cls.shared / "cache", check=True)
        cls.accounts = done.stdout.decode().split()

    def setUp(self):
        super().setUp()
        self.who = Identity(secret=SECRET)
        self.server = Server({
            "costs": Bucket(self.shared / "legacy", "billing/", region="eu-west-1"),
            "others": Bucket(self.shared / "cur2", region="us-east-1"),
        }, [self.who])
        self.addCleanup(self.server.close)
        self.server.state.accounts = []
        self.server.state.reports = [self.report()]
        self.server.state.exports = []
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.tmp),
            "LC_ALL": "C.UTF-8",
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.who.access_key,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def report(self, name="demo", bucket="costs", prefix="billing/exports",
               region="eu-west-1", **more):
        return report(name, bucket, prefix, region, **{**delivered(0), **more})

    def second(self, **more):
        return export("second", "others", "exports", **{**query(), **more})

    def costfs(self, *words, status=0):
        cache = () if words[0] == "exports" else ("--cache", self.tmp / "cache")
        done = harness.costfs(*words, *cache, env=self.environment)
        self.assertEqual(done.returncode, status, done.stderr.decode() + done.stdout.decode())
        self.assertNotIn(SECRET.encode(), done.stdout + done.stderr)
        done.out, done.err = done.stdout.decode(), done.stderr.decode()
        return done

    def exports(self, *words, status=0):
        """name: export, and all of it."""
        told = json.loads(self.costfs("exports", "--json", *words, status=status).out)
        return {each["name"]: each for each in told["exports"]}, told

    def asked(self):
        return {r["service"] for r in self.server.requests()}

    def root(self, *words, **more):
        return self.costfs("ls", *words, **more).out.split()

    # What costfs exports tells

    def test_a_denied_service_is_told_with_its_statement(self):
        for action, member in (("cur:DescribeReportDefinitions", "cur"),
                               ("bcm-data-exports:ListExports", "data_exports"),
                               ("bcm-data-exports:GetExport", "data_exports")):
            with self.subTest(action):
                self.server.state.exports = [self.second()]
                self.who.deny = (action,)
                _, told = self.exports()
                self.assertIn(action, str(told["errors"][member]["statement"]["Action"]))
                out = self.costfs("exports").out
                self.assertIn('"Action"', out)
                self.assertIn(action, out)

    def test_nothing_usable_is_exit_1_with_a_cure(self):
        self.server.state.reports = []
        self.assertIn("has no export", self.costfs("exports", status=1).err)
        self.who.deny = ("cur:*", "bcm-data-exports:*")
        self.assertIn("costfs policy user", self.costfs("exports", status=1).err)
        self.who.deny = ()
        self.environment["AWS_REGION"] = "us-gov-west-1"
        self.assertIn("GovCloud", self.costfs("exports", status=1).err)

    # What is shown

    def test_without_a_source_the_preferred_one_is_shown(self):
        self.server.state.reports.append(self.report("other", TimeUnit="DAILY"))
        self.assertIn("months", self.root())
        self.assertEqual(self.root("aws:", "months"), ["2026-10", "2026-11"])
        expected = harness.costfs("cat", self.shared / "legacy", "this-month/total.csv",
                                  "--cache", self.tmp / "other", check=True).stdout
        self.assertEqual(self.costfs("cat", "aws:", "this-month/total.csv").stdout, expected)

    def test_a_mount_without_a_source(self):
        directory = self.tmp / "mnt"
        directory.mkdir()
        self.addCleanup(harness.run, "umount", "-l", directory)
        self.costfs("mount", directory)
        self.assertEqual(sorted(os.listdir(directory / "months")), ["2026-10", "2026-11"])
        status = json.loads((directory / ".costfs/status.json").read_text())
        self.assertEqual(status["source"], "aws:")
        harness.costfs("umount", directory, check=True)
        # What is remembered needs no question.
        self.server.forget()
        self.costfs("mount", directory)
        os.listdir(directory / "months")
        self.assertEqual(self.asked() & {"cur", "bcm-data-exports"}, set())

    def test_other_keys_ask_anew(self):
        self.root()
        self.server.forget()
        other = Identity(access_key="AKIAANOTHERACCOUNT00", secret=SECRET)
        self.server.state.identities[other.access_key] = other
        self.environment["AWS_ACCESS_KEY_ID"] = other.access_key
        self.root()
        self.assertIn("cur", self.asked())

    def test_several_equal_ones_want_a_name(self):
        self.server.state.reports = [self.report(), self.report("twin")]
        err = self.costfs("ls", status=1).err
        self.assertIn("costs/billing/exports/demo", err)
        self.assertIn("--export", err)
        self.assertIn("months", self.root("aws:", "--export", "demo"))

    def test_a_worse_one_may_be_named(self):
        self.server.state.reports = [self.report(TimeUnit="MONTHLY"), self.report("better")]
        self.assertIn("months", self.root("aws:", "--export", "demo"))
        self.server.state.reports[0]["BillingViewArn"] = CUSTOM
        self.assertIn("months", self.root("aws:", "--export", "demo"))
        err = self.costfs("ls", "aws:", "--export", "nobody", status=1).err
        self.assertIn("no export has that name", err)

    def test_an_export_may_be_named_by_its_arn(self):
        self.server.state.exports = [self.second()]
        arn = self.server.state.exports[0]["Export"]["ExportArn"]
        text = self.costfs("cat", arn, "this-month/total.csv").out
        self.assertIn("2026-11,", text)
        self.assertEqual(
            {r["bucket"] for r in self.server.requests(service="s3")}, {"others"})

    def test_prefixes_with_empty_parts(self):
        for prefix in ("", "/", "billing/", "/billing//x/"):
            key = f"{prefix}/demo" if not prefix.endswith("/") else f"{prefix}demo"
            files = self.shared / "legacy/exports/demo"
            objects = {f"{key}/{f.relative_to(files)}": f.read_bytes()
                       for f in files.rglob("*") if f.is_file()}
            with self.subTest(prefix):
                self.server.buckets["costs"] = Bucket(objects=objects, region="eu-west-1")
                self.server.state.reports = [self.report(prefix=prefix)]
                self.environment["HOME"] = str(self.tmp / f"home{len(prefix)}")
                done = harness.costfs("ls", "aws:", "months", "--cache",
                                      self.tmp / f"cache{len(prefix)}", env=self.environment)
                self.assertEqual(done.stdout, b"2026-10\n2026-11\n", done.stderr)

    def test_one_that_has_delivered_nothing_says_so(self):
        self.server.state.reports = [self.report(prefix="empty")]
        err = self.costfs("ls", status=1).err
        self.assertIn("AWS has delivered nothing to it yet", err)
        self.assertIn("24 hours", err)

    def test_half_an_answer_decides_nothing(self):
        self.server.state.exports = [self.second()]
        self.server.rules(Rule("repeat_token", service="cur"))
        err = self.costfs("ls", status=1).err
        self.assertIn("again and again", err)
        self.server.rules(Rule("503", service="bcm-data-exports"))
        self.costfs("ls", status=1)
        # Which one is meant is known then.
        self.assertIn("months", self.root("aws:", "--export", "demo"))

    def test_trouble_that_passes_is_not_seen(self):
        self.server.rules(Rule("503", service="cur", count=1),
                          Rule("truncated", service="bcm-data-exports", count=1))
        self.assertIn("months", self.root())

    def test_without_keys_it_is_said_how_to_sign_in(self):
        del self.environment["AWS_SECRET_ACCESS_KEY"], self.environment["AWS_ACCESS_KEY_ID"]
        begun = time.monotonic()
        err = self.costfs("ls", status=1).err
        self.assertIn("aws configure", err)
        self.assertLess(time.monotonic() - begun, 5 * harness.SLOWNESS)

    def test_a_source_that_is_named_asks_s3_alone(self):
        for source in ("s3://costs/billing/exports/demo", "s3://costs/billing/exports",
                       "costs", "costs/billing/exports", "\" s3://costs/billing/exports/ \"",
                       "arn:aws:s3:::costs/billing",
                       "https://costs.s3.eu-west-1.amazonaws.com/billing/exports/",
                       "https://s3.console.aws.amazon.com/s3/buckets/costs?region=eu-west-1"
                       "&prefix=billing/exports/&showversions=false",
                       "s3://costs/billing/exports/demo/20261101-20261201/demo-Manifest.json",
                       "s3://costs/billing/exports/demo/20261001-20261101/"):
            with self.subTest(source):
                self.assertEqual(self.root(source, "months"), ["2026-10", "2026-11"])
        self.assertEqual(self.asked(), {"s3"})

    def test_words_that_are_nothing(self):
        err = self.costfs("ls", "No_such_thing", status=1).err
        self.assertIn("--export", err)
        err = self.costfs("ls", "nobodys-bucket/x", status=1).err
        self.assertIn("no such directory and no such section; as a bucket", err)
        self.assertIn("is missing", self.costfs("mount", "s3://costs", status=2).err)
        err = self.costfs("ls", self.server.url + "/x?X-Amz-Signature=abc", status=2).err
        self.assertNotIn("abc", err)

    # Names of accounts

    def organize(self):
        self.server.state.accounts = [
            {"Id": account, "Name": f"Team {n}", "Email": "x@example.com", "Status": "ACTIVE"}
            for n, account in enumerate(self.accounts)
        ] + [{"Id": f"{n:012d}", "Name": "Nobody"} for n in range(50)]

    def named(self):
        return sorted(f"team-{n}_{account}" for n, account in enumerate(self.accounts))

    def test_accounts_have_the_organizations_names(self):
        self.organize()
        self.assertEqual(sorted(self.root("aws:", "accounts")), self.named())
        self.server.forget()
        self.assertEqual(sorted(self.root("aws:", "accounts")), self.named())
        self.assertNotIn("organizations", self.asked())
        first = self.accounts[0]
        self.assertIn("account.json", self.root("aws:", f"accounts/{first}"))

    def test_a_refusal_is_no_failure(self):
        self.who.deny = ("organizations:*",)
        self.assertEqual(sorted(self.root("aws:", "accounts")), sorted(self.accounts))
        self.server.forget()
        self.root("aws:", "accounts")
        self.assertNotIn("organizations", self.asked())

    def test_no_organization_is_no_failure(self):
        self.server.state.accounts = None
        self.assertEqual(sorted(self.root("aws:", "accounts")), sorted(self.accounts))
        self.server.forget()
        self.root("aws:", "accounts")
        self.assertNotIn("organizations", self.asked())

    def test_a_source_that_is_named_has_them_on_demand(self):
        self.organize()
        source = "s3://costs/billing/exports/demo"
        self.assertEqual(sorted(self.root(source, "accounts")), sorted(self.accounts))
        self.assertEqual(self.asked(), {"s3"})
        words = ("accounts", "--account-names", "organizations")
        self.assertEqual(sorted(self.root(source, *words)), self.named())
        self.server.forget()
        self.assertEqual(
            sorted(self.root("aws:", "accounts", "--account-names", "none")),
            sorted(self.accounts))
        self.assertNotIn("organizations", self.asked())

    def test_names_that_are_configured_win(self):
        self.organize()
        first = self.accounts[0]
        config = self.tmp / "config"
        config.write_text(f"[acme]\nsource = aws:\nname.{first} = Mine\n")
        names = self.root("acme", "accounts", "--config", config)
        self.assertIn(f"mine_{first}", names)
        self.assertEqual(len([n for n in names if n.startswith("team-")]),
                         len(self.accounts) - 1)

    def test_names_that_come_late_hold_up_no_mount(self):
        self.organize()
        self.server.rules(Rule("slow_first_byte", service="organizations", seconds=3.5, count=1))
        begun = time.monotonic()
        m = self.mount("aws:", environment=self.environment)
        self.assertLess(time.monotonic() - begun, 3.3 * harness.SLOWNESS)
        first = self.accounts[0]
        self.assertIn(first, os.listdir(m / "accounts"))
        with open(m / f"accounts/{first}/account.json", encoding="utf-8") as held:
            harness.wait_until(lambda: sorted(os.listdir(m / "accounts")) == self.named(),
                               what="the names")
            self.assertIn('"name": ""', held.read())
        old = m.read(f"accounts/{first}/2026-11/total.csv")
        self.assertEqual(m.read(f"accounts/team-0_{first}/2026-11/total.csv"), old)
        self.assertIn("Team 0", m.text(f"accounts/{first}/account.json"))
        self.assertIn(f"team-0_{first}", m.text("accounts.csv"))

    def test_the_exports_own_names_go_first(self):
        self.server.state.reports = []
        self.server.state.exports = [self.second()]
        own = self.root(self.shared / "cur2", "accounts")
        self.server.state.accounts = [
            {"Id": name[-12:], "Name": "Not this"} for name in own]
        self.assertEqual(self.root("aws:", "accounts"), own)


if __name__ == "__main__":
    try:
        from server import Bucket, Identity, Rule, Server, export, report
    except ImportError as missing:
        print(f"skipped: no server to ask ({missing})")
        sys.exit(harness.SKIPPED)
    unittest.util._MAX_LENGTH = 1000
    harness.main()
