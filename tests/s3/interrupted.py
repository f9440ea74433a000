"""Ctrl-C and kill end every command at once, though S3 takes connections and never
answers."""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))

import harness

MOMENT = 0.2 * harness.SLOWNESS  # seconds


class Interrupted(harness.Case):
    def setUp(self):
        super().setUp()
        self.listener = socket.socket()
        self.addCleanup(self.listener.close)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(8)
        port = self.listener.getsockname()[1]
        (self.tmp / "mnt").mkdir()
        self.environment = {
            **os.environ,
            "HOME": str(self.tmp),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "x",
        }

    def start(self, *words, **more):
        words = (harness.costfs_path(), *words, "--cache", self.tmp / "cache")
        process = subprocess.Popen(
            [os.fspath(w) for w in words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            **more,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        # It asks, and would wait for half a minute.
        self.listener.settimeout(20)
        connection, _ = self.listener.accept()
        self.addCleanup(connection.close)
        connection.settimeout(20)
        self.assertIn(b"HTTP/1.1", connection.recv(65536))
        return process

    def assert_ends(self, process, number):
        begun = time.monotonic()
        process.send_signal(number)
        # Its daemon holds the pipes as well: they end when all processes have.
        out, err = process.communicate(timeout=20)
        self.assertLess(time.monotonic() - begun, MOMENT)
        self.assertEqual(process.returncode, 128 + number, err)
        self.assertEqual((out, err), (b"", b"costfs: interrupted\n"))

    def test_each_command_ends_by_each_signal(self):
        for words in (
            ("ls", "s3://bucket"),
            ("cat", "s3://bucket", "months.csv"),
            ("prefetch", "s3://bucket"),
            ("path", "s3://bucket", "111122223333"),
            ("mount", "s3://bucket", self.tmp / "mnt"),
            ("mount", "s3://bucket", self.tmp / "mnt", "--foreground"),
        ):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                with self.subTest(words=words, number=number):
                    self.assert_ends(self.start(*words), number)
        self.assertFalse(harness.is_mounted(self.tmp / "mnt"))

    def test_nohup_keeps_a_command_from_hangup(self):
        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

        process = self.start("ls", "s3://bucket", preexec_fn=ignore)
        process.send_signal(signal.SIGHUP)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(MOMENT * 2)
        self.assert_ends(process, signal.SIGINT)


if __name__ == "__main__":
    harness.main()
