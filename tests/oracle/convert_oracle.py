"""What AWS's own tools make of XML answers, and our tool beside them.

awscli here may be of version 1; with its cli_timestamp_format of iso8601 it prints what version 2
does. Left are differences that are meant: what the model calls sensitive is printed there and
replaced here, members that the model does not know are dropped there and kept here, what cannot
be parsed is an error there and a string here, and where nothing is left to print nothing is
printed there and {} here."""
import argparse
import io
import subprocess
import sys
from pathlib import Path

SKIP = 77
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "aws" / "resource"))

import make_shapes

REDACTED = "*** Sensitive Data Redacted ***"
PROTOCOLS = {"cloudwatch": "query"}  # botocore itself would speak another


def redact(shape, value):
    """The value without what the model calls sensitive."""
    if shape.metadata.get("sensitive"):
        return REDACTED if value else value
    if shape.type_name == "structure" and isinstance(value, dict):
        return {name: redact(shape.members[name], part) if name in shape.members else part
                for name, part in value.items()}
    if shape.type_name == "list":
        return [redact(shape.member, part) for part in value]
    return value


class Tool:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def convert(self, service, operation, path, xml):
        head = f"{service} {operation} {path or '-'} {len(xml)}\n"
        self.process.stdin.write(head.encode() + xml)
        self.process.stdin.flush()
        said, lengths, token = self.process.stdout.readline().decode().rstrip("\n").split("\t")
        if said != "ok":
            raise AssertionError(f"{service} {operation}: {said}")
        elements = [self.process.stdout.read(int(n)).decode() for n in lengths.split()]
        return elements, self.process.stdout.read(int(token)).decode() or None

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(30)


class Oracle:
    def __init__(self):
        import botocore.parsers
        import botocore.session
        from awscli.customizations import scalarparse
        from awscli.formatter import JSONFormatter

        self.session = botocore.session.Session()
        self.factory = botocore.parsers.ResponseParserFactory()
        self.factory.set_parser_defaults(
            timestamp_parser=scalarparse.iso_format, blob_parser=scalarparse.identity)
        self.formatter = JSONFormatter(argparse.Namespace(query=None))
        self.models = {s: self.session.get_service_model(s) for s in make_shapes.OPERATIONS}

    def operation(self, service, name):
        return self.models[service].operation_model(name)

    def parse(self, service, name, xml):
        from botocore.handlers import json_decode_policies, parse_get_bucket_location

        protocol = PROTOCOLS.get(service) or self.models[service].metadata["protocol"]
        shape = self.operation(service, name).output_shape
        response = {"status_code": 200, "headers": {}, "body": xml}
        parsed = self.factory.create_parser(protocol).parse(response, shape)
        if name == "GetBucketLocation":
            parse_get_bucket_location(parsed, argparse.Namespace(raw=xml, content=xml))
        del parsed["ResponseMetadata"]
        if service == "iam":
            json_decode_policies(parsed, self.operation(service, name))
        return redact(shape, parsed)

    def print(self, value):
        stream = io.StringIO()
        self.formatter("", value, stream)
        # Of {} nothing at all is printed.
        return stream.getvalue().removesuffix("\n") or "{}"


def each_operation():
    """Service, operation, and of S3 the name of the root."""
    for service, names in make_shapes.OPERATIONS.items():
        for name in names:
            yield service, name, names[name] if service == "s3" else None


def why_not():
    """Why nothing can be compared here, or None."""
    try:
        import awscli.formatter  # noqa: F401
    except ImportError:
        return "awscli is not installed"
    return make_shapes.why_not()


def wanted_elements(oracle, service, name, path, xml):
    import jmespath

    parsed = oracle.parse(service, name, xml)
    found = [parsed] if path == "" else jmespath.search(path, parsed) or []
    return [oracle.print(one) for one in (found if isinstance(found, list) else [found])]


def compare(test, service, name, path, xml):
    """Fails unless the bytes are the same. Their number."""
    wanted = wanted_elements(test.oracle, service, name, path, xml)
    got, _ = test.tool.convert(service, name, path, xml)
    if got != wanted:
        for one, other in zip(got, wanted):
            test.assertMultiLineEqual(one, other, f"{service} {name} {path}")
        test.assertEqual(len(got), len(wanted))
    return sum(map(len, got))
