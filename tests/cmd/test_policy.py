"""Policies that costfs prints are those written by hand from AWS's manual, and no value
breaks out of its place in them."""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
COSTFS = sys.argv.pop(1)
ACCOUNT = "000011112222"
KEY = "arn:aws:kms:eu-west-1:000011112222:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"


def costfs(*words, home="/nonexistent"):
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [COSTFS, *words], capture_output=True, text=True, timeout=20, env=env
    )


def unique(pairs):
    """An object, in which no name may stand twice."""
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), names
    return dict(pairs)


def statement(policy, sid):
    return next(s for s in policy["Statement"] if s["Sid"] == sid)


class Policy(unittest.TestCase):
    maxDiff = None

    def policy(self, *words, **more):
        done = costfs("policy", *words, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotRegex(done.stdout, r"<[a-z_]+>|\{[a-z]\}|my-bucket")
        return json.loads(done.stdout, object_pairs_hook=unique)

    def assert_same(self, name, *words, **more):
        expected = json.loads((HERE / "policy" / name).read_text())
        self.assertEqual(self.policy(*words, **more), expected)

    def assert_refused(self, cause, *words):
        done = costfs("policy", *words)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertIn(cause, done.stderr)
        return done.stderr

    def test_the_bucket_lets_both_writers_of_one_account_in(self):
        self.assert_same(
            "bucket.json", "bucket", "--bucket", "acme-billing", "--account", ACCOUNT
        )

    def test_the_source_may_name_the_bucket(self):
        for source in ("s3://acme-billing/a/b", "s3://acme-billing", "arn:aws:s3:::acme-billing/"):
            with self.subTest(source):
                self.assert_same("bucket.json", "bucket", source, "--account", ACCOUNT)

    def test_china_bills_in_ningxia(self):
        words = ("bucket", "--bucket", "acme-billing", "--account", ACCOUNT)
        self.assert_same("bucket-cn.json", *words, "--partition", "aws-cn")
        self.assert_same(
            "bucket-cn.json", "bucket", "arn:aws-cn:s3:::acme-billing", "--account", ACCOUNT
        )

    def test_nothing_is_delivered_in_govcloud_but_copies_are_read(self):
        words = ("--bucket", "acme-billing", "--partition", "aws-us-gov")
        said = self.assert_refused("AWS delivers no", "bucket", *words, "--account", ACCOUNT)
        self.assertIn("--partition aws", said)
        policy = self.policy("user", *words)
        self.assertEqual(
            statement(policy, "ReadExport")["Resource"], "arn:aws-us-gov:s3:::acme-billing/*"
        )
        sids = [s["Sid"] for s in policy["Statement"]]
        self.assertEqual(sids, ["ListExport", "LocateBucket", "ReadExport", "NameAccounts"])

    def test_the_user_reads_below_the_prefix_alone(self):
        for source in ("s3://acme-billing/exports/monthly", "s3://acme-billing/exports/monthly//"):
            with self.subTest(source):
                self.assert_same("user.json", "user", source)
        self.assert_same(
            "user.json", "user", "--bucket", "acme-billing", "--prefix", "exports/monthly/"
        )

    def test_without_a_prefix_there_is_no_condition_and_a_key_has_its_own_statement(self):
        self.assert_same(
            "user-key.json", "user", "s3://acme-billing", "--kms-key", KEY, "--bucket-only"
        )

    def test_discovery_is_what_the_product_page_lists(self):
        self.assert_same("discovery.json", "discovery")
        policy = self.policy("discovery", "--bucket-only")
        self.assertNotIn("FindReports", [s["Sid"] for s in policy["Statement"]])

    def test_a_key_in_china_is_used_through_the_service_there(self):
        key = KEY.replace("arn:aws:", "arn:aws-cn:").replace("eu-west-1", "cn-north-1")
        policy = self.policy("user", "arn:aws-cn:s3:::acme-billing", "--kms-key", key)
        self.assertEqual(
            statement(policy, "DecryptExport")["Condition"],
            {"StringEquals": {"kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"}},
        )

    def test_keys_that_begin_with_a_slash_or_hold_two_are_covered(self):
        policy = self.policy("user", "--bucket", "acme-billing", "--prefix", "/report")
        self.assertEqual(
            statement(policy, "ListExport")["Condition"]["StringLike"]["s3:prefix"],
            ["/report/*", "report/*"],
        )
        self.assertEqual(
            statement(policy, "ReadExport")["Resource"],
            ["arn:aws:s3:::acme-billing//report/*", "arn:aws:s3:::acme-billing/report/*"],
        )
        policy = self.policy("user", "s3://acme-billing/a/b//c")
        self.assertEqual(
            statement(policy, "ListExport")["Condition"]["StringLike"]["s3:prefix"],
            ["a/b//c/*", "a/b/c/*", "a/", "a/b/"],
        )

    def test_what_iam_takes_for_a_pattern_stands_for_itself(self):
        policy = self.policy("user", "--bucket", "acme-billing", "--prefix", "a*b?c$d")
        self.assertEqual(
            statement(policy, "ReadExport")["Resource"],
            "arn:aws:s3:::acme-billing/a${*}b${?}c${$}d/*",
        )

    def test_hostile_prefixes_stay_strings(self):
        for prefix in ('x"}]}', "x\\", 'x","Effect":"Deny', "x${aws:username}", "x'y", "é☃"):
            with self.subTest(prefix):
                policy = self.policy("user", "--bucket", "acme-billing", "--prefix", prefix)
                self.assertEqual(len(policy["Statement"]), 6)
                pattern = re.sub(r"[*?$]", r"${\g<0>}", prefix)
                self.assertEqual(
                    statement(policy, "ReadExport")["Resource"],
                    f"arn:aws:s3:::acme-billing/{pattern}/*",
                )

    def test_values_that_are_none_are_refused(self):
        for words, cause in (
            (("--bucket", "ab"), "no name of a bucket"),
            (("--bucket", "a" * 64), "no name of a bucket"),
            (("--bucket", "Acme"), "no name of a bucket"),
            (("--bucket", "acme_x"), "no name of a bucket"),
            (("--bucket", "-acme"), "no name of a bucket"),
            (("--bucket", "acme-"), "no name of a bucket"),
            (("--bucket", "ac..me"), "no name of a bucket"),
            (("--bucket", "10.0.0.1"), "no name of a bucket"),
            (("--bucket", 'acme"'), "no name of a bucket"),
            (("--bucket", "acme/*"), "no name of a bucket"),
            (("--bucket", ""), "no name of a bucket"),
            (("--account", "1111-2222-3333"), "no id of an account"),
            (("--account", "11112222333"), "no id of an account"),
            (("--account", "1111222233334"), "no id of an account"),
            (("--account", "11112222333x"), "no id of an account"),
            (("--partition", "aws-iso"), "no partition"),
            (("--partition", ""), "no partition"),
            (("--prefix", "a\nb"), "no prefix"),
            (("--prefix", "a" * 1001), "no prefix"),
            (("--kms-key", "alias/acme"), "no ARN of a KMS key"),
            (("--kms-key", ""), "no ARN of a KMS key"),
            (("--kms-key", KEY + "x"), "no ARN of a KMS key"),
            (("--kms-key", KEY + '"'), "no ARN of a KMS key"),
            (("--kms-key", KEY.replace(":key/", ":alias/")), "no ARN of a KMS key"),
            (("--kms-key", KEY.replace("arn:aws:", "arn:aws-cn:")), "no key of the partition"),
        ):
            with self.subTest(words):
                self.assert_refused(cause, "user", *words, "--bucket-only")
        self.policy("user", "--bucket", "abc")
        self.policy("user", "--bucket", "a" * 63)
        self.policy("user", "--bucket", "a.b-c.9")
        self.policy("user", "--bucket", "abc", "--prefix", "a" * 1000)

    def test_what_is_missing_is_asked_for_by_the_command_to_run(self):
        for words, lacks in (
            (("bucket",), "the bucket and the account that pays"),
            (("bucket", "--account", ACCOUNT), "the bucket"),
            (("bucket", "s3://acme-billing"), "the account that pays"),
            (("user",), "the bucket"),
            (("user", "--prefix", "it's/x y", "--bucket-only"), "the bucket"),
        ):
            with self.subTest(words):
                said = self.assert_refused(f"lacks {lacks}\n", *words).splitlines()
                self.assertEqual(len(said), 2)
                command = said[1].replace(
                    "$(aws sts get-caller-identity --query Account --output text)", ACCOUNT
                )
                again = shlex.split(command.strip().removeprefix("run: "))
                self.assertEqual(again[:3], ["costfs", "policy", words[0]])
                self.assertEqual([w for w in words if w not in again], [])
                self.assertEqual(costfs(*again[1:]).returncode, 0)

    def test_a_section_of_the_configuration_is_a_source(self):
        with tempfile.TemporaryDirectory() as home:
            config = pathlib.Path(home, ".config/costfs")
            config.mkdir(parents=True)
            (config / "config").write_text(
                "[acme]\nsource = s3://acme-billing/exports/monthly\n[local]\nsource = /srv\n"
            )
            self.assert_same("user.json", "user", "acme", home=home)
            done = costfs("policy", "user", "local", home=home)
            self.assertEqual(done.returncode, 2)
            self.assertIn("no place in S3", done.stderr)
        self.assert_refused("no such policy", "everything")


if __name__ == "__main__":
    unittest.main(verbosity=2)
