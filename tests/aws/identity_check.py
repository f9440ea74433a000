"""Who AWS says we are, beside who it says AWS's own command line is, for each source of
credentials: identity_check.py WHOAMI

In one environment with its files and services, `aws sts get-caller-identity` and costfs have to
sign in as the same identity. STS is a stub that names the identity after the key that signed."""
import concurrent.futures
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import chain_check

# One of each source, and what stands before what.
SOURCES = (
    "env",
    "env before AWS_PROFILE",
    "profile before env",
    "credentials before config",
    "config file",
    "quoted profile",
    "other files",
    "role",
    "role of credentials file",
    "role of a role",
    "role of environment",
    "role of container",
    "role of instance",
    "role of sso",
    "role of process",
    "web identity",
    "web identity of a profile",
    "web identity, profile given",
    "sso",
    "sso, refreshed",
    "sso, old",
    "login",
    "login before process",
    "process",
    "process before config",
    "container",
    "container, token",
    "container before instance",
    "instance",
    "instance behind a profile",
)
# A command line that is older than a source, or lacks what it needs for it.
LACKS = ("MissingDependency", "Missing Dependency", "Unable to locate credentials")


class Services(chain_check.Services):
    def do_POST(self):
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        if b"Action=GetCallerIdentity" not in body:
            self.rfile = Again(body)
            super().do_POST()
            return
        signed = re.search(r"Credential=(\w+)/", self.headers.get("Authorization", ""))
        # Version 1 does not keep the keys of SSO for others: they are numbered, but of one
        # login.
        key = re.sub(r"^(AKSSO\w*?)\d+$", r"\1", signed[1])
        self.reply(
            "<GetCallerIdentityResponse><GetCallerIdentityResult>"
            f"<Arn>arn:aws:iam::123456789012:user/{key}</Arn><UserId>u</UserId>"
            "<Account>123456789012</Account></GetCallerIdentityResult>"
            "</GetCallerIdentityResponse>",
            kind="text/xml",
        )


class Again:
    """A body that has been read, to be read once more."""

    def __init__(self, body):
        self.body = body

    def read(self, _):
        return self.body

    def close(self):
        pass


def arn_by(command, env):
    done = subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, check=False, capture_output=True,
        text=True, timeout=chain_check.TIMEOUT_S,
    )
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return None, done.stderr.strip()
    return said.get("arn", said.get("Arn")), ""


def check(whoami, url, name):
    """Our identity, theirs, and what they said if they had none."""
    environment, files, profile = chain_check.CASES[name]
    ours = [whoami, "--identity"]
    theirs = ["aws", "sts", "get-caller-identity", "--output", "json"]
    if profile:
        ours += ["--profile", profile]
        theirs += ["--profile", profile]
    # Keys of roles are other ones each time: both take them from the cache that they share.
    with tempfile.TemporaryDirectory(prefix="costfs-identity-") as home:
        env = chain_check.prepare(home, url, environment, files)
        mine, complaint = arn_by(ours, env)
        other, said = arn_by(theirs, env)
    return name, mine, other, complaint + said


def main(args):
    if shutil.which("aws") is None:
        print("skipped: AWS's command line (aws) is not installed")
        return chain_check.SKIP
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Services)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    wrong = same = lacking = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as workers:
            for name, mine, other, said in workers.map(
                lambda name: check(args[0], url, name), SOURCES
            ):
                if mine and other is None and any(text in said for text in LACKS):
                    lacking += 1
                    print(f"skip  {name}: {said.splitlines()[0]}", flush=True)
                    continue
                is_same = mine is not None and mine == other
                same += is_same
                wrong += not is_same
                print(f"{'ok' if is_same else 'FAIL'}  {name}: {mine}", flush=True)
                if not is_same:
                    print(f"  but aws {other}: {said}")
    finally:
        server.shutdown()
    print(f"{same} the same, {wrong} not, {lacking} that this aws does not know")
    return 1 if wrong or same < len(SOURCES) / 2 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
