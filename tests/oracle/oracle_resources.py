"""An account's resources at moto, a simulation of AWS, beside what `aws` prints of them:
oracle_resources.py RESOURCES. Bytes are compared, and what a table shows of each element is
worked out a second time."""
import contextlib
import csv
import datetime
import decimal
import gc
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import made_up
from convert_oracle import SKIP, redact, why_not
from oracle_kinds import element_shape, read_kinds

ACCOUNT, OTHER = "123456789012", "111122223333"
ROLE = f"arn:aws:iam::{OTHER}:role/reader"
HOME, WEST = "us-east-1", "eu-west-1"
ODD = 'x"<&>\\ \u00e4\u20ac\u65e5\U0001f600'
# Types of EC2: where the element is in the answer, and its fields but name and tags. Of those
# that are not here the fields are taken to stand where the table of kinds says.
TYPES = {
    "addresses": ("Addresses", "AllocationId", "Domain", "", "NetworkBorderGroup", "", ""),
    "capacity-reservations": ("CapacityReservations", "CapacityReservationId", "InstanceType",
                              "State", "AvailabilityZone", "", "CreateDate"),
    "hosts": ("Hosts", "HostId", "HostProperties.InstanceType", "State", "AvailabilityZone", "",
              "AllocationTime"),
    "images": ("Images", "ImageId", "Architecture", "State", "", "", "CreationDate"),
    "instance-status": ("InstanceStatuses", "InstanceId", "", "InstanceState.Name",
                        "AvailabilityZone", "", ""),
    "instances": ("Reservations.Instances", "InstanceId", "InstanceType", "State.Name",
                  "Placement.AvailabilityZone", "", "LaunchTime"),
    "internet-gateways": ("InternetGateways", "InternetGatewayId", "", "Attachments.State", "",
                          "", ""),
    "key-pairs": ("KeyPairs", "KeyPairId", "KeyType", "", "", "", "CreateTime"),
    "launch-templates": ("LaunchTemplates", "LaunchTemplateId", "", "", "", "", "CreateTime"),
    "nat-gateways": ("NatGateways", "NatGatewayId", "ConnectivityType", "State", "", "",
                     "CreateTime"),
    "network-interfaces": ("NetworkInterfaces", "NetworkInterfaceId", "InterfaceType", "Status",
                           "AvailabilityZone", "", ""),
    "placement-groups": ("PlacementGroups", "GroupId", "Strategy", "State", "", "", ""),
    "route-tables": ("RouteTables", "RouteTableId", "", "", "", "", ""),
    "security-groups": ("SecurityGroups", "GroupId", "", "", "", "", ""),
    "snapshots": ("Snapshots", "SnapshotId", "StorageTier", "State", "", "VolumeSize",
                  "StartTime"),
    "spot-instance-requests": ("SpotInstanceRequests", "SpotInstanceRequestId",
                               "LaunchSpecification.InstanceType", "State",
                               "LaunchedAvailabilityZone", "", "CreateTime"),
    "subnets": ("Subnets", "SubnetId", "", "State", "AvailabilityZone", "", ""),
    "transit-gateways": ("TransitGateways", "TransitGatewayId", "", "State", "", "",
                         "CreationTime"),
    "volumes": ("Volumes", "VolumeId", "VolumeType", "State", "AvailabilityZone", "Size",
                "CreateTime"),
    "vpc-endpoints": ("VpcEndpoints", "VpcEndpointId", "VpcEndpointType", "State", "", "",
                      "CreationTimestamp"),
    "vpc-peering-connections": ("VpcPeeringConnections", "VpcPeeringConnectionId", "",
                                "Status.Code", "", "", ""),
    "vpcs": ("Vpcs", "VpcId", "", "State", "", "", ""),
}
# These are asked for in a second region, too.
IN_WEST = tuple(TYPES)
OWN_NAMES = {"addresses": "PublicIp", "images": "Name", "key-pairs": "KeyName",
             "launch-templates": "LaunchTemplateName", "placement-groups": "GroupName",
             "security-groups": "GroupName"}
