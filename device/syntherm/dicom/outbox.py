"""The way to the session: a thread that connects, says hello, and sends volumes; few wait, and nobody waits for it."""

import select
import socket
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import Final

from syntherm.dicom import mrd_writer as mrd
from syntherm.dicom.values import Session

_LOOK_s: Final = 0.2
_SETTLES_s: Final = 0.1
"""A guardian without a session turns away whom it took, within a turn and the time in which it tries to reach one."""
_TEXTS: Final = 32


class SessionOutbox:
    """Implements Outbox over TCP. `say` takes remarks; it is never called while `put` waits."""

    def __init__(self, settings: Session, hello: bytes, say: Callable[[str], None]) -> None:
        self._settings, self._hello, self._say = settings, hello, say
        self._changed = Condition()
        self._waiting: deque[tuple[bytes, str]] = deque()
        self._texts: deque[str] = deque(maxlen=_TEXTS)
        self._ends = False
        self._peer: socket.socket | None = None
        self._failing = ""
        self._thread = Thread(target=self._run, name="to the session", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def put(self, data: bytes, name: str) -> str | None:
        """As the Outbox's."""
        with self._changed:
            dropped = self._waiting.popleft()[1] if len(self._waiting) >= self._settings.volumes_waiting else None
            self._waiting.append((data, name))
            self._changed.notify()
        return dropped

    def tell(self, line: str) -> None:
        """A line for the session's record; the oldest go if nobody takes them."""
        with self._changed:
            self._texts.append(line)
            self._changed.notify()

    def close(self) -> None:
        """Say goodbye and end."""
        with self._changed:
            self._ends = True
            self._changed.notify()
        self._thread.join(self._settings.stalled_s + self._settings.retry_s + 1.0)

    def _run(self) -> None:
        while True:
            if self._peer is None:
                self._connect()
            with self._changed:
                if not (self._ends or (self._peer is not None and (self._waiting or self._texts))):
                    self._changed.wait(_LOOK_s if self._peer is not None else self._settings.retry_s)
                if self._ends:
                    break
                texts, next_ = self._taken()
            if self._peer is not None:
                self._look(self._peer)
            for text in texts:
                self._send(mrd.remark(text), "")
            if next_ is not None:
                self._send(*next_)
        self._send(mrd.BYE, "")
        self._drop("")

    def _taken(self) -> tuple[list[str], tuple[bytes, str] | None]:
        """What is to be sent now; nothing leaves the queue while there is no peer."""
        if self._peer is None:
            return [], None
        texts = list(self._texts)
        self._texts.clear()
        return texts, self._waiting.popleft() if self._waiting else None

    def _connect(self) -> None:
        settings = self._settings
        try:
            peer = socket.create_connection((settings.host, settings.port), timeout=settings.stalled_s)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        except OSError as error:
            because = f"cannot reach the session at {settings.host}:{settings.port}: {error.strerror or error}"
            if because != self._failing:
                self._failing = because
                self._say(because)
            return
        if self._turned_away(peer):
            peer.close()
            return
        self._peer, self._failing = peer, ""
        self._say(f"connected to the session at {settings.host}:{settings.port}")

    def _turned_away(self, peer: socket.socket) -> bool:
        """Say hello; whether the other side hangs up at once. What is sent to one who does would be lost unnamed."""
        try:
            peer.sendall(self._hello)
            away = bool(select.select([peer], [], [], _SETTLES_s)[0]) and not peer.recv(4096)
        except OSError:
            away = True
        because = (
            f"turned away by {self._settings.host}:{self._settings.port}: is a session there, and no other scanner?"
        )
        if away and because != self._failing:
            self._failing = because
            self._say(because)
        return away

    def _look(self, peer: socket.socket) -> None:
        """The session says nothing but goodbye; see whether it is gone before something is sent into the void."""
        try:
            while select.select([peer], [], [], 0.0)[0]:
                if not peer.recv(4096):
                    self._drop("the session hung up")
                    return
        except OSError as error:
            self._drop(f"the session is gone: {error.strerror or error}")

    def _send(self, data: bytes, name: str) -> None:
        """All of it within `stalled_s`, or the connection ends: behind half a message nothing can be read."""
        if self._peer is None:
            if name:
                self._say(f"{name} is not passed on: there is no session")
            return
        try:
            self._peer.sendall(data)
        except OSError as error:
            self._drop(f"the session does not take what is sent: {error.strerror or error}")
            if name:
                self._say(f"{name} is not passed on, at least not whole")

    def _drop(self, because: str) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None
        if because:
            self._say(because)
