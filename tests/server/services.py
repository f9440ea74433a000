"""What is not S3: answers from what the server was told. Each service is a function from
the state and a Query to a Response."""
import json
import re
import time
import urllib.parse
import uuid
from xml.sax.saxutils import escape

from server import errors
from server.identity import assumed, temporary
from server.wire import Response


def report(name, bucket, prefix="", region="us-east-1", **more):
    """A ReportDefinition of cur."""
    return {
        "ReportName": name, "TimeUnit": "HOURLY", "Format": "textORcsv",
        "Compression": "GZIP", "AdditionalSchemaElements": ["RESOURCES"],
        "S3Bucket": bucket, "S3Prefix": prefix, "S3Region": region,
        "AdditionalArtifacts": [], "RefreshClosedReports": True,
        "ReportVersioning": "OVERWRITE_REPORT", **more,
    }


def export(name, bucket, prefix="", region="us-east-1", table="COST_AND_USAGE_REPORT",
           configuration=None, output=None, status=None, **more):
    """An Export of bcm-data-exports with its ExportStatus, as GetExport answers it."""
    table_configuration = configuration or {
        "TIME_GRANULARITY": "HOURLY", "INCLUDE_RESOURCES": "TRUE",
        "INCLUDE_SPLIT_COST_ALLOCATION_DATA": "FALSE",
        "INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY": "FALSE",
    }
    now = int(time.time())
    return {
        "Export": {
            "ExportArn": f"arn:aws:bcm-data-exports:us-east-1:123456789012:export/{name}-"
                         + str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
            "Name": name,
            "Description": "",
            "DataQuery": {
                "QueryStatement": f"SELECT bill_bill_type FROM {table}",
                "TableConfigurations": {table: table_configuration},
            },
            "DestinationConfigurations": {"S3Destination": {
                "S3Bucket": bucket, "S3Prefix": prefix, "S3Region": region,
                "S3OutputConfigurations": output or {
                    "OutputType": "CUSTOM", "Format": "TEXT_OR_CSV",
                    "Compression": "GZIP", "Overwrite": "OVERWRITE_REPORT"},
            }},
            "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
            **more,
        },
        "ExportStatus": status or {
            "StatusCode": "HEALTHY", "CreatedAt": now - 86400 * 90,
            "LastUpdatedAt": now - 86400, "LastRefreshedAt": now - 3600},
    }


class State:
    """What the services answer from; all of it may be changed while they run."""

    def __init__(self):
        self.reports = []
        self.exports = []
        # None: no organization. Else dicts of Id, Name, Email, Status and more.
        self.accounts = None
        self.empty_page_at = 1  # this page of ListAccounts is empty, with a token
        self.export_page = 2
        # ARN: {"external_id", "mfa_serial", "denied", "deny"}. None: any role will do.
        self.roles = None
        self.web_tokens = {}  # token: ARNs of roles
        self.sso_tokens = {}  # access token: list of (account, role)
        self.sso_refresh = {}  # refresh token: the next access token
        self.sso_clients = {}  # client id: secret
        self.instance_role = None  # (name, account) of the metadata service
        self.needs_imds_token = True
        self.containers = {}  # path: (account, role, authorization or None)
        self.lifetime = 3600  # seconds that temporary keys are good for
        self.identities = {}

    def issue(self, account, arn, deny=()):
        made = temporary(account, arn, self.lifetime, deny)
        self.identities[made.access_key] = made
        return made


class Query:
    def __init__(self, request, identity, repeats_tokens=False):
        self.request = request
        self.identity = identity
        self.repeats_tokens = repeats_tokens
        self.path = request.path.decode("latin-1")
        self.parameters = dict(urllib.parse.parse_qsl(request.query.decode("latin-1")))

    def form(self):
        return dict(urllib.parse.parse_qsl(self.request.body.decode(),
                                           keep_blank_values=True))

    def json(self):
        return json.loads(self.request.body or b"{}")


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _json(document, kind="application/json"):
    return Response(200, [("x-amzn-RequestId", errors.request_id())],
                    json.dumps(document).encode(), kind)