OPTIONS = {"images": ["--owners", "self"], "snapshots": ["--owner-ids", "self"],
           "instance-status": ["--include-all-instances"],
           "byoip-cidrs": ["--max-results", "100"], "fpga-images": ["--owners", "self"],
           "launch-template-versions": ["--versions", "$Latest", "$Default"],
           "policies": ["--scope", "Local"]}
# Columns of metrics.csv: the metric, and its statistic.
METRICS = {
    "cpu_average": ("CPUUtilization", "Average"), "cpu_maximum": ("CPUUtilization", "Maximum"),
    "network_in_bytes": ("NetworkIn", "Sum"), "network_out_bytes": ("NetworkOut", "Sum"),
    "disk_read_bytes": ("DiskReadBytes", "Sum"), "disk_write_bytes": ("DiskWriteBytes", "Sum"),
    "ebs_read_bytes": ("EBSReadBytes", "Sum"), "ebs_write_bytes": ("EBSWriteBytes", "Sum"),
    "memory_percent_average": ("mem_used_percent", "Average")}
MEASURED = "i-0123456789abcdef0"
# moto has no answer to it.
NOT_THERE = "reserved-instances"
# moto only says that there are such calls.
EMPTY = {"DescribeReservedInstancesListings"}
# Nor can `aws` ask for more than a page of these by itself.
ONE_PAGE = {"DescribeByoipCidrs", "DescribeLockedSnapshots", "DescribeVpcEncryptionControls",
            "DescribeVpcBlockPublicAccessExclusions"}
MADE_UP = 5
SNAPSHOTS = 1005
PAGES = []  # where each page of snapshots that was asked for began


def dump(value):
    return json.dumps(value, indent=4, ensure_ascii=False)


def indented(text, depth):
    return text.replace("\n", "\n" + " " * depth)


def member(element, path):
    """The text at a path, of lists the first; "" where there is none."""
    for name in path.split("."):
        if isinstance(element, list):
            element = element[0] if element else {}
        element = element.get(name, "") if isinstance(element, dict) else ""
    return "" if isinstance(element, (dict, list)) else str(element)


def zulu(text):
    """2026-11-01T12:00:00.123000+00:00 is 2026-11-01T12:00:00Z"""
    return text[:19] + "Z" if text else ""


def tags_of(element):
    tags = element.get("Tags", element.get("TagSet")) or []
    ordered = sorted(tags, key=lambda tag: tag["Key"].encode())
    return {tag["Key"]: tag["Value"] for tag in ordered}


def take_rows(kinds):
    """Into TYPES, what is not there."""
    others = {NOT_THERE, "users", "buckets", *TYPES}
    for row in kinds:
        if row["directory"] not in others:
            TYPES[row["directory"]] = (row["path"].removesuffix("[]"), *(
                row.get(name, "") for name in ("id", "type", "state", "zone", "size", "created")))
            OWN_NAMES[row["directory"]] = row.get("name", "")


def identity(kind, element):
    first, *others = TYPES[kind][1].split("|")
    parts = [member(element, part) for part in first.split("+")]
    return "_".join(parts) if all(parts) or not others else member(element, others[0])


def wanted_fields(kind, element, region):
    _, _, *paths = TYPES[kind]
    texts = [member(element, path) if path else "" for path in paths]
    tags = tags_of(element)
    own = member(element, OWN_NAMES[kind]) if OWN_NAMES.get(kind) else ""
    return {
        "id": identity(kind, element), "name": tags.get("Name") or own, "type": texts[0],
        "state": texts[1], "zone": texts[2] or region, "size": texts[3],
        "created": zulu(texts[4]),
        "tags": json.dumps(tags, ensure_ascii=False, separators=(",", ":")) if tags else ""}


