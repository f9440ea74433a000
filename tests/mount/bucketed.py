"""With COSTFS_TEST_S3 set, directories are mounted as buckets of tests/server, a part of
whose answers is spoilt (COSTFS_TEST_FAULTS, a chance; COSTFS_TEST_SEED).

The server is a process of its own: one in ours would stand still while a system call of a
test waits for the mount, or a page of it."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.request

IS_ON = bool(os.environ.get("COSTFS_TEST_S3"))
# Commands whose first word may be a source.
COMMANDS = ("ls", "cat", "path", "prefetch")
MAIN = pathlib.Path(__file__).resolve().parents[1] / "server" / "main.py"

_server = None


class _Server:
    def __init__(self):
        self.names = {}
        self.process = subprocess.Popen(
            [sys.executable, "-B", os.fspath(MAIN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        told = json.loads(self.process.stdout.readline())
        self.url = told["url"]
        self.environment = told["environment"]
        chance = float(os.environ.get("COSTFS_TEST_FAULTS", "0.1"))
        seed = int(os.environ.get("COSTFS_TEST_SEED") or time.time_ns() % 1000000)
        print(f"{chance:.0%} of the requests are spoilt, with COSTFS_TEST_SEED={seed}",
              file=sys.stderr, flush=True)
        self.control(seed=seed, rules=[{"kind": "passing", "probability": chance}])

    def control(self, **asked):
        data = json.dumps(asked).encode()
        with urllib.request.urlopen(self.url + "/__control", data, timeout=20) as answer:
            return json.load(answer)

    def bucket_of(self, directory):
        if directory not in self.names:
            base = re.sub("[^a-z0-9]+", "-", os.path.basename(directory).lower()).strip("-")
            name = f"b{len(self.names)}-{base}"[:40].strip("-")
            self.control(buckets={name: directory})
            self.names[directory] = name
        return f"s3://{self.names[directory]}"


def start():
    global _server
    _server = _Server()
    os.environ.update(_server.environment)


def stop():
    """Says what came, ends the server."""
    told = _server.control()
    print(f"{sum(told['counts'].values())} requests, {told['faults']} spoilt: "
          f"{told['counts']}", file=sys.stderr)
    _server.process.stdin.close()
    _server.process.wait(10)
    return told


def records():
    return _server.control(records=True)["records"]


def source_of(source, mounts=()):
    """The bucket that a directory is served as; what is none, or in a mount, as it is."""
    if _server is None or not os.path.isdir(source):
        return source
    path = os.path.abspath(source)
    if any(path == mount or path.startswith(mount + "/") for mount in mounts):
        return source
    return _server.bucket_of(path)


def words_of(words, mounts=()):
    """Those of a command, with its source as a bucket."""
    if _server is None or not words or words[0] not in COMMANDS:
        return words
    words = list(words)
    for at, word in enumerate(words[1:], 1):
        if not os.fspath(word).startswith("-"):
            words[at] = source_of(word, mounts)
            break
    return words
