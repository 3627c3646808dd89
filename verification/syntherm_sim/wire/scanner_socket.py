"""The scanner's end of a connection to a listening controller: what is queued leaves as the socket takes it."""

import socket
from collections import deque
from contextlib import suppress


class ScannerSocket:
    """Connects, queues bytes and sends them without ever waiting for the peer to read."""

    def __init__(self, address: tuple[str, int]) -> None:
        """Connect. Raises OSError."""
        self._socket = socket.create_connection(address, timeout=5.0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self._queue: deque[memoryview] = deque()

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def send(self, data: bytes) -> None:
        """Queue bytes, and send what the socket takes now."""
        if data:
            self._queue.append(memoryview(data))
        self.pump()

    def pump(self) -> bool:
        """Send what the socket takes now; whether all is sent. Raises OSError if the peer is gone."""
        while self._queue:
            try:
                sent = self._socket.send(self._queue[0])
            except BlockingIOError:
                return False
            self._queue[0] = self._queue[0][sent:]
            if not self._queue[0]:
                self._queue.popleft()
        return True

    def answered(self) -> bytes:
        """What the controller has sent; nothing if nothing came."""
        with suppress(BlockingIOError):
            return self._socket.recv(65536)
        return b""

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