def describe_snapshots(self):
    """In pages, as AWS has them."""
    from moto.core.responses import ActionResult

    found = self.ec2_backend.describe_snapshots(
        snapshot_ids=self._get_param("SnapshotIds", []),
        filters=self._filters_from_querystring())
    limit = int(self._get_param("MaxResults") or len(found) or 1)
    start = int(self._get_param("NextToken") or 0)
    PAGES.append(start)
    answer = {"Snapshots": found[start:start + limit]}
    if start + limit < len(found):
        answer["NextToken"] = str(start + limit)
    return ActionResult(answer)


def describe_placement_groups(self):
    from moto.core.responses import ActionResult

    return ActionResult({"PlacementGroups": [
        {"GroupName": "spread", "State": "available", "Strategy": "partition",
         "PartitionCount": 7, "GroupId": "pg-0123456789abcdef0", "GroupArn": "arn:x",
         "Tags": [{"Key": "k", "Value": ODD}]}]})


def describe_capacity_reservations(self):
    from moto.core.responses import ActionResult

    return ActionResult({"CapacityReservations": [
        {"CapacityReservationId": "cr-0123456789abcdef0", "InstanceType": "m5.large",
         "AvailabilityZone": HOME + "a", "State": "active", "TotalInstanceCount": 3,
         "EbsOptimized": False, "CreateDate": datetime.datetime(
             2026, 11, 1, 12, tzinfo=datetime.timezone.utc)}]})


def policy_status(get):
    """One bucket has a public policy, the other none."""
    space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

    def answer(self, bucket_name, querystring):
        if "policyStatus" not in querystring:
            return get(self, bucket_name, querystring)
        if bucket_name == "bucket":
            return 200, {}, f"<PolicyStatus {space}><IsPublic>true</IsPublic></PolicyStatus>"
        return 404, {}, "<Error><Code>NoSuchBucketPolicy</Code><Message>none</Message></Error>"
    return answer


def make_up(kind, operation):
    """Answers of a call that moto does not know: pages of it, one of them empty."""
    from moto.core.responses import ActionResult

    member_name = kind["path"].removesuffix("[]")
    found = made_up.elements(kind, element_shape(operation, kind["path"]), MADE_UP)

    def answer(self):
        if "NextToken" not in operation.output_shape.members or operation.name in ONE_PAGE:
            return ActionResult({member_name: found})
        page = int(self._get_param("NextToken") or 0)
        parts = ([], found[:2], [], found[2:])
        token = {"NextToken": str(page + 1)} if page + 1 < len(parts) else {}
        return ActionResult({member_name: parts[page], **token})
    return answer


def mend_moto(kinds, model):
    """What moto does not answer as AWS does. The patches, to be stopped."""
    from botocore import xform_name
    from moto.ec2.responses import EC2Response
    from moto.s3.responses import S3Response

    patches = [mock.patch.object(EC2Response, one.__name__, one, create=True) for one in (
        describe_snapshots, describe_placement_groups, describe_capacity_reservations)]
    patched = {patch.attribute for patch in patches}
    for kind in kinds:
        name = xform_name(kind["operation"])
        if kind["service"] == "ec2" and name not in patched and (
                not hasattr(EC2Response, name) or kind["operation"] in EMPTY):
            answer = make_up(kind, model.operation_model(kind["operation"]))
            patches.append(mock.patch.object(EC2Response, name, answer, create=True))
    get = policy_status(S3Response._bucket_response_get)
    patches.append(mock.patch.object(S3Response, "_bucket_response_get", get))
    for patch in patches:
        patch.start()
    return patches


def fill_west(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[
        {"Key": "b", "Value": "1"}, {"Key": "B", "Value": ODD}, {"Key": "\u00e9", "Value": ""},
        {"Key": "Name", "Value": "west"}])
    ec2.create_volume(AvailabilityZone=WEST + "b", Size=125, VolumeType="io1", Iops=400)
    ec2.create_security_group(GroupName=ODD[5:], Description=ODD, VpcId=vpc)
    ec2.create_key_pair(KeyName="west " + ODD, KeyType="ed25519")


