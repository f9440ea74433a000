"""HTTP/1.1 on raw bytes: what came is kept as it came, what goes out may be spoilt."""
import os
import socket
import struct
import time

HEAD_MAX = 128 * 1024
BODY_MAX = 64 << 20
CHUNK = 256 * 1024
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends RST

REASONS = {
    200: "OK", 206: "Partial Content", 301: "Moved Permanently", 304: "Not Modified",
    307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    409: "Conflict", 412: "Precondition Failed", 416: "Requested Range Not Satisfiable",
    429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented",
    502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}


class Gone(Exception):
    """The connection is over."""


class Request:
    """method, path and query as on the wire (bytes); headers as (name, value) in order."""

    def __init__(self, method, target, headers, body):
        self.method = method
        if b"://" in target.partition(b"?")[0]:  # as sent to a proxy
            rest = target.split(b"://", 1)[1]
            target = b"/" + rest.partition(b"/")[2]
        self.path, _, self.query = target.partition(b"?")
        self.headers = headers
        self.body = body
        self.time = time.time()

    def all(self, name):
        name = name.lower()
        return [value for key, value in self.headers if key.lower() == name]

    def get(self, name, default=None):
        values = self.all(name.encode())
        return values[0].decode("latin-1").strip() if values else default


class Response:
    """body: bytes, or anything with length and chunks(size), see below."""

    def __init__(self, status, headers=(), body=b"", kind=None):
        self.status = status
        self.headers = list(headers)
        self.body = body if hasattr(body, "chunks") else Bytes(body)
        if kind:
            self.headers.append(("Content-Type", kind))

    def set(self, name, value):
        self.headers = [h for h in self.headers if h[0].lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))

    def get(self, name):
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)


class Bytes:
    def __init__(self, data):
        self.data = data
        self.length = len(data)

    def chunks(self, size):
        for at in range(0, self.length, size):
            yield self.data[at : at + size]

    def part(self, offset, length):
        return Bytes(self.data[offset : offset + length])

    def close(self):
        pass


class File:
    """A part of an open file; owns the descriptor."""

    def __init__(self, descriptor, offset, length):
        self.descriptor = descriptor
        self.offset = offset
        self.length = length

    def chunks(self, size):
        done = 0
        while done < self.length:
            data = os.pread(
                self.descriptor, min(size, self.length - done), self.offset + done
            )
            if not data:
                return
            done += len(data)
            yield data

    def part(self, offset, length):
        self.offset += offset
        self.length = max(0, min(length, self.length - offset))
        return self

    def close(self):
        os.close(self.descriptor)


class Filler:
    """Bytes that nobody stores."""

    def __init__(self, length):
        self.length = length

    def chunks(self, size):
        for at in range(0, self.length, size):
            yield bytes(min(size, self.length - at))

    def part(self, offset, length):
        return Filler(max(0, min(length, self.length - offset)))

    def close(self):
        pass


class Plan:
    """How a response goes out, for the worse."""

    def __init__(self):
        self.first_byte_delay = 0.0
        self.cut_at = None  # bytes of the body; -1: before the status line
        self.cut_how = "reset"  # or close, stall
        self.stall_seconds = 0.0
        self.damage_at = None  # this byte is another one
        self.has_length = True


class Connection:
    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""
        self.is_open = True

    def _fill(self):
        try:
            data = self.sock.recv(CHUNK)
        except OSError:
            raise Gone from None
        if not data:
            raise Gone
        self.buffer += data

    def _take(self, count):
        while len(self.buffer) < count:
            self._fill()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def read(self):
        """The next request."""
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > HEAD_MAX:
                raise Gone
            self._fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.split(b"\r\n")
        try:
            method, target, version = lines[0].split(b" ")
            headers = [tuple(line.split(b":", 1)) for line in lines[1:]]
            headers = [(name, value) for name, value in headers]
        except ValueError:
            raise Gone from None
        if not version.startswith(b"HTTP/1."):
            raise Gone
        request = Request(method.decode("latin-1"), target, headers, b"")
        if (request.get("expect") or "").lower() == "100-continue":
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = int(request.get("content-length", "0"))
        if length > BODY_MAX or request.get("transfer-encoding"):
            raise Gone
        request.body = self._take(length)
        if (request.get("connection") or "").lower() == "close":
            self.is_open = False
        return request

    def write(self, request, response, plan, bandwidth):
        """Bytes of the body that went out."""
        if plan.first_byte_delay:
            time.sleep(plan.first_byte_delay)
        if plan.cut_at is not None and plan.cut_at < 0:
            self._cut(plan)
        has_body = request.method != "HEAD" and response.status not in (204, 304)
        lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        if not plan.has_length:
            lines.append("Connection: close")
        elif response.get("Content-Length") is None:
            lines.append(f"Content-Length: {response.body.length}")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        try:
            if not has_body or response.body.length == 0:
                self.sock.sendall(head)
                sent = 0
            else:
                sent = self._body(head, response.body, plan, bandwidth)
        except OSError:
            raise Gone from None
        if plan.cut_at is not None and has_body:
            self._cut(plan)
        if not plan.has_length:
            raise Gone
        return sent

    def _body(self, head, body, plan, bandwidth):
        limit = body.length if plan.cut_at is None else min(plan.cut_at, body.length)
        if isinstance(body, File) and not bandwidth and plan.damage_at is None and (
            type(self.sock) is socket.socket
        ):
            self.sock.sendall(head, socket.MSG_MORE)
            return self._send_file(body, limit)
        self.sock.sendall(head)
        sent, begun = 0, time.monotonic()
        size = max(1024, min(65536, int(bandwidth / 50))) if bandwidth else CHUNK
        for chunk in body.chunks(size):
            chunk = chunk[: limit - sent]
            if not chunk:
                break
            at = plan.damage_at
            if at is not None and sent <= at < sent + len(chunk):
                chunk = bytearray(chunk)
                chunk[at - sent] ^= 0x10
            self.sock.sendall(chunk)
            sent += len(chunk)
            if bandwidth:
                late = begun + sent / bandwidth - time.monotonic()
                if late > 0:
                    time.sleep(late)
        return sent

    def _send_file(self, body, limit):
        sent = 0
        while sent < limit:
            try:
                count = os.sendfile(
                    self.sock.fileno(), body.descriptor, body.offset + sent,
                    min(limit - sent, 4 << 20),
                )
            except BlockingIOError:
                continue
            if count == 0:  # the file has become shorter
                raise Gone
            sent += count
        return sent

    def _cut(self, plan):
        if plan.cut_how == "stall":
            time.sleep(plan.stall_seconds)
        if plan.cut_how != "close":
            self.reset()
        raise Gone

    def reset(self):
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        except OSError:
            pass
        self.close()

    def drop(self):
        """From another thread: whoever waits on it wakes up."""
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        try:
            self.sock.close()
        except OSError:
            pass
