"""Room on the disk, taken before a session begins and given back as its record grows.

A disk that somebody else fills cannot then stop a record in the middle of a treatment.
"""

import os
from pathlib import Path
from typing import Final

from syntherm.core.plan.values import Plan
from syntherm.ports.record import AuditFailed

LEAST_BYTES: Final = 16 << 20
"""Kept to the end, so that a session can always be closed."""
LOG_BYTES: Final = 8 << 20
"""The write-ahead log's own room, beside the record as long as it is open."""
_PER_S: Final = 12_000
"""Bytes of entries in a second: a look at equipment and an act or two, with their decisions."""
_PER_VOXEL: Final = 8
_AROUND_MIN: Final = 60.0
"""Setup, calibration and waiting beside heating and cooling: an assumption."""


def bytes_for(plan: Plan) -> int:
    """What a session of the plan can need at most, with nothing saved by packing."""
    minutes = plan.heating.max_heating_min + plan.limits.cooling_max_min + _AROUND_MIN
    seconds = minutes * 60.0
    x, y, z = plan.scanner.matrix
    images = seconds / plan.scanner.frame_period_s
    return LEAST_BYTES + LOG_BYTES + int(seconds * _PER_S + images * x * y * z * _PER_VOXEL)


class Reserve:
    """A file of that size beside the record."""

    def __init__(self, record: Path, size: int) -> None:
        """Take the room. Raises AuditFailed if there is not that much."""
        self.path = record.with_name(record.name + ".reserve")
        self._left = max(size, LEAST_BYTES)
        try:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._held = True
            try:
                os.posix_fallocate(self._file, 0, self._left)
            except OSError:
                self.give_back()
                raise
        except OSError as error:
            needed = f"{self._left / 1e6:.0f} MB are needed for the record"
            raise AuditFailed(f"{record.parent}: {needed} ({error.strerror})") from error

    def spend(self, size: int) -> None:
        """Give back what the record is about to take."""
        left = max(self._left - size, LEAST_BYTES)
        if self._held and left < self._left:
            os.ftruncate(self._file, left)
            self._left = left

    def give_back(self) -> None:
        """Give back all of it; once more gives back nothing."""
        if self._held:
            self._held = False
            os.close(self._file)
            self.path.unlink(missing_ok=True)
