"""resources/ of a real mount: what AWS is asked, when, and who waits for it."""
import errno
import os
import signal
import subprocess
import threading
import time

import harness
from deliveries import legacy_delivery, legacy_row
from little_aws import CALLER, LittleAws

MONTH = "2026-10"
OTHER = "222222222222"
INSTANCES = "ec2/eu-west-1/instances"


def resources(account):
    return f"accounts/{account}/resources"


@harness.only_local("the source is files")
class Resources(harness.Case):
    def setUp(self):
        super().setUp()
        self.export = self.tmp / "export"
        rows = [
            legacy_row(MONTH, "1.5", account=account, resource="i-1")
            for account in (CALLER, OTHER)
        ]
        rows.append(
            legacy_row(MONTH, "3", account=CALLER, resource="i-2"))
        legacy_delivery(self.export, MONTH, [rows])
        self.aws = LittleAws()
        self.aws.__enter__()
        self.addCleanup(self.aws.__exit__)

    def begin(self, *options, name="mnt", **more):
        return self.mount(
            self.export, name, "-o", "resources=on", *options,
            environment={**os.environ, **self.aws.environment()}, **more)

    def test_a_look_asks_and_the_costs_stand_beside(self):
        m = self.begin()
        top = resources(CALLER)
        self.assertEqual(
            sorted(os.listdir(m / top)), ["STATUS.txt", "ec2", "iam", "s3"])
        # The costs were all looked at, and nobody was asked.
        harness.run("find", m / "months", m / f"accounts/{CALLER}/{MONTH}", check=True)
        self.assertEqual(self.aws.calls, [])
        self.assertEqual(
            sorted(os.listdir(m / top / "ec2")), ["eu-west-1", "us-east-1"])
        # Nor is anybody for the names of types, however many, and their attributes.
        listed = harness.run("ls", "-l", m / top / "ec2/eu-west-1", check=True).stdout.decode()
        self.assertGreater(len(listed.splitlines()), 60)
        self.assertIn(" instances\n", listed)
        self.assertEqual({call[0] for call in self.aws.calls},
                         {"GetCallerIdentity", "DescribeRegions"})
        self.assertEqual(
            sorted(os.listdir(m / top / INSTANCES)), ["i-1", "index.csv"])
        self.assertEqual(self.aws.count("DescribeInstances", "eu-west-1"), 1)
        self.assertEqual(self.aws.count("DescribeInstances", "us-east-1"), 0)
        # As old as the answer.
        harness.wait_until(
            lambda: abs(time.time() - os.stat(m / top / INSTANCES).st_mtime) < 60)
        size = os.stat(m / top / INSTANCES / "index.csv").st_size
        raw = m.read(f"{top}/{INSTANCES}/index.csv")
        self.assertEqual(len(raw), size)
        self.assertEqual(
            [(r["id"], r["state"], r["unblended_cost"]) for r in harness.read_table(raw)],
            [("i-2", "gone", "3.00"), ("i-1", "running", "1.50")])
        what = m.read(f"{top}/{INSTANCES}/i-1/resource.json")
        beside = f"accounts/{CALLER}/{MONTH}/services/ec2/resources/i-1/resource.json"
        self.assertEqual(m.read(beside), what)
        self.assertEqual(self.aws.count("DescribeInstances"), 1)

    def test_a_refusal_is_told_there_and_nowhere_else(self):
        self.aws.refused.add(("DescribeInstances", "us-east-1"))
        m = self.begin()
        top = m / resources(CALLER)
        self.assert_errno(errno.EACCES, os.listdir, top / "ec2/us-east-1/instances")
        self.assert_errno(
            errno.EACCES, os.stat, top / "ec2/us-east-1/instances/index.csv")
        self.assertEqual(sorted(os.listdir(top / INSTANCES)), ["i-1", "index.csv"])
        said = m.text(f"{resources(CALLER)}/STATUS.txt")
        self.assertIn("UnauthorizedOperation", said)
        rows = {(r["region"], r["type"]): r for r in m.status()["resources"]}
        self.assertEqual(
            rows["us-east-1", "instances"]["last_error"]["name"], "EACCES")
        self.assertIsNone(rows["eu-west-1", "instances"]["last_error"])

    def test_nobody_else_waits_for_a_slow_answer_and_a_signal_ends_the_waiting(self):
        gate = self.aws.gates["DescribeInstances", "us-east-1"] = threading.Event()
        m = self.begin()
        top = m / resources(CALLER)
        slow = [
            subprocess.Popen(["ls", top / "ec2/us-east-1/instances"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(8)  # more than there are threads
        ]
        harness.wait_until(lambda: self.aws.count("DescribeInstances", "us-east-1"))
        began = time.monotonic()
        self.assertEqual(sorted(os.listdir(top / INSTANCES)), ["i-1", "index.csv"])
        os.listdir(m / "months" / MONTH)
        self.assertLess(time.monotonic() - began, 5 * harness.slowness())
        slow[0].send_signal(signal.SIGINT)
        self.assertEqual(slow[0].wait(10), -signal.SIGINT)
        self.assertIsNone(slow[1].poll())
        gate.set()
        for one in slow[1:]:
            self.assertEqual(one.communicate(timeout=20), (b"index.csv\n", b""))
        slow[0].communicate()
        self.assertEqual(self.aws.count("DescribeInstances", "us-east-1"), 1)

    def test_a_change_is_told_and_who_reads_goes_on(self):
        m = self.begin()
        top = m / resources(CALLER)
        path = top / INSTANCES / "i-1/resource.json"
        old = path.read_bytes()
        number = os.stat(path).st_ino
        with open(path, "rb", buffering=0) as held:
            self.aws.instances["eu-west-1"] = {"i-0": "running", "i-1": "stopped"}
            # What is being asked for is not asked for again.
            harness.wait_until(
                lambda: not any(r["loading"] for r in m.status()["resources"]))
            os.kill(m.pid, signal.SIGHUP)
            harness.wait_until(lambda: b"stopped" in path.read_bytes())
            self.assertEqual(held.read(), old)
        self.assertEqual(os.stat(path).st_ino, number)
        self.assertEqual(
            sorted(os.listdir(top / INSTANCES)), ["i-0", "i-1", "index.csv"])

    def test_of_other_accounts_nothing_is_asked_without_a_role(self):
        m = self.begin()
        self.assertIn("not known", m.text(f"{resources(OTHER)}/STATUS.txt"))
        self.assert_errno(errno.ENOKEY, os.listdir, m / resources(OTHER) / "ec2")

        def says_what_to_do():
            said = m.text(f"{resources(OTHER)}/STATUS.txt")
            return "asked     by nobody" in said and f"profile.{OTHER} = NAME" in said

        harness.wait_until(says_what_to_do)
        self.assertEqual([c[0] for c in self.aws.calls], ["GetCallerIdentity"])
        os.listdir(m / resources(CALLER) / INSTANCES)
        self.assertEqual(self.aws.count("AssumeRole"), 0)

    def test_a_role_is_assumed_in_other_accounts(self):
        m = self.begin("--discovery-role", "Costs", "--regions", "eu-west-1")
        self.assertEqual(os.listdir(m / resources(OTHER) / "ec2"), ["eu-west-1"])
        os.listdir(m / resources(OTHER) / INSTANCES)
        os.listdir(m / resources(CALLER) / INSTANCES)
        self.assertEqual(
            [c for c in self.aws.calls if c[0] == "DescribeInstances"],
            [("DescribeInstances", "eu-west-1", OTHER),
             ("DescribeInstances", "eu-west-1", CALLER)])
        self.assertEqual(self.aws.count("AssumeRole"), 1)
        self.assertEqual(self.aws.count("DescribeRegions"), 0)

    def test_the_configuration_says_who_may_ask(self):
        config = self.tmp / "config"
        config.write_text(
            f"[x]\nsource = {self.export}\nregions = eu-west-1, us-east-1\n"
            f"discovery-role = arn:aws:iam::{{account}}:role/a/Costs\n"
            f"profile.{OTHER} = other\n[y]\nsource = {self.export}\n"
            "discovery-role = arn:aws:iam::1:role/Costs\n")
        (self.tmp / "aws").write_text(
            "[profile other]\naws_access_key_id = AKIAOTHER\n"
            "aws_secret_access_key = x\n")
        environment = {**os.environ, **self.aws.environment(),
                       "AWS_CONFIG_FILE": str(self.tmp / "aws")}
        words = ["cat", "--config", config, "--cache", self.tmp / "cache"]

        def cat(account, name="x"):
            return harness.costfs(
                *words, name, f"{resources(account)}/STATUS.txt", env=environment)

        self.assertIn(b"by role arn:aws:iam::111111111111:role/a/Costs", cat(CALLER).stdout)
        self.assertIn(b"by profile other", cat(OTHER).stdout)
        refused = cat(CALLER, "y")
        self.assertEqual(refused.returncode, 2)
        self.assertIn(b"{account}", refused.stderr)
        # That would be no region of AWS's.
        refused = harness.costfs("ls", "--regions", "EU-WEST-1", self.export, ".")
        self.assertEqual(refused.returncode, 2)
        self.assertIn(b"eu-west-1,us-east-1", refused.stderr)
        self.assertEqual(self.aws.calls, [])
        # Keys of a profile are checked: these are another account's.
        listed = harness.costfs(
            "ls", *words[1:], "x", f"{resources(OTHER)}/{INSTANCES}", env=environment)
        self.assertEqual(listed.returncode, 1)
        self.assertIn(CALLER.encode(), listed.stderr)

    def test_commands_ask_and_the_next_has_it_without(self):
        words = ["cat", "--resources", "on", "--cache", self.tmp / "cache", self.export,
                 f"{resources(CALLER)}/{INSTANCES}/i-1/resource.json"]
        environment = {**os.environ, **self.aws.environment()}
        one = harness.costfs(*words, env=environment, check=True).stdout
        self.assertIn(b'"InstanceId": "i-1"', one)
        count = self.aws.count("DescribeInstances")
        self.assertEqual(
            harness.costfs(*words, env=environment, check=True).stdout, one)
        self.assertEqual(self.aws.count("DescribeInstances"), count)

    def metrics_calls(self):
        return self.aws.count("GetMetricStatistics") + self.aws.count("ListMetrics")

    def test_metrics_cost_who_reads_them_and_nobody_else(self):
        options = ("-o", "resources=on,metrics=on")
        environment = {**os.environ, **self.aws.environment()}
        m = self.mount(self.export, "mnt", *options, environment=environment)
        one = m / resources(CALLER) / INSTANCES / "i-1"
        self.assertEqual(sorted(os.listdir(one)), ["metrics.csv", "resource.json"])
        harness.run("find", m / resources(CALLER) / INSTANCES, check=True)
        self.assertEqual(self.metrics_calls(), 0)
        size = os.stat(one / "metrics.csv").st_size
        raw = (one / "metrics.csv").read_bytes()
        self.assertEqual(len(raw), size)
        rows = harness.read_table(raw)
        self.assertEqual(len(rows), 14 * 24)
        self.assertEqual(
            [rows[0][name] for name in ("cpu_average", "cpu_maximum", "network_in_bytes",
                                        "ebs_write_bytes", "memory_percent_average")],
            ["0.50", "15.00", "12345000.00", "12345000.00", ""])
        self.assertEqual(set(list(rows[1].values())[1:]), {""})
        self.assertEqual(self.aws.count("GetMetricStatistics", "eu-west-1"), 7)
        self.assertEqual(self.metrics_calls(), 8)
        beside = f"accounts/{CALLER}/{MONTH}/services/ec2/resources/i-1"
        self.assertIn("metrics.csv", os.listdir(m / beside))
        self.assertEqual(m.read(f"{beside}/metrics.csv"), raw)
        self.assertIn("8 calls of CloudWatch", m.text(f"{resources(CALLER)}/STATUS.txt"))
        self.assertEqual(m.status()["metrics_calls"], 8)
        # Commands wait for it, too; they have a cache of their own here.
        self.assertEqual(
            harness.costfs(
                "cat", "--resources", "on", "--metrics", "on", "--cache", self.tmp / "c",
                self.export, f"{resources(CALLER)}/{INSTANCES}/i-1/metrics.csv",
                env=environment, check=True).stdout, raw)
        self.aws.calls.clear()
        # The next one has it in the cache.
        m.close()
        m = self.mount(self.export, "again", *options, environment=environment)
        self.assertEqual(
            (m / resources(CALLER) / INSTANCES / "i-1/metrics.csv").read_bytes(), raw)
        self.assertEqual(self.metrics_calls(), 0)

    def test_metrics_that_are_denied_hide_nothing_else(self):
        self.aws.refused.add(("GetMetricStatistics", "eu-west-1"))
        m = self.begin("--metrics", "on")
        one = m / resources(CALLER) / INSTANCES / "i-1"
        self.assert_errno(errno.EACCES, (one / "metrics.csv").read_bytes)
        self.assertIn(b"InstanceId", (one / "resource.json").read_bytes())
        rows = {r["type"]: r for r in m.status()["resources"]}
        self.assertEqual(rows["metrics"]["last_error"]["name"], "EACCES")
        self.assertIsNone(rows["instances"]["last_error"])

    def test_metrics_are_off_unless_they_are_asked_for(self):
        m = self.begin()
        one = m / resources(CALLER) / INSTANCES / "i-1"
        self.assertEqual(os.listdir(one), ["resource.json"])
        self.assert_errno(errno.ENOENT, os.stat, one / "metrics.csv")
        self.assertEqual(self.metrics_calls(), 0)

    def test_files_have_no_resources_unless_they_are_asked_for(self):
        m = self.mount(
            self.export, environment={**os.environ, **self.aws.environment()})
        self.assertNotIn("resources", os.listdir(m / f"accounts/{CALLER}"))
        harness.run("find", m.directory, check=True)
        self.assertIsNone(m.status()["resources"])
        self.assertEqual(self.aws.calls, [])

    def test_findings_say_what_was_looked_at(self):
        self.aws.groups["eu-west-1"] = {"sg-1": "0.0.0.0/0", "sg-2": "10.0.0.0/8"}
        self.aws.refused.add(("DescribeSecurityGroups", "us-east-1"))
        m = self.begin()
        folder = f"accounts/{CALLER}/findings"
        self.assertIn("findings", os.listdir(m / f"accounts/{CALLER}"))
        self.assertEqual(self.aws.count("DescribeSecurityGroups"), 0)
        name = f"{folder}/insecure-security-groups.csv"
        size = os.stat(m / name).st_size
        raw = m.read(name)
        self.assertEqual(len(raw), size)
        rows = {(r["status"], r["region"], r["resource_id"]) for r in harness.read_table(raw)}
        self.assertIn(("finding", "eu-west-1", "sg-1"), rows)
        self.assertIn(("no data", "us-east-1", ""), rows)
        self.assertNotIn("sg-2", raw if isinstance(raw, str) else raw.decode())
        self.assertEqual(self.aws.count("DescribeSecurityGroups"), 2)
        self.assertEqual(len(os.listdir(m / folder)), 11)
        with self.assertRaises(FileNotFoundError):
            m.read(f"{folder}/nothing.csv")


if __name__ == "__main__":
    harness.main()
