"""Perfusion that gives way: a tumour's vessels close after some time of heat, and stay closed.

    w = w_rest * [to + (1 - to) exp(-(t_hot - after) / over)]   once t_hot > after

t_hot is each voxel's own time at or above a temperature. That a tumour's perfusion may collapse in an hour of
hyperthermia is recalled, unverified; every number is an assumption, chosen so that it happens in a treatment.
"""

from typing import Final

import attrs
import numpy as np

from syntherm_sim.physics.grid import F32
from syntherm_sim.physics.shape import Mask

LONGEST_BETWEEN_S: Final = 5.0
"""How long at most nobody looks whether tissue is hot."""


@attrs.frozen
class Collapse:
    """When and how far the tumour's perfusion falls."""

    above_degC: float = 41.0
    after_s: float = attrs.field(default=900.0, validator=attrs.validators.ge(0.0))
    over_s: float = attrs.field(default=300.0, validator=attrs.validators.gt(0.0))
    to: float = attrs.field(default=0.3, validator=(attrs.validators.ge(0.0), attrs.validators.le(1.0)))


class Collapsing:
    """The vessels of one medium, as time passes."""

    def __init__(self, collapse: Collapse, where: Mask) -> None:
        self._collapse, self._where = collapse, where
        self._hot_s = np.zeros(where.shape, dtype=np.float32)

    def lived(self, temperature_degC: F32, seconds: float) -> bool:
        """Pass time at a temperature; whether anything has collapsed by now."""
        hot = self._where & (temperature_degC >= np.float32(self._collapse.above_degC))
        self._hot_s[hot] += np.float32(seconds)
        return bool(self._hot_s.max(initial=0.0) > self._collapse.after_s)

    def factor(self) -> F32:
        """Of resting perfusion, each voxel."""
        given, late_s = self._collapse, np.maximum(self._hot_s - np.float32(self._collapse.after_s), 0.0)
        return np.asarray(given.to + (1.0 - given.to) * np.exp(-late_s / given.over_s), dtype=np.float32)
