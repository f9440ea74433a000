"""The table of kinds of resources beside botocore's model: oracle_kinds.py RESOURCES. Each call
and parameter is one of the model's, pages are as long as it allows, and every path leads to
what its column is."""
import json
import re
import subprocess
import sys
import unittest
from pathlib import Path
from urllib.parse import parse_qsl

from convert_oracle import SKIP, why_not

POLICY = Path(__file__).resolve().parents[1] / "cmd" / "policy" / "discovery.json"
# Pages of calls whose longest one the model says in words only.
IN_WORDS = {"DescribeHosts": 500, "DescribeHostReservations": 500, "DescribeImages": 1000,
            "DescribeInstanceStatus": 1000, "DescribeInstances": 1000,
            "DescribeLaunchTemplateVersions": 200, "DescribeSnapshots": 1000,
            "DescribeSpotInstanceRequests": 1000, "DescribeVolumes": 1000,
            "DescribeVolumesModifications": 500, "DescribeVpcEndpointConnections": 1000,
            "DescribeVpcEndpointServiceConfigurations": 1000, "DescribeVpcEndpoints": 1000}
TYPES = {"created": ("timestamp", "string"), "size": ("integer",)}


def read_kinds(tool):
    """The rows of the table."""
    run = subprocess.run([tool, "kinds"], capture_output=True, check=True, timeout=30)
    return [json.loads(line) for line in run.stdout.splitlines()]


def member_shape(shape, path):
    """What a path leads to; of lists an item."""
    for name in path.split("."):
        if shape.type_name == "list":
            shape = shape.member
        shape = shape.members[name]
    return shape


def element_shape(operation, path):
    shape = operation.output_shape
    for name in path.split("."):
        shape = member_shape(shape, name.removesuffix("[]"))
        assert name.endswith("[]") and shape.type_name == "list", path
        shape = shape.member
    return shape


def parameters_of(kind):
    text = kind["parameters"].removeprefix("&")
    return dict(parse_qsl(text, strict_parsing=True)) if text else {}


def wire_names(service, shape):
    """Members of an input by what they are called in a form."""
    names = {}
    for name, member in (shape.members if shape else {}).items():
        wire = name
        if service == "ec2":
            traits = member.serialization
            wire = traits.get("queryName") or traits.get("name") or name
            wire = wire[0].upper() + wire[1:]
        names[wire] = (name, member)
    return names


class Kinds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        import botocore.session

        session = botocore.session.Session()
        cls.kinds = read_kinds(cls.tool_path)
        cls.models = {name: session.get_service_model(name) for name in ("ec2", "iam", "s3")}

    def each(self):
        for kind in self.kinds:
            yield kind, self.models[kind["service"]].operation_model(kind["operation"])

    def test_there_are_many(self):
        self.assertGreaterEqual(len(self.kinds), 60)
        calls = [(kind["service"], kind["operation"]) for kind in self.kinds]
        self.assertEqual(len(calls), len(set(calls)))

    def test_directories_are_called_as_the_call_is(self):
        from botocore import xform_name

        for kind, operation in self.each():
            called = xform_name(operation.name, "-").split("-", 1)[1]
            self.assertEqual(called, kind["directory"])

    def test_every_path_leads_to_what_its_column_is(self):
        for kind, operation in self.each():
            element = element_shape(operation, kind["path"])
            self.assertIn("id", kind)
            for column in ("id", "name", "type", "state", "zone", "size", "created", "tags"):
                if kind["service"] == "s3" and column in ("zone", "tags"):
                    continue  # of calls of a bucket
                for place in re.split("[|+]", kind.get(column, "")):
                    if not place:
                        continue
                    shape = member_shape(element, place)
                    if column == "tags":
                        self.assertEqual(list(shape.member.members), ["Key", "Value"])
                        continue
                    wanted = TYPES.get(column, ("string",))
                    if column == "id" and "+" in kind["id"]:
                        wanted = ("string", "long")
                    if shape.type_name == "list":
                        shape = shape.member
                    self.assertIn(shape.type_name, wanted, f"{column}: {place}")

    def test_tags_are_shown_wherever_there_are_any(self):
        for kind, operation in self.each():
            if kind["service"] == "s3":
                continue
            element = element_shape(operation, kind["path"])
            has = {"Tags", "TagSet"} & set(element.members)
            self.assertEqual(kind.get("tags"), has.pop() if has else None, operation.name)

    def test_parameters_are_those_of_the_call(self):
        for kind, operation in self.each():
            if kind["service"] == "s3":
                continue
            known = wire_names(kind["service"], operation.input_shape)
            given = parameters_of(kind)
            if given:
                self.assertTrue(kind["parameters"].startswith("&"))
            used = set()
            for wire in given:
                name, number = re.fullmatch(r"(\w+?)(\.\d+)?", wire).groups()
                self.assertIn(name, known, operation.name)
                is_list = known[name][1].type_name == "list"
                self.assertEqual(is_list, number is not None, wire)
                used.add(known[name][0])
            required = operation.input_shape.required_members if operation.input_shape else []
            self.assertLessEqual(set(required), used)

    def test_pages_are_as_long_as_the_call_allows(self):
        for kind, operation in self.each():
            if kind["service"] == "s3":
                continue
            limit = "MaxResults" if kind["service"] == "ec2" else "MaxItems"
            given = parameters_of(kind).get(limit)
            member = getattr(operation.input_shape, "members", {}).get(limit)
            longest = None
            if member is not None:
                longest = member.metadata.get("max") or IN_WORDS.get(operation.name)
            self.assertEqual(given and int(given), longest, operation.name)

    def test_the_policy_of_discovery_allows_every_call(self):
        statements = json.loads(POLICY.read_text(encoding="utf-8"))["Statement"]
        allowed = {action for one in statements for action in (
            one["Action"] if isinstance(one["Action"], list) else [one["Action"]])}
        self.assertIn("ec2:Describe*", allowed)
        for kind, operation in self.each():
            if kind["service"] == "ec2":
                self.assertTrue(operation.name.startswith("Describe"))
            if kind["service"] == "iam":
                self.assertIn(f"iam:{operation.name}", allowed)


if __name__ == "__main__":
    reason = why_not()
    if reason:
        print(reason)
        sys.exit(SKIP)
    Kinds.tool_path = sys.argv.pop(1)
    unittest.main()
