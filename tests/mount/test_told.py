"""What the screen says when rights, input or the machine are wrong: told.txt has each
situation, its command, standard output and standard error, and the exit code. The text alone
has to say what failed, on what, and the next step. COSTFS_TOLD=FILE writes what is said now."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import harness

GOLDEN = pathlib.Path(__file__).with_name("told.txt")
ROLE = "arn:aws:sts::123456789012:assumed-role/analyst/someone"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SECRET, TOKEN = "told/Secret+0123456789/", "told//Token+=="
SOURCE = "s3://costs/billing/exports"
MONTH = "exports/demo/20261101-20261201"
SITUATIONS = {}


def situation(title):
    def keep(function):
        SITUATIONS[title] = function
        return function
    return keep


def read_golden(text):
    """title: what is on the screen."""
    parts = re.split(r"(?m)^== (.*)\n", text)[1:]
    return dict(zip(parts[::2], (p.strip("\n") for p in parts[1::2])))


class Told(harness.Case):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.shared = harness.scratch(cls)
        cls.whole = harness.demo_export(cls.shared / "whole", 300, "--months", "1")
        cls.who = Identity(secret=SECRET, token=TOKEN, arn=ROLE, account="123456789012")
        cls.server = Server({}, [cls.who])
        cls.addClassCleanup(cls.server.close)
        cls.golden = read_golden(GOLDEN.read_text())
        cls.said = {}

    @classmethod
    def tearDownClass(cls):
        target = os.environ.get("COSTFS_TOLD")
        if target:
            blocks = [f"== {title}\n{cls.said[title]}\n" for title in SITUATIONS
                      if title in cls.said]
            pathlib.Path(target).write_text("\n".join(blocks))

    def setUp(self):
        super().setUp()
        self.bucket = Bucket(self.whole, "billing/")
        self.server.buckets = {"costs": self.bucket}
        self.server.rules()
        self.server.clock_shift = 0
        self.who.deny, self.who.expires = (), None
        self.directory = self.tmp / "mnt"
        self.directory.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.tmp),
            "LC_ALL": "C.UTF-8",
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_ACCESS_KEY_ID": self.who.access_key,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": TOKEN,
        }

    def copy(self):
        shutil.copytree(self.whole, self.tmp / "copy")
        return self.tmp / "copy"

    def aws(self, text):
        """~/.aws/config, and no keys in the environment."""
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"):
            del self.environment["AWS_" + name]
        (self.tmp / ".aws").mkdir()
        (self.tmp / ".aws/config").write_text(text)

    def mask(self, text):
        for path, name in ((self.directory, "DIR"), (self.shared, "SHARED"), (self.tmp, "HOME")):
            text = text.replace(str(path), name)
        text = text.replace(f"127.0.0.1:{self.server.port}", "ENDPOINT")
        text = re.sub(r" port \d+ after \d+ ms", " port N after N ms", text)
        text = re.sub(r"Could(n't| not) connect to server", "no connection", text)
        text = re.sub(r"at byte \d+", "at byte N", text)
        text = re.sub(r"127\.0\.0\.1:\d+", "CLOSED", text)
        text = re.sub(r"REQUEST\d+", "REQUEST", text)
        text = re.sub(r"(?m)^AmazonEC2,.*", "AmazonEC2,...", text)
        return re.sub(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.0+)?Z", "TIME", text)

    def run_costfs(self, *words, before=(), **more):
        words = [str(w) for w in words]
        done = subprocess.run(
            [*before, harness.costfs_path(), *words, "--cache", str(self.tmp / "cache")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=self.environment, cwd=self.tmp, timeout=30, **more)
        text = done.stdout.decode()
        for planted in (SECRET, TOKEN, self.who.access_key, "Signature="):
            self.assertNotIn(planted, text)
        shown = " ".join(["costfs", *words])
        return self.mask(f"$ {shown}\n{text}exit {done.returncode}")

    def mount_fails(self, *words, **more):
        return self.run_costfs("mount", *(words or (SOURCE,)), self.directory, **more)

    def cat(self, source=SOURCE, **more):
        return self.run_costfs("cat", source, "months/2026-11/by-service.csv", **more)

    # Who asks

    @situation("no credentials at all")
    def no_credentials(self):
        self.aws("")
        return self.mount_fails()

    @situation("an SSO login that has ended")
    def sso(self):
        self.aws("[profile work]\nsso_session = corp\nsso_account_id = 123456789012\n"
                 "sso_role_name = Reader\n[sso-session corp]\nsso_region = us-east-1\n"
                 "sso_start_url = https://corp.awsapps.com/start\n")
        cache = self.tmp / ".aws/sso/cache"
        cache.mkdir(parents=True)
        (cache / (hashlib.sha1(b"corp").hexdigest() + ".json")).write_text(json.dumps({
            "accessToken": TOKEN, "expiresAt": "2026-01-02T03:04:05Z", "region": "us-east-1",
            "startUrl": "https://corp.awsapps.com/start"}))
        return self.mount_fails(SOURCE, "--profile", "work")

    @situation("a session token that has expired")
    def expired(self):
        self.who.expires = time.time() - 60
        return self.mount_fails()

    @situation("a key that AWS does not know")
    def unknown_key(self):
        self.environment["AWS_ACCESS_KEY_ID"] = "AKIANOBODYKNOWSTHIS0"
        return self.mount_fails()

    @situation("a secret that does not fit its key")
    def wrong_secret(self):
        self.environment["AWS_SECRET_ACCESS_KEY"] = "another/secret"
        return self.mount_fails()

    @situation("a profile that is not there")
    def no_profile(self):
        return self.mount_fails(SOURCE, "--profile", "wrok")

    @situation("a clock that is off")
    def clock(self):
        self.server.rules(Rule("skewed"))
        return self.mount_fails()

    # What is denied

    @situation("s3:ListBucket is denied")
    def denied_list(self):
        self.who.deny = ("s3:ListBucket",)
        return self.mount_fails()

    @situation("s3:GetObject is denied")
    def denied_get(self):
        self.who.deny = ("s3:GetObject",)
        return self.cat()

    @situation("kms:Decrypt is denied")
    def denied_key(self):
        self.bucket.kms = KEY
        self.who.deny = ("kms:Decrypt",)
        return self.cat()

    @situation("the bucket of another account, which does not say why it refuses")
    def denied_without_words(self):
        self.server.rules(Rule("denied", operation="ListObjectsV2"))
        return self.mount_fails()

    # Where it is

    @situation("a bucket that does not exist")
    def no_bucket(self):
        return self.mount_fails("s3://cots/billing/exports")

    @situation("a bucket in a region that cannot be found out")
    def elsewhere(self):
        self.bucket.region = "eu-west-1"
        self.server.rules(Rule("301", region=""))
        return self.mount_fails()

    @situation("a prefix below which nothing stands")
    def empty_prefix(self):
        return self.mount_fails("s3://costs/biling/exports")

    @situation("data of something else")
    def something_else(self):
        self.server.buckets["logs"] = Bucket(objects={
            "AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2026/11/23/a.log.gz": b"x"})
        return self.mount_fails("s3://logs/")

    @situation("several exports")
    def several(self):
        copy = self.copy()
        shutil.copytree(copy / "exports/demo", copy / "exports/other")
        self.server.buckets["costs"] = Bucket(copy, "billing/")
        return self.mount_fails()

    @situation("a directory that is not there")
    def no_directory(self):
        return self.mount_fails(self.tmp / "backup")

    # What stands there

    @situation("a manifest that is broken")
    def broken_manifest(self):
        copy = self.copy()
        for manifest in copy.rglob("*Manifest.json"):
            manifest.write_text('{"reportKeys": [')
        return self.cat(copy)

    @situation("a data file that the manifest names is missing")
    def missing_data(self):
        copy = self.copy()
        (copy / MONTH / "demo-00001.csv.gz").unlink()
        return self.cat(copy)

    @situation("a data file that is damaged")
    def damaged_data(self):
        copy = self.copy()
        file = copy / MONTH / "demo-00001.csv.gz"
        data = bytearray(file.read_bytes())
        data[-8] ^= 1  # gzip's sum of what it has packed
        times = file.stat()
        file.write_bytes(data)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        return self.cat(copy)

    @situation("a month that the export has not")
    def no_month(self):
        return self.run_costfs("cat", self.whole, "months/2019-01/by-service.csv")

    # Where it is to be shown

    @situation("a mount point that does not exist")
    def no_mount_point(self):
        return self.run_costfs("mount", "demo:", self.directory / "costs")

    @situation("a mount point that is a file")
    def mount_point_is_file(self):
        (self.directory / "costs").write_text("")
        return self.run_costfs("mount", "demo:", self.directory / "costs")

    @situation("a mount point where costfs is mounted already")
    def mounted_already(self):
        self.mount(self.whole, "mnt")
        return self.mount_fails(self.whole)

    @situation("a dead mount")
    def dead(self):
        self.mount(self.whole, "mnt").kill()
        return self.run_status()

    def run_status(self):
        done = harness.run(harness.costfs_path(), "status", self.directory,
                           env=self.environment)
        return self.mask(f"$ costfs status {self.directory}\n"
                         f"{(done.stdout + done.stderr).decode()}exit {done.returncode}")

    @situation("a directory that is no mount")
    def no_mount(self):
        return self.run_status()

    @situation("/dev/fuse is not there")
    def no_device(self):
        return self.mount_fails(self.whole, before=self.apart("mount -t tmpfs none /dev"))

    def as_nobody(self, *commands):
        """Somebody who is not root, and no copy of whose rights are ours."""
        if not shutil.which("setpriv"):
            self.skipTest("no setpriv here")
        self.tmp.chmod(0o711)
        os.chown(self.directory, 65534, 65534)
        (self.tmp / "cache").mkdir(mode=0o700)
        os.chown(self.tmp / "cache", 65534, 65534)
        shutil.copy(harness.costfs_path(), self.tmp / "costfs")
        device = self.tmp / "dev"
        device.mkdir()
        made = [f"mount -t tmpfs none {device}", f"mknod -m 666 {device}/fuse c 10 229",
                *commands, f"mount --bind {device}/fuse /dev/fuse"]
        words = self.apart(" && ".join(made))
        done = subprocess.run(
            [*words, "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
             "env", "PATH=/nonexistent", self.tmp / "costfs", "mount", "demo:", self.directory,
             "--cache", self.tmp / "cache"],
            capture_output=True, env=self.environment, timeout=30)
        text = (done.stderr + done.stdout).decode()
        return self.mask(f"$ costfs mount demo: {self.directory}\n{text}"
                         f"exit {done.returncode}")

    @situation("/dev/fuse may not be opened")
    def closed_device(self):
        return self.as_nobody(f"chmod 600 {self.tmp}/dev/fuse")

    @situation("fusermount3 is not there")
    def no_helper(self):
        hidden = shutil.which("fusermount3") or self.skipTest("no fusermount3 here")
        return self.as_nobody(f"mount --bind /dev/null {hidden}")

    # The machine

    def apart(self, command, *more):
        """In namespaces of its own, after a command."""
        words = ["unshare", "--mount", *more, "sh", "-c"]
        if subprocess.run([*words, command], capture_output=True).returncode != 0:
            self.skipTest("no namespaces here")
        return [*words, f'{command} && exec "$@"', "sh"]

    @situation("no network")
    def no_network(self):
        return self.mount_fails(before=self.apart("true", "--net"))

    @situation("a name that cannot be resolved")
    def no_name(self):
        self.environment["AWS_ENDPOINT_URL"] = "https://s3.example.invalid"
        return self.mount_fails(before=self.apart("true", "--net"))

    @situation("nobody listens at the endpoint")
    def nobody_listens(self):
        self.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
        return self.mount_fails()

    @situation("the disk of the cache is full")
    def full(self):
        (self.tmp / "cache").mkdir(mode=0o700)
        small = f"mount -t tmpfs -o size=16k,mode=700 none {self.tmp / 'cache'}"
        return self.cat(self.whole, before=self.apart(small))

    @situation("the cache is another user's")
    def foreign_cache(self):
        (self.tmp / "cache").mkdir(mode=0o700)
        os.chown(self.tmp / "cache", 4711, 4711)
        return self.mount_fails(self.whole)

    @situation("others may write to the cache")
    def open_cache(self):
        (self.tmp / "cache").mkdir()
        (self.tmp / "cache").chmod(0o777)
        return self.mount_fails(self.whole)

    # What was given

    @situation("a configuration with a line that is none")
    def config_line(self):
        (self.tmp / "config").write_text("[acme]\nsource s3://costs/billing\n")
        return self.mount_fails("acme", "--config", self.tmp / "config")

    @situation("a configuration with a name that is mistyped")
    def config_name(self):
        (self.tmp / "config").write_text("[acme]\nsource = s3://costs/billing\nrefesh = 1h\n")
        return self.mount_fails("acme", "--config", self.tmp / "config")

    @situation("an option that is mistyped")
    def option(self):
        return self.mount_fails(SOURCE, "--refesh", "1h")

    @situation("a value that is none")
    def value(self):
        return self.mount_fails(SOURCE, "--refresh", "soon")

    def test_each_situation_is_told_as_it_was_agreed(self):
        self.assertEqual(list(self.golden), list(SITUATIONS))

    def test_each_text_has_what_to_do(self):
        for title, text in self.golden.items():
            with self.subTest(title):
                self.assertRegex(
                    text, r"\A\$ costfs .+\n(fuse.+\n)?(costfs: .+\n  \S.+\n(.+\n)?exit [1-7]\Z|"
                    r"costfs: warning: .+; to mend it: )")


def prove(title, function):
    def test(self):
        said = function(self)
        self.said[title] = said
        self.assertEqual(said, self.golden.get(title))
    return test


for _title, _function in SITUATIONS.items():
    _name = re.sub(r"\W+", "_", _title.lower())
    setattr(Told, f"test_told_{_name}", prove(_title, _function))


if __name__ == "__main__":
    try:
        from server import Bucket, Identity, Rule, Server
    except ImportError as missing:
        print(f"skipped: no server to ask ({missing})")
        sys.exit(harness.SKIPPED)
    unittest.util._MAX_LENGTH = 400
    harness.main()
