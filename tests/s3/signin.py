"""A mount whose login has ended says so, and goes on by itself a moment after the next one:
of SSO, and of `aws login`."""
import hashlib
import http.server
import json
import os
import pathlib
import secrets
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))

import bucket
import errno
import harness

LATER = "2099-01-02T03:04:05Z"
QUICK = 5 * harness.SLOWNESS
SOON = 8 * harness.SLOWNESS  # a few seconds after a login


class Portal(http.server.ThreadingHTTPServer):
    """SSO's: a bearer token that is good gives a key that is named after it."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), PortalHandler)
        self.good = set()
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class PortalHandler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        token = self.headers.get("x-amz-sso_bearer_token", "")
        is_good = token in self.server.good
        body = json.dumps(
            {
                "roleCredentials": {
                    "accessKeyId": "AK" + token,
                    "secretAccessKey": "s",
                    "sessionToken": "t",
                    "expiration": 4070908800000,
                }
            }
            if is_good
            else {"message": "Session token not found or invalid"}
        ).encode()
        self.send_response(200 if is_good else 401)
        if not is_good:
            self.send_header("x-amzn-ErrorType", "UnauthorizedException")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class SignIn(harness.Case):
    """A bucket that heeds only some keys, and a home for the files of AWS's tools."""

    def setUp(self):
        super().setUp()
        copy = harness.demo_export(self.tmp / "copy", 2000, "--months", "4")
        self.bucket = bucket.Bucket(copy)
        self.addCleanup(self.bucket.close)
        self.portal = Portal()
        self.addCleanup(self.portal.close)
        self.good = set()  # keys
        self.bucket.refusal = lambda key, path: (
            None if key in self.good else (400, "ExpiredToken")
        )
        self.aws = self.tmp / ".aws"
        self.aws.mkdir()
        self.environment = {
            **os.environ,
            "HOME": str(self.tmp),
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self.bucket.port}",
            "AWS_ENDPOINT_URL_SSO": f"http://127.0.0.1:{self.portal.port}",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PROFILE": "p",
            "AWS_REGION": "us-east-1",
        }

    def write(self, path, text):
        """As AWS's tools do: a new file in place of the old one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(text)
        os.replace(new, path)

    def login_sso(self, token):
        name = hashlib.sha1(b"my-sso").hexdigest() + ".json"
        self.write(
            self.aws / "sso" / "cache" / name,
            json.dumps({"accessToken": token, "expiresAt": LATER, "startUrl": "https://d",
                        "region": "us-east-1"}),
        )
        self.portal.good = {token}
        self.good = {"AK" + token}

    def login_aws(self, token):
        name = hashlib.sha256(b"me").hexdigest() + ".json"
        self.write(
            self.aws / "login" / "cache" / name,
            json.dumps({"accessToken": {
                "accessKeyId": "AK" + token, "secretAccessKey": "s", "sessionToken": "t",
                "accountId": "123456789012", "expiresAt": LATER}}),
        )
        self.good = {"AK" + token}


    def login_keys(self, token):
        self.write(
            self.aws / "credentials",
            f"[p]\naws_access_key_id=AK{token}\naws_secret_access_key=s\n"
            "aws_session_token=t\n",
        )
        self.good = {"AK" + token}


class Logins(SignIn):
    def check(self, login, cure):
        login("one")
        m = self.mount("s3://bucket/exports/demo", "mnt", environment=self.environment)
        names = sorted(os.listdir(m / "months"))
        files = [f"months/{name}/by-service.csv" for name in names]
        self.assertTrue(m.read(files[-1]))
        # All has ended: the login and the keys that it gave.
        self.portal.good, self.good = set(), set()
        begun = time.monotonic()
        with self.assertRaises(OSError) as caught:
            m.read(files[0])
        self.assertLess(time.monotonic() - begun, QUICK)
        self.assertEqual(caught.exception.errno, errno.EKEYEXPIRED)
        self.assertIn(cure, m.errors())
        self.assertTrue(m.read(files[-1]))

        login("two")
        begun = time.monotonic()

        def reads():
            try:
                return m.read(files[0])
            except OSError as e:
                self.assertEqual(e.errno, errno.EKEYEXPIRED)
                return None

        harness.wait_until(reads, SOON, "the month")
        self.assertTrue(m.read(files[1]))
        # And the refresh, which nobody waits for.
        m.refresh()
        self.assertIsNone(m.status()["refresh_error"])

    def test_sso_login_is_noticed_by_a_mount(self):
        (self.aws / "config").write_text(
            "[profile p]\nsso_session=my-sso\nsso_account_id=123456789012\n"
            "sso_role_name=R\n[sso-session my-sso]\nsso_region=us-east-1\n"
            "sso_start_url=https://d\n"
        )
        self.check(self.login_sso, "aws sso login")

    def test_aws_login_is_noticed_by_a_mount(self):
        (self.aws / "config").write_text("[profile p]\nlogin_session=me\n")
        self.check(self.login_aws, "aws login")

    def test_new_keys_in_the_credentials_file_are_noticed_by_a_mount(self):
        self.check(self.login_keys, "")


class Glance(SignIn):
    def test_status_says_as_whom_and_how_long_a_month_takes_still(self):
        self.login_keys("one")
        self.bucket.directory = harness.demo_export(self.tmp / "more", 30000, "--months", "2")
        m = self.mount("s3://bucket/exports/demo", "mnt", environment=self.environment)
        names = sorted(os.listdir(m / "months"))
        m.wait_for(names[-1], "ready")
        size = sum(f.stat().st_size for f in self.bucket.directory.rglob("*-0*.csv.gz"))
        self.bucket.rate = size // 6 // harness.SLOWNESS  # some three seconds a month
        reads = threading.Thread(target=m.read, args=(f"months/{names[0]}/by-service.csv",))
        reads.start()
        self.addCleanup(reads.join)

        def is_half_way():
            found = m.month(names[0])
            return found["seconds_left"] > 0 and found["working_seconds"] > 0.6 and found

        found = harness.wait_until(is_half_way)
        done, total = found["bytes_done"], found["bytes_total"]
        expected = found["working_seconds"] * (total - done) / done
        self.assertAlmostEqual(found["seconds_left"], expected, delta=0.06 + expected / 10)
        text = harness.wait_until(
            lambda: "s left" in (said := m.text("STATUS.txt")) and said, what="a bar")
        self.assertRegex(text, r"\n         \[#+\.+\]  \d\.\d MB/s, \d+ s left\n")
        self.assertRegex(
            text, r"\ncached    1 of 2 months, 1 being read; \d+\.\d MB of \d+\.\d MB at most\n")
        self.assertIn("\nsigned in profile p (credentials file)\n", text)
        self.assertEqual(m.status()["signer"], {
            "source": "profile p (credentials file)", "account_id": "", "expires": None,
            "error": None})

    def test_status_says_when_the_login_ends_and_what_to_do_then(self):
        (self.aws / "config").write_text("[profile p]\nlogin_session=me\n")
        self.login_aws("one")
        m = self.mount("s3://bucket/exports/demo", "mnt", environment=self.environment)
        m.read("this-month/by-service.csv")
        signer = m.status()["signer"]
        self.assertEqual((signer["account_id"], signer["expires"]), ("123456789012", LATER))
        self.assertIn(f"\nsigned in {signer['source']}, account 123456789012, until {LATER}\n",
                      m.text("STATUS.txt"))


class Secrets(SignIn):
    """Nothing that is secret is told, kept or shown by a mount that tells all it can."""

    def test_planted_secrets_are_found_nowhere(self):
        token = secrets.token_hex(200)
        key = secrets.token_hex(20)
        (self.aws / "credentials").write_text(
            f"[p]\naws_access_key_id=AKPLANTED\naws_secret_access_key={key}\n"
            f"aws_session_token={token}\n"
        )
        self.good = {"AKPLANTED"}
        log = self.tmp / "log"
        m = self.mount(
            "s3://bucket/exports/demo", "mnt", "--verbose", "--log", log,
            environment=self.environment,
        )
        names = sorted(os.listdir(m / "months"))
        m.read(f"months/{names[-1]}/by-service.csv")
        # Refused, with a body that quotes what was signed, as STS and S3 do.
        self.bucket.refusal = lambda key, path: (403, "SignatureDoesNotMatch")
        self.bucket.message = f"should have been x-amz-security-token:{token} {key}"
        with self.assertRaises(OSError):
            m.read(f"months/{names[0]}/by-service.csv")
        told = {
            "status": m.read(".costfs/status.json") + m.read("STATUS.txt"),
            "errors": m.errors().encode(),
            "log": log.read_bytes() + m.log.read_bytes(),
            "processes": pathlib.Path(f"/proc/{m.pid}/cmdline").read_bytes(),
        }
        for path in (self.tmp / "cache").rglob("*"):
            if path.is_file():
                told[str(path)] = path.read_bytes()
        self.assertIn(b"SignatureDoesNotMatch", told["errors"])
        self.assertIn(b"s3 GetObject", told["log"])
        for what, text in told.items():
            for secret in (token, key, token[:20], key[:20], "Signature="):
                self.assertNotIn(secret.encode(), text, what)
        limits = pathlib.Path(f"/proc/{m.pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size\s+0\s+0")


if __name__ == "__main__":
    harness.main()
