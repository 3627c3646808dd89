"""What the guardian tries on itself at power-up, before it may take any order: its temperature, and its reading."""

import struct
from typing import Final

from syntherm.guardian.config import Config
from syntherm.guardian.mrd import Reader
from syntherm.guardian.view import View, test_images

_NEAR_degC: Final = 0.01


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
