"""The stand-in as a command, for scripts and benchmarks:

    python3 tests/server/main.py --bucket costs=DIR --latency-ms 50 --bandwidth-mb 25

Prints one line of JSON with the port, the URL and the environment that signs in, then
serves until its standard input ends (or, with --forever, until it is killed).
POST /__control with JSON sets rules and reads records: see Server._control."""
import argparse
import json
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from server import Bucket, Identity, Rule, Server, export, report  # noqa: E402


def words():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--bucket", action="append", default=[], metavar="NAME=DIR[,PREFIX]")
    p.add_argument("--region", default="us-east-1", help="of all buckets")
    p.add_argument("--etags", choices=("md5", "parts"), default="md5")
    p.add_argument("--checksum", choices=("crc32", "sha1", "sha256", "crc64nvme"))
    p.add_argument("--key", action="append", default=[], metavar="ID:SECRET[:TOKEN]")
    p.add_argument("--deny", action="append", default=[], metavar="PATTERN",
                   help="an action that no key may do, as s3:Get*")
    p.add_argument("--report", action="append", default=[], metavar="NAME,BUCKET,PREFIX")
    p.add_argument("--export", action="append", default=[], metavar="NAME,BUCKET,PREFIX")
    p.add_argument("--accounts", type=int, metavar="COUNT", help="of the organization")
    p.add_argument("--latency-ms", type=float, default=0)
    p.add_argument("--bandwidth-mb", type=float, help="a second, of each connection")
    p.add_argument("--faults", type=float, default=0, metavar="PROBABILITY")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--clock-shift", type=int, default=0, metavar="SECONDS")
    p.add_argument("--anonymous", action="store_true", help="S3 asks for no signature")
    p.add_argument("--forever", action="store_true")
    return p.parse_args()


def make(asked):
    identities = []
    for text in asked.key:
        parts = text.split(":", 2)
        identities.append(Identity(*parts, deny=asked.deny))
    identities = identities or [Identity(deny=asked.deny)]
    buckets = {}
    for text in asked.bucket:
        name, _, place = text.partition("=")
        directory, _, prefix = place.partition(",")
        buckets[name] = Bucket(directory, prefix, region=asked.region, etags=asked.etags,
                               checksum=asked.checksum)
    server = Server(
        buckets, identities, port=asked.port, seed=asked.seed,
        latency=asked.latency_ms / 1000, anonymous=asked.anonymous,
        bandwidth=asked.bandwidth_mb and int(asked.bandwidth_mb * 1e6),
    )
    server.clock_shift = asked.clock_shift
    server.state.reports = [report(*text.split(",")) for text in asked.report]
    server.state.exports = [export(*text.split(",")) for text in asked.export]
    if asked.accounts is not None:
        server.state.accounts = [
            {"Id": f"{111122220000 + n:012d}", "Name": f"Account {n}",
             "Email": f"a{n}@example.com", "Status": "ACTIVE"} for n in range(asked.accounts)
        ]
    if asked.faults:
        server.rules(Rule("passing", probability=asked.faults))
    return server, identities[0]


def main():
    asked = words()
    server, first = make(asked)
    environment = {
        "AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": first.access_key,
        "AWS_SECRET_ACCESS_KEY": first.secret, "AWS_REGION": asked.region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if first.token:
        environment["AWS_SESSION_TOKEN"] = first.token
    print(json.dumps({"port": server.port, "url": server.url, "seed": asked.seed,
                      "environment": environment}), flush=True)
    try:
        if asked.forever:
            threading.Event().wait()
        sys.stdin.read()
    except KeyboardInterrupt:
        pass
    server.close()


if __name__ == "__main__":
    main()