# STS

def _sts_reply(action, inner):
    text = (
        f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n'
        f"  <{action}Result>\n{inner}  </{action}Result>\n  <ResponseMetadata>\n"
        f"    <RequestId>{errors.request_id()}</RequestId>\n  </ResponseMetadata>\n"
        f"</{action}Response>\n"
    )
    return Response(200, [], text.encode(), "text/xml")


def _sts_session(state, action, form, deny=(), more=""):
    arn = assumed(form["RoleArn"], form["RoleSessionName"])
    made = state.issue(form["RoleArn"].split(":")[4], arn, deny)
    if form.get("DurationSeconds"):
        made.expires = min(made.expires, time.time() + int(form["DurationSeconds"]))
    return _sts_reply(action, (
        f"    <AssumedRoleUser><AssumedRoleId>{made.user_id}</AssumedRoleId>"
        f"<Arn>{escape(arn)}</Arn></AssumedRoleUser>\n"
        f"    <Credentials><AccessKeyId>{made.access_key}</AccessKeyId>"
        f"<SecretAccessKey>{made.secret}</SecretAccessKey>"
        f"<SessionToken>{made.token}</SessionToken>"
        f"<Expiration>{iso(made.expires)}</Expiration></Credentials>\n{more}"
    ))


def _bad_form(form):
    for name in ("RoleArn", "RoleSessionName"):
        if name not in form:
            return errors.query(400, "ValidationError", f"{name} is missing")
    if not re.fullmatch(r"arn:[^:]+:iam::\d{12}:role/.+", form["RoleArn"]):
        return errors.query(400, "ValidationError", f"{form['RoleArn']} is invalid")
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", form["RoleSessionName"]):
        return errors.query(400, "ValidationError", "roleSessionName is invalid")
    return None


def _assume_role(state, query, form):
    role = form.get("RoleArn", "")
    rules = {} if state.roles is None else state.roles.get(role)
    who = query.identity
    bad = _bad_form(form)
    if bad:
        return bad
    good = (
        rules is not None
        and not rules.get("denied")
        and who.may("sts:AssumeRole")
        and rules.get("external_id", form.get("ExternalId")) == form.get("ExternalId")
        and (not rules.get("mfa_serial")
             or (form.get("SerialNumber"), form.get("TokenCode"))
             == (rules["mfa_serial"], rules.get("mfa_code", "123456")))
    )
    if not good:
        return errors.query(
            403, "AccessDenied", f"User: {who.arn} is not authorized to perform: "
            f"sts:AssumeRole on resource: {role}")
    return _sts_session(state, "AssumeRole", form, rules.get("deny", ()))


def _assume_with_web_identity(state, form):
    bad = _bad_form(form)
    if bad:
        return bad
    roles = state.web_tokens.get(form.get("WebIdentityToken"))
    if roles is None:
        return errors.query(400, "InvalidIdentityToken",
                            "The ID Token provided is not a valid JWT.")
    if form["RoleArn"] not in roles:
        return errors.query(403, "AccessDenied",
                            "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    return _sts_session(
        state, "AssumeRoleWithWebIdentity", form,
        more="    <SubjectFromWebIdentityToken>system:serviceaccount:d:s"
             "</SubjectFromWebIdentityToken>\n")


def sts(state, query):
    form = query.form()
    action = form.get("Action")
    if form.get("Version") != "2011-06-15":
        return errors.query(400, "InvalidAction", f"Could not find operation {action} for "
                            f"version {form.get('Version')}")
    if action == "AssumeRoleWithWebIdentity":
        return _assume_with_web_identity(state, form)
    if query.identity is None:
        return errors.query(403, "MissingAuthenticationToken", "Request is missing "
                            "Authentication Token")
    if action == "GetCallerIdentity":
        who = query.identity
        return _sts_reply(action, (
            f"    <Arn>{escape(who.arn)}</Arn>\n    <UserId>{escape(who.user_id)}</UserId>\n"
            f"    <Account>{who.account}</Account>\n"))
    if action == "AssumeRole":
        return _assume_role(state, query, form)
    return errors.query(400, "InvalidAction", f"Could not find operation {action}")


