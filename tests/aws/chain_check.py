"""The chain of credentials beside botocore's: chain_check.py WHOAMI.

Each case is one environment with its files and services; our tool and botocore must find the same
key in it, or both none. The services are a stub on the loopback."""
import concurrent.futures
import http.server
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse
from hashlib import sha1, sha256
from pathlib import Path

SKIP = 77
LATER = "2099-01-02T03:04:05Z"
PAST = "2020-01-02T03:04:05Z"
TIMEOUT_S = 60

# What it is told, a line each time: an environment, a profile, a file for what it finds. A process
# of each, of one that has imported what takes a quarter of a second.
BOTOCORE = """
import json, os, signal, sys
import botocore.session, botocore.exceptions
from botocore.credentials import JSONFileCache

def find(profile):
    session = botocore.session.Session(profile=profile)
    if session.get_config_variable("region") is None:
        session.set_config_variable("region", "us-east-1")
    resolver = session.get_component("credential_provider")
    # As AWS CLI does.
    for name in ("assume-role", "assume-role-with-web-identity", "sso"):
        resolver.get_provider(name).cache = JSONFileCache(
            os.path.expanduser("~/.aws/cli/cache"))
    found = session.get_credentials()
    key = found.get_frozen_credentials().access_key if found else None
    return {"access_key_id": key, "method": found.method if found else None}

def answer(environment, profile, path, seconds):
    signal.alarm(seconds)
    os.environ.clear()
    os.environ.update(environment)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    try:
        found = find(profile)
    except Exception as error:
        found = {"access_key_id": None, "error": repr(error)}
    with open(path, "w") as f:
        json.dump(found, f)

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        answer(*asked)
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""

STS = """<{op}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{op}Result>
<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
<SessionToken>t</SessionToken><Expiration>{later}</Expiration></Credentials>
<AssumedRoleUser><AssumedRoleId>a:b</AssumedRoleId>
<Arn>arn:aws:sts::123456789012:assumed-role/r/b</Arn></AssumedRoleUser></{op}Result>
<ResponseMetadata><RequestId>q</RequestId></ResponseMetadata></{op}Response>"""


class Services(http.server.BaseHTTPRequestHandler):
    """STS, SSO, OIDC, a container agent and an instance's metadata."""

    served = 0

    def log_message(self, *args):
        pass

    def reply(self, body, status=200, kind="application/json"):
        text = body if isinstance(body, str) else json.dumps(body)
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_PUT(self):
        self.reply("TOKEN", kind="text/plain")

    def do_GET(self):
        path = self.path
        role = "/latest/meta-data/iam/security-credentials/"
        if path == role:
            self.reply("my-role", kind="text/plain")
        elif path == role + "my-role":
            self.reply({"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "AKEC2",
                        "SecretAccessKey": "s", "Token": "t", "Expiration": LATER,
                        "LastUpdated": PAST})
        elif path.startswith("/container"):
            token = self.headers.get("Authorization", "")
            self.reply({"AccessKeyId": "AKECS" + token, "SecretAccessKey": "s",
                        "Token": "t", "Expiration": LATER})
        elif path.startswith("/federation/credentials"):
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
            token = self.headers.get("x-amz-sso_bearer_token", "")
            if token == "BAD":
                self.reply({"message": "no"}, 401)
                return
            Services.served += 1
            key = f"AKSSO{query['role_name'][0]}{token}{Services.served}"
            self.reply({"roleCredentials": {
                "accessKeyId": key,
                "secretAccessKey": "s", "sessionToken": "t",
                "expiration": 4070908800000}})
        else:
            self.reply({}, 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        if self.path == "/token":
            asked = json.loads(body)
            self.reply({"accessToken": "NEW" + asked["refreshToken"], "expiresIn": 28800,
                        "tokenType": "Bearer"})
            return
        form = {k: v[0] for k, v in urllib.parse.parse_qs(body).items()}
        signed = re.search(r"Credential=(\w+)/", self.headers.get("Authorization", ""))
        if form["RoleArn"].endswith("/refused"):
            self.reply("<ErrorResponse><Error><Code>AccessDenied</Code><Message>no"
                       "</Message></Error></ErrorResponse>", 403, "text/xml")
            return
        # The key says what was sent, so that a difference is seen; and it is another one each
        # time, so that both find the same only in the cache that they share.
        Services.served += 1
        parts = [form["Action"][10:], form["RoleArn"].rsplit("/", 1)[1],
                 signed.group(1) if signed else "unsigned"]
        parts += [form[k] for k in ("ExternalId", "DurationSeconds", "WebIdentityToken")
                  if k in form]
        parts.append(str(Services.served))
        key = "AK" + sha1("|".join(parts).encode()).hexdigest()[:18].upper()
        self.reply(STS.format(op=form["Action"], key=key, later=LATER), kind="text/xml")


KEYS = "aws_access_key_id={0}\naws_secret_access_key=s\n"
ROLE = "role_arn=arn:aws:iam::123456789012:role/{0}\n"
SSO = ("[profile p]\nsso_session=my-sso\nsso_account_id=123456789012\nsso_role_name=R\n"
       "[sso-session my-sso]\nsso_region=us-east-1\nsso_start_url=https://d/start\n")
SSO_FILE = ".aws/sso/cache/" + sha1(b"my-sso").hexdigest() + ".json"
OLD_SSO = ("[profile p]\nsso_account_id=123456789012\nsso_role_name=R\n"
           "sso_region=us-east-1\nsso_start_url=https://d/start\n")
OLD_SSO_FILE = ".aws/sso/cache/" + sha1(b"https://d/start").hexdigest() + ".json"


def token(access="T", expires=LATER, **more):
    return json.dumps({"accessToken": access, "expiresAt": expires,
                       "startUrl": "https://d/start", "region": "us-east-1", **more})


def process(text):
    return "[profile p]\ncredential_process = printf '%s' '" + text + "'\n"


REFRESH = {"clientId": "c", "clientSecret": "s", "refreshToken": "R",
           "registrationExpiresAt": LATER}
LOGIN = {"accessToken": {"accessKeyId": "AKLOGIN", "secretAccessKey": "s",
                         "sessionToken": "t", "accountId": "1", "expiresAt": LATER},
         "refreshToken": "r", "dpopKey": "k", "clientId": "c"}
PROCESS = json.dumps({"Version": 1, "AccessKeyId": "AKPROC", "SecretAccessKey": "s"})
ENV = {"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "s"}
CONFIG, CREDENTIALS = ".aws/config", ".aws/credentials"

# Name: environment (URL stands for the stub), files, --profile (None: none).
CASES = {
    "nothing": ({}, {}, None),
    "env": (ENV, {}, None),
    "env, half": ({"AWS_ACCESS_KEY_ID": "AK"}, {}, None),
    "env, empty": ({"AWS_ACCESS_KEY_ID": ""},
                   {CREDENTIALS: "[default]\n" + KEYS.format("AKFILE")}, None),
    "env before AWS_PROFILE": ({**ENV, "AWS_PROFILE": "p"},
                               {CREDENTIALS: "[p]\n" + KEYS.format("AKP")}, None),
    "env, expired": ({**ENV, "AWS_CREDENTIAL_EXPIRATION": PAST}, {}, None),
    "env, later": ({**ENV, "AWS_CREDENTIAL_EXPIRATION": "2099-01-02T03:04:05+02:00"}, {},
                   None),
    "env, profile absent": ({**ENV, "AWS_PROFILE": "x"}, {}, None),
    "profile before env": (ENV, {CREDENTIALS: "[p]\n" + KEYS.format("AKP")}, "p"),
    "profile absent": (ENV, {}, "x"),
    "default absent": (ENV, {}, "default"),
    "credentials before config": (
        {}, {CREDENTIALS: "[default]\n" + KEYS.format("AK1"),
             CONFIG: "[default]\n" + KEYS.format("AK2")}, None),
    "config file": ({}, {CONFIG: "[profile p]\n" + KEYS.format("AKC")}, "p"),
    "quoted profile": ({}, {CONFIG: '[profile "a b"]\n' + KEYS.format("AKQ")}, "a b"),
    "credentials, half": ({}, {CREDENTIALS: "[default]\naws_access_key_id=AK\n"}, None),
    "other files": ({"AWS_SHARED_CREDENTIALS_FILE": "~/x/$NAME", "NAME": "keys"},
                    {"x/keys": "[default]\n" + KEYS.format("AKX")}, None),
    "broken config": ({}, {CONFIG: "[default]\nnonsense\n",
                           CREDENTIALS: "[default]\n" + KEYS.format("AK")}, None),
    "double section": ({}, {CONFIG: "[default]\n[default]\n",
                            CREDENTIALS: "[default]\n" + KEYS.format("AK")}, None),
    "role": ({}, {CONFIG: "[profile p]\n" + ROLE.format("r") +
                  "source_profile=b\nexternal_id=xy\nduration_seconds=900\n"
                  "[profile b]\n" + KEYS.format("AKB")}, "p"),
    "role, duration no number": (
        {}, {CONFIG: "[profile p]\n" + ROLE.format("r") +
             "source_profile=b\nduration_seconds=x\n[profile b]\n" + KEYS.format("AKB")},
        "p"),
    "role of credentials file": (
        {}, {CREDENTIALS: "[p]\n" + ROLE.format("r") + "source_profile=b\n[b]\n" +
             KEYS.format("AKB")}, "p"),
    "role before its own keys": (
        {}, {CONFIG: "[profile p]\n" + ROLE.format("r") + "source_profile=p\n" +
             KEYS.format("AKB")}, "p"),
    "role of a role": (
        {}, {CONFIG: "[profile p]\n" + ROLE.format("r") + "source_profile=m\n"
             "[profile m]\n" + ROLE.format("m") + "source_profile=b\n"
             "[profile b]\n" + KEYS.format("AKB")}, "p"),
    "role, circle": (
        {}, {CONFIG: "[profile p]\n" + ROLE.format("r") + "source_profile=m\n"
             "[profile m]\n" + ROLE.format("m") + "source_profile=p\n"}, "p"),
    "role, itself": ({}, {CONFIG: "[profile p]\n" + ROLE.format("r") +
                          "source_profile=p\n"}, "p"),
    "role, no source": (
        {}, {CONFIG: "[profile p]\n" + ROLE.format("r") + KEYS.format("AK")}, "p"),
    "role, two sources": (
        ENV, {CONFIG: "[profile p]\n" + ROLE.format("r") +
              "source_profile=b\ncredential_source=Environment\n[profile b]\n" +
              KEYS.format("AKB")}, "p"),
    "role, refused": (
        {}, {CONFIG: "[profile p]\n" + ROLE.format("refused") +
             "source_profile=b\n[profile b]\n" + KEYS.format("AKB")}, "p"),
    "role of environment": (
        ENV, {CONFIG: "[profile p]\n" + ROLE.format("r") +
              "credential_source=Environment\n"}, "p"),
    "role, source misspelt": (
        ENV, {CONFIG: "[profile p]\n" + ROLE.format("r") +
              "credential_source=environment\n"}, "p"),
    "role of container": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/container"},
        {CONFIG: "[profile p]\n" + ROLE.format("r") +
         "credential_source=EcsContainer\n"}, "p"),
    "role of instance": (
        {"AWS_EC2_METADATA_DISABLED": "false"},
        {CONFIG: "[profile p]\n" + ROLE.format("r") +
         "credential_source=Ec2InstanceMetadata\n"}, "p"),
    "role of sso": ({}, {CONFIG: SSO + "[profile r]\n" + ROLE.format("r") +
                         "source_profile=p\n", SSO_FILE: token()}, "r"),
    "role of process": ({}, {CONFIG: process(PROCESS) + "[profile r]\n" +
                             ROLE.format("r") + "source_profile=p\n"}, "r"),
    "web identity": ({"AWS_ROLE_ARN": "arn:aws:iam::1:role/w",
                      "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"},
                     {"token": "a.jwt"}, None),
    "web identity of a profile": (
        {}, {CONFIG: "[profile p]\n" + ROLE.format("w") +
             "web_identity_token_file=HOME/token\n", "token": "a.jwt"}, "p"),
    "web identity, profile given": (
        {"AWS_ROLE_ARN": "arn:aws:iam::1:role/w",
         "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"},
        {"token": "a.jwt", CREDENTIALS: "[p]\n" + KEYS.format("AKP")}, "p"),
    "web identity, no role": ({"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"},
                              {"token": "a.jwt"}, None),
    "web identity, no file": ({"AWS_ROLE_ARN": "arn:aws:iam::1:role/w",
                               "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/none"}, {}, None),
    "web identity before credentials": (
        {"AWS_ROLE_ARN": "arn:aws:iam::1:role/w",
         "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"},
        {"token": "a.jwt", CREDENTIALS: "[default]\n" + KEYS.format("AK")}, None),
    "sso": ({}, {CONFIG: SSO, SSO_FILE: token()}, "p"),
    "sso before credentials": ({}, {CONFIG: SSO, SSO_FILE: token(),
                                    CREDENTIALS: "[p]\n" + KEYS.format("AK")}, "p"),
    "sso, no login": ({}, {CONFIG: SSO}, "p"),
    "sso, expired": ({}, {CONFIG: SSO, SSO_FILE: token(expires=PAST)}, "p"),
    "sso, refreshed": ({}, {CONFIG: SSO, SSO_FILE: token(expires=PAST, **REFRESH)}, "p"),
    "sso, refused": ({}, {CONFIG: SSO, SSO_FILE: token("BAD")}, "p"),
    "sso, not whole": ({}, {CONFIG: SSO.replace("sso_role_name=R\n", "")}, "p"),
    "sso, contradiction": (
        {}, {CONFIG: SSO.replace("sso_account", "sso_region=x\nsso_account", 1),
             SSO_FILE: token()}, "p"),
    "sso, old": ({}, {CONFIG: OLD_SSO, OLD_SSO_FILE: token()}, "p"),
    "sso, old, expired": ({}, {CONFIG: OLD_SSO,
                               OLD_SSO_FILE: token(expires=PAST, **REFRESH)}, "p"),
    "login": ({}, {CONFIG: "[profile p]\nlogin_session=me\n",
                   ".aws/login/cache/" + sha256(b"me").hexdigest() + ".json":
                   json.dumps(LOGIN)}, "p"),
    "login, none": ({}, {CONFIG: "[profile p]\nlogin_session=me\n"}, "p"),
    "login before process": (
        {}, {CONFIG: process(PROCESS) + "login_session=me\n",
             ".aws/login/cache/" + sha256(b"me").hexdigest() + ".json":
             json.dumps(LOGIN)}, "p"),
    "credentials before login": (
        {}, {CONFIG: "[profile p]\nlogin_session=me\n",
             CREDENTIALS: "[p]\n" + KEYS.format("AK")}, "p"),
    "process": ({}, {CONFIG: process(PROCESS)}, "p"),
    "process before config": ({}, {CONFIG: process(PROCESS) + KEYS.format("AK")}, "p"),
    "process, version": ({}, {CONFIG: process(PROCESS.replace("1", "2"))}, "p"),
    "process, no json": ({}, {CONFIG: process("x")}, "p"),
    "process, fails": ({}, {CONFIG: "[profile p]\ncredential_process=false\n"}, "p"),
    "process, absent": ({}, {CONFIG: "[profile p]\ncredential_process=/none\n" +
                             KEYS.format("AK")}, "p"),
    "container": ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/container"}, {}, None),
    "container, token": ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/container",
                          "AWS_CONTAINER_AUTHORIZATION_TOKEN": "TOK"}, {}, None),
    "container, token file": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/container",
         "AWS_CONTAINER_AUTHORIZATION_TOKEN": "TOK",
         "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "HOME/token"}, {"token": "FILE"}, None),
    "container, unsafe": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/x"}, {}, None),
    "container before instance": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/container",
         "AWS_EC2_METADATA_DISABLED": "false"}, {}, None),
    "instance": ({"AWS_EC2_METADATA_DISABLED": "false"}, {}, None),
    "instance, disabled": ({"AWS_EC2_METADATA_DISABLED": "True"}, {}, None),
    "instance behind a profile": (
        {"AWS_EC2_METADATA_DISABLED": "false"}, {CONFIG: "[profile p]\nregion=x\n"}, "p"),
}


