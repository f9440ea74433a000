"""Writes the table of shapes, shapes.inc, out of botocore's model of AWS's services.

    make_shapes.py            to standard output
    make_shapes.py --write    over the file beside this script
    make_shapes.py --check    0: the file is what would be written; 1: it is not; 77: there is
                              no botocore here, or of another version than the file is of

Another operation is a line of OPERATIONS. What the converter does not know how to print is
refused here."""
import re
import sys
from pathlib import Path

SKIP = 77
TABLE = Path(__file__).resolve().parent / "shapes.inc"

# Operations, and of S3 the root of the answer, which the model does not name.
OPERATIONS = {
    "cloudwatch": ("GetMetricStatistics", "ListMetrics"),
    "ec2": (
        "DescribeAddressTransfers",
        "DescribeAddresses",
        "DescribeByoipCidrs",
        "DescribeCapacityBlocks",
        "DescribeCapacityReservationFleets",
        "DescribeCapacityReservations",
        "DescribeCarrierGateways",
        "DescribeClientVpnEndpoints",
        "DescribeCoipPools",
        "DescribeCustomerGateways",
        "DescribeDhcpOptions",
        "DescribeEgressOnlyInternetGateways",
        "DescribeExportImageTasks",
        "DescribeExportTasks",
        "DescribeFastLaunchImages",
        "DescribeFastSnapshotRestores",
        "DescribeFleets",
        "DescribeFlowLogs",
        "DescribeFpgaImages",
        "DescribeHostReservations",
        "DescribeHosts",
        "DescribeIamInstanceProfileAssociations",
        "DescribeImages",
        "DescribeImportImageTasks",
        "DescribeImportSnapshotTasks",
        "DescribeInstanceConnectEndpoints",
        "DescribeInstanceEventWindows",
        "DescribeInstanceStatus",
        "DescribeInstances",
        "DescribeInternetGateways",
        "DescribeIpamPools",
        "DescribeIpamResourceDiscoveries",
        "DescribeIpamScopes",
        "DescribeIpams",
        "DescribeIpv6Pools",
        "DescribeKeyPairs",
        "DescribeLaunchTemplateVersions",
        "DescribeLaunchTemplates",
        "DescribeLocalGatewayRouteTables",
        "DescribeLocalGateways",
        "DescribeLockedSnapshots",
        "DescribeManagedPrefixLists",
        "DescribeNatGateways",
        "DescribeNetworkAcls",
        "DescribeNetworkInsightsAccessScopeAnalyses",
        "DescribeNetworkInsightsAccessScopes",
        "DescribeNetworkInsightsAnalyses",
        "DescribeNetworkInsightsPaths",
        "DescribeNetworkInterfacePermissions",
        "DescribeNetworkInterfaces",
        "DescribePlacementGroups",
        "DescribePublicIpv4Pools",
        "DescribeRegions",
        "DescribeReplaceRootVolumeTasks",
        "DescribeReservedInstances",
        "DescribeReservedInstancesListings",
        "DescribeReservedInstancesModifications",
        "DescribeRouteServerEndpoints",
        "DescribeRouteServerPeers",
        "DescribeRouteServers",
        "DescribeRouteTables",
        "DescribeSecurityGroupRules",
        "DescribeSecurityGroupVpcAssociations",
        "DescribeSecurityGroups",
        "DescribeSnapshotTierStatus",
        "DescribeSnapshots",
        "DescribeSpotFleetRequests",
        "DescribeSpotInstanceRequests",
        "DescribeSubnets",
        "DescribeTrafficMirrorFilters",
        "DescribeTrafficMirrorSessions",
        "DescribeTrafficMirrorTargets",
        "DescribeTransitGatewayAttachments",
        "DescribeTransitGatewayConnectPeers",
        "DescribeTransitGatewayConnects",
        "DescribeTransitGatewayMulticastDomains",
        "DescribeTransitGatewayPeeringAttachments",
        "DescribeTransitGatewayPolicyTables",
        "DescribeTransitGatewayRouteTables",
        "DescribeTransitGatewayVpcAttachments",
        "DescribeTransitGateways",
        "DescribeTrunkInterfaceAssociations",
        "DescribeVerifiedAccessEndpoints",
        "DescribeVerifiedAccessGroups",
        "DescribeVerifiedAccessInstances",
        "DescribeVerifiedAccessTrustProviders",
        "DescribeVolumes",
        "DescribeVolumesModifications",
        "DescribeVpcBlockPublicAccessExclusions",
        "DescribeVpcEncryptionControls",
        "DescribeVpcEndpointConnectionNotifications",
        "DescribeVpcEndpointConnections",
        "DescribeVpcEndpointServiceConfigurations",
        "DescribeVpcEndpoints",
        "DescribeVpcPeeringConnections",
        "DescribeVpcs",
        "DescribeVpnConcentrators",
        "DescribeVpnConnections",
        "DescribeVpnGateways",
    ),
    "iam": (
        "GetAccessKeyLastUsed",
        "GetLoginProfile",
        "ListAccessKeys",
        "ListAttachedUserPolicies",
        "ListGroups",
        "ListGroupsForUser",
        "ListInstanceProfiles",
        "ListMFADevices",
        "ListOpenIDConnectProviders",
        "ListPolicies",
        "ListRoles",
        "ListSAMLProviders",
        "ListServerCertificates",
        "ListUserPolicies",
        "ListUsers",
        "ListVirtualMFADevices",
    ),
    "s3": {
        "GetBucketAcl": "AccessControlPolicy",
        "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
        "GetBucketLocation": "LocationConstraint",
        "GetBucketPolicyStatus": "PolicyStatus",
        "GetBucketTagging": "Tagging",
        "GetPublicAccessBlock": "PublicAccessBlockConfiguration",
        "ListBuckets": "ListAllMyBucketsResult",
    },
    "sts": ("GetCallerIdentity",),
}

