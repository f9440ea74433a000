"""An export in a bucket reads as its copy in a directory does, whatever the network does."""
import errno
import os
import pathlib
import socket
import subprocess
import sys
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))

import door
import harness

SECRET = "planted/SecretKey+0123456789abcdefghijkl"
TOKEN = "plantedSessionToken0123456789"
QUICK = 5  # seconds until an error of the user is told
DEADLINE = 32  # seconds until trouble of the network is told
BEGIN_SECONDS = 0.3  # best of three; less than 0.1 where nothing else runs
UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def environment(port, home, **more):
    keep = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return {
        **keep,
        "HOME": str(home),
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "us-east-1",
        **more,
    }


class Moto:
    def __init__(self, log):
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            harness.wait_until(self._answers, 60, "moto")
        except BaseException:
            self.close()
            raise

    def _answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"moto ended with {self.process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5):
                return True
        except OSError:
            return False

    def close(self):
        self.process.kill()
        self.process.wait(10)


class Bucket(harness.Case):
    @classmethod
    def setUpClass(cls):
        import boto3

        cls.shared = harness.scratch(cls)
        log = open(cls.shared / "moto.log", "wb")
        cls.addClassCleanup(log.close)
        cls.moto = Moto(log)
        cls.addClassCleanup(cls.moto.close)
        cls.door = door.Door(cls.moto.port)
        cls.addClassCleanup(cls.door.shut)
        cls.client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{cls.moto.port}",
            region_name="us-east-1",
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="x",
        )
        cls.copy = harness.demo_export(cls.shared / "copy", 6000, "--months", "3")
        cls.upload("costs", cls.copy)

    @classmethod
    def upload(cls, bucket, directory, front=""):
        cls.client.create_bucket(Bucket=bucket)
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                key = front + str(path.relative_to(directory))
                cls.client.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())

    def setUp(self):
        super().setUp()
        self.door.open()
        self.signed_in = environment(
            self.door.port,
            self.tmp,
            AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
            AWS_SECRET_ACCESS_KEY=SECRET,
            AWS_SESSION_TOKEN=TOKEN,
        )

    def costfs(self, *words, env=None, **more):
        words = (*words, "--cache", self.tmp / "cache")
        done = harness.costfs(*words, env=env or self.signed_in, **more)
        for said in (done.stdout, done.stderr):
            self.assertNotIn(SECRET.encode(), said)
            self.assertNotIn(TOKEN.encode(), said)
        return done

    def local(self, command, *words, copy=None):
        return harness.costfs(
            command,
            copy or self.copy,
            *words,
            "--cache",
            self.tmp / "cache-of-copy",
            check=True,
        ).stdout

    def assert_same(self, source, *words, copy=None):
        got = self.costfs(words[0], source, *words[1:])
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(got.stdout, self.local(*words, copy=copy))

    def assert_refused(self, words, cause, cure, env=None, status=1):
        begun = time.monotonic()
        done = self.costfs(*words, env=env)
        self.assertLess(time.monotonic() - begun, QUICK)
        said = done.stderr.decode()
        self.assertEqual(done.returncode, status, said)
        self.assertIn(cause, said)
        self.assertIn(cure, said)
        self.assertEqual(said.count("\n"), 2, said)

    # The same bytes

    def test_ls_and_cat_are_those_of_the_copy(self):
        self.assert_same("s3://costs", "ls")
        self.assert_same("s3://costs", "ls", "months", "accounts", "this-month")
        self.assert_same("s3://costs", "cat", "this-month/lines.csv")
        self.assert_same("s3://costs", "cat", "last-month/by-service.csv")

    def test_debugging_tells_each_request_but_no_secret(self):
        done = self.costfs("cat", "s3://costs", "this-month/total.csv", "--verbose")
        said = done.stderr.decode()
        self.assertRegex(
            said,
            r"costfs: debug: s3 GetObject 127\.0\.0\.1:\d+/costs/exports/\S+\.gz: "
            r"HTTP 200, \d+ bytes in \d+ ms, attempt 1\b",
        )
        self.assertIn("s3 ListObjectsV2", said)
        for word in ("Signature", "AKIA", "x-amz", "?"):
            self.assertNotIn(word, said)

    def test_the_source_may_be_pasted_in_many_ways(self):
        for source in (
            "s3://costs/",
            "s3://costs/exports",
            "s3://costs/exports/demo",
            "s3://costs//exports/demo/",
            "arn:aws:s3:::costs/exports/demo/",
        ):
            with self.subTest(source):
                self.assert_same(source, "cat", "this-month/by-service.csv")

    def test_keys_that_begin_with_a_slash_or_hold_two_are_read(self):
        self.upload("slashes", self.copy, "/")
        self.upload("doubled", self.copy, "some//where/")
        for source in (
            "s3://slashes",
            "s3://slashes/exports/demo",
            "s3://doubled/some",
            "s3://doubled/some/where/exports",
        ):
            with self.subTest(source):
                self.assert_same(source, "cat", "this-month/by-service.csv")

    def test_a_mount_reads_as_the_copy_does(self):
        m = self.mount("s3://costs/exports/demo", "mnt", environment=self.signed_in)
        n = self.mount(self.copy, "copy", cache=self.tmp / "cache-of-copy")
        for name in ("lines.csv", "by-account.csv", "daily.csv"):
            self.assertEqual(
                m.read("this-month/" + name), n.read("this-month/" + name)
            )
        self.assertEqual(os.listdir(m / "accounts"), os.listdir(n / "accounts"))
        self.assertNotIn(SECRET, m.text("STATUS.txt") + m.text(".costfs/status.json"))
        requests = m.status()["requests"]
        self.assertGreater(requests["get"], 1)
        self.assertGreater(requests["bytes"], 10000)
        self.assertGreater(requests["connections"], 0)

    def test_objects_of_several_parts_survive_cuts(self):
        big = harness.demo_export(
            self.tmp / "big", 40000, "--months", "1", "--compression", "plain"
        )
        self.assertGreater(max(f.stat().st_size for f in big.rglob("*.csv")), 17 << 20)
        self.upload("big", big)
        self.assert_same("s3://big", "cat", "this-month/by-service.csv", copy=big)
        before = self.door.cuts
        self.door.cut_after(3_000_000)
        harness.costfs("cache", "clean", "--cache", self.tmp / "cache", check=True)
        self.assert_same("s3://big", "cat", "this-month/lines.csv", copy=big)
        self.assertGreater(self.door.cuts, before + 3)

    # Trouble

    def test_a_wrong_bucket_is_told_at_once(self):
        bucket = "s3://nowhere-at-all"
        for words, status in ((("ls", bucket), 1), (("mount", bucket, self.tmp), 3)):
            self.assert_refused(
                words, "NoSuchBucket", "check the name of the bucket", status=status
            )

    def test_a_source_without_a_bucket_is_told_at_once(self):
        self.assert_refused(("ls", "s3:///"), "names no bucket", "write it like: s3://")

    def test_missing_credentials_are_told_at_once(self):
        env = environment(self.door.port, self.tmp)
        bucket = "s3://costs"
        for words, status in ((("ls", bucket), 1), (("mount", bucket, self.tmp), 4)):
            self.assert_refused(words, "credentials", "aws configure", env=env, status=status)

    def test_an_unknown_profile_is_told_at_once(self):
        self.assert_refused(
            ("ls", "s3://costs", "--profile", "nobody"), "nobody", "aws configure"
        )

    def test_a_prefix_without_an_export_is_told(self):
        self.assert_refused(
            ("ls", "s3://costs/elsewhere"), "no billing export", "it should hold"
        )

    def test_an_outage_leaves_what_is_known_and_the_rest_comes_back(self):
        m = self.mount("s3://costs", "mnt", environment=self.signed_in)
        cached = m.read("this-month/by-service.csv")
        months = os.listdir(m / "months")
        other = f"months/{sorted(months)[0]}/by-service.csv"
        for trouble in (self.door.shut, self.door.stall):
            with self.subTest(trouble.__name__):
                self.door.open()
                trouble()
                begun = time.monotonic()
                with self.assertRaises(OSError) as caught:
                    m.read(other)
                self.assertLess(time.monotonic() - begun, DEADLINE)
                self.assertIn(caught.exception.errno, UNREACHABLE)
                self.assertEqual(m.read("this-month/by-service.csv"), cached)
                self.assertEqual(os.listdir(m / "months"), months)
                self.assertIn("s3", m.errors())
        self.door.open()
        self.assertEqual(
            m.read(other), self.local("cat", other)
        )

    # What is remembered

    def learn(self, source="s3://costs"):
        """As an earlier mount leaves it; answers what it read."""
        m = self.mount(source, "first", environment=self.signed_in)
        text = m.read("this-month/by-service.csv")
        m.terminate()
        return text

    def assert_shown(self, m, text, error):
        self.assertEqual(m.read("this-month/by-service.csv"), text)
        said = harness.wait_until(lambda: m.status()["refresh_error"], DEADLINE)
        self.assertEqual(said["name"], error)
        self.assertNotEqual(said["cure"], "")
        self.assertIsNotNone(m.status()["looked"])
        harness.wait_until(lambda: "stale since then" in m.text("STATUS.txt"))
        self.assertEqual(m.read("this-month/by-service.csv"), text)

    def test_a_mount_without_a_network_begins_with_what_is_remembered(self):
        text = self.learn()
        self.door.shut()
        took = []
        for i in range(3):
            (self.tmp / f"mnt{i}").mkdir()
            begun = time.monotonic()
            m = self.mount(
                "s3://costs", f"mnt{i}", environment=self.signed_in, background=True
            )
            os.stat(m)
            took.append(time.monotonic() - begun)
        print(f"usable after {min(took) * 1000:.0f} ms")
        self.assertLess(min(took), BEGIN_SECONDS * harness.slowness())
        self.assert_shown(m, text, "EHOSTUNREACH")
        other = f"months/{sorted(os.listdir(m / 'months'))[0]}/by-service.csv"
        with self.assertRaises(OSError) as caught:
            m.read(other)
        self.assertIn(caught.exception.errno, UNREACHABLE)
        self.door.open()
        harness.wait_until(lambda: m.status()["refresh_error"] is None, 15)
        self.assertEqual(m.read(other), self.local("cat", other))

    def test_a_mount_without_credentials_begins_with_what_is_remembered(self):
        text = self.learn()
        login = self.tmp / "login.json"
        (self.tmp / ".aws").mkdir(exist_ok=True)
        (self.tmp / ".aws/config").write_text(f"[default]\ncredential_process = cat {login}\n")
        m = self.mount(
            "s3://costs", "mnt", environment=environment(self.door.port, self.tmp)
        )
        self.assert_shown(m, text, "EKEYREJECTED")
        # Who logs in has nothing else to do.
        login.write_text(
            '{"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",'
            f' "SecretAccessKey": "{SECRET}"}}'
        )
        harness.wait_until(lambda: m.status()["refresh_error"] is None, 15)

    def test_a_bucket_that_has_gone_is_said_while_the_mount_stays(self):
        self.upload("short-lived", self.copy)
        text = self.learn("s3://short-lived")
        for entry in self.client.list_objects_v2(Bucket="short-lived")["Contents"]:
            self.client.delete_object(Bucket="short-lived", Key=entry["Key"])
        self.client.delete_bucket(Bucket="short-lived")
        m = self.mount("s3://short-lived", "mnt", environment=self.signed_in)
        self.assert_shown(m, text, "ENOENT")
        self.assertIn("NoSuchBucket", m.text("STATUS.txt"))

    def test_a_delivery_that_came_meanwhile_is_seen(self):
        self.upload("moving", self.copy)
        text = self.learn("s3://moving")
        newer = harness.demo_export(self.tmp / "newer", 6000, "--months", "3", "--seed", "9")
        for path in sorted(newer.rglob("*")):
            if path.is_file():
                key = str(path.relative_to(newer))
                self.client.put_object(Bucket="moving", Key=key, Body=path.read_bytes())
        m = self.mount("s3://moving", "mnt", environment=self.signed_in)
        want = self.local("cat", "this-month/by-service.csv", copy=newer)
        self.assertNotEqual(want, text)
        harness.wait_until(lambda: m.read("this-month/by-service.csv") == want)

    def test_a_command_asks_nothing_for_what_was_looked_at_just_now(self):
        self.assert_same("s3://costs", "cat", "this-month/by-service.csv")
        self.door.shut()
        done = self.costfs("cat", "s3://costs", "this-month/by-service.csv")
        self.assertEqual((done.returncode, done.stderr), (0, b""))


if __name__ == "__main__":
    try:
        import boto3  # noqa: F401
        import moto.server  # noqa: F401
    except ImportError as missing:
        print(f"skipped: no moto ({missing}); pip install 'moto[server]' boto3")
        sys.exit(harness.SKIPPED)
    unittest.util._MAX_LENGTH = 400
    harness.main()