# JSON 1.1

def _pages(query, items, size, empty_at=None, most=None):
    """(the page's items, the next token or None), or None for a token that is none."""
    asked = query.json()
    wanted = asked.get("MaxResults")
    if wanted is not None and most and not most[0] <= wanted <= most[1]:
        raise ValueError(f"MaxResults must be {most[0]} to {most[1]}")
    token = asked.get("NextToken")
    if token is not None and not re.fullmatch(r"page/\d+\+\d+=", token):
        raise ValueError("the token is none")
    number, at = (int(n) for n in re.findall(r"\d+", token)) if token else (0, 0)
    size = min(size, wanted or size)
    if query.repeats_tokens:
        return items[at : at + size], f"page/{number}+{at}="
    if number == empty_at and len(items) > size:
        return [], f"page/{number + 1}+{at}="
    end = at + size
    more = f"page/{number + 1}+{end}=" if end < len(items) else None
    return items[at:end], more


def _paged(name, items, token):
    return {name: items, **({"NextToken": token} if token else {})}


def _describe_reports(state, query):
    page, token = _pages(query, state.reports, 5, most=(5, 5))
    return _paged("ReportDefinitions", page, token)


def _list_exports(state, query):
    page, token = _pages(query, state.exports, state.export_page, most=(1, 300))
    return _paged("Exports", [
        {"ExportArn": e["Export"]["ExportArn"], "ExportName": e["Export"]["Name"],
         "ExportStatus": e["ExportStatus"]} for e in page
    ], token)


def _get_export(state, query):
    arn = query.json().get("ExportArn")
    for each in state.exports:
        if each["Export"]["ExportArn"] == arn:
            return each
    raise LookupError("ResourceNotFoundException")


def _list_accounts(state, query):
    if state.accounts is None:
        raise LookupError("AWSOrganizationsNotInUseException")
    page, token = _pages(query, state.accounts, 20, state.empty_page_at, most=(1, 20))
    return _paged("Accounts", page, token)


# Target: (what answers, the action of policies, the service in the scope, its region)
TARGETS = {
    "AWSOrigamiServiceGatewayService.DescribeReportDefinitions":
        (_describe_reports, "cur:DescribeReportDefinitions", "cur"),
    "AWSBillingAndCostManagementDataExports.ListExports":
        (_list_exports, "bcm-data-exports:ListExports", "bcm-data-exports"),
    "AWSBillingAndCostManagementDataExports.GetExport":
        (_get_export, "bcm-data-exports:GetExport", "bcm-data-exports"),
    "AWSOrganizationsV20161128.ListAccounts":
        (_list_accounts, "organizations:ListAccounts", "organizations"),
}
REGIONS = {"cur": ("us-east-1", "cn-northwest-1"),
           "bcm-data-exports": ("us-east-1", "cn-northwest-1"),
           "organizations": ("us-east-1", "cn-northwest-1", "us-gov-west-1")}


def json11(state, query, service):
    request = query.request
    target = request.get("x-amz-target") or ""
    found = TARGETS.get(target)
    if not found or found[2] != service:
        return errors.json11(400, "UnknownOperationException", f"no {target} in {service}")
    if request.get("content-type") != "application/x-amz-json-1.1":
        return errors.json11(400, "SerializationException", "not application/x-amz-json-1.1")
    if not query.identity.may(found[1]):
        return errors.json11(
            400, "AccessDeniedException", f"User: {query.identity.arn} is not authorized to "
            f"perform: {found[1]} on resource: * because no identity-based policy allows the "
            f"{found[1]} action")
    try:
        return _json(found[0](state, query), "application/x-amz-json-1.1")
    except LookupError as error:
        return errors.json11(400, str(error.args[0]), "Your account is not a member of an "
                             "organization, or what was named is not there.")
    except ValueError as error:
        return errors.json11(400, "ValidationException", str(error))


