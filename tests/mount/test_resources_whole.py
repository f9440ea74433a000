"""What the costs of an export are of, and regions in trouble, from AWS to the shell."""
import decimal
import errno
import json
import os
import re
import signal
import subprocess
import threading
import time

import harness
from deliveries import legacy_delivery, legacy_row
from little_aws import CALLER, LittleAws

MONTH = "2026-11"
# By the beginning of an id: type of the tree, operation, list and member of its answer,
# member of its JSON.
TYPES = {
    "i": ("instances", "DescribeInstances", "instancesSet", "instanceId", "InstanceId"),
    "vol": ("volumes", "DescribeVolumes", "volumeSet", "volumeId", "VolumeId"),
    "snap": ("snapshots", "DescribeSnapshots", "snapshotSet", "snapshotId", "SnapshotId"),
    "nat": ("nat-gateways", "DescribeNatGateways", "natGatewaySet", "natGatewayId",
            "NatGatewayId"),
    "eni": ("network-interfaces", "DescribeNetworkInterfaces", "networkInterfaceSet",
            "networkInterfaceId", "NetworkInterfaceId"),
    "eipalloc": ("addresses", "DescribeAddresses", "addressesSet", "allocationId",
                 "AllocationId"),
    "vpce": ("vpc-endpoints", "DescribeVpcEndpoints", "vpcEndpointSet", "vpcEndpointId",
             "VpcEndpointId"),
}


def id_of(resource_id):
    """What EC2 calls a billed resource, or None: an id, or the end of an ARN of EC2's."""
    if resource_id.startswith("arn:"):
        if resource_id.split(":")[2] != "ec2":
            return None
        resource_id = resource_id.rpartition("/")[2]
    return resource_id if re.match(r"[a-z]+-[0-9a-f]+$", resource_id) else None


class ThoseOfTheBill(LittleAws):
    """AWS that has what is put into it: {(operation, region): ids}."""

    def __init__(self, has):
        super().__init__()
        self.has = has
        self.instances = {region: {} for _, region in has}

    def text_of(self, operation, region, account, form):
        if not operation.startswith("Describe") or operation == "DescribeRegions":
            return super().text_of(operation, region, account, form)
        ids = self.has.get((operation, region), ())
        self.instances[region] = {name: "running" for name in ids}
        if operation == "DescribeInstances":
            return super().text_of(operation, region, account, form)
        _, _, outer, member, _ = next(t for t in TYPES.values() if t[1] == operation)
        items = "".join(f"<item><{member}>{name}</{member}></item>" for name in ids)
        return (f'<{operation}Response xmlns="x"><requestId>1</requestId><{outer}>{items}'
                f"</{outer}></{operation}Response>")


@harness.only_local("the source is files")
class CostsAndResources(harness.Case):
    def setUp(self):
        super().setUp()
        self.export = harness.demo_export(
            self.tmp / "export", 6000, "--accounts", "3", "--months", "1")

    def bill_of(self, mount, account):
        """{(type's row, region): {id: its rows of by-resource.csv}}"""
        bill = {}
        for row in mount.table(f"accounts/{account}/{MONTH}/by-resource.csv"):
            name = id_of(row["resource_id"])
            if name:
                place = (TYPES[name.partition("-")[0]], row["region"])
                bill.setdefault(place, {}).setdefault(name, []).append(row)
        return bill

    def test_each_billed_resource_has_its_json_and_its_cost_to_the_last_digit(self):
        with harness.Mount(self.export, self.tmp / "plain", self.tmp / "cache",
                           "-o", "resources=off") as plain:
            bills = {name: self.bill_of(plain, name)
                     for name in os.listdir(plain / "accounts")}
        account, bill = max(bills.items(), key=lambda b: len({t for t, _ in b[1]}))
        self.assertLessEqual({"instances", "volumes"}, {t[0] for t, _ in bill})
        # Every fourth instance is gone, and in each place there is one without costs.
        gone = set(sorted(
            i for (t, _), of in bill.items() if t[0] == "instances" for i in of)[::4])
        self.assertTrue(gone)
        with ThoseOfTheBill({
            (t[1], region): sorted(set(of) - gone) + [self.free_of(of)]
            for (t, region), of in bill.items()
        }) as aws:
            m = self.mount(
                self.export, "mnt", "--discovery-role", "Costs",
                environment={**os.environ, **aws.environment()})
            for (kind, region), of in bill.items():
                with self.subTest(type=kind[0], region=region):
                    self.check_place(m, account, (kind, region), of, gone)
            self.assertEqual(
                sorted(c[:2] for c in aws.calls if c[0].startswith("Describe")
                       and c[0] != "DescribeRegions"), sorted(aws.has))

    @staticmethod
    def free_of(of):
        return sorted(of)[0].partition("-")[0] + "-0free"

    def check_place(self, m, account, place, of, gone):
        (kind, _, _, _, member), region = place
        top = m / f"accounts/{account}/resources/ec2/{region}/{kind}"
        free = self.free_of(of)
        self.assertEqual(
            sorted(os.listdir(top)), sorted({"index.csv", free, *of} - gone))
        index = {r["id"]: r for r in harness.read_table((top / "index.csv").read_bytes())}
        self.assertEqual(set(index), {free, *of})
        for name, row in index.items():
            for cost in ("unblended_cost", "amortized_cost"):
                texts = [r[cost] for r in of.get(name, ())] or ["0.00"]
                if len(texts) == 1:
                    self.assertEqual(row[cost], texts[0], name)
                else:
                    self.assertEqual(
                        decimal.Decimal(row[cost]), sum(map(decimal.Decimal, texts)), name)
            self.assertEqual(row["state"] == "gone", name in gone, name)
            if name in gone:
                self.assertFalse((top / name).exists())
            else:
                raw = (top / name / "resource.json").read_bytes()
                self.assertEqual(json.loads(raw)[member], name)
            for billed in of.get(name, ()):
                beside = (m / f"accounts/{account}/{MONTH}/services" / billed["service"]
                          / "resources" / billed["resource"])
                self.assertEqual("resource.json" in os.listdir(beside), name not in gone)
                if name not in gone:
                    self.assertEqual((beside / "resource.json").read_bytes(), raw)


