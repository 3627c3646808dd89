"""The MR signal of the virtual patient: a gradient-echo volume whose phase carries temperature and its enemies.

    S = mean over the voxel of M * coil * [(1 - ff) exp(i phi_T) + ff * f * exp(i phi_fat)] * exp(i (phi_0 + phi_B)) + n
    phi_T = 2 pi * gammabar * B0 * alpha * (T - 37) * TE,   alpha = -0.0094 ppm/degC in water, 0 in fat

With this sign (S = |S| exp(+i phi)) heating turns the phase negative, 0.0754 rad per degC. phi_0 is a static smooth
background, phi_B the field's drift and breathing, phi_fat the fat's chemical shift at TE. The bath is flow-suppressed
and gives noise only. The breast may move as a whole; the tubes, the coil and a part of the background phase (shim and
receiver) then stay, what susceptibility makes of it moves with the tissue. Not modelled: distortion, ghosts, T1 and
T2* change, blurring by movement within one image.
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
    Point,
    require_shape,
    scanner_axis_mm,
    to_scanner_grid,
)
from syntherm_sim.physics.image_fault import Faults, Spoiler
from syntherm_sim.physics.movement import Movement, translated
from syntherm_sim.physics.mr_kernel import C64, acquire
from syntherm_sim.physics.placed import Placed
from syntherm_sim.physics.shape import smooth_noise
from syntherm_sim.physics.susceptibility import field_ppm
from syntherm_sim.physics.tissue import Tissue

REFERENCE_DEGC = 37.0


@frozen
class Sequence:
    """The acquisition. Defaults are recalled figures of breast MR-HIFU thermometry at 1.5 T.

    snr: magnitude over the noise's standard deviation (per real or imaginary channel), mean over the tumour.
    fat_signal: fat's signal relative to water's after water-selective excitation, an assumption.
    tissue_phase: part of the background phase that moves with the tissue, an assumption.
    """

    gammabar_MHz_per_T: float = 42.577
    field_T: float = field(default=1.5, validator=validators.gt(0.0))
    echo_time_s: float = field(default=0.020, validator=validators.gt(0.0))
    alpha_ppm_per_degC: float = -0.0094
    fat_shift_ppm: float = -3.4
    fat_signal: float = field(default=0.5, validator=validators.ge(0.0))
    snr: float = field(default=45.0, validator=validators.gt(0.0))
    tissue_phase: float = field(default=0.7, validator=(validators.ge(0.0), validators.le(1.0)))

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
        movement: Movement | None = None,
        faults: Faults | None = None,
    ) -> None:
        """Place the patient in the scanner. Noise, field and background come from independent streams of the seed."""
        self.sequence = Sequence() if sequence is None else sequence
        self.movement = Movement() if movement is None else movement
        self._disturbance = Disturbance() if disturbance is None else disturbance
        field_stream, background_stream, self._noise = (default_rng([seed, part]) for part in range(3))
        self.field_model = FieldModel(field_stream, self._disturbance)
        shift = np.exp(1j * self.sequence.rad_per_ppm * self.sequence.fat_shift_ppm)
        self._placed = Placed(
            anatomy, 2.0 * smooth_noise(background_stream, 6, 80.0), self.sequence.tissue_phase,
            (self.sequence.fat_signal, complex(shift)), np.exp(-1j * self.sequence.rad_per_degC * REFERENCE_DEGC),
        )  # fmt: skip
        self._fat = anatomy.fat_fraction
        self._axes: F64 = np.concatenate([scanner_axis_mm(axis) for axis in range(3)])
        self._water = self._placed.rest()
        self.noise_sigma = float(self._water[anatomy.mask(Tissue.TUMOUR)].mean()) / self.sequence.snr
        self._first_degC: F32 | None = None
        self.sounding = False
        """Whether the beam is on while an image is taken: whoever passes time sets it."""
        self._hum = default_rng([seed, 4])
        self._spoiler = None if faults is None else Spoiler(faults, default_rng([seed, 3]), self.noise_sigma)

    def volume(self, temperature_degC: F32, time_s: float) -> C64:
        """One dynamic: complex64 [60, 60, 7] from the tissue's temperature [72, 72, 48] (degC) at a session time.

        Raises ValueError on another shape. Each call draws new noise.
        """
        require_shape("temperature_degC", temperature_degC)
        out = np.empty(SCANNER_SHAPE, dtype=np.complex64)
        rad_per_degC = self.sequence.rad_per_degC
        field_phase = rad_per_degC * self.field_model.coefficients_degC(time_s, self.sounding)
        displaced_mm = self.movement.displaced_mm(time_s)
        region = np.ascontiguousarray(self._placed.moved(temperature_degC, displaced_mm)[SCANNER_REGION])
        water, fat = self._placed.water_and_fat(displaced_mm)
        if self._disturbance.fat_susceptibility:
            turn = np.exp(1j * self._fat_phase(temperature_degC, displaced_mm))
            water, fat = np.asarray(water * turn, dtype=np.complex64), np.asarray(fat * turn, dtype=np.complex64)
        acquire(region, water, fat, field_phase, self._axes, rad_per_degC, out)
        noise = self._noise.standard_normal((*SCANNER_SHAPE, 2), dtype=np.float32)
        noise *= np.float32(self.noise_sigma)
        out += noise.view(np.complex64)[..., 0]
        artefact = self._disturbance.while_sounding
        if artefact is not None and self.sounding:
            hum = self._hum.standard_normal((*SCANNER_SHAPE, 2), dtype=np.float32)
            hum *= np.float32(self.noise_sigma * np.sqrt(artefact.noise**2 - 1.0))
            out += hum.view(np.complex64)[..., 0]
        return out if self._spoiler is None else self._spoiler.spoil(out, time_s)

    def _fat_phase(self, temperature_degC: F32, displaced_mm: Point) -> F32:
        """Phase of the field of heated fat, rad, [60, 60, 21]; heated since the first image."""
        if self._first_degC is None:
            self._first_degC = temperature_degC.copy()
        ppm = field_ppm(self._fat, np.asarray(temperature_degC - self._first_degC))
        return np.asarray(np.float32(self.sequence.rad_per_ppm) * translated(ppm, displaced_mm)[SCANNER_REGION])

    def true_degC(self, temperature_degC: F32, time_s: float) -> F32:
        """What an image without error would show: water's mean temperature in each voxel, [60, 60, 7]; NaN without."""
        displaced_mm = self.movement.displaced_mm(time_s)
        water = np.asarray(self._placed.moved(self._water.astype(np.float32), displaced_mm))
        heat = to_scanner_grid(np.asarray(water * self._placed.moved(temperature_degC, displaced_mm)))
        amount = to_scanner_grid(water)
        return np.divide(heat, amount, out=np.full_like(heat, np.nan), where=amount > 1e-3)

    def fat_fraction_volume(self) -> F32:
        """Fat fraction 0..1 on the scanner's lattice, float32 [60, 60, 7]: what a Dixon scan would give."""
        return to_scanner_grid(self._fat)
