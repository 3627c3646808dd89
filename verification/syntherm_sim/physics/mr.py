"""The MR signal of the virtual patient: a gradient-echo volume whose phase carries temperature and its enemies.

    S = mean over the voxel of M * coil * [(1 - ff) exp(i phi_T) + ff * f * exp(i phi_fat)] * exp(i (phi_0 + phi_B)) + n
    phi_T = 2 pi * gammabar * B0 * alpha * (T - 37) * TE,   alpha = -0.0094 ppm/degC in water, 0 in fat

With this sign (S = |S| exp(+i phi)) heating turns the phase negative, 0.0754 rad per degC. phi_0 is a static smooth
background, phi_B the field's drift and breathing, phi_fat the fat's chemical shift at TE. The bath is flow-suppressed
and gives noise only. Not modelled: distortion, ghosts, T1 and T2* change, motion, the susceptibility of heated fat.
"""

import numpy as np
from attrs import field, frozen, validators
from numpy.random import default_rng

from syntherm_sim.physics.anatomy import Anatomy
from syntherm_sim.physics.disturbance import Disturbance, FieldModel
from syntherm_sim.physics.grid import (
    F32,
    F64,
    SCANNER_REGION,
    SCANNER_SHAPE,
    mesh_mm,
    require_shape,
    scanner_axis_mm,
    to_scanner_grid,
)
from syntherm_sim.physics.mr_kernel import C64, acquire
from syntherm_sim.physics.shape import smooth_noise
from syntherm_sim.physics.tissue import Tissue

REFERENCE_DEGC = 37.0


@frozen
class Sequence:
    """The acquisition. Defaults are recalled figures of breast MR-HIFU thermometry at 1.5 T.

    snr: magnitude over the noise's standard deviation (per real or imaginary channel), mean over the tumour.
    fat_signal: fat's signal relative to water's after water-selective excitation, an assumption.
    """

    gammabar_MHz_per_T: float = 42.577
    field_T: float = field(default=1.5, validator=validators.gt(0.0))
    echo_time_s: float = field(default=0.020, validator=validators.gt(0.0))
    alpha_ppm_per_degC: float = -0.0094
    fat_shift_ppm: float = -3.4
    fat_signal: float = field(default=0.5, validator=validators.ge(0.0))
    snr: float = field(default=45.0, validator=validators.gt(0.0))

    @property
    def rad_per_ppm(self) -> float:
        """Phase of one ppm of field or shift at the echo time, rad (MHz times ppm is Hz)."""
        return 2.0 * np.pi * self.gammabar_MHz_per_T * self.field_T * self.echo_time_s

    @property
    def rad_per_degC(self) -> float:
        """Phase change of water per degC, rad (negative)."""
        return self.rad_per_ppm * self.alpha_ppm_per_degC


class Signal:
    """What the scanner receives from one patient in one session. Deterministic for its seed and order of calls."""

    def __init__(
        self,
        anatomy: Anatomy,
        seed: int,
        disturbance: Disturbance | None = None,
        sequence: Sequence | None = None,
    ) -> None:
        """Place the patient in the scanner. Noise, field and background come from independent streams of the seed."""
        self.sequence = Sequence() if sequence is None else sequence
        field_stream, background_stream, self._noise = (default_rng([seed, part]) for part in range(3))
        self.field_model = FieldModel(field_stream, Disturbance() if disturbance is None else disturbance)
        still = anatomy.maps.magnitude * _coil() * np.exp(1j * (1.5 + 2.0 * smooth_noise(background_stream, 6, 80.0)))
        ff = anatomy.fat_fraction.astype(np.float64)
        shift = np.exp(1j * self.sequence.rad_per_ppm * self.sequence.fat_shift_ppm)
        reference = np.exp(-1j * self.sequence.rad_per_degC * REFERENCE_DEGC)
        self._water = np.ascontiguousarray((still * (1.0 - ff) * reference)[SCANNER_REGION], dtype=np.complex64)
        fat = still * ff * self.sequence.fat_signal * shift
        self._fat = np.ascontiguousarray(fat[SCANNER_REGION], dtype=np.complex64)
        self._fat_fraction = to_scanner_grid(anatomy.fat_fraction)
        self._axes: F64 = np.concatenate([scanner_axis_mm(axis) for axis in range(3)])
        tumour = anatomy.mask(Tissue.TUMOUR)
        self.noise_sigma = float(np.abs(still * (1.0 - ff))[tumour].mean()) / self.sequence.snr

    def volume(self, temperature_degC: F32, time_s: float) -> C64:
        """One dynamic: complex64 [60, 60, 7] from the temperature [72, 72, 48] (degC) at a session time.

        Raises ValueError on another shape. Each call draws new noise.
        """
        require_shape("temperature_degC", temperature_degC)
        out = np.empty(SCANNER_SHAPE, dtype=np.complex64)
        rad_per_degC = self.sequence.rad_per_degC
        field_phase = rad_per_degC * self.field_model.coefficients_degC(time_s)
        region = temperature_degC[SCANNER_REGION]
        acquire(region, self._water, self._fat, field_phase, self._axes, rad_per_degC, out)
        noise = self._noise.standard_normal((*SCANNER_SHAPE, 2), dtype=np.float32)
        noise *= np.float32(self.noise_sigma)
        out += noise.view(np.complex64)[..., 0]
        return out

    def fat_fraction_volume(self) -> F32:
        """Fat fraction 0..1 on the scanner's lattice, float32 [60, 60, 7]: what a Dixon scan would give."""
        return self._fat_fraction.copy()


def _coil() -> F64:
    """Receive sensitivity about the breast, 1 at the target: falls slowly with distance, stronger at the nipple."""
    x, y, z = mesh_mm()
    return np.asarray(np.exp(-(x**2 + y**2) / 160.0**2) * (1.0 - 0.004 * z))
