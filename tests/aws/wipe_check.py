"""What is left in memory when all has been given back: no key, no token, no signature.
wipe_check.py WHOAMI

For each source of credentials a process signs in and asks STS who it is, gives everything
back, and waits; then its memory is searched for all that was secret."""
import http.server
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse
from hashlib import sha1, sha256

SKIPPED = 77
LATER = "2099-01-02T03:04:05Z"
PAST = "2020-01-02T03:04:05Z"
LARGEST = 1 << 28
FOUND_LEAST = 20  # bytes of a secret that are as good as all of it

whoami = None


class Services(http.server.BaseHTTPRequestHandler):
    """STS, SSO, OIDC, a container agent and an instance's metadata."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def reply(self, body):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(200)
        if self.server.is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            # So that what gathers it has to grow.
            for at in range(0, len(data), 100):
                piece = data[at : at + 100]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def secret(self, name, size=24):
        return self.server.secret(name, size)

    def do_PUT(self):
        self.reply(self.secret("token of the instance"))

    def do_GET(self):
        role = "/latest/meta-data/iam/security-credentials/"
        keys = {
            "AccessKeyId": "AKID",
            "SecretAccessKey": self.secret("secret"),
            "Token": self.secret("session token", 700),
            "Expiration": LATER,
        }
        if self.path == role:
            self.reply("my-role")
        elif self.path == role + "my-role":
            self.reply({"Code": "Success", **keys})
        elif self.path == "/container":
            self.reply(keys)
        else:
            self.reply(
                {
                    "roleCredentials": {
                        "accessKeyId": "AKID",
                        "secretAccessKey": keys["SecretAccessKey"],
                        "sessionToken": keys["Token"],
                        "expiration": 4070908800000,
                    }
                }
            )

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        signed = re.search(r"Signature=(\w+)", self.headers.get("Authorization", ""))
        if signed:
            self.server.secrets[signed[1]] = "a signature"
        if self.path == "/token":
            self.reply(
                {
                    "accessToken": self.secret("new SSO token", 500),
                    "refreshToken": self.secret("new refresh token"),
                    "expiresIn": 28800,
                    "tokenType": "Bearer",
                }
            )
            return
        op = urllib.parse.parse_qs(body)["Action"][0]
        if op == "GetCallerIdentity":
            inner = "<Arn>arn:aws:iam::1:user/x</Arn><UserId>u</UserId><Account>1</Account>"
        else:
            inner = (
                "<Credentials><AccessKeyId>AKID</AccessKeyId><SecretAccessKey>"
                f"{self.secret('secret of the role')}</SecretAccessKey><SessionToken>"
                f"{self.secret('token of the role', 700)}</SessionToken><Expiration>{LATER}"
                "</Expiration></Credentials><AssumedRoleUser><Arn>"
                "arn:aws:sts::123456789012:assumed-role/r/b</Arn></AssumedRoleUser>"
            )
        self.reply(f"<{op}Response><{op}Result>{inner}</{op}Result></{op}Response>")


class Server(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Services)
        self.secrets = {}  # what it is, by itself
        self.is_chunked = False
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def secret(self, name, size=24):
        made = secrets.token_hex(size)
        self.secrets[made] = name
        return made


def memory_of(pid):
    """(what, bytes) of everything that can be written to."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        lines = maps.read().splitlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in lines:
            fields = line.split(maxsplit=5)
            first, end = (int(x, 16) for x in fields[0].split("-"))
            # The shadow of a sanitizer is large, and holds no bytes of the program.
            if "w" not in fields[1] or end - first > LARGEST:
                continue
            memory.seek(first)
            yield fields[5] if len(fields) > 5 else "anonymous", memory.read(end - first)


def role(profile):
    return (
        f"[profile p]\nrole_arn=arn:aws:iam::123456789012:role/r\nsource_profile={profile}\n"
    )


