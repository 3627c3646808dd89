"""The parts of a running receiver, put together."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from syntherm.adapters.scanner.remarks import Remarks
from syntherm.dicom import mrd_writer as mrd
from syntherm.dicom.config import Config
from syntherm.dicom.facts import Facts
from syntherm.dicom.library import read_facts
from syntherm.dicom.outbox import SessionOutbox
from syntherm.dicom.receiver import Answer, Receiver
from syntherm.dicom.server import Server

_LOOK_s: Final = 0.1


def utc_now() -> datetime:
    """The wall clock, to which the scanner's has to be kept."""
    return datetime.now(UTC)


def _read(data: bytes, wanted: tuple[int, ...], implicit: bool, slices: int) -> tuple[Facts, ...]:
    return read_facts(data, wanted, implicit=implicit, slices=slices)


class Process:
    """Between the scanner and the session. What is refused is printed, and told to the session."""

    def __init__(self, config: Config, say: Callable[[str], None], utc: Callable[[], datetime] = utc_now) -> None:
        """Listen and begin to connect. Raises ListenRefused."""
        images = config.images
        hello = mrd.hello(images.field_T, images.echo_time_ms, images.matrix, images.voxel_mm)
        self._say = say
        self._outbox = SessionOutbox(config.session, hello, lambda line: self._receiver.remark(line))
        self._receiver = Receiver(config, _read, self._outbox, Remarks(), utc)
        self._server = Server(config, self._store, self._receiver.remark)
        self.address = self._server.address
        self._outbox.start()
        self._server.start()

    def look(self) -> None:
        """Give up what waited too long, and say what there is to say."""
        for line in self._receiver.tick():
            self._say(line)
            if line.startswith(("refused", "image", "fat map", "gap")):
                self._outbox.tell(line)

    def run(self, ends: Callable[[], bool]) -> None:
        """Until `ends`."""
        while not ends():
            time.sleep(_LOOK_s)
            self.look()

    def close(self) -> None:
        """End every connection."""
        self._server.close()
        self._outbox.close()
        self.look()

    def _store(self, data: bytes, implicit: bool) -> Answer:
        return self._receiver.store(data, implicit=implicit)
