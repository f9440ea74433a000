"""AWS as far as mounts ask it for resources: STS, EC2, CloudWatch, S3 and IAM on the
loopback, whose answers a test holds back, refuses and changes."""
import http.server
import re
import threading
import urllib.parse

CALLER = "111111111111"
INSTANCE = (
    "<item><instanceId>{id}</instanceId><instanceState><code>16</code>"
    "<name>{state}</name></instanceState><instanceType>m5.large</instanceType>"
    "<placement><availabilityZone>{region}a</availabilityZone></placement></item>"
)
DATAPOINT = (
    "<Datapoints><member><Timestamp>{time}</Timestamp><Average>0.5</Average>"
    "<Maximum>1.5E1</Maximum><Sum>1.2345E7</Sum></member></Datapoints>"
)

GROUP = (
    "<item><groupId>{id}</groupId><groupName>{id}</groupName><ipPermissions><item>"
    "<ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort><ipRanges>"
    "<item><cidrIp>{cidr}</cidrIp></item></ipRanges></item></ipPermissions></item>"
)


def ec2_error(code, message):
    return (
        f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        "</Errors><RequestID>1</RequestID></Response>"
    )


def query_answer(operation, inner):
    return (
        f"<{operation}Response xmlns=\"x\"><{operation}Result>{inner}"
        f"</{operation}Result></{operation}Response>"
    )


def assume_role(form):
    """The token is the account, so that calls say whose they are."""
    account = form["RoleArn"].split(":")[4]
    return query_answer(
        "AssumeRole",
        "<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>x"
        f"</SecretAccessKey><SessionToken>{account}</SessionToken>"
        "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser>"
        f"<Arn>arn:aws:sts::{account}:assumed-role/x/y</Arn></AssumedRoleUser>",
    )


class LittleAws:
    """with LittleAws() as aws: ... aws.environment() ... aws.calls"""

    def __init__(self):
        self.calls = []  # (operation, region, account)
        self.instances = {"eu-west-1": {"i-1": "running"}, "us-east-1": {}}
        self.groups = {}  # by region: {id: who may come in by SSH}
        self.refused = set()  # (operation, region)
        self.throttled = set()  # likewise
        self.gates = {}  # (operation, region): an Event that holds the answer back
        aws = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length).decode()
                status, text = aws.answer(dict(urllib.parse.parse_qsl(body)), self.headers)
                raw = text.encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "text/xml")
                    self.send_header("Content-Length", str(len(raw)))
                    self.end_headers()
                    self.wfile.write(raw)
                except OSError:  # who asked has given up
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,)).start()
        return self

    def __exit__(self, *_):
        for gate in self.gates.values():
            gate.set()
        self.server.shutdown()
        self.server.server_close()

    def environment(self):
        return {
            "AWS_ACCESS_KEY_ID": "AKIACALLER",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_REGION": "eu-west-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server.server_port}",
        }

    def count(self, operation, region=None):
        return sum(o == operation and region in (None, r) for o, r, _ in self.calls)

    def answer(self, form, headers):
        operation = form["Action"]
        region = re.search(r"Credential=[^/]+/\d+/([^/]+)/", headers["Authorization"])[1]
        account = headers.get("X-Amz-Security-Token", CALLER)
        self.calls.append((operation, region, account))
        gate = self.gates.get((operation, region))
        if gate is not None:
            gate.wait(60)
        if (operation, region) in self.refused:
            return 403, ec2_error("UnauthorizedOperation", "You are not authorized")
        if (operation, region) in self.throttled:
            return 503, ec2_error("RequestLimitExceeded", "Request limit exceeded.")
        return 200, self.text_of(operation, region, account, form)

    def text_of(self, operation, region, account, form):
        if operation == "GetCallerIdentity":
            return query_answer(
                operation,
                f"<Arn>arn:aws:iam::{account}:user/x</Arn><UserId>x</UserId>"
                f"<Account>{account}</Account>",
            )
        if operation == "AssumeRole":
            return assume_role(form)
        if operation == "ListMetrics":
            return query_answer(operation, "<Metrics/>")
        if operation == "GetMetricStatistics":
            return query_answer(operation, DATAPOINT.format(time=form["StartTime"]))
        if operation == "DescribeRegions":
            items = "".join(
                f"<item><regionName>{name}</regionName><optInStatus>opt-in-not-required"
                "</optInStatus></item>" for name in self.instances
            )
            inner = f"<regionInfo>{items}</regionInfo>"
        elif operation == "DescribeInstances":
            items = "".join(
                INSTANCE.format(id=name, state=state, region=region)
                for name, state in self.instances[region].items()
            )
            inner = (
                "<reservationSet><item><reservationId>r</reservationId><instancesSet>"
                f"{items}</instancesSet></item></reservationSet>"
            )
        elif operation == "DescribeSecurityGroups":
            items = "".join(
                GROUP.format(id=name, cidr=cidr)
                for name, cidr in self.groups.get(region, {}).items()
            )
            inner = f"<securityGroupInfo>{items}</securityGroupInfo>"
        else:
            inner = ""
        return (
            f'<{operation}Response xmlns="x"><requestId>1</requestId>{inner}'
            f"</{operation}Response>"
        )
