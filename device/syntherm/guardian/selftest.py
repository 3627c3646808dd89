"""What the guardian tries on itself at power-up, before it takes any order: its temperature, its reading, its door."""

import socket
import struct
import time
from collections.abc import Callable
from typing import Final

from syntherm.guardian.config import Config
from syntherm.guardian.mrd import Reader
from syntherm.guardian.stops import STOP, STOPPED
from syntherm.guardian.view import View, test_images

_NEAR_degC: Final = 0.01
_DOOR_S: Final = 0.5


class SelfTestFailed(Exception):
    """The guardian does not do what it must; says what was tried and found."""


def self_test(config: Config) -> None:
    """Made images through the guardian's own path. Raises SelfTestFailed."""
    limit_degC = config.limits.temperature_degC
    baseline, after = test_images(config.view, limit_degC)
    view = View(config.view)
    for image in baseline:
        seen = view.take(image, may_learn=True)
        if seen is None or not seen.readable or seen.frozen:
            raise SelfTestFailed(f"baseline: found {seen}, expected an image that is learned")
    frozen = view.take(after["frozen"], may_learn=False)
    hot = view.take(after["hot"], may_learn=False)
    empty = view.take(after["empty"], may_learn=False)
    if frozen is None or not frozen.frozen:
        raise SelfTestFailed(f"frozen image: found {frozen}, expected frozen")
    if hot is None or hot.temperature_degC is None or abs(hot.temperature_degC - limit_degC - 1.0) > _NEAR_degC:
        raise SelfTestFailed(f"hot image: found {hot}, expected {limit_degC + 1.0:g} degC")
    if empty is None or empty.readable:
        raise SelfTestFailed(f"empty image: found {empty}, expected unreadable")
    nx, ny, nz = config.view.matrix
    head = struct.pack("<HHHQI3H3fH", 1022, 1, 7, 0, 0, nx, ny, nz, 0.0, 0.0, 0.0, 1).ljust(200, b"\0")
    images = Reader().feed(head + bytes(8) + after["hot"].data)
    if images != [after["hot"]]:
        raise SelfTestFailed(f"reading: found {len(images)} images, expected the one that was made")


def door_test(path: str, turn: Callable[[], bool]) -> None:
    """Say stop at the guardian's own door at `path`, as a desk does. Raises SelfTestFailed.

    `turn` looks at the door once, and says whether a stop stands: until the next proof, as every stop does.
    """
    until_s = time.monotonic() + _DOOR_S
    while not _heard(path, turn):
        # Desks that came before it may have taken all places, and be gone again.
        if time.monotonic() > until_s:
            raise SelfTestFailed(f"stop at its own door: found no answer in {_DOOR_S:g} s, expected {STOPPED!a}")


def _heard(path: str, turn: Callable[[], bool]) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as desk:
        desk.setblocking(False)
        try:
            desk.connect(path)
            desk.send(STOP)
            return turn() and desk.recv(len(STOPPED) + 1) == STOPPED
        except OSError:
            turn()
            return False