def fill_more(ec2):
    """Beside what the converter's oracle makes: empty ones, and many of one kind."""
    ec2.create_internet_gateway()
    ec2.create_launch_template(
        LaunchTemplateName="tagged", LaunchTemplateData={}, TagSpecifications=[
            {"ResourceType": "launch-template", "Tags": [{"Key": "Name", "Value": "by tag"}]}])
    ec2.allocate_address(Domain="vpc")
    for number in range(20):
        ec2.create_volume(AvailabilityZone=HOME + "c", Size=number + 1)
    volume = ec2.create_volume(AvailabilityZone=HOME + "b", Size=3)["VolumeId"]
    from moto.ec2.models import ec2_backends
    for number in range(SNAPSHOTS):
        ec2_backends[ACCOUNT][HOME].create_snapshot(volume, f"number {number}")


def agent_dimensions(instance):
    return [{"Name": "InstanceId", "Value": instance}, {"Name": "InstanceType", "Value": "m5&"}]


def fill_metrics():
    """Many hours of two weeks, and some before, with very large and very small numbers."""
    from moto.cloudwatch.models import cloudwatch_backends

    # moto's times have no zone.
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    for number, (metric, _) in enumerate(sorted(set(METRICS.values()))):
        of_agent = metric == "mem_used_percent"
        for instance in (MEASURED, "i-other"):
            data = [{
                "MetricName": metric,
                "Timestamp": now - datetime.timedelta(hours=7 * step + number, minutes=step),
                "Value": (3.7 ** step + number / 7) * (1e-9 if step % 2 else 1000),
                "Dimensions": agent_dimensions(instance) if of_agent
                else [{"Name": "InstanceId", "Value": instance}]} for step in range(50)]
            cloudwatch_backends[ACCOUNT][WEST].put_metric_data(
                "CWAgent" if of_agent else "AWS/EC2", data)


def share_clients(session):
    """One for each service and region: to make one takes longer than the call."""
    create, made = session.create_client, {}

    def reach(service, **options):
        key = (service, options.get("region_name"))
        if key not in made:
            made[key] = create(service, **options)
        return made[key]
    session.create_client = reach


