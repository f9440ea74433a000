"""Keys, tokens, signatures and URLs that are signed appear nowhere: they are planted in the
environment and in files, and looked for in all that a mount leaves behind."""
import hashlib
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import time

import strict  # noqa: F401 - sets the path of the next ones
import harness
from server import Bucket, Identity, Rule

WEB_TOKEN = "eyPLANTED.web-identity.token0123456789"
SSO_TOKEN = "aoaPLANTED-sso-access-token-0123456789"
REFRESH_TOKEN = "aorPLANTED-refresh-token-0123456789"
CLIENT_SECRET = "PLANTED-client-secret-0123456789"
PASSWORD = "PLANTEDpassword"
LATER = "2099-01-02T03:04:05Z"
# Whatever the key was: the header, the query and the hash of a signature.
MARKS = (
    rb"AWS4-HMAC-SHA256", rb"Signature=", rb"X-Amz-Credential", rb"X-Amz-Security-Token",
    rb"x-amz-security-token", rb"sso_bearer",
)


def leaves_core(process):
    """Of one that is about to end by a signal."""
    status = os.waitpid(process.pid, 0)[1]
    process.returncode = os.waitstatus_to_exitcode(status)
    return os.WIFSIGNALED(status) and os.WCOREDUMP(status)


def start(words, directory, env=None):
    """A process that may leave a core of any size."""
    def allow():
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    return subprocess.Popen([os.fspath(w) for w in words], cwd=directory, env=env,
                            preexec_fn=allow, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Planted(strict.Case):
    def setUp(self):
        super().setUp()
        self.copy = harness.demo_export(self.tmp / "copy", 1500, "--months", "3")
        self.who = Identity("ASIAPLANTEDKEY012345", "planted/Secret+Key0123456789abcdef",
                            token="planted//Session+Token0123456789==")
        self.server = self.serve({"costs": Bucket(self.copy)}, self.who)
        self.server.state.roles = None
        self.secrets = [WEB_TOKEN, SSO_TOKEN, REFRESH_TOKEN, CLIENT_SECRET, PASSWORD]

    def children(self, pid):
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

    def all_secrets(self):
        found = {s.encode() for s in self.secrets}
        for each in list(self.server.state.identities.values()):
            found |= {each.secret.encode(), (each.token or each.secret).encode()}
            found.add(each.secret.replace("+", "%2B").replace("/", "%2F").encode())
        return found

    def assert_clean(self, where, data):
        for secret in self.all_secrets():
            self.assertNotIn(secret, data, where)
        for mark in MARKS:
            self.assertIsNone(re.search(mark, data), (where, mark))

    def assert_all_clean(self, m, *said):
        for name in ("STATUS.txt", ".costfs/status.json", ".costfs/errors.log"):
            self.assert_clean(name, m.read(name))
        for pid in (m.pid, *self.children(m.pid)):
            about = pathlib.Path(f"/proc/{pid}")
            self.assert_clean("cmdline", (about / "cmdline").read_bytes())
            if not self.has_keys_in_environment:
                self.assert_clean("environ", (about / "environ").read_bytes())
            limits = (about / "limits").read_text()
            self.assertRegex(limits, r"Max core file size +0 +0 ")
        log = m.log.read_bytes() + pathlib.Path(m.extra_log).read_bytes()
        self.assertIn(b"debug: s3", log)
        self.assert_clean("log", log)
        for each in said:
            self.assert_clean("stderr", each)
        count = 0
        for path in (self.tmp / "cache").rglob("*"):
            if path.is_file():
                self.assert_clean(str(path), path.read_bytes())
                count += 1
        self.assertGreater(count, 0)

    def live(self, env):
        """Mounts, reads, and fails in several ways; then all is looked through."""
        log = self.tmp / "costfs.log"
        self.has_keys_in_environment = "AWS_SECRET_ACCESS_KEY" in env
        m = self.mount("s3://costs", "mnt", "--verbose", "--log", log, environment=env)
        m.extra_log = log
        m.read("this-month/lines.csv")
        said = [self.costfs(*words, "--verbose", env=env).stderr for words in (
            ("ls", "s3://costs"), ("cat", "s3://costs", "last-month/total.csv"),
            ("ls", "s3://nowhere-at-all"),
        )]
        oldest = f"months/{sorted(os.listdir(m / 'months'))[0]}/lines.csv"
        for kind, count in (("denied", None), ("expired", None), ("skewed", None),
                            ("html", 2), ("refuse", 2), ("400_region", None)):
            self.server.rules(Rule(kind, service="s3", count=count))
            try:
                m.read(oldest)
            except OSError:
                pass
            said.append(harness.costfs("refresh", m).stderr)
            said.append(self.costfs("ls", "s3://costs", "--verbose", cache=f"c-{kind}",
                                    env=env).stderr)
        self.server.rules()
        time.sleep(1.1)
        self.assert_all_clean(m, *said)
        return m

    def test_keys_in_the_environment(self):
        self.live(self.environment)

    def test_keys_in_files_and_a_role(self):
        aws = self.tmp / ".aws"
        aws.mkdir()
        (aws / "credentials").write_text(
            f"[base]\naws_access_key_id = {self.who.access_key}\n"
            f"aws_secret_access_key = {self.who.secret}\n"
            f"aws_session_token = {self.who.token}\n")
        (aws / "config").write_text(
            "[profile billing]\nrole_arn = arn:aws:iam::123456789012:role/reader\n"
            "source_profile = base\nexternal_id = planted-external\n")
        self.live(self.without_keys(AWS_PROFILE="billing"))

    def without_keys(self, **more):
        env = {k: v for k, v in self.environment.items()
               if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                            "AWS_SESSION_TOKEN")}
        return {**env, **more}

    def test_a_web_identity(self):
        role = "arn:aws:iam::123456789012:role/pod"
        self.server.state.web_tokens = {WEB_TOKEN: [role]}
        (self.tmp / "token").write_text(WEB_TOKEN)
        env = self.without_keys(AWS_ROLE_ARN=role,
                                AWS_WEB_IDENTITY_TOKEN_FILE=str(self.tmp / "token"))
        self.live(env)
        self.server.state.web_tokens = {}
        for path in (self.tmp / ".aws/cli").rglob("*.json"):
            path.unlink()
        said = self.costfs("ls", "s3://costs", "-v", cache="other", env=env)
        self.assertEqual(said.returncode, 1)
        self.assert_clean("refused", said.stderr)

    def test_sso(self):
        aws = self.tmp / ".aws"
        (aws / "sso/cache").mkdir(parents=True)
        (aws / "config").write_text(
            "[sso-session corp]\nsso_start_url = https://d-1.awsapps.com/start\n"
            "sso_region = us-east-1\n[profile p]\nsso_session = corp\n"
            "sso_account_id = 123456789012\nsso_role_name = Auditor\n")
        cache = aws / "sso/cache" / (hashlib.sha1(b"corp").hexdigest() + ".json")
        token = {
            "startUrl": "https://d-1.awsapps.com/start", "region": "us-east-1",
            "accessToken": SSO_TOKEN, "expiresAt": LATER, "clientId": "id",
            "clientSecret": CLIENT_SECRET, "registrationExpiresAt": LATER,
            "refreshToken": REFRESH_TOKEN,
        }
        cache.write_text(json.dumps(token))
        self.server.state.sso_tokens = {SSO_TOKEN: [("123456789012", "Auditor")]}
        env = self.without_keys(AWS_PROFILE="p")
        self.live(env)
        # Expired, and the refresh is refused.
        cache.write_text(json.dumps({**token, "expiresAt": "2020-01-01T00:00:00Z"}))
        self.server.state.sso_clients = {}
        for path in (aws / "cli").rglob("*.json"):
            path.unlink()
        said = self.costfs("ls", "s3://costs", "-v", cache="other", env=env)
        self.assertEqual(said.returncode, 1)
        self.assert_clean("refused", said.stderr)

    def test_urls_that_are_signed_or_hold_a_password(self):
        url = ("https://costs.s3.amazonaws.com/exports/demo?X-Amz-Algorithm=AWS4-HMAC-SHA256"
               "&X-Amz-Credential=ASIAX&X-Amz-Security-Token=PLANTEDpassword"
               "&X-Amz-Signature=PLANTEDpassword")
        said = self.costfs("ls", url, "--verbose")
        self.assert_clean("URL", said.stderr + said.stdout)
        for name in ("AWS_ENDPOINT_URL", "HTTPS_PROXY", "HTTP_PROXY", "http_proxy"):
            env = {**self.environment, name: f"http://me:{PASSWORD}@127.0.0.1:1"}
            env["AWS_MAX_ATTEMPTS"] = "1"
            said = self.costfs("ls", "s3://costs", "--verbose", cache=name, env=env)
            self.assert_clean(name, said.stderr + said.stdout)

    def test_a_mount_that_is_aborted_leaves_no_core(self):
        usual = leaves_core(
            start([sys.executable, "-c", "import os; os.abort()"], self.tmp))
        for path in self.tmp.glob("core*"):
            path.unlink()
        words = [harness.costfs_path(), "mount", "s3://costs", self.tmp / "mnt",
                 "--foreground", "--cache", self.tmp / "cache"]
        (self.tmp / "mnt").mkdir()
        process = start(words, self.tmp, self.environment)
        harness.wait_until(lambda: harness.is_mounted(self.tmp / "mnt"))
        (self.tmp / "mnt/this-month/total.csv").read_bytes()
        os.kill(process.pid, signal.SIGABRT)
        self.assertFalse(leaves_core(process))
        self.assertEqual(list(self.tmp.glob("core*")), [])
        if not usual:
            print("no process leaves a core here", end=" ... ")


if __name__ == "__main__":
    harness.main()
