"""The stand-in against AWS's own tools: what botocore signs is taken, what is spoilt is not."""
import datetime
import http.client
import json
import pathlib
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from server import Bucket, Identity, Rule, Server, export, report
from server.checksum import crc64nvme
from server.faults import PASSING
from server.identity import temporary
from server.server import check_nothing_is_refused

SKIPPED = 77
NASTY = (
    "a b", "a+b", "a%20b", "a//b", "/first", "\u00fc/\u00e9", "x/../y", "x/./y", "~t",
    "(p)&=?#;:@,$!*'", "tab\tand\nline", "q\"<>&", "\u65e5\u672c/\u8a9e", ".", "%", "=",
)
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}


def client(server, service, region="us-east-1", attempts=0, **keys):
    config = botocore.config.Config(retries={"max_attempts": attempts}, read_timeout=5)
    return boto3.client(service, endpoint_url=server.url, region_name=region,
                        config=config, **{**KEYS, **keys})


class Case(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="costfs-server-")
        self.addCleanup(self.directory.cleanup)
        root = pathlib.Path(self.directory.name)
        (root / "deep" / "er").mkdir(parents=True)
        (root / "deep" / "er" / "file.bin").write_bytes(bytes(range(256)) * 40)
        (root / "top.txt").write_text("top")
        self.server = Server({
            "files": Bucket(root, checksum="crc32"),
            "nasty": Bucket(objects={k: f"body of {k}".encode() for k in NASTY}),
            "paris": Bucket(root, region="eu-west-3"),
            "london": Bucket(root, region="eu-west-2", redirect=301),
        })
        self.addCleanup(self.server.close)

    def refused(self, code, call, **arguments):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**arguments)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)

    # Signatures

    def raw(self, spoil=None, service="s3", path="/nasty/a%20b", body=b"", method="GET",
            headers=(), at=None):
        """Status and body of a request that botocore signed, and spoil() changed."""
        request = botocore.awsrequest.AWSRequest(
            method, self.server.url + path, dict(headers), body)
        kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
        keys = botocore.credentials.Credentials(*KEYS.values())
        kind(keys, service, "us-east-1").add_auth(request)
        sent = [(k, v) for k, v in request.headers.items()]
        words = {"method": method, "path": path, "headers": sent, "body": body}
        if spoil:
            spoil(words)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=5)
        connection.putrequest(words["method"], words["path"], skip_accept_encoding=True)
        for name, value in words["headers"]:
            connection.putheader(name, value)
        if words["body"]:
            connection.putheader("Content-Length", str(len(words["body"])))
        connection.endheaders(words["body"] or None)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def assert_raw(self, status, code, spoil=None, **more):
        got, text = self.raw(spoil, **more)
        self.assertEqual(got, status, text)
        self.assertIn(code, text)

    def test_what_botocore_signs_is_taken(self):
        self.assert_raw(200, "body of a b")

    def test_a_changed_byte_of_the_path_is_refused(self):
        self.assert_raw(403, "SignatureDoesNotMatch", lambda w: w.update(path="/nasty/a+b"))

    def test_another_spelling_of_the_path_is_refused(self):
        self.assert_raw(403, "SignatureDoesNotMatch",
                        lambda w: w.update(path="/nasty/%61%20b"))

    def test_a_changed_query_is_refused(self):
        self.assert_raw(403, "SignatureDoesNotMatch",
                        lambda w: w.update(path="/nasty?list-type=2&max-keys=2"),
                        path="/nasty?list-type=2&max-keys=1")

    def test_the_order_of_the_query_is_of_no_account(self):
        self.assert_raw(200, "ListBucketResult",
                        lambda w: w.update(path="/nasty?max-keys=1&list-type=2"),
                        path="/nasty?list-type=2&max-keys=1")

    def test_another_method_is_refused(self):
        self.assert_raw(403, "SignatureDoesNotMatch", lambda w: w.update(method="POST"))

    def test_a_header_that_is_not_signed_is_refused(self):
        self.assert_raw(403, "not signed",
                        lambda w: w["headers"].append(("x-amz-request-payer", "requester")))

    def test_a_header_sent_twice_is_refused(self):
        self.assert_raw(400, "AuthorizationHeaderMalformed", lambda w: w["headers"].append(
            next(h for h in w["headers"] if h[0].lower() == "x-amz-date")))

    def test_a_changed_header_is_refused(self):
        def spoil(words):
            words["headers"] = [(k, "other") if k == "x-amz-a" else (k, v)
                                for k, v in words["headers"]]

        self.assert_raw(403, "SignatureDoesNotMatch", spoil, headers=[("x-amz-a", "one")])

    def test_a_changed_body_is_refused(self):
        form = b"Action=GetCallerIdentity&Version=2011-06-15"
        more = {"service": "sts", "path": "/", "method": "POST", "body": form,
                "headers": [("Content-Type", "application/x-www-form-urlencoded")]}
        self.assert_raw(200, "user/tester", **more)
        self.assert_raw(403, "SignatureDoesNotMatch",
                        lambda w: w.update(body=form.replace(b"06", b"07")), **more)

    def test_s3_wants_the_hash_of_the_body(self):
        def spoil(words):
            words["headers"] = [h for h in words["headers"]
                                if h[0].lower() != "x-amz-content-sha256"]

        self.assert_raw(400, "InvalidRequest", spoil)

    def test_names_of_headers_have_to_be_sorted(self):
        def spoil(words):
            def swap(value):
                return value.replace("host;x-amz-content-sha256", "x-amz-content-sha256;host")

            words["headers"] = [(k, swap(v) if k == "Authorization" else v)
                                for k, v in words["headers"]]

        self.assert_raw(400, "AuthorizationHeaderMalformed", spoil)

    def test_the_clock_may_be_fifteen_minutes_off_for_s3_and_five_for_others(self):
        list_all = client(self.server, "s3").list_objects_v2
        whoami = client(self.server, "sts").get_caller_identity
        for shift in (0, 280, -280):
            self.server.clock_shift = shift
            list_all(Bucket="nasty")
            whoami()
        for shift in (320, -320):
            self.server.clock_shift = shift
            list_all(Bucket="nasty")
            self.refused("SignatureDoesNotMatch", whoami)
        for shift in (920, -920):
            self.server.clock_shift = shift
            self.refused("RequestTimeTooSkewed", list_all, Bucket="nasty")

    def test_wrong_keys_are_refused_as_each_service_does(self):
        for service, operation, arguments, codes in (
            ("s3", "list_objects_v2", {"Bucket": "nasty"},
             ("SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidToken")),
            ("sts", "get_caller_identity", {},
             ("SignatureDoesNotMatch", "InvalidClientTokenId", "InvalidClientTokenId")),
            ("cur", "describe_report_definitions", {},
             ("InvalidSignatureException", "UnrecognizedClientException",
              "UnrecognizedClientException")),
        ):
            wrong = ({"aws_secret_access_key": "x"}, {"aws_access_key_id": "AKIAX"},
                     {"aws_session_token": "t"})
            for keys, code in zip(wrong, codes):
                call = getattr(client(self.server, service, **keys), operation)
                self.refused(code, call, **arguments)

    def test_keys_that_have_expired_are_refused(self):
        past = temporary("123456789012", "arn:aws:sts::1:assumed-role/a/b", -1)
        self.server.state.identities[past.access_key] = past
        keys = {"aws_access_key_id": past.access_key, "aws_session_token": past.token,
                "aws_secret_access_key": past.secret}
        self.refused("ExpiredToken", client(self.server, "s3", **keys).list_objects_v2,
                     Bucket="nasty")
        self.refused("ExpiredTokenException",
                     client(self.server, "cur", **keys).describe_report_definitions)

    def test_what_is_denied_is_refused(self):
        poor = Identity("AKIAPOOR", "s", deny=["s3:Get*", "cur:*"])
        self.server.state.identities["AKIAPOOR"] = poor
        keys = {"aws_access_key_id": "AKIAPOOR", "aws_secret_access_key": "s"}
        s3 = client(self.server, "s3", **keys)
        s3.list_objects_v2(Bucket="nasty")
        self.refused("AccessDenied", s3.get_object, Bucket="nasty", Key="a b")
        self.refused("AccessDeniedException",
                     client(self.server, "cur", **keys).describe_report_definitions)

    # S3

    def test_awkward_keys_are_listed_and_read(self):
        s3 = client(self.server, "s3")
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket="nasty", PaginationConfig={"PageSize": 3})
        listed = [o["Key"] for page in pages for o in page["Contents"]]
        self.assertEqual(listed, sorted(NASTY, key=str.encode))
        for key in NASTY:
            body = s3.get_object(Bucket="nasty", Key=key)["Body"].read()
            self.assertEqual(body.decode(), f"body of {key}")
        check_nothing_is_refused(self.server)

    def test_folders_are_told_by_the_delimiter_on_every_size_of_page(self):
        s3 = client(self.server, "s3")
        for size in (1, 2, 1000):
            pages = list(s3.get_paginator("list_objects_v2").paginate(
                Bucket="files", Delimiter="/", PaginationConfig={"PageSize": size}))
            folders = [f["Prefix"] for p in pages for f in p.get("CommonPrefixes", [])]
            keys = [o["Key"] for p in pages for o in p.get("Contents", [])]
            self.assertEqual((folders, keys), (["deep/"], ["top.txt"]))

    def test_ranges_and_conditions(self):
        s3 = client(self.server, "s3")
        whole = bytes(range(256)) * 40
        where = {"Bucket": "files", "Key": "deep/er/file.bin"}
        tag = s3.head_object(**where)["ETag"]
        for text, expected in (
            ("bytes=0-0", whole[:1]), ("bytes=10-99", whole[10:100]),
            ("bytes=10200-", whole[10200:]), ("bytes=-3", whole[-3:]),
            ("bytes=10239-99999", whole[-1:]),
        ):
            got = s3.get_object(**where, Range=text, IfMatch=tag)
            self.assertEqual(got["Body"].read(), expected)
            self.assertTrue(got["ContentRange"].endswith("/10240"))
        self.refused("InvalidRange", s3.get_object, **where, Range="bytes=10240-")
        self.refused("PreconditionFailed", s3.get_object, **where, IfMatch='"x"')
        self.refused("304", s3.get_object, **where, IfNoneMatch=tag)
        self.refused("NoSuchKey", s3.get_object, Bucket="files", Key="deep")
        self.refused("404", s3.head_object, Bucket="files", Key="../files/top.txt")
        self.refused("NoSuchBucket", s3.list_objects_v2, Bucket="nowhere")

    def test_checksums_are_those_that_botocore_finds(self):
        self.assertEqual(crc64nvme(b"123456789"), 0xAE8B14860A799888)
        s3 = client(self.server, "s3")
        got = s3.get_object(Bucket="files", Key="deep/er/file.bin", ChecksumMode="ENABLED")
        self.assertIn("ChecksumCRC32", got)
        got["Body"].read()
        self.server.rules(Rule("damage"))
        got = s3.get_object(Bucket="files", Key="deep/er/file.bin", ChecksumMode="ENABLED")
        with self.assertRaises(botocore.exceptions.FlexibleChecksumError):
            got["Body"].read()

    def test_a_bucket_elsewhere_says_where(self):
        for bucket, region in (("paris", "eu-west-3"), ("london", "eu-west-2")):
            s3 = client(self.server, "s3")
            found = s3.get_bucket_location(Bucket=bucket)["LocationConstraint"]
            self.assertEqual(found, region)
            self.assertEqual(s3.list_objects_v2(Bucket=bucket)["KeyCount"], 2)
            there = client(self.server, "s3", region=region).head_bucket(Bucket=bucket)
            self.assertEqual(there["BucketRegion"], region)

    # Other services

    def test_sts_says_who_signed_and_gives_roles(self):
        sts = client(self.server, "sts")
        self.assertEqual(sts.get_caller_identity()["Account"], "123456789012")
        role = "arn:aws:iam::210987654321:role/path/auditor"
        self.server.state.roles = {role: {"external_id": "xyz"}}
        arguments = {"RoleArn": role, "RoleSessionName": "me"}
        self.refused("AccessDenied", sts.assume_role, **arguments)
        made = sts.assume_role(**arguments, ExternalId="xyz")["Credentials"]
        keys = {"aws_access_key_id": made["AccessKeyId"],
                "aws_secret_access_key": made["SecretAccessKey"],
                "aws_session_token": made["SessionToken"]}
        who = client(self.server, "sts", **keys).get_caller_identity()["Arn"]
        self.assertEqual(who, "arn:aws:sts::210987654321:assumed-role/auditor/me")
        self.server.state.web_tokens = {"a.b.c": [role]}
        made = sts.assume_role_with_web_identity(**arguments, WebIdentityToken="a.b.c")
        self.assertGreater(made["Credentials"]["Expiration"],
                           datetime.datetime.now(datetime.timezone.utc))
        self.refused("InvalidIdentityToken", sts.assume_role_with_web_identity,
                     **arguments, WebIdentityToken="other")

    def test_exports_reports_and_accounts_come_in_pages(self):
        state = self.server.state
        state.reports = [report(f"r{n}", "files") for n in range(12)]
        state.exports = [export(f"e{n}", "files", "p") for n in range(5)]
        cur = client(self.server, "cur")
        pages = [len(p["ReportDefinitions"]) for p in
                 cur.get_paginator("describe_report_definitions").paginate()]
        self.assertEqual(pages, [5, 5, 2])
        bcm = client(self.server, "bcm-data-exports")
        found = [e["ExportArn"] for p in bcm.get_paginator("list_exports").paginate()
                 for e in p["Exports"]]
        names = [bcm.get_export(ExportArn=arn)["Export"]["Name"] for arn in found]
        self.assertEqual(names, ["e0", "e1", "e2", "e3", "e4"])
        accounts = client(self.server, "organizations")
        self.refused("AWSOrganizationsNotInUseException", accounts.list_accounts)
        state.accounts = [{"Id": f"{n:012d}", "Name": f"n{n}"} for n in range(41)]
        pages = [len(p["Accounts"]) for p in
                 accounts.get_paginator("list_accounts").paginate()]
        self.assertEqual(pages, [20, 0, 20, 1])
        self.refused("InvalidSignatureException",
                     client(self.server, "cur", region="eu-west-1").describe_report_definitions)

    def test_sso_and_oidc_answer_botocore(self):
        state = self.server.state
        state.sso_tokens = {"access": [("123456789012", "Auditor")]}
        state.sso_clients, state.sso_refresh = {"id": "secret"}, {"again": "access"}
        sso = client(self.server, "sso")
        where = {"accountId": "123456789012", "roleName": "Auditor"}
        made = sso.get_role_credentials(**where, accessToken="access")["roleCredentials"]
        self.assertIn(made["accessKeyId"], state.identities)
        self.refused("UnauthorizedException", sso.get_role_credentials, **where,
                     accessToken="old")
        self.refused("ForbiddenException", sso.get_role_credentials, accessToken="access",
                     accountId="1", roleName="Auditor")
        oidc = client(self.server, "sso-oidc")
        arguments = {"clientId": "id", "clientSecret": "secret",
                     "grantType": "refresh_token"}
        got = oidc.create_token(**arguments, refreshToken="again")
        self.assertEqual(got["accessToken"], "access")
        self.refused("InvalidGrantException", oidc.create_token, **arguments,
                     refreshToken="no")

    def test_instances_and_containers_get_their_roles(self):
        state = self.server.state
        state.instance_role = ("web", "123456789012")
        fetcher = botocore.utils.InstanceMetadataFetcher(base_url=self.server.url + "/")
        self.assertIn(fetcher.retrieve_iam_role_credentials()["access_key"],
                      state.identities)
        state.containers = {"/creds": ("123456789012", "task", "Bearer x")}
        fetch = botocore.utils.ContainerMetadataFetcher(sleep=lambda _: None)
        got = fetch.retrieve_full_uri(self.server.url + "/creds",
                                      headers={"Authorization": "Bearer x"})
        self.assertIn(got["AccessKeyId"], state.identities)
        with self.assertRaises(botocore.exceptions.MetadataRetrievalError):
            fetch.retrieve_full_uri(self.server.url + "/creds")

    # Faults and records

    def test_every_fault_that_passes_is_survived_by_botocore_or_seen(self):
        silent = {"short_length", "wrong_range", "whole", "html_200", "truncated",
                  "429", "429_empty"}
        for kind in PASSING:
            if kind in silent:
                continue
            with self.subTest(kind):
                self.server.rules(Rule(kind, count=1))
                s3 = client(self.server, "s3", attempts=2)
                self.assertEqual(s3.list_objects_v2(Bucket="files")["KeyCount"], 2)
        self.assertEqual(len([r for r in self.server.requests() if r["fault"]]),
                         len(set(PASSING) - silent))

    def test_what_is_served_badly_is_served_as_told(self):
        s3 = client(self.server, "s3")
        where = {"Bucket": "files", "Key": "deep/er/file.bin"}
        self.server.rules(Rule("whole"))
        self.assertEqual(s3.get_object(**where, Range="bytes=0-9")["ContentLength"], 10240)
        self.server.rules(Rule("wrong_range"))
        self.assertEqual(s3.get_object(**where, Range="bytes=0-9")["ContentRange"],
                         "bytes 5-9/10240")
        self.server.rules(Rule("short_length", at=7))
        with self.assertRaises(botocore.exceptions.FlexibleChecksumError):
            s3.get_object(**where)["Body"].read()
        self.server.rules(Rule("repeat_token"))
        one = s3.list_objects_v2(Bucket="files")
        two = s3.list_objects_v2(Bucket="files",
                                 ContinuationToken=one["NextContinuationToken"])
        self.assertEqual(two["NextContinuationToken"], one["NextContinuationToken"])
        self.server.rules(Rule("slow_first_byte", seconds=0.3))
        begun = time.monotonic()
        s3.head_object(**where)
        self.assertGreater(time.monotonic() - begun, 0.3)

    def test_a_rule_spoils_what_it_names_and_counts(self):
        s3 = client(self.server, "s3")
        self.server.rules(Rule("503", operation="GetObject", key=r".*\.bin", skip=1, count=1))
        s3.list_objects_v2(Bucket="files")
        seen = []
        for key in ("top.txt", "deep/er/file.bin", "deep/er/file.bin", "deep/er/file.bin"):
            try:
                s3.get_object(Bucket="files", Key=key)["Body"].read()
                seen.append(200)
            except botocore.exceptions.ClientError as error:
                seen.append(error.response["ResponseMetadata"]["HTTPStatusCode"])
        self.assertEqual(seen, [200, 200, 503, 200])
        self.assertEqual(self.server.counts(), {"ListObjectsV2": 1, "GetObject": 4})
        self.assertEqual(len(self.server.requests("GetObject", key="top.txt")), 1)

    def test_chance_is_the_same_for_the_same_seed(self):
        spoilt = []
        for _ in range(2):
            self.server.faults.seed(7)
            self.server.forget()
            self.server.rules(Rule("503", probability=0.1, in_a_row=2))
            for _ in range(100):
                self.raw()
            spoilt.append([r["fault"] for r in self.server.requests()])
        self.assertEqual(spoilt[0], spoilt[1])
        self.assertTrue(3 <= len([f for f in spoilt[0] if f]) <= 20)

    def test_bandwidth_and_latency_are_kept(self):
        self.server.latency, self.server.bandwidth = 0.05, 20000  # half a second
        begun = time.monotonic()
        client(self.server, "s3").get_object(
            Bucket="files", Key="deep/er/file.bin")["Body"].read()
        self.assertTrue(0.55 < time.monotonic() - begun < 3)

    def test_another_process_may_set_rules_and_read_records(self):
        def control(**asked):
            data = json.dumps(asked).encode()
            with urllib.request.urlopen(self.server.url + "/__control", data) as answer:
                return json.load(answer)

        control(rules=[{"kind": "503", "count": 1}])
        self.assert_raw(503, "ServiceUnavailable")
        told = control(records=True)
        self.assertEqual((told["counts"], told["faults"]), ({"GetObject": 1}, 1))
        self.assertEqual(told["records"][0]["key"], "a b")
        self.assertEqual(control(forget=True)["counts"], {})


if __name__ == "__main__":
    try:
        import boto3
        import botocore.auth
        import botocore.awsrequest
        import botocore.config
        import botocore.credentials
        import botocore.exceptions
        import botocore.utils
    except ImportError as missing:
        print(f"skipped: no boto3 ({missing})")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
