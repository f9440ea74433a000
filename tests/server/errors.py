"""Refusals, in the shape that each service gives them."""
import itertools
import json
from xml.sax.saxutils import escape

from server.wire import Response

_numbers = itertools.count(1)

# reason: (S3's status and code, STS's, that of JSON services)
CODES = {
    "malformed": ((400, "AuthorizationHeaderMalformed"), (400, "IncompleteSignature"),
                  (400, "IncompleteSignatureException")),
    "region": ((400, "AuthorizationHeaderMalformed"), (403, "SignatureDoesNotMatch"),
               (400, "InvalidSignatureException")),
    "anonymous": ((403, "AccessDenied"), (403, "MissingAuthenticationToken"),
                  (400, "MissingAuthenticationTokenException")),
    "unsigned": ((403, "AccessDenied"), (403, "SignatureDoesNotMatch"),
                 (400, "InvalidSignatureException")),
    "no_date": ((403, "AccessDenied"), (400, "IncompleteSignature"),
                (400, "IncompleteSignatureException")),
    "no_hash": ((400, "InvalidRequest"), (400, "IncompleteSignature"),
                (400, "IncompleteSignatureException")),
    "body": ((400, "XAmzContentSHA256Mismatch"), (403, "SignatureDoesNotMatch"),
             (400, "InvalidSignatureException")),
    "unknown_key": ((403, "InvalidAccessKeyId"), (403, "InvalidClientTokenId"),
                    (400, "UnrecognizedClientException")),
    "skewed": ((403, "RequestTimeTooSkewed"), (403, "SignatureDoesNotMatch"),
               (400, "InvalidSignatureException")),
    "mismatch": ((403, "SignatureDoesNotMatch"), (403, "SignatureDoesNotMatch"),
                 (400, "InvalidSignatureException")),
    "token": ((400, "InvalidToken"), (403, "InvalidClientTokenId"),
              (400, "UnrecognizedClientException")),
    "expired": ((400, "ExpiredToken"), (403, "ExpiredToken"),
                (400, "ExpiredTokenException")),
    "denied": ((403, "AccessDenied"), (403, "AccessDenied"),
               (400, "AccessDeniedException")),
}


def request_id():
    return f"REQUEST{next(_numbers):09d}"


def s3(status, code, message, **more):
    number = request_id()
    fields = {"Code": code, "Message": message, **more, "RequestId": number,
              "HostId": "host/Id+of/the=Server=="}
    inner = "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in fields.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    headers = [("x-amz-request-id", number), ("x-amz-id-2", "host/Id+of/the=Server==")]
    if "Region" in more:
        headers.append(("x-amz-bucket-region", more["Region"]))
    return Response(status, headers, body.encode(), "application/xml")


def query(status, code, message, **_):
    number = request_id()
    side = "Sender" if status < 500 else "Receiver"
    body = (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n'
        f"  <Error>\n    <Type>{side}</Type>\n    <Code>{code}</Code>\n"
        f"    <Message>{escape(message)}</Message>\n  </Error>\n"
        f"  <RequestId>{number}</RequestId>\n</ErrorResponse>\n"
    )
    return Response(status, [("x-amzn-RequestId", number)], body.encode(), "text/xml")


def json11(status, code, message, **_):
    body = json.dumps({"__type": f"com.amazon.coral.service#{code}", "message": message})
    return Response(status, [("x-amzn-RequestId", request_id())], body.encode(),
                    "application/x-amz-json-1.1")


def rest_json(status, code, message, **more):
    body = json.dumps({"message": message, **more})
    headers = [("x-amzn-RequestId", request_id()),
               ("x-amzn-ErrorType", f"{code}:http://internal.amazon.com/coral/")]
    return Response(status, headers, body.encode(), "application/json")


SHAPES = {"s3": s3, "sts": query, "iam": query, "ec2": query, "sso": rest_json,
          "sso-oidc": rest_json, "imds": rest_json, "container": rest_json}


def make(service, status, code, message, **more):
    return SHAPES.get(service, json11)(status, code, message, **more)


def refusal(service, refused):
    """The answer to sigv4.Refused."""
    three = CODES[refused.reason]
    at = {"s3": 0, "sts": 1, "iam": 1, "ec2": 1}.get(service, 2)
    status, code = three[at]
    return make(service, status, code, str(refused), **refused.more)
