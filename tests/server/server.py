"""The server: takes connections, tells services apart, checks signatures, keeps records."""
import collections
import json
import re
import socket
import threading
import time

from server import errors, faults, s3, services, sigv4
from server.faults import Faults, Rule
from server.identity import Identity
from server.s3 import Bucket, http_date
from server.wire import Connection, Gone, Plan, Response

SCOPE = re.compile(r"Credential=[^,/]+/\d*/([^,/]*)/([^,/]*)/aws4_request")
SIGNED_JSON = ("cur", "bcm-data-exports", "organizations")


class Server:
    """services: a services.State. buckets: name to Bucket. All may be changed while it
    runs. with Server(...) as server: … or close().

    on_request(record): called before each answer is made. latency: seconds before each
    answer, and once a connection. bandwidth: bytes a second of each connection."""

    def __init__(self, buckets=None, identities=None, state=None, port=0, seed=0,
                 latency=0.0, bandwidth=None, anonymous=False, tls=None):
        self.buckets = dict(buckets or {})
        self.state = state or services.State()
        for each in [Identity()] if identities is None else identities:
            self.state.identities[each.access_key] = each
        self.faults = Faults(seed)
        self.latency = latency
        self.bandwidth = bandwidth
        self.anonymous = anonymous  # S3 without signatures
        self.tls = tls  # an ssl.SSLContext
        self.clock_shift = 0
        self.on_request = None
        self.is_stalled = False
        self.lock = threading.Lock()
        self.records = []
        self.connections = set()
        self.accepted = 0
        self.port = port
        self.listener = None
        self.open()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    # The port

    def open(self):
        self.is_stalled = False
        if self.listener is not None:
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(128)
        self.port = listener.getsockname()[1]
        self.listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def shut(self):
        """Connections are refused, those that are open are reset."""
        listener, self.listener = self.listener, None
        if listener:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
        self._drop()

    def stall(self):
        """Connections are taken, and never answered."""
        self.is_stalled = True
        self._drop()

    close = shut

    def _drop(self):
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            connection.drop()

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.accepted += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        connection = Connection(sock)
        with self.lock:
            self.connections.add(connection)
        try:
            if self.tls:
                connection.sock = self.tls.wrap_socket(sock, server_side=True)
            if self.latency:
                time.sleep(self.latency)
            while connection.is_open:
                request = connection.read()
                while self.is_stalled:
                    time.sleep(0.05)
                self._exchange(connection, request)
        except (Gone, OSError, ValueError):
            pass
        finally:
            connection.close()
            with self.lock:
                self.connections.discard(connection)

    def _exchange(self, connection, request):
        if request.path == b"/__control":
            connection.write(request, self._control(request), Plan(), None)
            return
        record, answer, plan = self.answer(request)
        try:
            if self.latency:
                time.sleep(self.latency)
            answer.set("Date", http_date(self.now()))
            answer.set("Server", "AmazonS3")
            record["sent"] = connection.write(request, answer, plan, self.bandwidth)
        except Gone:
            record["sent"] = None
            raise
        finally:
            answer.body.close()

    # Answers

    def now(self):
        return time.time() + self.clock_shift

    def answer(self, request):
        """(record, response, plan)."""
        service, region, call = self._take_apart(request)
        record = self._note(request, service, region, call)
        if self.on_request:
            self.on_request(record)
        rule, kind = self.faults.choose(record)
        record["fault"] = kind
        plan = Plan()
        if kind in faults.INSTEAD:
            response = faults.instead(rule, kind, service, call)
        else:
            if kind == "whole" and call:
                call.ignores_range = True
            try:
                response = self._right_answer(request, service, call, kind, record)
            except sigv4.Refused as refused:
                record["refused"] = refused.reason
                response = errors.refusal(service, refused)
            except Exception as error:  # noqa: BLE001 - a client sees it, and the record
                record["refused"] = repr(error)
                response = errors.make(service, 500, "InternalError", repr(error))
            if rule:
                response = faults.spoil(rule, kind, request.method, response, plan)
        record["status"] = response.status
        return record, response, plan

    def _take_apart(self, request):
        """(service, region of the scope, Call of S3 or None)."""
        path = request.path.decode("latin-1")
        scope = SCOPE.search(request.get("authorization") or "")
        if path in self.state.containers:
            return "container", None, None
        if scope and scope[2] != "s3":
            return scope[2], scope[1], None
        if path.startswith("/federation/"):
            return "sso", None, None
        if path == "/token" and request.method == "POST":
            return "sso-oidc", None, None
        if path.startswith("/latest/"):
            return "imds", None, None
        if not scope and request.method == "POST" and b"Action=" in request.body:
            return "sts", None, None
        return "s3", scope and scope[1], s3.Call(request, self._bucket_in(request))

    def _bucket_in(self, request):
        """As in bucket.localhost:1234, bucket.s3.eu-west-1.amazonaws.com."""
        host = (request.get("host") or "").rsplit(":", 1)[0]
        name = re.split(r"\.localhost$|\.s3[.-]", host)[0]
        return name if name != host else None

    def _note(self, request, service, region, call):
        if call:
            operation = call.operation
        elif request.get("x-amz-target"):
            operation = request.get("x-amz-target").rpartition(".")[2]
        elif service == "sts":
            found = re.search(rb"(?:^|&)Action=(\w+)", request.body)
            operation = found[1].decode() if found else "Other"
        else:
            operation = request.path.decode("latin-1")
        key = call.key.decode("utf-8", "surrogateescape") if call else None
        authorization = request.get("authorization") or ""
        signer = re.search(r"Credential=([^/]*)/", authorization)
        record = {
            "time": request.time, "service": service, "operation": operation,
            "method": request.method, "bucket": call.bucket if call else None, "key": key,
            "range": request.get("range"), "query": request.query.decode("latin-1"),
            "region": region, "signer": signer[1] if signer else None,
            "if_match": request.get("if-match"),
            "if_none_match": request.get("if-none-match"),
            "status": None, "fault": None, "refused": None, "sent": 0,
        }
        with self.lock:
            record["number"] = len(self.records)
            self.records.append(record)
        return record

    def _right_answer(self, request, service, call, kind, record):
        repeats = kind == "repeat_token"
        if service == "s3":
            who = self._signer(request, call)
            if isinstance(who, Response):
                return who
            return s3.answer(self.buckets, call, who, repeats)
        if service in ("sso", "sso-oidc", "imds", "container"):
            what = {"sso": services.sso, "sso-oidc": services.oidc, "imds": services.imds,
                    "container": services.container}[service]
            return what(self.state, services.Query(request, None))
        who = None
        if request.all(b"authorization") or service != "sts":
            who = sigv4.verify(request, self.state.identities, self.now(),
                               self._region_check)
            record["arn"] = who.arn
        query = services.Query(request, who, repeats)
        if service == "sts":
            return services.sts(self.state, query)
        if service in SIGNED_JSON:
            return services.json11(self.state, query, service)
        return errors.make(service, 400, "UnknownOperationException", f"no {service} here")

    def _region_check(self, scope):
        allowed = services.REGIONS.get(scope.service)
        if allowed and scope.region not in allowed or not scope.region:
            raise sigv4.Refused("region", "Credential should be scoped to a valid region.")

    def _signer(self, request, call):
        """The identity, or the answer to a signature for another region."""
        bucket = self.buckets.get(call.bucket)
        elsewhere = []

        def check(scope):
            # Any region is told where a bucket is.
            if bucket and scope.region != bucket.region and (
                call.operation != "GetBucketLocation"
            ):
                elsewhere.append(scope.region)
                raise sigv4.Refused("region", "elsewhere")

        if self.anonymous and not request.all(b"authorization"):
            return Identity("", "", arn="anonymous")
        try:
            return sigv4.verify(request, self.state.identities, self.now(), check)
        except sigv4.Refused as refused:
            if elsewhere:
                refused_here = s3.wrong_region(bucket, call)
                return refused_here
            if refused.reason == "anonymous":
                raise sigv4.Refused("anonymous", "Access Denied") from None
            raise

    # Rules and records

    def rules(self, *rules):
        """Instead of those so far."""
        self.faults.set(rules)

    def forget(self):
        with self.lock:
            self.records = []

    def requests(self, operation=None, **fields):
        """Records with these fields."""
        with self.lock:
            records = list(self.records)
        if operation is not None:
            fields["operation"] = operation
        return [r for r in records if all(r.get(k) == v for k, v in fields.items())]

    def counts(self):
        return dict(collections.Counter(r["operation"] for r in self.requests()))

    def _control(self, request):
        """POST of JSON: forget, buckets (name to directory), rules, seed, clock_shift,
        latency, bandwidth, stall, deny (access key to patterns), records. Answers counts,
        and records if asked for."""
        try:
            asked = json.loads(request.body or b"{}")
            if asked.get("forget"):
                self.forget()
            for name, directory in asked.get("buckets", {}).items():
                self.buckets[name] = Bucket(directory)
            if "seed" in asked:
                self.faults.seed(asked["seed"])
            if "rules" in asked:
                self.rules(*[Rule(**each) for each in asked["rules"]])
            for name in ("clock_shift", "latency", "bandwidth"):
                if name in asked:
                    setattr(self, name, asked[name])
            if "stall" in asked:
                self.is_stalled = bool(asked["stall"])
            for key, patterns in asked.get("deny", {}).items():
                self.state.identities[key].deny = tuple(patterns)
            told = {"counts": self.counts(), "accepted": self.accepted}
            told["faults"] = sum(1 for r in self.requests() if r["fault"])
            if asked.get("records"):
                told["records"] = self.requests()
            return Response(200, [], json.dumps(told).encode(), "application/json")
        except (ValueError, TypeError, KeyError) as error:
            return Response(400, [], json.dumps({"error": repr(error)}).encode(),
                            "application/json")


def check_nothing_is_refused(server):
    """For tests: no signature was found wrong."""
    wrong = [r for r in server.requests() if r["refused"]]
    if wrong:
        raise AssertionError(f"refused: {wrong[:3]}")