@harness.only_local("the source is files")
class RegionsInTrouble(harness.Case):
    def setUp(self):
        super().setUp()
        export = self.tmp / "export"
        legacy_delivery(
            export, MONTH, [[legacy_row(MONTH, account=CALLER, resource="i-1")]])
        self.aws = LittleAws()
        self.aws.instances = {
            "eu-west-1": {"i-1": "running"}, "eu-west-2": {"i-2": "running"},
            "denies": {}, "silent": {}, "throttles": {}}
        self.aws.__enter__()
        self.addCleanup(self.aws.__exit__)
        self.aws.refused.add(("DescribeInstances", "denies"))
        self.aws.throttled.add(("DescribeInstances", "throttles"))
        self.aws.gates["DescribeInstances", "silent"] = threading.Event()
        self.m = self.mount(
            export, "mnt", "-o", "resources=on",
            environment={**os.environ, **self.aws.environment()})
        self.top = self.m / f"accounts/{CALLER}/resources/ec2"

    def ls(self, region):
        return subprocess.Popen(
            ["ls", self.top / region / "instances"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)

    def fault_of(self, region):
        """What status.json has of the region, which STATUS.txt has to say as well."""
        row = harness.wait_until(lambda: next(
            (r for r in self.m.status()["resources"] if not r["loading"]
             and r["region"] == region and r["type"] == "instances"), None))
        fault = row["last_error"]
        if fault:
            harness.wait_until(  # the kernel keeps the older one for a second
                lambda: {fault["text"], fault["cure"]} <= self.said())
        return fault

    def said(self):
        """Lines of STATUS.txt, those of failures without their time and name."""
        return {re.sub(r"^\S+Z  \w+: ", "", line.strip()) for line in
                self.m.text(f"accounts/{CALLER}/resources/STATUS.txt").splitlines()}

    def test_three_regions_say_why_and_the_others_list(self):
        silent = self.ls("silent")
        self.addCleanup(silent.communicate)
        harness.wait_until(lambda: self.aws.count("DescribeInstances", "silent"))
        for region, name in (("eu-west-1", "i-1"), ("eu-west-2", "i-2")):
            self.assertEqual(
                self.ls(region).communicate(timeout=20), (f"{name}\nindex.csv\n".encode(), b""))
        for region, number, code, cure in (
            ("denies", errno.EACCES, "UnauthorizedOperation", "allow ec2:DescribeInstances"),
            ("throttles", errno.ETIMEDOUT, "RequestLimitExceeded", "try again later"),
        ):
            self.assertIn(
                os.strerror(number).encode(), self.ls(region).communicate(timeout=20)[1])
            fault = self.fault_of(region)
            self.assertEqual(fault["name"], errno.errorcode[number])
            for word in (region, code):
                self.assertIn(word, fault["text"])
            self.assertIn(cure, fault["cure"])
        # All that while one region said nothing.
        self.assertIsNone(silent.poll())
        self.assertIn(
            os.strerror(errno.ETIMEDOUT).encode(), silent.communicate(timeout=60)[1])
        fault = self.fault_of("silent")
        self.assertEqual(fault["name"], "ETIMEDOUT")
        self.assertIn("silent: ec2 DescribeInstances", fault["text"])
        self.assertIn("check the network", fault["cure"])
        self.assertIsNone(self.fault_of("eu-west-1"))
        self.assertEqual(sorted(os.listdir(self.top / "eu-west-2/instances")),
                         ["i-2", "index.csv"])

    def test_a_mount_whose_calls_hang_is_gone_at_once_when_nobody_waits(self):
        waiting = self.ls("silent")
        harness.wait_until(lambda: self.aws.count("DescribeInstances", "silent"))
        began = time.monotonic()
        waiting.send_signal(signal.SIGINT)
        self.assertEqual(waiting.wait(20), -signal.SIGINT)
        harness.costfs("umount", self.m.directory, timeout=20, check=True)
        self.m.process.wait(20)
        self.assertLess(time.monotonic() - began, 5 * harness.slowness())
        waiting.communicate()

    def test_after_kill_9_and_without_aws_listings_are_those_of_the_cache(self):
        path = f"accounts/{CALLER}/resources/ec2/eu-west-1/instances"
        index, text = self.m.read(f"{path}/index.csv"), self.m.read(f"{path}/i-1/resource.json")
        # Saved a little after it was shown.
        harness.wait_until(
            lambda: not any(r["loading"] for r in self.m.status()["resources"]))
        self.m.kill()
        self.aws.__exit__()
        m = harness.Mount(
            self.tmp / "export", self.tmp / "mnt", self.tmp / "cache", "-o", "resources=on",
            environment={**os.environ, **self.aws.environment()})
        self.addCleanup(m.close)
        self.assertEqual(m.read(f"{path}/index.csv"), index)
        self.assertEqual(m.read(f"{path}/i-1/resource.json"), text)
        self.assertEqual(sorted(os.listdir(m / path)), ["i-1", "index.csv"])
        self.assert_errno(
            errno.EHOSTUNREACH, os.listdir,
            m / f"accounts/{CALLER}/resources/ec2/eu-west-2/instances")


if __name__ == "__main__":
    harness.main()