# Kinds of shapes that have no parts, by the model's types.
SCALARS = {
    "blob": "string",  # the wire's Base64 is what is printed
    "boolean": "boolean",
    "double": "float",
    "float": "float",
    "integer": "integer",
    "long": "integer",
    "string": "string",
    "timestamp": "timestamp",
}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(:[A-Za-z]+)?")

HEAD = """\
/* Shapes of what AWS's XML protocols answer; shape.h says what each field is.
 * Generated by aws/resource/make_shapes.py from the service models of botocore {version}
 * (Copyright Amazon.com, Inc. or its affiliates; Apache-2.0; see NOTICE): do not edit.
 * {models}. */
"""


class Refused(Exception):
    pass


class Table:
    def __init__(self):
        self.names = set()
        self.shapes = {}  # id -> line of the array of shapes
        self.members = {}  # id of a structure or map -> [(xml, name, shape id)]
        self.operations = []

    def name(self, text):
        if not NAME.fullmatch(text):
            raise Refused(f"a name that JSON or C would have to escape: {text}")
        self.names.add(text)
        return text

    def scalar(self, kind):
        self.shapes[kind] = f"SHAPE_{kind.upper()}, 0, 0, NULL"
        return kind

    @staticmethod
    def scalar_kind(service, shape):
        if shape.metadata.get("sensitive"):
            return "secret"
        if service == "iam" and shape.name == "policyDocumentType":
            return "document"
        return SCALARS[shape.type_name]

    def shape(self, service, shape):
        """The id of a shape, which is entered if it is new."""
        kind = shape.type_name
        if kind in SCALARS:
            return self.scalar(self.scalar_kind(service, shape))
        if shape.metadata.get("sensitive"):
            raise Refused(f"{shape}: secret, and no text")
        is_flat = bool(shape.serialization.get("flattened"))
        key = f"{service}_{shape.name}" + ("_flat" if is_flat else "")
        if key in self.shapes:
            return key
        self.shapes[key] = None  # shapes may hold themselves
        if kind == "list":
            item = self.shape(service, shape.member)
            word = "FLAT_LIST" if is_flat else "LIST"
            self.shapes[key] = f"SHAPE_{word}, S_{item}, 0, NULL"
        elif kind == "map" and not is_flat:
            self.enter(key, "MAP", [
                (part.serialization.get("name") or default, default,
                 self.shape(service, part))
                for part, default in ((shape.key, "key"), (shape.value, "value"))])
        elif kind == "structure" and not shape.is_tagged_union:
            self.enter(key, "STRUCTURE", list(self.structure(service, shape)))
        else:
            raise Refused(f"{shape}: of a kind that the converter does not know")
        return key

    def enter(self, key, word, members):
        for xml, name, _ in members:
            self.name(xml)
            self.name(name)
        if len({xml for xml, _, _ in members}) < len(members):
            raise Refused(f"{key}: two members of one element")
        self.members[key] = members
        self.shapes[key] = f"SHAPE_{word}, 0, ARRAY_LEN(m_{key}), m_{key}"

    def structure(self, service, shape):
        for name, member in shape.members.items():
            if member.serialization.get("location"):
                continue  # in a header
            xml = member.serialization.get("name", name)
            if member.type_name == "list" and member.serialization.get("flattened"):
                xml = member.member.serialization.get("name") or xml
            is_attribute = bool(member.serialization.get("xmlAttribute"))
            if is_attribute != (xml == "xsi:type"):
                raise Refused(f"{shape}.{name}: another attribute than xsi:type")
            yield xml, name, self.shape(service, member)

    def operation(self, service, model, name, root, page):
        shape = model.operation_model(name).output_shape
        wrapper = shape.serialization.get("resultWrapper")
        payload = shape.serialization.get("payload")
        output = self.shape(service, shape)
        if service == "ec2":
            self.members[output].append(("requestId", "requestId", self.scalar("nothing")))
            self.name("requestId")
        if name == "GetBucketLocation":
            # As botocore's handler has it: the text of the root.
            self.members[output] = [(root, root, self.scalar("string_or_null"))]
        start = "WRAPPER" if wrapper else "ROOT"
        if payload or name == "GetBucketLocation":
            start = "DOCUMENT"
            if [xml for xml, _, _ in self.members[output]] != [root]:
                raise Refused(f"{name}: more than its payload")
        elif root is None:
            root = name + "Response"
        token = page.get("output_token") or ("NextToken" if "NextToken" in shape.members else "")
        more = page.get("more_results") or ""
        words = [service, name, root, wrapper or ""]
        self.operations.append(
            "\t{ " + ", ".join(f'"{self.name(w)}"' if w else '""' for w in words) + ",\n"
            f"\t\tSTART_{start}, S_{output}, {self.place(token)}, {self.place(more)} }},\n")

    def place(self, name):
        return f"N_{self.name(name)}" if name else "N_none"

    def text(self):
        def word(name):
            return "N_" + name.replace(":", "_")

        names = sorted(self.names)
        shapes = sorted(self.shapes)
        yield "enum {\n"
        yield from (f"\t{word(n)},\n" for n in names)
        yield "\tN_none,\n};\n\n"
        yield "static const char *const names[] = {\n"
        yield from (f'\t"{n}",\n' for n in names)
        yield "};\n\nenum {\n"
        yield from (f"\tS_{s},\n" for s in shapes)
        yield "};\n\n"
        for key in sorted(self.members):
            yield f"static const struct shape_member m_{key}[] = {{\n"
            yield from (
                f"\t{{ {word(xml)}, {word(name)}, S_{shape} }},\n"
                for xml, name, shape in self.members[key])
            yield "};\n"
        yield "\nstatic const struct shape shapes[] = {\n"
        yield from (
            f"\t[S_{s}] = {{ {self.shapes[s]} }},\n" for s in shapes)
        yield "};\n\nstatic const struct shape_operation operations[] = {\n"
        yield from self.operations
        yield "};\n"


