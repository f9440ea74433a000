"""Mounts and commands on buckets of tests/server, which is strict."""
import os
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "mount")]

import harness  # noqa: E402
from server import Identity, Server  # noqa: E402


class Case(harness.Case):
    """self.serve(buckets) gives a server, self.environment signs in there."""

    def serve(self, buckets, identity=None, **more):
        who = identity or Identity()
        server = Server(buckets, [who], **more)
        self.addCleanup(server.close)
        self.environment = environment(server, who, self.tmp)
        return server

    def costfs(self, *words, cache="cache", **more):
        more.setdefault("env", self.environment)
        return harness.costfs(*words, "--cache", self.tmp / cache, **more)

    def mount(self, source, name="mnt", *options, **more):
        more.setdefault("environment", self.environment)
        return super().mount(source, name, *options, **more)

    def local(self, copy, *words):
        """What a command says of the copy in a directory."""
        return harness.costfs(words[0], copy, *words[1:], "--cache", self.tmp / "of-copy",
                              check=True).stdout


def environment(server, who, home):
    made = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": who.access_key,
        "AWS_SECRET_ACCESS_KEY": who.secret,
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
        if name in os.environ:
            made[name] = os.environ[name]
    if who.token:
        made["AWS_SESSION_TOKEN"] = who.token
    return made


def is_data(record):
    """Whether a request is for rows of costs."""
    return record["operation"] == "GetObject" and not record["key"].endswith(".json")
