"""20,000 instances of one region, from AWS to listings: resources.py BUILD [INSTANCES [RUNS]]

BUILD is a meson build directory. AWS is a server on the loopback that has pages of 1,000 at hand.
Prints a Markdown table (docs/performance.md): seconds from the last answer's last byte until a
command has ended that was waiting for it, and what the mount holds at most above what it held
before, beside the bytes of all JSON. Fails where a command takes more than 2 s, or the mount more
than 20 MiB above the JSON."""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mount"))

import harness
from deliveries import legacy_delivery, legacy_row
from little_aws import CALLER, LittleAws

MONTH = "2026-10"
REGION = "eu-west-1"
TYPE = f"accounts/{CALLER}/resources/ec2/{REGION}/instances"
PAGE = 1000
SECONDS_MOST = 2.0
MEMORY_MOST_MIB = 20
TAGS = ("Name", "Team", "Environment")


def texts(**members):
    return "".join(f"<{name}>{text}</{name}>" for name, text in members.items())


def items(name, *inner):
    return f"<{name}>" + "".join(f"<item>{i}</item>" for i in inner) + f"</{name}>"


def tags_of(number):
    return items("tagSet", *(
        texts(key=key, value=f"{key.lower()}-{number % (7 * (at + 1)):04}")
        for at, key in enumerate(TAGS)))


def interface(number, owner):
    """One network interface, as AWS describes it with an instance."""
    name = f"ip-10-{number >> 16}-{number >> 8 & 255}-{number & 255}.{REGION}.compute.internal"
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return texts(
        networkInterfaceId=f"eni-{number:017x}", subnetId=f"subnet-{number % 9:017x}",
        vpcId="vpc-0123456789abcdef0", description="", ownerId=owner, status="in-use",
        macAddress=f"02:00:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
        privateIpAddress=address, privateDnsName=name, sourceDestCheck="true",
        groupSet="<item>" + texts(groupId="sg-0123456789abcdef0", groupName="web") + "</item>",
        attachment=texts(
            attachmentId=f"eni-attach-{number:017x}", deviceIndex="0", status="attached",
            attachTime="2026-09-01T08:00:00.000Z", deleteOnTermination="true",
            networkCardIndex="0"),
        privateIpAddressesSet="<item>" + texts(
            privateIpAddress=address, privateDnsName=name, primary="true") + "</item>",
        ipv6AddressesSet="", interfaceType="interface")


def volume(number):
    return texts(deviceName="/dev/xvda", ebs=texts(
        volumeId=f"vol-{number:017x}", status="attached", deleteOnTermination="true",
        attachTime="2026-09-01T08:00:01.000Z"))


def instance(number):
    """Some 3.5 kB of JSON."""
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    host = f"ip-{address.replace('.', '-')}.{REGION}.compute.internal"
    inner = texts(
        instanceId=f"i-{number:017x}", imageId="ami-0123456789abcdef0",
        instanceState=texts(code="16", name="running"), privateDnsName=host, dnsName="",
        reason="", keyName="deploy", amiLaunchIndex="0", productCodes="",
        instanceType="m5.large", launchTime="2026-09-01T08:00:00.000Z",
        placement=texts(availabilityZone=f"{REGION}a", groupName="", tenancy="default"),
        monitoring=texts(state="disabled"), subnetId=f"subnet-{number % 9:017x}",
        vpcId="vpc-0123456789abcdef0", privateIpAddress=address, sourceDestCheck="true",
        architecture="x86_64", rootDeviceType="ebs", rootDeviceName="/dev/xvda",
        virtualizationType="hvm", clientToken=f"{number:08x}-1234-1234-1234-123456789abc",
        hypervisor="xen", ebsOptimized="true", enaSupport="true",
        iamInstanceProfile=texts(
            arn=f"arn:aws:iam::{CALLER}:instance-profile/web", id="AIPA0123456789ABCDEF"),
        cpuOptions=texts(coreCount="1", threadsPerCore="2"),
        hibernationOptions=texts(configured="false"),
        enclaveOptions=texts(enabled="false"),
        metadataOptions=texts(
            state="applied", httpTokens="required", httpPutResponseHopLimit="2",
            httpEndpoint="enabled", httpProtocolIpv6="disabled",
            instanceMetadataTags="disabled"),
        platformDetails="Linux/UNIX", usageOperation="RunInstances",
        maintenanceOptions=texts(autoRecovery="default"))
    inner += items("groupSet", texts(groupId="sg-0123456789abcdef0", groupName="web"))
    inner += items("blockDeviceMapping", volume(number))
    inner += items("networkInterfaceSet", interface(number, CALLER))
    return inner + tags_of(number)