class Resources(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        import botocore.session
        from awscli.clidriver import create_clidriver
        from moto.server import ThreadedMotoServer

        import oracle_convert_moto as seeds

        gc.disable()
        cls.folder = tempfile.TemporaryDirectory()
        config = Path(cls.folder.name) / "config"
        config.write_text("[default]\ncli_timestamp_format = iso8601\noutput = json\n")
        session = botocore.session.Session()
        cls.kinds = {kind["directory"]: kind for kind in read_kinds(cls.tool_path)}
        cls.models = {name: session.get_service_model(name) for name in ("ec2", "iam")}
        take_rows(cls.kinds.values())
        cls.patches = mend_moto(cls.kinds.values(), cls.models["ec2"])
        cls.server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        cls.server.start()
        host, port = cls.server.get_host_and_port()
        os.environ.update(AWS_CONFIG_FILE=str(config), AWS_ENDPOINT_URL=f"http://{host}:{port}")
        cls.driver = create_clidriver()
        share_clients(cls.driver.session)
        cls.seed(seeds)
        # Looking through all models and seeds for garbage takes a third of the time.
        gc.freeze()
        gc.enable()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        for patch in cls.patches:
            patch.stop()
        cls.folder.cleanup()

    @classmethod
    def seed(cls, seeds):
        import boto3
        import moto_seed

        ec2 = boto3.client("ec2", HOME)
        seeds.fill_ec2(ec2)
        fill_more(ec2)
        moto_seed.fill_more_iam(boto3.client("iam", HOME))
        moto_seed.fill_more_ec2(ec2)
        fill_west(boto3.client("ec2", WEST))
        seeds.fill_iam(boto3.client("iam", HOME))
        boto3.client("iam", HOME).create_user(UserName="a+b=c,@d")
        seeds.fill_s3(boto3.client("s3", HOME))
        fill_metrics()
        keys = boto3.client("sts", HOME).assume_role(
            RoleArn=ROLE, RoleSessionName="seed")["Credentials"]
        other = boto3.client("ec2", HOME, aws_access_key_id=keys["AccessKeyId"],
                             aws_secret_access_key=keys["SecretAccessKey"],
                             aws_session_token=keys["SessionToken"])
        cls.others = other.create_volume(
            AvailabilityZone=HOME + "a", Size=77)["VolumeId"]

    def ask(self, account, role, *asks):
        """What the tool prints, by what was asked."""
        run = subprocess.run([self.tool_path, account, role, *asks], capture_output=True,
                             check=False, timeout=60)
        self.assertEqual((run.returncode, run.stderr.decode()), (0, ""))
        # A line separator of Unicode is no end of a line.
        lines = [json.loads(line) for line in run.stdout.decode().split("\n")[:-1]]
        self.assertGreater(lines[-1]["calls"], len(asks))
        return {line["ask"]: line for line in lines[:-1]}

    def aws(self, *args):
        """What `aws` prints, and the exit status."""
        with contextlib.redirect_stdout(io.StringIO()) as out, \
                contextlib.redirect_stderr(io.StringIO()):
            status = self.driver.main(list(args))
        return out.getvalue(), status

    def aws_json(self, *args):
        """As JSON; None where it is refused."""
        text, status = self.aws(*args)
        return json.loads(text) if status == 0 else None

    def elements(self, kind, region):
        """Of `aws ec2 describe-KIND`, and the text they are in."""
        service = self.kinds[kind]["service"]
        verb = {"ec2": "describe-", "iam": "list-"}[service]
        text, status = self.aws(service, verb + kind, "--region", region or HOME,
                                *OPTIONS.get(kind, []))
        self.assertEqual(status, 0)
        found = [json.loads(text)]
        path = TYPES[kind][0].split(".")
        for name in path:
            found = [item for one in found for item in one[name]]
        return found, text, 8 * len(path)

    def compare(self, kind, region, items):
        elements, text, depth = self.elements(kind, region)
        first = {}
        for element in elements:
            first.setdefault(identity(kind, element), element)
        self.assertEqual([item["id"] for item in items],
                         sorted(first, key=lambda one: one.encode()))
        operation = self.models[self.kinds[kind]["service"]].operation_model(
            self.kinds[kind]["operation"])
        shape = element_shape(operation, self.kinds[kind]["path"])
        for item in items:
            element = redact(shape, first[item["id"]])
            self.assertMultiLineEqual(item["json"], dump(element) + "\n")
            if element == first[item["id"]]:
                self.assertIn(" " * depth + indented(item["json"].rstrip("\n"), depth), text)
            fields = {name: item[name] for name in item if name != "json"}
            self.assertEqual(fields, wanted_fields(kind, element, region))
        return len(first)

    def test_elements_are_printed_as_aws_prints_them(self):
        asks = [f"ec2/{kind}@{region}" for kind in TYPES for region in (HOME, WEST)
                if self.kinds[kind]["service"] == "ec2" and (region == HOME or kind in IN_WEST)]
        PAGES.clear()
        got = self.ask(ACCOUNT, "-", *asks)
        self.assertEqual(PAGES, [0, 1000, 0])
        for ask in asks:
            kind, region = ask.removeprefix("ec2/").split("@")
            with self.subTest(ask):
                self.assertNotIn("error", got[ask], got[ask])
                count = self.compare(kind, region, got[ask]["items"])
                self.assertGreater(count, SNAPSHOTS if kind == "snapshots" and region == HOME
                                   else -1)
                if region == HOME:
                    self.assertGreater(count, 0)

    def test_what_iam_has_is_printed_as_aws_prints_it(self):
        asks = [f"iam/{kind}@" for kind in TYPES if self.kinds[kind]["service"] == "iam"]
        self.assertGreater(len(asks), 7)
        got = self.ask(ACCOUNT, "-", *asks)
        for ask in asks:
            with self.subTest(ask):
                self.assertNotIn("error", got[ask], got[ask])
                self.assertGreater(self.compare(ask[4:-1], "", got[ask]["items"]), 0)
        self.assertIn('"Sid": "a+b \u00e4",', got["iam/roles@"]["items"][0]["json"])

    def test_regions_are_the_enabled_ones(self):
        names = [one["RegionName"] for one in self.aws_json("ec2", "describe-regions")["Regions"]]
        self.assertEqual(self.ask(ACCOUNT, "-", "regions")["regions"]["regions"],
                         ["", *sorted(names)])

    def test_a_role_sees_the_resources_of_its_account(self):
        items = self.ask(OTHER, ROLE, f"ec2/volumes@{HOME}")[f"ec2/volumes@{HOME}"]["items"]
        self.assertEqual([(one["id"], one["size"]) for one in items], [(self.others, "77")])

    def test_keys_of_another_account_are_refused(self):
        got = self.ask(OTHER, "-", f"ec2/volumes@{HOME}", "regions")
        for one in got.values():
            self.assertEqual(one["error"], "Permission denied")
            self.assertIn(f"are of account {ACCOUNT}", one["text"])

    def test_a_call_that_fails_hides_no_other(self):
        asks = [f"ec2/{kind}@{HOME}" for kind in (NOT_THERE, "vpcs")]
        got = self.ask(ACCOUNT, "-", *asks)
        self.assertIn("HTTP 500", got[asks[0]]["text"])
        self.assertGreater(len(got[asks[1]]["items"]), 0)

    def wanted_bucket(self, listed):
        def part(name, *path):
            got = self.aws_json("s3api", name, "--bucket", listed["Name"])
            for step in path:
                got = got and got[step]
            return got

        bucket = dict(listed)
        bucket["Region"] = part("get-bucket-location", "LocationConstraint") or HOME
        bucket["Tags"] = part("get-bucket-tagging", "TagSet")
        bucket["Acl"] = part("get-bucket-acl")
        bucket["PolicyStatus"] = part("get-bucket-policy-status", "PolicyStatus")
        block = bucket["PublicAccessBlock"] = part(
            "get-public-access-block", "PublicAccessBlockConfiguration")
        grants = [grant["Permission"] for grant in bucket["Acl"]["Grants"]
                  if grant["Grantee"].get("URI", "").endswith("/global/AllUsers")]
        bucket["PublicByAcl"] = bool(grants) and not (block or {}).get("IgnorePublicAcls")
        bucket["PublicByPolicy"] = bucket["PolicyStatus"] is not None
        bucket["Reasons"] = [f"the ACL grants {one} to AllUsers" for one in grants]
        if bucket["PublicByPolicy"]:
            bucket["Reasons"].append("the policy is public")
        return bucket

    def test_buckets_are_what_s3api_prints_of_each(self):
        got = self.ask(ACCOUNT, "-", "s3/buckets@")["s3/buckets@"]
        self.assertNotIn("error", got, got)
        items = got["items"]
        listed = self.aws_json("s3api", "list-buckets")["Buckets"]
        self.assertEqual([one["id"] for one in items], ["bucket", "west"])
        for item, bucket in zip(items, listed):
            self.assertMultiLineEqual(item["json"], dump(self.wanted_bucket(bucket)) + "\n")
        self.assertTrue(json.loads(items[0]["json"])["PublicByAcl"])
        self.assertEqual(items[0]["tags"], json.dumps({"k": ODD}, ensure_ascii=False,
                                                      separators=(",", ":")))
        self.assertEqual([one["zone"] for one in items], [HOME, WEST])

    def wanted_user(self, listed):
        def of_user(name):
            return self.aws_json("iam", name, "--user-name", listed["UserName"])

        user = dict(listed)
        login = of_user("get-login-profile")
        user["LoginProfile"] = login and login["LoginProfile"]
        user["AccessKeys"] = of_user("list-access-keys")["AccessKeyMetadata"]
        for key in user["AccessKeys"]:
            key["AccessKeyLastUsed"] = self.aws_json(
                "iam", "get-access-key-last-used", "--access-key-id",
                key["AccessKeyId"])["AccessKeyLastUsed"]
        return user

    def test_users_are_what_iam_prints_of_each(self):
        items = self.ask(ACCOUNT, "-", "iam/users@")["iam/users@"]["items"]
        listed = self.aws_json("iam", "list-users")["Users"]
        listed.sort(key=lambda user: user["UserName"].encode())
        self.assertEqual(len(items), 3)
        for item, user in zip(items, listed):
            self.assertMultiLineEqual(item["json"], dump(self.wanted_user(user)) + "\n")
        with_keys = json.loads(items[1]["json"])
        self.assertTrue(with_keys["LoginProfile"])
        self.assertEqual(len(with_keys["AccessKeys"]), 1)

    def wanted_numbers(self, metric, statistic, first):
        """By the hour: what `aws cloudwatch` prints."""
        of_agent = metric == "mem_used_percent"
        dimensions = agent_dimensions(MEASURED) if of_agent else [
            {"Name": "InstanceId", "Value": MEASURED}]
        last = first + datetime.timedelta(days=14)
        points = self.aws_json(
            "cloudwatch", "get-metric-statistics", "--region", WEST, "--namespace",
            "CWAgent" if of_agent else "AWS/EC2", "--metric-name", metric, "--dimensions",
            json.dumps(dimensions), "--start-time", first.isoformat(), "--end-time",
            last.isoformat(), "--period", "3600", "--statistics", statistic)["Datapoints"]
        return {zulu(point["Timestamp"])[:13]: decimal.Decimal(str(point[statistic]))
                for point in points}

    def test_metrics_are_what_cloudwatch_says_of_each_hour(self):
        asks = [f"metrics:{one}@{WEST}" for one in (MEASURED, "i-nothing")]
        got = self.ask(ACCOUNT, "-", *asks)
        self.assertNotIn("error", got[asks[0]], got)
        rows = list(csv.DictReader(io.StringIO(got[asks[0]]["csv"])))
        self.assertEqual(list(rows[0]), ["time", *METRICS])
        first = datetime.datetime.fromisoformat(rows[0]["time"].replace("Z", "+00:00"))
        hours = [first + datetime.timedelta(hours=hour) for hour in range(14 * 24)]
        self.assertEqual([row["time"] for row in rows],
                         [hour.strftime("%Y-%m-%dT%H:00:00Z") for hour in hours])
        for column, (metric, statistic) in METRICS.items():
            wanted = self.wanted_numbers(metric, statistic, first)
            self.assertGreater(len(wanted), 40)
            self.assertEqual({row["time"][:13]: decimal.Decimal(row[column])
                              for row in rows if row[column]}, wanted, column)
            self.assertFalse([row for row in rows if "e" in row[column].lower()])
        none = list(csv.DictReader(io.StringIO(got[asks[1]]["csv"])))
        self.assertEqual({value for row in none for name, value in row.items()
                          if name != "time"}, {""})


if __name__ == "__main__":
    os.environ.update(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", AWS_DEFAULT_REGION=HOME,
                      AWS_SHARED_CREDENTIALS_FILE="/dev/null", AWS_MAX_ATTEMPTS="1",
                      AWS_EC2_METADATA_DISABLED="true", no_proxy="*",
                      MOTO_EC2_LOAD_DEFAULT_AMIS="false")
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    reason = why_not()
    try:
        import moto.server  # noqa: F401
    except ImportError:
        reason = "moto is not installed"
    if reason:
        print(reason)
        sys.exit(SKIP)
    Resources.tool_path = sys.argv.pop(1)
    unittest.main()