def prepare(home, url, environment, files):
    for name, text in files.items():
        path = Path(home) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("HOME/", home + "/"), encoding="utf-8")
    env = {"PATH": os.environ["PATH"], "HOME": home, "AWS_REGION": "us-east-1",
           "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
           "AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "NO_PROXY": "*",
           "AWS_ENDPOINT_URL_STS": url, "AWS_ENDPOINT_URL_SSO": url,
           "AWS_ENDPOINT_URL_SSO_OIDC": url, "AWS_MAX_ATTEMPTS": "1"}
    for name in ("PYENV_ROOT", "PYENV_VERSION", "PYTHONPATH", "LD_LIBRARY_PATH"):
        if name in os.environ:
            env[name] = os.environ[name]
    for name, value in environment.items():
        env[name] = value.replace("HOME/", home + "/").replace("URL/", url + "/")
    return env


class Botocore:
    """One for each thread that asks, with a home that is always the same: some of its folders are
    known when it has been imported."""

    def __init__(self):
        self.top = tempfile.TemporaryDirectory(prefix="costfs-chain-")
        self.home = Path(self.top.name) / "home"
        self.process = subprocess.Popen(
            [sys.executable, "-c", BOTOCORE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env={**os.environ, "HOME": str(self.home)})

    def empty_home(self):
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir()
        return str(self.home)

    def find(self, env, profile):
        path = Path(self.top.name) / "found.json"
        print(json.dumps([env, profile, str(path), TIMEOUT_S]), file=self.process.stdin,
              flush=True)
        status = int(self.process.stdout.readline())
        if status != 0:
            raise RuntimeError(f"botocore ended with {status}")
        return {"error": "", **json.loads(path.read_text(encoding="utf-8"))}

    def close(self):
        self.process.communicate(timeout=TIMEOUT_S)
        self.top.cleanup()


def find_ours(whoami, env, profile):
    done = subprocess.run(
        [whoami] + (["--profile", profile] if profile else []), env=env, check=False,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S)
    found = json.loads(done.stdout) if done.stdout.strip() else {"access_key_id": None}
    found["error"] = found.get("error", done.stderr.strip())
    return found


def check(whoami, botocore, url, name, case):
    environment, files, profile = case
    results = []
    # Both in one home: each must take what the other has kept there.
    for first in (True, False):
        env = prepare(botocore.empty_home(), url, environment, files)
        found = {}
        for is_ours in (first, not first):
            found[is_ours] = (find_ours(whoami, env, profile) if is_ours
                              else botocore.find(env, profile))
        results.append((found[True], found[False]))
    problems = []
    for mine, botocores in results:
        if "MissingDependency" in botocores["error"]:
            continue
        if mine["access_key_id"] != botocores["access_key_id"]:
            problems.append(f"{name}: {mine} but botocore {botocores}")
    return problems, results[0][0]


def main(args):
    try:
        import botocore.session  # noqa: F401
    except ImportError:
        print("skipped: botocore is not installed")
        return SKIP
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Services)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    chosen = [name for name in CASES if len(args) < 2 or args[1] in name]
    problems, found = [], 0
    idle = queue.SimpleQueue()
    botocores = [Botocore() for _ in range(2)]
    for one in botocores:
        idle.put(one)

    def check_named(name):
        one = idle.get()
        try:
            return check(args[0], one, url, name, CASES[name])
        finally:
            idle.put(one)

    try:
        with concurrent.futures.ThreadPoolExecutor(len(botocores)) as workers:
            results = workers.map(check_named, chosen)
            for name, (wrong, mine) in zip(chosen, results):
                problems += wrong
                found += mine["access_key_id"] is not None
                said = mine["access_key_id"] or mine["error"].splitlines()[:2]
                print(f"{'FAIL' if wrong else 'ok'}  {name}: {said}", flush=True)
    finally:
        server.shutdown()
        for one in botocores:
            one.close()
    for problem in problems:
        print(problem)
    print(f"{len(chosen)} cases, {found} with a key, {len(problems)} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