class ManyInstances(LittleAws):
    """One instance a reservation, as most are."""

    def __init__(self, count):
        super().__init__()
        self.instances = {REGION: {}}
        self.pages = [self.page(at, min(count, at + PAGE), count)
                      for at in range(0, count, PAGE)]
        self.answered = 0.0  # when the last page was on its way

    @staticmethod
    def page(begin, end, count):
        reservations = items("reservationSet", *(
            texts(reservationId=f"r-{n:017x}", ownerId=CALLER, groupSet="")
            + items("instancesSet", instance(n)) for n in range(begin, end)))
        token = f"<nextToken>{end}</nextToken>" if end < count else ""
        return ('<DescribeInstancesResponse xmlns="x"><requestId>1</requestId>'
                f"{reservations}{token}</DescribeInstancesResponse>")

    def text_of(self, operation, region, account, form):
        if operation != "DescribeInstances":
            return super().text_of(operation, region, account, form)
        at = int(form.get("NextToken", "0")) // PAGE
        if at == len(self.pages) - 1:
            self.answered = time.monotonic()
        return self.pages[at]


def memory_kib(pid, what):
    """VmRSS, VmHWM of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(x.split()[1]) for x in status.splitlines() if x.startswith(what + ":"))


def measure(export, work, aws, command):
    """Seconds after the last answer, KiB above the start."""
    mount = harness.Mount(
        export, work / "mnt", work / "cache", "-o", "resources=on",
        environment={**os.environ, **aws.environment()})
    try:
        # What index.csv and listings need apart from AWS.
        (mount / f"months/{MONTH}/by-service.csv").read_bytes()
        os.listdir(mount / f"accounts/{CALLER}/resources/ec2")
        before = memory_kib(mount.pid, "VmRSS")
        with open(work / "out", "wb") as out:
            subprocess.run([*command, mount / TYPE / "index.csv" if command[0] == "cat"
                            else mount / TYPE], stdout=out, check=True)
        took = time.monotonic() - aws.answered
        return took, memory_kib(mount.pid, "VmHWM") - before
    finally:
        mount.close()
        subprocess.run(["rm", "-rf", work / "cache"], check=True)


def json_bytes(export, work, aws):
    """Of all instances, by what the files say of themselves."""
    mount = harness.Mount(
        export, work / "mnt", work / "cache", "-o", "resources=on",
        environment={**os.environ, **aws.environment()})
    try:
        with os.scandir(mount / TYPE) as found:
            return sum(os.stat(f"{e.path}/resource.json").st_size for e in found if e.is_dir())
    finally:
        mount.close()
        subprocess.run(["rm", "-rf", work / "cache"], check=True)


def main(build, count=20_000, runs=3):
    os.environ["COSTFS"] = str(pathlib.Path(build).resolve() / "fs/cmd/costfs")
    harness._costfs = os.environ["COSTFS"]
    failures = []
    with tempfile.TemporaryDirectory(prefix="costfs-bench-") as work, \
            ManyInstances(int(count)) as aws:
        work = pathlib.Path(work)
        export = work / "export"
        legacy_delivery(export, MONTH, [[
            legacy_row(MONTH, "0.25", account=CALLER, resource=f"i-{n:017x}")
            for n in range(0, int(count), 2)]])
        size = json_bytes(export, work, aws)
        xml = max(len(p) for p in aws.pages)
        print(f"{int(count):,} instances, {size / 2**20:.1f} MiB of JSON; "
              f"a page is {xml / 2**20:.1f} MiB of XML\n")
        print("| what | seconds | MiB above the start | above the JSON |\n|---|---:|---:|---:|")
        for command in (["ls"], ["ls", "-l"], ["cat"]):
            results = [measure(export, work, aws, command) for _ in range(int(runs))]
            seconds = statistics.median(r[0] for r in results)
            memory = max(r[1] for r in results) / 1024
            above = memory - size / 2**20
            name = " ".join(command) + (" index.csv" if command[0] == "cat" else "")
            print(f"| {name} | {seconds:.2f} | {memory:.0f} | {above:.0f} |")
            if seconds > SECONDS_MOST:
                failures.append(f"{name}: {seconds:.2f} s")
            if above > MEMORY_MOST_MIB:
                failures.append(f"{name}: {above:.0f} MiB above the JSON")
    for failure in failures:
        print("too much:", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
