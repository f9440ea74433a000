"""A port in front of a server, through which a network can be broken in many ways."""
import select
import socket
import struct
import threading

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends RST


class Door:
    """Forwards connections. shut(): they are refused. stall(): taken, and never answered.
    cut_after(n): every answer ends by a reset after so many bytes. open(): all is well."""

    def __init__(self, port):
        self.inner = ("127.0.0.1", port)
        self.port = None
        self.limit = None
        self.is_stalled = False
        self.cuts = 0
        self.listener = None
        self.connections = set()
        self.lock = threading.Lock()
        self.open()

    def open(self):
        self.limit = None
        self.is_stalled = False
        if self.listener is None:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port or 0))
            listener.listen(64)
            self.port = listener.getsockname()[1]
            self.listener = listener
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def shut(self):
        listener, self.listener = self.listener, None
        if listener:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self._drop()

    def stall(self):
        self.is_stalled = True
        self._drop()

    def cut_after(self, count):
        self.limit = count
        self._drop()

    def _drop(self):
        with self.lock:
            connections, self.connections = self.connections, set()
        for connection in connections:
            self._reset(connection)

    @staticmethod
    def _reset(connection):
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        connection.close()

    def _accept(self, listener):
        while True:
            try:
                outer, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections.add(outer)
            if not self.is_stalled:
                threading.Thread(target=self._serve, args=(outer,), daemon=True).start()

    def _serve(self, outer):
        inner = socket.create_connection(self.inner)
        left = self.limit
        try:
            while True:
                ready, _, _ = select.select([outer, inner], [], [], 60)
                if not ready:
                    return
                for source in ready:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is outer:
                        inner.sendall(data)
                        left = self.limit
                        continue
                    if left is not None and len(data) >= left:
                        outer.sendall(data[:left])
                        self.cuts += 1
                        self._reset(outer)
                        return
                    outer.sendall(data)
                    left = left - len(data) if left is not None else None
        except (OSError, ValueError):
            pass
        finally:
            inner.close()
            outer.close()
            with self.lock:
                self.connections.discard(outer)
