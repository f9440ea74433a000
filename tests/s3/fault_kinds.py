"""Every kind of fault, once, on every call: what passes is not seen, what does not is told."""
import concurrent.futures
import itertools
import shutil
import time

import strict
import harness
from server import Bucket, Identity, Rule, Server, faults

WORDS = ("cat", "this-month/lines.csv")
WORKERS = 6

# Calls: (name, what a rule has to fit)
CALLS = (
    ("list", {"operation": "ListObjectsV2"}),
    ("manifest", {"operation": "GetObject", "key": r".*\.json"}),
    ("data", {"operation": "GetObject", "key": r".*\.gz"}),
)
SECONDS = 60  # of a stall: longer than it is waited for
# What never is over by itself: (kind, calls, words of the message).
LASTING = (
    ("denied", ("list", "manifest", "data"), "AccessDenied"),
    ("expired", ("list", "manifest", "data"), "ExpiredToken"),
    ("301", ("list", "manifest", "data"), "region"),
    ("skewed", ("list",), "RequestTimeTooSkewed"),
    ("403_empty", ("list", "data"), "403"),
    ("repeat_token", ("list",), "circle"),
    ("damage", ("data",), "demo-0000"),
)
# Ask again, and it is as it should be.
ONCE = (
    *[(kind, call) for kind in faults.PASSING for call, _ in CALLS],
    *[(kind, call) for kind in ("throttling", "slow_first_byte", "no_length")
      for call, _ in CALLS],
    ("412", "data"), ("416", "data"), ("404", "data"),
    ("stall", "list"), ("stall", "manifest"), ("stall", "data"),
)


class FaultKinds(harness.Case):
    def setUp(self):
        super().setUp()
        self.numbers = itertools.count()
        self.copy = harness.demo_export(self.tmp / "copy", 900, "--months", "1")
        self.right = harness.costfs(WORDS[0], self.copy, *WORDS[1:], "--cache",
                                    self.tmp / "of-copy", check=True).stdout

    def run_with(self, rule, bucket=None, **more):
        """(what costfs did, seconds, the server) with one server and one cache."""
        who = Identity()
        cache = self.tmp / f"cache-{next(self.numbers)}"
        with Server({"costs": bucket or Bucket(self.copy)}, [who], **more) as server:
            if rule:
                server.rules(rule)
            begun = time.monotonic()
            done = harness.costfs(
                WORDS[0], "s3://costs", *WORDS[1:], "--cache", cache,
                env=strict.environment(server, who, self.tmp),
            )
            shutil.rmtree(cache, ignore_errors=True)
            return done, time.monotonic() - begun, server

    def all_of(self, cases, check):
        def attempt(case):
            try:
                return check(*case)
            except Exception as error:  # noqa: BLE001 - told below, with the case
                return repr(error)

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for case, problem in zip(cases, pool.map(attempt, cases)):
                with self.subTest(case=case):
                    self.assertIsNone(problem)

    def test_what_passes_is_not_seen(self):
        fits = dict(CALLS)

        def check(kind, call):
            rule = Rule(kind, count=1, seconds=SECONDS if kind == "stall" else 0.4,
                        **fits[call])
            done, took, server = self.run_with(rule)
            if rule.fired != 1:
                return f"was not asked: {server.counts()}"
            if done.returncode or done.stdout != self.right:
                return f"exit {done.returncode}: {done.stderr.decode()}"
            return f"took {took} s" if took > 28 * harness.SLOWNESS else None

        cases = sorted(ONCE, key=lambda case: case[0] != "stall")
        self.all_of(cases, check)

    def test_what_lasts_is_told_in_time(self):
        fits = dict(CALLS)

        def check(kind, call, words):
            done, took, _ = self.run_with(Rule(kind, **fits[call]))
            said = done.stderr.decode()
            if done.returncode == 0 or words not in said or said.count("\n") > 2:
                return f"exit {done.returncode}: {said}"
            return f"took {took} s" if took > 5 * harness.SLOWNESS else None

        self.all_of([(k, c, w) for k, calls, w in LASTING for c in calls], check)

    def test_trouble_that_lasts_ends_at_the_deadline(self):
        fits = dict(CALLS)

        def check(kind, call):
            done, took, _ = self.run_with(Rule(kind, at=0, seconds=60, **fits[call]))
            if done.returncode == 0:
                return "it was read?"
            return f"took {took} s: {done.stderr}" if took > 32 * harness.SLOWNESS else None

        self.all_of([("503", "list"), ("refuse", "data"), ("html_200", "list"),
                     ("stall", "list"), ("stall", "data"), ("html_200", "data")], check)

    def test_a_bucket_elsewhere_is_followed(self):
        def check(redirect):
            bucket = Bucket(self.copy, region="eu-central-1", redirect=redirect)
            done, _, _ = self.run_with(None, bucket)
            return None if done.stdout == self.right else done.stderr.decode()

        self.all_of([(400,), (301,)], check)

    def test_a_temporary_redirect_is_followed(self):
        def check(call):
            who = Identity()
            with Server({"costs": Bucket(self.copy)}, [who]) as server:
                rule = Rule("307", count=1, location=f"costs.localhost:{server.port}",
                            **dict(CALLS)[call])
                server.rules(rule)
                done = harness.costfs(
                    WORDS[0], "s3://costs", *WORDS[1:], "--cache", self.tmp / call,
                    env=strict.environment(server, who, self.tmp))
            return None if done.stdout == self.right else done.stderr.decode()

        self.all_of([(name,) for name, _ in CALLS], check)

    def test_the_clock_may_be_wrong(self):
        def check(shift):
            who = Identity()
            with Server({"costs": Bucket(self.copy)}, [who]) as server:
                server.clock_shift = shift
                done = harness.costfs(
                    WORDS[0], "s3://costs", *WORDS[1:], "--cache", self.tmp / f"c{shift}",
                    env=strict.environment(server, who, self.tmp))
            return None if done.stdout == self.right else done.stderr.decode()

        self.all_of([(600,), (-600,), (7200,), (-7200,), (86400 * 400,)], check)

    def test_damage_is_found_where_s3_keeps_checksums(self):
        def check(kind):
            rule = Rule("damage", count=1, operation="GetObject", key=r".*\.gz")
            done, _, _ = self.run_with(rule, Bucket(self.copy, checksum=kind))
            if rule.fired != 1 or done.stdout != self.right:
                return f"exit {done.returncode}: {done.stderr.decode()}"
            return None

        self.all_of([("crc32",), ("crc64nvme",), ("sha256",)], check)


if __name__ == "__main__":
    harness.main()
