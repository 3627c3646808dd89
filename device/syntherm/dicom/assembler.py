"""Gathers slices to volumes: slices in, whole volumes or named refusals out. No IO, bounded memory, time is handed in.

A volume is whole once each slot (component and slice) was filled once. It goes on in the order of the numbers; what is
behind it by then is given up. Nothing that is not whole leaves here.
"""

from typing import Final

import attrs
import numpy as np

from syntherm.dicom.facts import ObjectRefused, Status
from syntherm.dicom.slices import Slice

_REMEMBERED: Final = 64
_NAMED: Final = 4

Slot = tuple[int, int]
"""Component and slice."""


@attrs.frozen
class Bounds:
    """How many components and slices a volume has, how many may be open, how long, and how far apart acquired."""

    components: int
    slices: int
    volumes_open: int
    whole_within_s: float
    spread_s: float


@attrs.frozen(eq=False)
class Gathered:
    """What one slice led to: at most one whole volume, its slices by component and then along z; one line for each
    volume that was given up; and whether its own was among them.
    """

    volume: tuple[Slice, ...] | None = None
    lost: tuple[str, ...] = ()
    spoilt: bool = False


@attrs.define(eq=False)
class _Open:
    began_s: float
    slots: dict[Slot, Slice] = attrs.field(factory=dict)


class Assembler:
    """Of one kind of volume; `name` is how it is called in refusals."""

    def __init__(self, name: str, bounds: Bounds) -> None:
        self._name, self._bounds = name, bounds
        self._wanted = [(part, at) for part in range(bounds.components) for at in range(bounds.slices)]
        self._open: dict[int, _Open] = {}
        self._ended: dict[int, str] = {}
        self._passed: int | None = None

    @property
    def slices_held(self) -> int:
        """How many slices are kept in open volumes."""
        return sum(len(each.slots) for each in self._open.values())

    def take(self, piece: Slice, now_s: float) -> Gathered:
        """One slice. Raises ObjectRefused for one that has no place any more."""
        lost = list(self.tick(now_s))
        try:
            self._still_wanted(piece)
            lost += self._room_for(piece.number, now_s)
            lost += self._fill(piece)
        except ObjectRefused as refused:
            if not lost:
                raise
            # What was given up on the way must not be lost with the refusal.
            raise ObjectRefused("; ".join((str(refused), *lost)), Status(refused.status)) from refused
        volume = self._open.get(piece.number)
        if volume is None or len(volume.slots) < len(self._wanted):
            return Gathered(None, tuple(lost), spoilt=volume is None)
        return self._whole(piece.number, volume, lost)

    def tick(self, now_s: float) -> tuple[str, ...]:
        """Give up what has waited too long; one line for each."""
        limit_s = self._bounds.whole_within_s
        late = [number for number, each in self._open.items() if now_s - each.began_s > limit_s]
        return tuple(self._give_up(number, f"not whole within {limit_s:g} s") for number in late)

    def _still_wanted(self, piece: Slice) -> None:
        if piece.number in self._ended:
            raise ObjectRefused(f"{self._called(piece)} {self._ended[piece.number]}", Status.NOT_USED)
        if self._passed is not None and piece.number < self._passed:
            after = f"came after {self._name} {self._passed} (reordered)"
            raise ObjectRefused(f"{self._called(piece)} {after}", Status.NOT_USED)

    def _room_for(self, number: int, now_s: float) -> list[str]:
        if number in self._open:
            return []
        lost = []
        if len(self._open) >= self._bounds.volumes_open:
            oldest = min(self._open, key=lambda each: self._open[each].began_s)
            lost.append(self._give_up(oldest, f"{self._name} {number} began, and no more than {len(self._open)} wait"))
        self._open[number] = _Open(now_s)
        return lost

    def _fill(self, piece: Slice) -> list[str]:
        slots, slot = self._open[piece.number].slots, (piece.component, piece.index)
        there = slots.get(slot)
        if there is not None and _equal(there, piece):
            raise ObjectRefused(f"{self._called(piece)} came again (duplicate)", Status.NOT_USED)
        if there is not None:
            # Which of the two is true is not known.
            return [self._give_up(piece.number, f"{_slot(*slot)} came twice, and differs")]
        other = next(iter(slots.values()), piece)
        if other.same != piece.same:
            return [self._give_up(piece.number, "mixes studies, frames of reference, fields or echo times")]
        slots[slot] = piece
        return []

    def _whole(self, number: int, volume: _Open, lost: list[str]) -> Gathered:
        slices = tuple(volume.slots[slot] for slot in self._wanted)
        moments_s = [each.acquired_s for each in slices]
        spread_s = max(moments_s) - min(moments_s)
        if spread_s > self._bounds.spread_s:
            why = f"was acquired over {spread_s:.3f} s; expected at most {self._bounds.spread_s:g} s"
            return Gathered(None, (*lost, self._give_up(number, why)), spoilt=True)
        del self._open[number]
        self._end(number, "came again (duplicate): it is whole already")
        self._passed = number
        behind = sorted(each for each in self._open if each < number)
        lost += [self._give_up(each, f"{self._name} {number} is whole before it (reordered)") for each in behind]
        return Gathered(slices, tuple(lost))

    def _give_up(self, number: int, why: str) -> str:
        volume = self._open.pop(number)
        missing = [_slot(*slot) for slot in self._wanted if slot not in volume.slots]
        self._end(number, "came late: the volume was given up")
        line = f"{self._name} {number} is not passed on: {why}"
        if missing:
            more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            line += f"; gap: {len(missing)} of {len(self._wanted)} objects are missing: "
            line += ", ".join(missing[:_NAMED]) + more
        return line

    def _end(self, number: int, how: str) -> None:
        self._ended[number] = how
        if len(self._ended) > _REMEMBERED:
            del self._ended[next(iter(self._ended))]

    def _called(self, piece: Slice) -> str:
        return f"{self._name} {piece.number}, {_slot(piece.component, piece.index)}"


def _slot(component: int, index: int) -> str:
    return f"{('first', 'second')[component]} component of slice {index}"


def _equal(one: Slice, other: Slice) -> bool:
    return (one.acquired_s, one.same) == (other.acquired_s, other.same) and np.array_equal(one.values, other.values)
