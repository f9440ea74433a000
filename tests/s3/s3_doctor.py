"""costfs doctor tells each trouble of an export in S3 by its name, with the cure that is
right: against a server that knows of signatures, rights, keys and clocks."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "mount")]

import harness

ACCOUNT = "123456789012"
SECRET = "planted/SecretKey+0123456789abcdefghijkl"
TOKEN = "plantedSessionToken0123456789=="
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/analyst/jane@example.com"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
LIMIT = 30.5  # seconds; half for the start of python and costfs


def statement(sid, action, resource, condition=None):
    made = {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}
    return {**made, "Condition": condition} if condition else made


LIST = statement("ListExport", "s3:ListBucket", "arn:aws:s3:::costs",
                 {"StringLike": {"s3:prefix": "billing/exports/*"}})
READ = statement("ReadExport", "s3:GetObject", "arn:aws:s3:::costs/billing/exports/*")
DECRYPT = statement("DecryptExport", "kms:Decrypt", KEY,
                    {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})
REPORTS = statement("FindReports", "cur:DescribeReportDefinitions", "*")
EXPORTS = statement("FindExports", ["bcm-data-exports:ListExports",
                                    "bcm-data-exports:GetExport"], "*")
ACCOUNTS = statement("NameAccounts", "organizations:ListAccounts", "*")


class Doctor(harness.Case):
    source = "s3://costs/billing/exports"

    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        harness.demo_export(cls.shared / "copy", 3000, "--months", "2")

    def setUp(self):
        super().setUp()
        self.who = Identity(secret=SECRET, token=TOKEN, arn=ROLE, account=ACCOUNT)
        self.bucket = Bucket(self.shared / "copy", "billing/")
        self.server = Server({"costs": self.bucket}, [self.who])
        self.addCleanup(self.server.close)
        self.server.state.accounts = []
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.tmp),
            "LC_ALL": "C.UTF-8",
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.who.access_key,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": TOKEN,
        }

    def words(self, *words):
        return ["doctor", *words, "--cache", self.tmp / "cache"]

    def doctor(self, *words, status=0):
        """name: finding, of all."""
        words = self.words(*(words or (self.source,)))
        done = harness.costfs(*words, "--json", env=self.environment)
        self.assertEqual(done.stderr, b"")
        for planted in (SECRET, TOKEN, self.who.access_key):
            self.assertNotIn(planted.encode(), done.stdout)
        self.assertNotIn(b"Signature=", done.stdout)
        found = {one["name"]: one for one in json.loads(done.stdout)}
        self.assertEqual(len(found), 17)
        self.assertEqual(done.returncode, status, done.stdout.decode())
        for one in found.values():
            if one["status"] == "FAILED":
                self.assertTrue(one.get("why") and one.get("cure"), one)
        return found

    def failed(self, found):
        return [name for name, one in found.items() if one["status"] == "FAILED"]

    def assert_skipped(self, found, *names):
        for name in names:
            self.assertEqual(found[name]["status"], "skipped", found[name])
            self.assertRegex(found[name]["seen"], "^because ")

    def test_all_is_well(self):
        found = self.doctor()
        self.assertEqual(
            {name for name, one in found.items() if one["status"] != "ok"},
            {"legacy reports", "data exports", "account names"},
        )
        self.assertIn("environment", found["credentials"]["seen"])
        self.assertIn("…" + self.who.access_key[-4:], found["credentials"]["seen"])
        self.assertEqual(found["identity"]["seen"], f"{ROLE} of account {ACCOUNT}")
        self.assertEqual(found["bucket"]["seen"], "s3://costs is in us-east-1")
        self.assertIn('legacy report "demo" in "demo/"', found["export"]["seen"])
        self.assertEqual(self.server.requests(service="cur"), [])

    def test_of_the_data_one_object_is_looked_at(self):
        self.bucket.directory = os.fsencode(harness.demo_export(
            self.tmp / "big", 40000, "--months", "1", "--compression", "plain"))
        self.doctor()
        data = [r for r in self.server.requests("GetObject") if ".csv" in r["key"]]
        self.assertEqual({r["key"][-9:] for r in data}, {"00001.csv"})
        self.assertLess(len(self.server.requests()), 40)

    def test_all_asks_for_optional_rights(self):
        found = self.doctor(self.source, "--all")
        for name in ("legacy reports", "data exports", "account names"):
            self.assertEqual(found[name]["status"], "ok", found[name])
        self.server.state.accounts = None
        found = self.doctor(self.source, "--all")
        self.assertEqual(found["account names"]["seen"], "the account is in no organization")

    def test_without_a_source_the_rights_are_what_there_is(self):
        self.who.deny = ("cur:*", "bcm-data-exports:*", "organizations:*")
        # The time is asked of whoever answers, but no bucket is looked at.
        harness.costfs(*self.words(), env=self.environment)
        asked = {r["bucket"] for r in self.server.requests(service="s3")}
        self.assertEqual(asked, {""})
        words = self.words()
        done = harness.costfs(*words, "--json", env=self.environment)
        self.assertEqual(done.returncode, 0, done.stdout)
        found = {one["name"]: one for one in json.loads(done.stdout)}
        for name, expected in (("legacy reports", REPORTS), ("data exports", EXPORTS),
                               ("account names", ACCOUNTS)):
            self.assertEqual(found[name]["status"], "warning")
            self.assertEqual(found[name]["statement"], expected)
        self.assert_skipped(found, "bucket", "list", "manifest", "columns")

    def test_somebody_elses_s3_goes_without_an_identity(self):
        self.environment["AWS_ENDPOINT_URL_S3"] = self.environment.pop("AWS_ENDPOINT_URL")
        found = self.doctor()
        self.assert_skipped(found, "identity")
        self.assertEqual(found["columns"]["status"], "ok")
        self.assertEqual(self.server.requests(service="sts"), [])

    def test_a_wrong_secret(self):
        self.environment["AWS_SECRET_ACCESS_KEY"] = "another/secret"
        found = self.doctor(status=1)
        self.assertEqual(self.failed(found), ["identity"])
        self.assertIn("SignatureDoesNotMatch", found["identity"]["seen"])
        self.assert_skipped(found, "list", "export", "manifest", "read", "columns")

    def test_an_unknown_key(self):
        self.environment["AWS_ACCESS_KEY_ID"] = "AKIANOBODYKNOWSTHIS0"
        found = self.doctor(status=1)
        self.assertEqual(self.failed(found), ["identity"])
        self.assertIn("InvalidClientTokenId", found["identity"]["seen"])

    def test_an_expired_token(self):
        self.who.expires = time.time() - 60
        found = self.doctor(status=1)
        self.assertEqual(self.failed(found), ["identity"])
        self.assertIn("ExpiredToken", found["identity"]["seen"])
        self.assertIn("renew", found["identity"]["cure"])

    def test_no_credentials(self):
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"):
            del self.environment["AWS_" + name]
        found = self.doctor(status=1)
        self.assertEqual(self.failed(found), ["credentials"])
        self.assertEqual(found["clock"]["status"], "ok")
        self.assertEqual(found["bucket"]["status"], "ok")
        self.assert_skipped(found, "identity", "list")

    def test_a_profile_that_is_not_there(self):
        found = self.doctor(self.source, "--profile", "nobody", status=1)
        self.assertEqual(self.failed(found), ["configuration"])
        self.assertIn("nobody", found["configuration"]["seen"])

    def test_files_that_cannot_be_read_as_such(self):
        (self.tmp / ".aws").mkdir()
        (self.tmp / ".aws/config").write_text("[default]\nregion\n")
        found = self.doctor(status=1)
        self.assertEqual(self.failed(found), ["configuration"])
        self.assertIn(".aws/config", found["configuration"]["seen"])

    def test_a_clock_that_is_off(self):
        for shift, status, side in ((600, "FAILED", "behind"), (-600, "FAILED", "ahead of"),
                                    (120, "warning", "behind"), (30, "ok", "behind")):
            with self.subTest(shift):
                self.server.clock_shift = shift
                found = self.doctor(status=1 if status == "FAILED" else 0)
                self.assertEqual(found["clock"]["status"], status)
                told = re.fullmatch(rf"(\d+) s {side} 127.*", found["clock"]["seen"])
                self.assertLessEqual(abs(int(told[1]) - abs(shift)), 2)
                # Signatures are made by the server's clock.
                self.assertEqual(found["columns"]["status"], "ok")

    def test_a_listing_that_is_denied(self):
        self.who.deny = ("s3:ListBucket",)
        found = self.doctor(status=1)
        self.assertEqual(self.failed(found), ["list"])
        self.assertEqual(found["list"]["statement"], LIST)
        self.assertIn("no policy allows it to role analyst", found["list"]["why"])
        self.assertIn("a policy of role analyst", found["list"]["cure"])
        self.assert_skipped(found, "export", "manifest", "read", "decrypt", "columns")

    def test_the_statement_is_also_in_the_text(self):
        self.who.deny = ("s3:ListBucket",)
        done = harness.costfs(*self.words(self.source), env=self.environment)
        text = done.stdout.decode()
        found = re.search(r"^FAILED   list: .*\n +why: .*\n +cure: .*\n(( {10}.*\n)+)", text, re.M)
        self.assertEqual(json.loads(found[1]), LIST)

    def test_reading_that_is_denied(self):
        self.who.deny = ("s3:GetObject",)
        found = self.doctor(status=1)
        self.assertEqual(self.failed(found), ["manifest"])
        self.assertEqual(found["manifest"]["statement"], READ)
        self.assert_skipped(found, "read", "decrypt", "columns")

    def test_a_key_that_is_denied_is_told_from_reading(self):
        self.bucket.kms = KEY
        found = self.doctor()
        self.assertEqual(found["decrypt"]["seen"], f"aws:kms, {KEY}")
        self.who.deny = ("kms:Decrypt",)
        found = self.doctor(status=1)
        self.assertEqual(self.failed(found), ["manifest", "decrypt"])
        self.assertIsNone(found["manifest"]["statement"])
        self.assertEqual(found["manifest"]["cure"], "see decrypt below")
        self.assertEqual(found["decrypt"]["statement"], DECRYPT)
        self.assertIn("role analyst", found["decrypt"]["cure"])

    def test_a_refusal_without_words_is_one_of_reading(self):
        self.server.rules(Rule("denied", operation="GetObject"))
        found = self.doctor(status=1)
        self.assertEqual(self.failed(found), ["manifest"])
        self.assertEqual(found["manifest"]["statement"], READ)

    def test_a_bucket_elsewhere_is_followed(self):
        self.bucket.region = "eu-central-1"
        for redirect in (400, 301):
            with self.subTest(redirect):
                self.bucket.redirect = redirect
                found = self.doctor()
                self.assertEqual(
                    found["bucket"]["seen"],
                    "s3://costs is in eu-central-1, not in us-east-1, where it is looked "
                    "for first",
                )
                self.assertEqual(found["columns"]["status"], "ok")

    def test_a_region_that_is_none(self):
        self.environment["AWS_REGION"] = "no region/"
        found = self.doctor(status=1)
        self.assertIn("region", self.failed(found))

    def test_a_bucket_that_is_not_there(self):
        found = self.doctor("s3://nowhere/billing", status=1)
        self.assertEqual(self.failed(found), ["bucket"])
        self.assert_skipped(found, "list", "export", "manifest", "read", "decrypt", "columns")

    def test_a_prefix_without_an_export(self):
        found = self.doctor("s3://costs/elsewhere", status=1)
        self.assertEqual(self.failed(found), ["export"])
        self.assertIn("no billing export found", found["export"]["seen"])
        self.assert_skipped(found, "manifest", "read", "decrypt", "columns")

    def test_an_object_in_the_archive(self):
        copy = self.shared / "copy"
        files = [f for f in copy.rglob("*") if f.is_file()]
        bucket = Bucket(objects={f"billing/{f.relative_to(copy)}": f.read_bytes() for f in files})
        for key, entry in bucket.objects.items():
            if key.endswith(b"00001.csv.gz"):
                entry.storage = "GLACIER"
        self.server.buckets["costs"] = bucket
        found = self.doctor(status=1)
        self.assertEqual(self.failed(found), ["read"])
        self.assertIn("restore", found["read"]["cure"])

    def test_a_service_in_trouble_costs_little_time(self):
        self.server.rules(Rule("503"))
        begun = time.monotonic()
        found = self.doctor(status=1)
        self.assertLess(time.monotonic() - begun, LIMIT)
        self.assertIn("bucket", self.failed(found))

    def test_a_server_that_is_away(self):
        self.server.close()
        begun = time.monotonic()
        found = self.doctor(status=1)
        self.assertLess(time.monotonic() - begun, LIMIT)
        self.assertEqual(self.failed(found), ["bucket"])
        self.assertIn("endpoint", found["clock"]["cure"])

    def test_a_server_that_never_answers_is_left_in_time(self):
        self.server.stall()
        begun = time.monotonic()
        found = self.doctor(status=1)
        self.assertLess(time.monotonic() - begun, LIMIT)
        self.assertIn("bucket", self.failed(found))
        self.assertEqual(found["cache"]["status"], "ok")

    def test_what_cannot_be_stopped_is_left_in_time(self):
        hung = self.mount(self.shared / "copy", "hung")
        os.kill(hung.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, hung.pid, signal.SIGCONT)
        begun = time.monotonic()
        found = self.doctor(hung.directory, status=1)
        self.assertLess(time.monotonic() - begun, LIMIT)
        self.assertEqual(self.failed(found), ["list"])
        self.assert_skipped(found, "export", "columns", "cache", "fuse")

    def test_an_interrupt_ends_it_at_once(self):
        self.server.stall()
        process = subprocess.Popen(
            [harness.costfs_path(), *map(str, self.words(self.source))],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.addCleanup(process.kill)
        harness.wait_until(lambda: self.server.accepted, what="a request")
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(10)
        self.assertLess(time.monotonic() - begun, 1 * harness.SLOWNESS)


if __name__ == "__main__":
    try:
        from server import Bucket, Identity, Rule, Server
    except ImportError as missing:
        print(f"skipped: no server to ask ({missing})")
        sys.exit(harness.SKIPPED)
    unittest.util._MAX_LENGTH = 400
    harness.main()
