"""Error over stated standard uncertainty of every voxel of every heated image, by the kind of place and of time."""

from collections.abc import Mapping
from enum import Enum, unique
from statistics import NormalDist
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.thermometry.anchor import reach_of
from syntherm.core.thermometry.neighbours import box_sum
from syntherm.core.thermometry.validity import Reason
from syntherm.core.vocabulary import Energy

Flat = NDArray[np.float32]
Mask = NDArray[np.bool_]
LEVELS: Final = (0.50, 0.60, 0.70, 0.80, 0.90, 0.95, 0.99)
STEEP_DEGC: Final = 0.5
"""True change from one voxel to the next within a slice."""
FATTY: Final = 0.1
"""Mean fat fraction within the plan's reach of fat."""
EARLY_S: Final = 180.0


@unique
class Kind(Enum):
    """Kinds of places and times; they overlap."""

    TARGET = "target"
    INNER = "target, inside"
    RIM = "target, rim"
    STEEP = "target, steep"
    FATTY = "target, fat near by"
    EARLY = "target, first 3 min"
    LATE = "target, afterwards"
    GUARDS = "guards"


@attrs.frozen(eq=False)
class Scores:
    """Error over standard uncertainty, by kind."""

    of: Mapping[Kind, Flat]


def held(scores: Flat, level: float) -> float:
    """Share of the truth inside bounds of a nominal level; not a number without any score."""
    if len(scores) == 0:
        return float("nan")
    return float((np.abs(scores) <= NormalDist().inv_cdf(0.5 + level / 2.0)).mean())


def together(all_scores: list[Scores]) -> Scores:
    """Of several sessions as one."""
    return Scores({kind: np.concatenate([each.of[kind] for each in all_scores]) for kind in Kind})


class Scorer:
    """Looks at each heated image. Images without energy, or with a fault that stands, do not count."""

    def __init__(self) -> None:
        self._began_s: float | None = None
        self._where: dict[Kind, Mask] | None = None
        self._found: dict[Kind, list[Flat]] = {kind: [] for kind in Kind}

    def __call__(self, state: SessionState, true_degC: Flat) -> None:
        """One image: the session after it, and what was true."""
        thermal, at_s = state.thermometry.thermal, state.imaging.acquired_s
        if self._began_s is None:
            self._began_s = at_s
        trusted = state.phases.energy is Energy.ON and not any(fault.active for fault in state.faults)
        if thermal is None or at_s is None or self._began_s is None or not trusted:
            return
        if self._where is None:
            self._where = _places(state)
        valid = (thermal.validity == Reason.VALID) & np.isfinite(true_degC)
        scores = (thermal.temperature_degC - true_degC) / thermal.uncertainty_degC
        late = at_s - self._began_s >= EARLY_S
        target = self._where[Kind.TARGET]
        now = {
            **self._where,
            Kind.STEEP: target & _steep(true_degC, state.plan),
            Kind.LATE if late else Kind.EARLY: target,
        }
        for kind, where in now.items():
            self._found[kind].append(scores[where & valid].astype(np.float32))

    def scores(self) -> Scores:
        """All so far."""
        nothing = np.zeros(0, dtype=np.float32)
        return Scores({kind: np.concatenate([nothing, *found]) for kind, found in self._found.items()})


def _places(state: SessionState) -> dict[Kind, Mask]:
    plan, shape = state.plan, state.plan.scanner.matrix
    target, guards = np.zeros(int(np.prod(shape)), dtype=np.bool_), np.zeros(int(np.prod(shape)), dtype=np.bool_)
    target[state.layout.target.voxels] = True
    for guard in state.layout.guards:
        guards[guard.voxels] = True
    around = box_sum(target.reshape(shape).astype(np.float32), (1, 1, 0)).reshape(-1)
    inner = target & (around > 8.5)
    fatty = np.zeros_like(target)
    if plan.thermometry is not None and state.imaging.fat_fraction is not None:
        reach = reach_of(plan.thermometry.fat_reach_mm, plan.scanner.voxel_mm)
        fat = box_sum(state.imaging.fat_fraction.reshape(shape).astype(np.float32), reach)
        count = box_sum(np.ones(shape, dtype=np.float32), reach)
        fatty = target & (np.asarray(fat / count).reshape(-1) > FATTY)
    return {
        Kind.TARGET: target,
        Kind.INNER: inner,
        Kind.RIM: target & ~inner,
        Kind.FATTY: fatty,
        Kind.GUARDS: guards,
    }


def _steep(true_degC: Flat, plan: Plan) -> Mask:
    field = true_degC.reshape(plan.scanner.matrix)
    along_x, along_y = (np.asarray(np.gradient(field, axis=axis), dtype=np.float32) for axis in (0, 1))
    return np.asarray(np.hypot(along_x, along_y) > STEEP_DEGC).reshape(-1)
