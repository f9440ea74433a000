"""Verifies AWS Signature Version 4 on the bytes that came over the wire."""
import calendar
import hashlib
import hmac
import re
import time
import urllib.parse

EMPTY = hashlib.sha256(b"").hexdigest()
SKEW_S3 = 15 * 60
SKEW = 5 * 60
FORM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^, ]+), ?SignedHeaders=([^, ]+), ?"
    r"Signature=([0-9a-f]{64})"
)
TIME = re.compile(r"\d{8}T\d{6}Z")


class Refused(Exception):
    """reason: one of those of errors.py; more: elements of S3's error body."""

    def __init__(self, reason, message, **more):
        super().__init__(message)
        self.reason = reason
        self.more = more


class Scope:
    def __init__(self, access_key, date, region, service):
        self.access_key = access_key
        self.date = date
        self.region = region
        self.service = service


def parse(authorization):
    """(scope, names of signed headers, signature)."""
    match = FORM.fullmatch(authorization)
    if not match:
        raise Refused("malformed", "The authorization header is malformed; it is not of "
                      "the form Credential=, SignedHeaders=, Signature=")
    parts = match[1].split("/")
    if len(parts) != 5 or parts[4] != "aws4_request" or not re.fullmatch(r"\d{8}", parts[1]):
        raise Refused("malformed", "The authorization header is malformed; the Credential "
                      "is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/"
                      "aws4_request\"")
    return Scope(*parts[:4]), match[2].split(";"), match[3]


def quote(raw, safe=b""):
    return urllib.parse.quote(raw, safe=safe + b"-_.~")


def canonical_path(path, is_s3):
    if is_s3:
        return path.decode("latin-1") or "/"
    out = []
    for part in path.split(b"/"):
        if part == b"..":
            out = out[:-1]
        elif part not in (b"", b"."):
            out.append(part)
    normal = b"/" + b"/".join(out)
    if out and path.endswith((b"/", b"/.", b"/..")):
        normal += b"/"
    return quote(normal, b"/")


def canonical_query(query):
    pairs = []
    for item in query.split(b"&") if query else []:
        name, _, value = item.partition(b"=")
        pairs.append(tuple(quote(urllib.parse.unquote_to_bytes(x)) for x in (name, value)))
    return "&".join(f"{n}={v}" for n, v in sorted(pairs))


def canonical_headers(request, names):
    lines = []
    for name in names:
        values = request.all(name.encode("latin-1"))
        if not values:
            raise Refused("mismatch", f"The header {name} is signed, but was not sent")
        text = ",".join(re.sub(r" +", " ", v.decode("latin-1").strip(" \t")) for v in values)
        lines.append(f"{name}:{text}\n")
    return "".join(lines)


def _mac(key, text):
    return hmac.new(key, text.encode("latin-1"), hashlib.sha256).digest()


def signature(secret, scope, stamp, creq):
    line = f"{scope.date}/{scope.region}/{scope.service}/aws4_request"
    digest = hashlib.sha256(creq.encode("latin-1")).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{line}\n{digest}"
    key = _mac(("AWS4" + secret).encode(), scope.date)
    for word in (scope.region, scope.service, "aws4_request"):
        key = _mac(key, word)
    return _mac(key, to_sign).hex(), to_sign


def _check_names(request, names):
    if names != sorted(set(names)) or any(n != n.lower() for n in names):
        raise Refused("malformed", "SignedHeaders are not sorted, or not in lower case")
    sent = {name.lower().decode("latin-1") for name, _ in request.headers}
    need = {n for n in sent if n.startswith("x-amz-") or n in ("host", "content-type")}
    need.add("host")
    left = sorted(need - set(names))
    if left:
        raise Refused(
            "unsigned", "There were headers present in the request which were not signed",
            HeadersNotSigned=", ".join(left),
        )
    for name in ("x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "host"):
        if len(request.all(name.encode())) > 1:
            raise Refused("malformed", f"{name} was sent more than once")


def _check_time(request, scope, now, is_s3):
    stamp = request.get("x-amz-date") or ""
    if not TIME.fullmatch(stamp):
        raise Refused("no_date", "AWS authentication requires a valid Date or x-amz-date header")
    if stamp[:8] != scope.date:
        raise Refused(
            "malformed" if is_s3 else "mismatch",
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
            f"from HTTP: '{scope.date}' != '{stamp[:8]}'",
        )
    try:
        then = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise Refused("no_date", "the date is none") from None
    if abs(now - then) > (SKEW_S3 if is_s3 else SKEW):
        at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        if is_s3:
            raise Refused(
                "skewed",
                "The difference between the request time and the current time is too large.",
                RequestTime=stamp,
                ServerTime=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
                MaxAllowedSkewMilliseconds=str(SKEW_S3 * 1000),
            )
        word = "expired" if then < now else "not yet current"
        raise Refused("skewed", f"Signature {word}: {stamp} is not within 5 min. of {at}")
    return stamp


def _payload(request, is_s3):
    said = request.get("x-amz-content-sha256")
    actual = hashlib.sha256(request.body).hexdigest()
    if said is None:
        if is_s3:
            raise Refused("no_hash", "Missing required header for this request: "
                          "x-amz-content-sha256")
        return actual
    if said == "UNSIGNED-PAYLOAD":
        return said
    if said != actual:
        raise Refused(
            "body", "The provided 'x-amz-content-sha256' header does not match what was "
            "computed.", ClientComputedContentSHA256=said, S3ComputedContentSHA256=actual,
        )
    return said


def _check_token(request, identity):
    token = request.get("x-amz-security-token")
    if token != identity.token:
        raise Refused("token", "The provided token is malformed or otherwise invalid.")


def verify(request, identities, now, region_check):
    """The identity that signed; raises Refused. region_check(scope) raises it, too."""
    authorizations = request.all(b"authorization")
    if len(authorizations) != 1:
        raise Refused("anonymous", "Missing Authentication Token")
    scope, names, given = parse(authorizations[0].decode("latin-1").strip())
    is_s3 = scope.service == "s3"
    _check_names(request, names)
    identity = identities.get(scope.access_key)
    if identity is None:
        raise Refused(
            "unknown_key",
            "The AWS Access Key Id you provided does not exist in our records.",
            AWSAccessKeyId=scope.access_key,
        )
    region_check(scope)
    stamp = _check_time(request, scope, now, is_s3)
    hash_text = _payload(request, is_s3)
    creq = "\n".join((
        request.method,
        canonical_path(request.path, is_s3),
        canonical_query(request.query),
        canonical_headers(request, names),
        ";".join(names),
        hash_text,
    ))
    right, to_sign = signature(identity.secret, scope, stamp, creq)
    if not hmac.compare_digest(right, given):
        raise Refused(
            "mismatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            AWSAccessKeyId=scope.access_key, StringToSign=to_sign, SignatureProvided=given,
            CanonicalRequest=creq,
        )
    _check_token(request, identity)
    if identity.has_expired(now):
        raise Refused("expired", "The provided token has expired.")
    return identity
