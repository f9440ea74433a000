"""A directory as a bucket, by HTTP: only what costfs asks of S3, as fast or as slow, and as
willing, as a test wants it. Signatures are not checked; who signs is."""
import email.utils
import hashlib
import http.server
import os
import pathlib
import re
import socketserver
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

CHUNK = 64 * 1024


class Bucket(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """The server: bucket.port; close() ends it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, directory):
        super().__init__(("127.0.0.1", 0), Handler)
        self.directory = pathlib.Path(directory)
        self.port = self.server_address[1]
        self.latency = 0.0  # seconds before the first byte, and before a connection's
        self.rate = None  # bytes a second of a connection; None: as fast as it goes
        # What has this name waits for this in the middle.
        self.gated, self.gate = None, threading.Event()
        self.message = "m"  # of refusals
        self.refusal = None  # (key id, path) -> (status, code), or None to serve it
        self.lock = threading.Lock()
        self.forget()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def forget(self):
        """What has been counted."""
        with self.lock:
            self.gets = []  # (folder/name, range)
            self.begins, self.ends = [], []  # of data, when
            self.connections = 0
            self.reading = 0  # bodies under way
            self.reading_most = 0

    def handle_error(self, request, client_address):
        pass  # clients go when they like

    def close(self):
        self.gate.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = CHUNK

    def setup(self):
        super().setup()
        with self.server.lock:
            self.server.connections += 1
        time.sleep(self.server.latency)

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def refuse(self, status, code):
        text = f"<Error><Code>{code}</Code><Message>{self.server.message}</Message></Error>"
        self.answer(status, text.encode(), [("Content-Type", "application/xml")])

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.asked = time.monotonic()
        time.sleep(self.server.latency)
        url = urllib.parse.urlsplit(self.path)
        signed = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
        refusal = self.server.refusal
        no = refusal and refusal(signed and signed[1], url.path)
        if no:
            self.refuse(*no)
        elif "list-type" in url.query:
            self.list(urllib.parse.parse_qs(url.query))
        else:
            # /BUCKET/KEY
            key = urllib.parse.unquote(url.path).partition("/")[2].partition("/")[2]
            self.read(self.server.directory / key)

    def list(self, query):
        prefix = query.get("prefix", [""])[0]
        folder = self.server.directory / prefix
        rows = []
        if prefix == "" or (prefix.endswith("/") and folder.is_dir()):
            for path in sorted(folder.iterdir()):
                key = urllib.parse.quote(prefix + path.name, safe="")
                if path.is_dir():
                    rows.append(f"<CommonPrefixes><Prefix>{key}%2F</Prefix></CommonPrefixes>")
                    continue
                at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(path.stat().st_mtime))
                rows.append(
                    f"<Contents><Key>{key}</Key><LastModified>{at}</LastModified>"
                    f"<ETag>{escape(etag(path))}</ETag><Size>{path.stat().st_size}</Size>"
                    "</Contents>"
                )
        text = "<ListBucketResult>" + "".join(rows) + "</ListBucketResult>"
        self.answer(200, text.encode(), [("Content-Type", "application/xml")])

    def read(self, path):
        if not path.is_file():
            self.refuse(404, "NoSuchKey")
            return
        size = path.stat().st_size
        first, end, status = 0, size, 200
        headers = [
            ("ETag", etag(path)),
            ("Last-Modified", email.utils.formatdate(path.stat().st_mtime, usegmt=True)),
        ]
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if asked:
            first, end, status = int(asked[1]), min(int(asked[2]) + 1, size), 206
            headers.append(("Content-Range", f"bytes {first}-{end - 1}/{size}"))
        self.answer(status, b"", headers, end - first)
        if self.command == "HEAD":
            return
        server = self.server
        with server.lock:
            server.gets.append((f"{path.parent.name}/{path.name}", self.headers.get("Range")))
            server.reading += 1
            server.reading_most = max(server.reading_most, server.reading)
            if path.suffix != ".json":
                server.begins.append(self.asked)
        try:
            self.send_file(path, first, end)
        finally:
            with server.lock:
                server.reading -= 1
                if path.suffix != ".json":
                    server.ends.append(time.monotonic())

    def send_file(self, path, first, end):
        rate = self.server.rate
        half = (first + end) // 2 if path.name == self.server.gated else end
        begun = time.monotonic()
        with open(path, "rb") as f:
            at = first
            while at < end:
                if at == half:
                    self.server.gate.wait()
                n = min((half if at < half else end) - at, CHUNK if rate else 1 << 30)
                at += os.sendfile(self.connection.fileno(), f.fileno(), at, n)
                if rate:
                    ahead = (at - first) / rate - (time.monotonic() - begun)
                    if ahead > 0:
                        time.sleep(ahead)


def etag(path):
    status = path.stat()
    name = f"{path.name} {status.st_size} {status.st_mtime_ns}"
    return '"' + hashlib.md5(name.encode()).hexdigest() + '"'
