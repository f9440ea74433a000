"""Rules that spoil answers. The first that fits a request is applied."""
import random
import re
import threading

from server import errors
from server.wire import Bytes, Response

HTML = (b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
        b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n")

# Answers instead of the right one: kind: (status, code, message)
CODED = {
    "500": (500, "InternalError", "We encountered an internal error. Please try again."),
    "503": (503, "ServiceUnavailable", "Service is unable to handle request."),
    "slow_down": (503, "SlowDown", "Please reduce your request rate."),
    "429": (429, "TooManyRequestsException", "Rate exceeded"),
    "throttling": (400, "ThrottlingException", "Rate exceeded"),
    "timeout": (400, "RequestTimeout", "Your socket connection to the server was not read "
                "from or written to within the timeout period."),
    "denied": (403, "AccessDenied", "Access Denied"),
    "expired": (400, "ExpiredToken", "The provided token has expired."),
    "404": (404, "NoSuchKey", "The specified key does not exist."),
    "412": (412, "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold"),
    "416": (416, "InvalidRange", "The requested range is not satisfiable"),
}
EMPTY = {"500_empty": 500, "503_empty": 503, "429_empty": 429, "403_empty": 403}
PASSED_ON = {  # the answer is the right one, but spoilt
    "slow_first_byte", "stall", "reset", "close", "refuse", "no_length", "no_length_cut",
    "short_length", "wrong_range", "whole", "damage", "truncated", "repeat_token",
}
INSTEAD = {*CODED, *EMPTY, "html", "html_200", "error_200", "301", "307", "400_region",
           "skewed"}
KINDS = PASSED_ON | INSTEAD
# What passes by itself, with bodies and without.
PASSING = (
    "500", "503", "slow_down", "429", "500_empty", "503_empty", "429_empty", "html",
    "timeout", "refuse", "reset", "close", "no_length_cut", "short_length", "wrong_range",
    "whole", "truncated", "html_200", "error_200",
)


class Rule:
    """kind: one of KINDS, a list to choose from, or "passing": one of PASSING. operation,
    key: regular expressions that have to fit all of it; service: a name. count: how often
    (None: always). skip: so many requests that fit are left alone first.
    probability: of each that fits.

    at: byte of the body where it ends (reset, close, stall, no_length_cut, short_length,
    truncated, damage); None: half way. seconds: of slow_first_byte and stall. region,
    location: of 301, 307 and 400_region. in_a_row: with a probability, the same request
    (operation, key and range) is spoilt no more often than this in a row."""

    def __init__(
        self, kind, operation=None, key=None, service=None, count=None, skip=0,
        probability=1.0, at=None, seconds=1.0, region="eu-west-1", location=None,
        in_a_row=None,
    ):
        kind = PASSING if kind == "passing" else kind
        self.kinds = [kind] if isinstance(kind, str) else list(kind)
        unknown = [k for k in self.kinds if k not in KINDS]
        if unknown or not self.kinds:
            raise ValueError(f"no such fault: {unknown}")
        self.operation = operation and re.compile(operation)
        self.key = key and re.compile(key)
        self.service = service
        self.count = count
        self.skip = skip
        self.probability = probability
        self.at = at
        self.seconds = seconds
        self.region = region
        self.location = location
        self.in_a_row = in_a_row
        self.fired = 0

    def fits(self, record):
        return (
            (self.service is None or self.service == record["service"])
            and (self.operation is None or self.operation.fullmatch(record["operation"]))
            and (self.key is None or self.key.fullmatch(record["key"] or ""))
            and (self.count is None or self.fired < self.count)
        )


class Faults:
    def __init__(self, seed=0):
        self.lock = threading.Lock()
        self.rules = []
        self.seed(seed)

    def seed(self, seed):
        self.random = random.Random(seed)
        self.rows = {}

    def set(self, rules):
        with self.lock:
            self.rules = list(rules)
            self.rows = {}

    def _spoils(self, rule, record):
        if rule.probability >= 1:
            return True
        name = (record["operation"], record["bucket"], record["key"], record["range"],
                record["query"])
        hit = self.random.random() < rule.probability
        row = self.rows.get(name, 0) + 1 if hit else 0
        if rule.in_a_row is not None and row > rule.in_a_row:
            hit, row = False, 0
        self.rows[name] = row
        return hit

    def choose(self, record):
        """(rule, kind) for a request, or (None, None)."""
        with self.lock:
            for rule in self.rules:
                if not rule.fits(record):
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                if not self._spoils(rule, record):
                    continue
                rule.fired += 1
                return rule, self.random.choice(rule.kinds)
        return None, None


def instead(rule, kind, service, call):
    """The answer of a kind of INSTEAD."""
    if kind in CODED:
        return errors.make(service, *CODED[kind])
    if kind in EMPTY:
        return Response(EMPTY[kind], [], b"")
    if kind == "html":
        return Response(502, [], HTML, "text/html")
    if kind == "html_200":
        return Response(200, [], HTML, "text/html")
    if kind == "error_200":
        answer = errors.make(service, *CODED["500"])
        answer.status = 200
        return answer
    if kind == "skewed":
        return errors.make(service, 403, "RequestTimeTooSkewed", "The difference between the "
                           "request time and the current time is too large.")
    if kind == "400_region":
        return errors.make(
            service, 400, "AuthorizationHeaderMalformed", "The authorization header is "
            f"malformed; expecting '{rule.region}'", Region=rule.region)
    bucket = call.bucket if call else ""
    host = rule.location or f"{bucket}.s3.{rule.region}.amazonaws.com"
    if kind == "301":
        answer = errors.make(service, 301, "PermanentRedirect", "The bucket you are attempting "
                             "to access must be addressed using the specified endpoint.",
                             Endpoint=host, Bucket=bucket)
        answer.set("x-amz-bucket-region", rule.region)
        return answer
    answer = errors.make(service, 307, "TemporaryRedirect", "Please re-send this request to "
                         "the specified temporary endpoint.", Endpoint=host, Bucket=bucket)
    target = call.request.path.decode("latin-1") if call else "/"
    answer.set("Location", f"http://{host}{target}")
    return answer


def _shift_range(response):
    """A 206 of other bytes than were asked for; a 200 becomes one of the second half."""
    half = response.body.length // 2
    told = response.get("Content-Range")
    if told:
        span, total = told.split(" ")[1].split("/")
        first = int(span.split("-")[0])
    else:
        first, total = 0, response.body.length
    response.body = response.body.part(half, response.body.length - half)
    last = first + half + response.body.length - 1
    response.status = 206
    response.set("Content-Range", f"bytes {first + half}-{last}/{total}")
    response.set("Content-Length", str(response.body.length))


def spoil(rule, kind, method, response, plan):
    """Applies a kind of PASSED_ON."""
    length = response.body.length
    if method == "HEAD" and kind != "slow_first_byte":
        kind = "refuse"  # there is no body to spoil
    at = length // 2 if rule.at is None else min(rule.at, length)
    if kind == "slow_first_byte":
        plan.first_byte_delay = rule.seconds
    elif kind in ("stall", "reset", "close"):
        plan.cut_at, plan.cut_how, plan.stall_seconds = at, kind, rule.seconds
    elif kind == "refuse":
        plan.cut_at = -1
    elif kind in ("no_length", "no_length_cut"):
        plan.has_length = False
        response.set("Content-Length", None)
        if kind == "no_length_cut":
            plan.cut_at, plan.cut_how = at, "close"
    elif kind == "short_length":
        response.body = response.body.part(0, at)
        response.set("Content-Length", str(response.body.length))
    elif kind == "wrong_range" and response.status in (200, 206) and length > 1:
        _shift_range(response)
    elif kind == "damage" and length:
        plan.damage_at = min(at, length - 1)
    elif kind == "truncated":
        response.body = Bytes(b"".join(response.body.chunks(1 << 20))[:at])
        response.set("Content-Length", str(at))
    return response