class Wipe(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.server = Server()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def write(self, name, text):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def planted(self, name, size=24):
        return self.server.secret(name, size)

    def check(self, **environment):
        for self.server.is_chunked in (False, True):
            with self.subTest(chunked=self.server.is_chunked):
                self.search(environment)

    def search(self, environment):
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "AWS_PROFILE": "p",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.url,
            "NO_PROXY": "*",
            # Late binding, of libraries too, saves vector registers on the stack: what
            # was copied last.
            "LD_BIND_NOW": "1",
            **environment,
        }
        command = [whoami, "--identity", "--hold"]
        with subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            try:
                said = process.stdout.readline()
                self.assertIn(b"arn:aws:iam::1:user/x", said)
                # Its last breath is in read().
                self.wait_for_sleep(process.pid)
                found = list(self.secrets_in(process.pid))
            finally:
                process.stdin.close()
                process.wait(20)
        self.assertTrue(self.server.secrets)
        self.assertEqual(found, [])

    @staticmethod
    def wait_for_sleep(pid):
        for _ in range(1000):
            text = pathlib.Path(f"/proc/{pid}/syscall").read_text()
            if text.startswith("0 0x0 "):  # read() of stdin, on x86-64
                return
            threading.Event().wait(0.01)

    def secrets_in(self, pid):
        for where, data in memory_of(pid):
            for secret, name in self.server.secrets.items():
                # The whole, or what is left of it.
                for part in (secret[:FOUND_LEAST], secret[-FOUND_LEAST:]):
                    at = data.find(part.encode())
                    if at >= 0:
                        yield f"{name} in {where}: {data[max(0, at - 60): at + 60]!r}"

    def test_keys_of_a_file(self):
        secret, token = self.planted("secret", 20), self.planted("token", 300)
        self.write(
            ".aws/credentials",
            f"[p]\naws_access_key_id=AK\naws_secret_access_key={secret}\n"
            f"aws_session_token={token}\n",
        )
        self.check()

    def test_a_role(self):
        secret = self.planted("secret", 20)
        self.write(
            ".aws/config",
            role("b")
            + f"[profile b]\naws_access_key_id=AK\naws_secret_access_key={secret}\n",
        )
        self.check()

    def test_sso_with_a_refresh(self):
        self.write(
            ".aws/config",
            "[profile p]\nsso_session=s\nsso_account_id=123456789012\nsso_role_name=R\n"
            "[sso-session s]\nsso_region=us-east-1\nsso_start_url=https://d\n",
        )
        self.write(
            ".aws/sso/cache/" + sha1(b"s").hexdigest() + ".json",
            json.dumps(
                {
                    "accessToken": self.planted("SSO token", 500),
                    "expiresAt": PAST,
                    "clientId": "c",
                    "clientSecret": self.planted("client secret", 500),
                    "refreshToken": self.planted("refresh token", 200),
                    "registrationExpiresAt": LATER,
                }
            ),
        )
        self.check()

    def test_a_login(self):
        self.write(".aws/config", "[profile p]\nlogin_session=me\n")
        self.write(
            ".aws/login/cache/" + sha256(b"me").hexdigest() + ".json",
            json.dumps(
                {
                    "accessToken": {
                        "accessKeyId": "AK",
                        "secretAccessKey": self.planted("secret"),
                        "sessionToken": self.planted("token", 600),
                        "accountId": "123456789012",
                        "expiresAt": LATER,
                    },
                    "refreshToken": self.planted("refresh token", 600),
                    "dpopKey": self.planted("key", 100),
                }
            ),
        )
        self.check()

    def test_a_process(self):
        self.write(
            "said",
            json.dumps(
                {
                    "Version": 1,
                    "AccessKeyId": "AK",
                    "SecretAccessKey": self.planted("secret"),
                    "SessionToken": self.planted("token", 600),
                }
            ),
        )
        self.write(
            ".aws/config", f"[profile p]\ncredential_process = cat {self.home}/said\n"
        )
        self.check()

    def test_a_web_identity(self):
        self.write("token", self.planted("token of the pod", 900))
        self.write(
            ".aws/config",
            "[profile p]\nrole_arn=arn:aws:iam::123456789012:role/w\n"
            f"web_identity_token_file={self.home}/token\n",
        )
        self.check()

    def test_a_container(self):
        self.write("token", self.planted("token of the agent", 300))
        self.write(".aws/config", "[profile p]\nregion=us-east-1\n")
        self.check(
            AWS_CONTAINER_CREDENTIALS_FULL_URI=self.url + "/container",
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(self.home / "token"),
        )

    def test_an_instance(self):
        self.write(".aws/config", "[profile p]\nregion=us-east-1\n")
        self.check(
            AWS_EC2_METADATA_DISABLED="false",
            AWS_EC2_METADATA_SERVICE_ENDPOINT=self.url,
        )


def main():
    global whoami
    whoami = os.path.abspath(sys.argv.pop(1))
    try:
        with subprocess.Popen(["sleep", "9"]) as probe:
            try:
                next(memory_of(probe.pid))
            finally:
                probe.kill()
    except OSError as error:
        print(f"skipped: the memory of other processes cannot be read ({error})")
        sys.exit(SKIPPED)
    unittest.util._MAX_LENGTH = 2000
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