# Without signatures

def sso(state, query):
    granted = state.sso_tokens.get(query.request.get("x-amz-sso_bearer_token"))
    if granted is None:
        return errors.rest_json(401, "UnauthorizedException", "Session token not found or "
                                "invalid", __type="UnauthorizedException")
    account, role = (query.parameters.get(n) for n in ("account_id", "role_name"))
    if (account, role) not in [tuple(pair) for pair in granted]:
        return errors.rest_json(403, "ForbiddenException", "No access")
    arn = f"arn:aws:sts::{account}:assumed-role/AWSReservedSSO_{role}/someone"
    made = state.issue(account, arn)
    return _json({"roleCredentials": {
        "accessKeyId": made.access_key, "secretAccessKey": made.secret,
        "sessionToken": made.token, "expiration": int(made.expires * 1000)}})


def oidc(state, query):
    asked = query.json()
    secret = state.sso_clients.get(asked.get("clientId"))
    if secret is None or secret != asked.get("clientSecret"):
        return errors.rest_json(401, "InvalidClientException", "", error="invalid_client",
                                error_description="unknown client")
    access = state.sso_refresh.get(asked.get("refreshToken"))
    if asked.get("grantType") != "refresh_token" or access is None:
        return errors.rest_json(400, "InvalidGrantException", "", error="invalid_grant",
                                error_description="Invalid refresh token provided")
    return _json({"accessToken": access, "tokenType": "Bearer", "expiresIn": 28800,
                  "refreshToken": asked["refreshToken"]})


IMDS_TOKEN = "IMDSv2plantedTOKEN=="
IMDS_ROLES = "/latest/meta-data/iam/security-credentials/"


def imds(state, query):
    request = query.request
    plain = "text/plain"
    if state.instance_role is None:
        return Response(404, [], b"", plain)
    if query.path == "/latest/api/token":
        seconds = request.get("x-aws-ec2-metadata-token-ttl-seconds")
        if request.method != "PUT" or not seconds or not 1 <= int(seconds) <= 21600:
            return Response(400, [], b"", plain)
        return Response(200, [("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", seconds)],
                        IMDS_TOKEN.encode(), plain)
    token = request.get("x-aws-ec2-metadata-token")
    if token != IMDS_TOKEN and (token is not None or state.needs_imds_token):
        return Response(401, [], b"", plain)
    name, account = state.instance_role
    if query.path == "/latest/meta-data/placement/availability-zone":
        return Response(200, [], b"us-east-1a", plain)
    if query.path == IMDS_ROLES:
        return Response(200, [], name.encode(), plain)
    if query.path != IMDS_ROLES + name:
        return Response(404, [], b"", plain)
    made = state.issue(account, f"arn:aws:sts::{account}:assumed-role/{name}/i-0123456789")
    return _json({
        "Code": "Success", "LastUpdated": iso(time.time()), "Type": "AWS-HMAC",
        "AccessKeyId": made.access_key, "SecretAccessKey": made.secret,
        "Token": made.token, "Expiration": iso(made.expires)}, plain)


def container(state, query):
    account, role, authorization = state.containers[query.path]
    if authorization is not None and query.request.get("authorization") != authorization:
        return errors.rest_json(403, "AccessDeniedException", "the token is wrong",
                                code="AccessDenied")
    made = state.issue(account, f"arn:aws:sts::{account}:assumed-role/{role}/task")
    return _json({"AccessKeyId": made.access_key, "SecretAccessKey": made.secret,
                  "Token": made.token, "Expiration": iso(made.expires), "RoleArn": ""})
