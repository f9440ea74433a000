"""Makes tests/aws/sigv4_vectors.h: what botocore signs, as an oracle for our own signer.

    python3 tests/aws/sigv4_vectors.py >tests/aws/sigv4_vectors.h
"""
from datetime import datetime, timezone

import botocore
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY, SECRET = "AKIDOFTHETEST0000000", "secret/of+the/test"
TOKEN = "IQoJb3JpZ2luX2VjEND//////////wEaCXVzLWVhc3QtMSJ+token=="

# name, service, region, time, method, host, path, query, headers, body, token
CASES = (
    ("nothing but a host", "ec2", "us-east-1", "20260102T030405Z", "GET",
     "ec2.us-east-1.amazonaws.com", "/", "", (), "", None),
    ("form", "sts", "eu-central-1", "20240229T235959Z", "POST",
     "sts.eu-central-1.amazonaws.com", "/", "",
     (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),),
     "Action=GetCallerIdentity&Version=2011-06-15", TOKEN),
    ("JSON", "organizations", "us-east-1", "20261124T000000Z", "POST",
     "organizations.us-east-1.amazonaws.com", "/", "",
     (("X-Amz-Target", "AWSOrganizationsV20161128.ListAccounts"),
      ("Content-Type", "application/x-amz-json-1.1")), "{}", None),
    ("listing", "s3", "eu-west-1", "20261124T101112Z", "GET",
     "bucket.s3.eu-west-1.amazonaws.com", "/",
     "list-type=2&prefix=a%2Fb%20c&delimiter=%2F&encoding-type=url"
     "&continuation-token=1%2Bx%2F%3D%3D", (), "", TOKEN),
    ("key as it is", "s3", "us-east-1", "19700101T000000Z", "GET",
     "s3.us-east-1.amazonaws.com", "/bucket/a%20b//%2B/../%E2%82%AC/./~x/", "",
     (("Range", "bytes=0-1023"), ("If-Match", '"d41d8cd98f00b204e9800998ecf8427e"')), "",
     None),
    ("head of a bucket, requester pays", "s3", "cn-north-1", "20991231T235959Z", "HEAD",
     "bucket.s3.cn-north-1.amazonaws.com.cn", "/", "location=",
     (("x-amz-request-payer", "requester"),), "", TOKEN),
    ("path made shorter, and encoded again", "execute-api", "ap-southeast-2",
     "20260601T120000Z", "GET", "x.example.com:8443", "/a/./b/../c%20d//e%2Ff/", "",
     (), "", None),
    ("path above the root", "service", "us-east-1", "20260601T120000Z", "GET",
     "example.com", "/../../a/..", "", (), "", None),
    ("names that begin like others", "service", "us-east-1", "20260601T120000Z", "GET",
     "example.com", "/", "a-b=1&a=2&A=3&a=1&a.b=4&a%20=5&a=", (), "", None),
    ("blanks in headers, and one that stands twice", "service", "us-east-1",
     "20260601T120000Z", "GET", "example.com", "/", "",
     (("X-Amz-B", "  b   c\t d  "), ("X-Amz-A-B", "2"), ("X-Amz-A", "z"),
      ("X-Amz-A", " y  y "), ("X-Amz-C", "")), "", TOKEN),
    ("body of binary", "service", "us-east-1", "20260601T120000Z", "PUT", "example.com",
     "/x", "", (), "\x00\x01\xff\n", None),
)


def literal(text):
    """A C string of the bytes."""
    data = text if isinstance(text, bytes) else text.encode()
    out = ""
    for byte in data:
        char = chr(byte)
        if char in '"\\':
            out += "\\" + char
        elif char == "\n":
            out += "\\n"
        elif 32 <= byte < 127:
            out += char
        else:
            out += f"\\{byte:03o}"
    lines = [out[i:i + 50] for i in range(0, len(out), 50)] or [""]
    for i in range(len(lines) - 1):  # no escape is cut
        cut = lines[i].rfind("\\", len(lines[i]) - 3)
        if cut >= 0:
            lines[i + 1] = lines[i][cut:] + lines[i + 1]
            lines[i] = lines[i][:cut]
    return "\n\t\t".join(f'"{line}"' for line in lines)


def sign(case):
    (_, service, region, time, method, host, path, query, headers, body, token) = case
    url = f"https://{host}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method=method, url=url, data=body.encode("latin-1"))
    for name, value in headers:
        request.headers.add_header(name, value)
    request.context["timestamp"] = time
    request.context["payload_signing_enabled"] = True
    signer = (S3SigV4Auth if service == "s3" else SigV4Auth)(
        Credentials(KEY, SECRET, token), service, region)
    signer._modify_request_before_signing(request)
    canonical = signer.canonical_request(request)
    text = signer.string_to_sign(request, canonical)
    signature = signer.signature(text, request)
    signer._inject_signature_to_request(request, signature)
    return canonical, text, request.headers["Authorization"]


def main():
    print("/* Made by sigv4_vectors.py with botocore "
          f"{botocore.__version__}. */\n#ifndef TESTS_AWS_SIGV4_VECTORS_H\n"
          "#define TESTS_AWS_SIGV4_VECTORS_H\n\n#include \"aws/auth/sigv4.h\"\n\n"
          f"#define VECTOR_KEY {literal(KEY)}\n#define VECTOR_SECRET {literal(SECRET)}\n\n"
          "struct sigv4_vector {\n\tconst char *name, *service, *region;\n"
          "\tint64_t time;\n\tconst char *method, *path, *query;\n"
          "\tstruct {\n\t\tconst char *name, *value;\n\t} headers[8]; /* name NULL: the end */\n"
          "\tstruct span body;\n\tconst char *token; /* NULL for none */\n"
          "\tconst char *canonical, *text, *authorization;\n};\n\n"
          "/* clang-format off */\n"
          "static const struct sigv4_vector sigv4_vectors[] = {")
    for case in CASES:
        (name, service, region, time, method, host, path, query, headers, body, token) = case
        canonical, text, authorization = sign(case)
        seconds = int(datetime.strptime(time, "%Y%m%dT%H%M%SZ")
                      .replace(tzinfo=timezone.utc).timestamp())
        rows = "".join(f"\t\t{{ {literal(n)}, {literal(v)} }},\n"
                       for n, v in (("Host", host),) + headers)
        print(f"\t{{ {literal(name)},\n\t\t{literal(service)}, {literal(region)},\n"
              f"\t\t{seconds}, {literal(method)},\n"
              f"\t\t{literal(path)},\n\t\t{literal(query)},\n"
              f"\t\t{{\n{rows}\t\t}},\n"
              f"\t\t{{ {literal(body.encode('latin-1'))}, {len(body.encode('latin-1'))} }},\n"
              f"\t\t{literal(token) if token else 'NULL'},\n"
              f"\t\t{literal(canonical)},\n\t\t{literal(text)},\n"
              f"\t\t{literal(authorization)} }},")
    print("};\n/* clang-format on */\n\n#endif")


if __name__ == "__main__":
    main()