def generate():
    import botocore
    import botocore.session

    session = botocore.session.Session()
    loader = session.get_component("data_loader")
    paged = loader.list_available_services("paginators-1")
    table = Table()
    versions = []
    for service, names in OPERATIONS.items():
        model = session.get_service_model(service)
        versions.append(f"{service} {model.api_version}")
        pages = {}
        if service in paged:
            pages = loader.load_service_model(service, "paginators-1")["pagination"]
        for name in names:
            root = names[name] if service == "s3" else None
            table.operation(service, model, name, root, pages.get(name, {}))
    head = HEAD.format(version=botocore.__version__, models=", ".join(versions))
    return head + "".join(table.text())


def why_not():
    """Why the table cannot be compared with a model here, or None."""
    try:
        import botocore
    except ImportError:
        return "botocore is not installed"
    if f"botocore {botocore.__version__}\n" not in TABLE.read_text(encoding="ascii"):
        return f"botocore here is {botocore.__version__}, the table of another"
    return None


def check():
    reason = why_not()
    if reason:
        print(reason)
        return SKIP
    if TABLE.read_text(encoding="ascii") != generate():
        print(f"{TABLE} is not what make_shapes.py writes; --write does")
        return 1
    return 0


def main(args):
    if args == ["--check"]:
        return check()
    if args == ["--write"]:
        TABLE.write_text(generate(), encoding="ascii")
    elif args:
        print(__doc__, file=sys.stderr)
        return 2
    else:
        sys.stdout.write(generate())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
