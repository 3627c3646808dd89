"""An analytic breast between tubes: signal at any place, so that it can be moved by any distance without a grid.

Soft edges and a texture for the magnitude, a smooth background for the phase; both from formulas, not from the code
under test. Temperatures are given as functions of place in the tissue's own frame.
"""

from collections.abc import Callable

import attrs
import numpy as np
from core_bench import full_plan, radians_per_degC

from syntherm.core.plan.values import Guard, Plan, Reference, Target
from syntherm.core.thermometry import baseline as learning
from syntherm.core.thermometry.anchor import make_anchor
from syntherm.core.thermometry.regions import lay_out

SIGNAL, NOISE = 1000.0, 20.0
PLAN_TABLE = full_plan().thermometry
AT_MM, TUBE_MM = 39.0, 7.0
STILL = (0.0, 0.0, 0.0)
Place = tuple[np.ndarray, np.ndarray, np.ndarray]


def phantom_plan() -> Plan:
    plan = full_plan()
    corners = [(x, y, 0.0) for x in (-AT_MM, AT_MM) for y in (-AT_MM, AT_MM)]
    return attrs.evolve(
        plan,
        scanner=attrs.evolve(
            plan.scanner, matrix=(34, 34, 5), voxel_mm=(3.0, 3.0, 6.0), first_voxel_mm=(-49.5, -49.5, -12.0)
        ),
        calibration=attrs.evolve(plan.calibration, baseline_frames=12),
        target=Target((0.0, 0.0, 0.0), (9.0, 9.0, 9.0)),
        guard=(Guard("lateral", (20.0, 0.0, 0.0), (5.0, 5.0, 6.0), 43.0, 4.0, 0.5),),
        reference=tuple(Reference(f"tube-{i}", corner, (5.0, 5.0, 13.0)) for i, corner in enumerate(corners)),
    )


def _soft(distance_mm: np.ndarray) -> np.ndarray:
    return 0.5 - 0.5 * np.tanh(distance_mm / 1.5)


def _tissue(x, y, z):
    """Magnitude of the breast: a ball of 36 mm with a texture."""
    texture = 1.0 + 0.2 * np.cos(x / 4.0 + 1.0) * np.cos(y / 5.0) + 0.15 * np.sin(z / 6.0 + x / 9.0)
    return _soft(np.sqrt(x * x + y * y + z * z) - 36.0) * texture


def _tubes(x, y):
    return 0.8 * _soft(np.hypot(np.abs(x) - AT_MM, np.abs(y) - AT_MM) - TUBE_MM)


def _phase(x, y, z):
    return 1.2 * np.sin(x / 25.0) + np.cos(y / 22.0) + 0.4 * np.sin(z / 20.0)


@attrs.define(slots=False)
class Phantom:
    """Its images. `moved_mm`: the breast alone; `shifted_mm`: the whole image."""

    plan: Plan
    seed: int = 0
    share: float = 0.8
    noise: float = NOISE

    def __attrs_post_init__(self) -> None:
        self.layout = lay_out(self.plan)
        self.rng = np.random.default_rng([self.seed, 5])
        x, y, z = (self.layout.points_mm[:, axis].astype(float) for axis in range(3))
        steps = [(a, b) for a in (-0.75, 0.75) for b in (-0.75, 0.75)]
        self.parts = [(x + a, y + b, z) for a, b in steps]

    def image(
        self, *, moved_mm=STILL, shifted_mm=STILL, heat: Callable | None = None, field: Callable | None = None,
        breath: float = 0.0, scale: float = 1.0, noise: float | None = None,
    ) -> np.ndarray:  # fmt: skip
        """One complex volume. `heat` gives the rise, degC, and `field` a phase, rad, of a place."""
        total = 0.0
        for part in self.parts:
            x, y, z = (a - b for a, b in zip(part, shifted_mm, strict=True))
            own = tuple(a - b for a, b in zip((x, y, z), moved_mm, strict=True))
            phase = self.share * _phase(*own) + (1.0 - self.share) * _phase(x, y, z)
            warm = 0.0 if heat is None else heat(*own) * radians_per_degC(self.plan)
            total = total + _tissue(*own) * np.exp(1j * (phase + warm)) + _tubes(x, y) * np.exp(1j * _phase(x, y, z))
        x, y, z = (self.layout.points_mm[:, axis] for axis in range(3))
        turned = breath * (x * x + y * y) / 1000.0 + (0.0 if field is None else field(x, y, z))
        signal = SIGNAL * scale * total / len(self.parts) * np.exp(1j * turned)
        size = self.noise if noise is None else noise
        spread = self.rng.standard_normal(len(x)) + 1j * self.rng.standard_normal(len(x))
        return (signal + size * spread).reshape(self.plan.scanner.matrix).astype(np.complex64)

    def learned(self, *, breaths=(), frames: int = 12, fat=None):
        """Baseline, anchor and fat map after as many still images, each with its breath."""
        images = [self.image(breath=breaths[i % len(breaths)] if len(breaths) else 0.0) for i in range(frames)]
        sums = learning.start(images[0])
        for image in images[1:]:
            sums = learning.learn(sums, image, self.layout)
        fat = np.zeros(self.layout.points_mm.shape[0], dtype=np.float32) if fat is None else fat
        made = make_anchor(tuple(images), learning.finish(sums), fat, self.layout, self.plan, self.plan.thermometry)
        return (*made, fat)


def spot(rise_degC: float, width_mm: float = 12.0):
    """A warm spot at the origin of the tissue."""
    return lambda x, y, z: rise_degC * np.exp(-(x * x + y * y + z * z) / (2.0 * width_mm**2))
