"""The plan as frozen values. Each field declares its unit and the hard bounds that no plan may leave.

The hard bounds are the outer limits of what this software was built and examined for. They are not
clinical limits: those are the plan's own values, and none of them has a default.
"""

from typing import Annotated

import attrs

from syntherm.core.plan.quantity import Quantity as Quantity
from syntherm.core.plan.quantity import Text as Text
from syntherm.core.plan.values_proof import CalibrationProof as CalibrationProof

Millimetres3 = tuple[float, float, float]
Position = Annotated[Millimetres3, Quantity("mm", -200.0, 200.0)]
Radii = Annotated[Millimetres3, Quantity("mm", 1.0, 150.0)]


@attrs.frozen
class Identity:
    """Which plan, for whom, by which protocol."""

    title: Annotated[str, Text()]
    patient_pseudonym: Annotated[str, Text()]
    protocol: Annotated[str, Text()]
    heat_and_drug_order: Annotated[str, Text(("infuse-into-established-heat",))]


@attrs.frozen
class Prescription:
    """The drug as prescribed; `volume_ml` is what must reach the patient, behind the line's dead volume."""

    drug: Annotated[str, Text(("LTLD",))]
    dose_mg_per_m2: Annotated[float, Quantity("mg/m2", 1.0, 50.0)]
    body_surface_m2: Annotated[float, Quantity("m2", 1.0, 2.6)]
    concentration_mg_per_ml: Annotated[float, Quantity("mg/mL", 0.1, 10.0)]
    volume_ml: Annotated[float, Quantity("mL", 1.0, 300.0)]
    rate_ml_per_h: Annotated[float, Quantity("mL/h", 1.0, 600.0)]
    line_dead_volume_ml: Annotated[float, Quantity("mL", 0.0, 20.0)]
    syringe_volume_ml: Annotated[float, Quantity("mL", 1.0, 400.0)]


@attrs.frozen
class Heating:
    """What "in range" means and how long it must last. All temperatures are compared as bounds."""

    baseline_degC: Annotated[float, Quantity("degC", 34.0, 38.5)]
    baseline_uncertainty_degC: Annotated[float, Quantity("degC", 0.01, 1.0)]
    setpoint_degC: Annotated[float, Quantity("degC", 39.0, 42.5)]
    range_cold90_min_degC: Annotated[float, Quantity("degC", 38.0, 42.0)]
    range_hot10_max_degC: Annotated[float, Quantity("degC", 40.0, 43.5)]
    release_degC: Annotated[float, Quantity("degC", 38.0, 41.0)]
    dwell_s: Annotated[float, Quantity("s", 10.0, 600.0)]
    prescribed_in_range_min: Annotated[float, Quantity("min", 1.0, 120.0)]
    max_heating_min: Annotated[float, Quantity("min", 1.0, 180.0)]
    loss_of_range_s: Annotated[float, Quantity("s", 3.0, 120.0)]


@attrs.frozen
class Limits:
    """Where the session stops trusting, heating or infusing."""

    coverage_factor: Annotated[float, Quantity("1", 1.6, 4.0)]
    target_max_degC: Annotated[float, Quantity("degC", 42.0, 46.0)]
    target_min_valid_fraction: Annotated[float, Quantity("1", 0.5, 1.0)]
    precision_degC: Annotated[float, Quantity("degC", 0.05, 1.5)]
    reference_residual_degC: Annotated[float, Quantity("degC", 0.05, 2.0)]
    drift_degC: Annotated[float, Quantity("degC", 0.5, 40.0)]
    voxel_step_degC: Annotated[float, Quantity("degC", 2.0, 40.0)]
    max_fat_fraction: Annotated[float, Quantity("1", 0.0, 0.5)]
    min_snr: Annotated[float, Quantity("1", 5.0, 100.0)]
    frame_age_s: Annotated[float, Quantity("s", 1.0, 16.0)]
    frame_loss_abort_s: Annotated[float, Quantity("s", 5.0, 600.0)]
    equipment_age_s: Annotated[float, Quantity("s", 0.5, 10.0)]
    clock_step_s: Annotated[float, Quantity("s", 1.0, 60.0)]
    cooling_max_min: Annotated[float, Quantity("min", 1.0, 60.0)]
    recalibration_wait_min: Annotated[float, Quantity("min", 1.0, 60.0)]


@attrs.frozen
class Scanner:
    """The imaging that the session relies on; a frame that differs is refused."""

    field_T: Annotated[float, Quantity("T", 0.2, 7.0)]
    echo_time_ms: Annotated[float, Quantity("ms", 1.0, 60.0)]
    prf_ppm_per_degC: Annotated[float, Quantity("ppm/degC", -0.0115, -0.0085)]
    prf_relative_uncertainty: Annotated[float, Quantity("1", 0.005, 0.1)]
    phase_sign: Annotated[int, Quantity("1", -1, 1)]
    frame_period_s: Annotated[float, Quantity("s", 0.5, 8.0)]
    matrix: Annotated[tuple[int, int, int], Quantity("1", 1, 512)]
    voxel_mm: Annotated[Millimetres3, Quantity("mm", 0.5, 10.0)]
    first_voxel_mm: Annotated[Millimetres3, Quantity("mm", -300.0, 300.0)]


@attrs.frozen
class Sonication:
    """The beam: steered focal points, the power they share and the energy that each may get in one lease."""

    controller: Annotated[str, Text(("binary-multipoint", "pid-mean", "mpc-offset-free"))]
    max_power_W: Annotated[float, Quantity("W", 0.5, 200.0)]
    lease_s: Annotated[float, Quantity("s", 0.2, 8.0)]
    focal_spacing_mm: Annotated[float, Quantity("mm", 1.0, 15.0)]
    focal_margin_mm: Annotated[float, Quantity("mm", -10.0, 10.0)]
    partial_volume_factor: Annotated[float, Quantity("1", 1.0, 5.0)]


@attrs.frozen
class Control:
    """How the controllers are tuned, and what the near field may bear.

    `aim_degC`: of the target's mean, for predictive control; `aim_coverage_factor` times the uncertainty that all
    voxels share is taken off it. Within any `near_field_window_s` no more than `near_field_energy_J` is lent.
    """

    aim_degC: Annotated[float, Quantity("degC", 39.0, 42.5)]
    aim_coverage_factor: Annotated[float, Quantity("1", 0.0, 4.0)]
    pid_share_per_degC: Annotated[float, Quantity("1/degC", 0.01, 2.0)]
    pid_integral_s: Annotated[float, Quantity("s", 5.0, 1000.0)]
    pid_derivative_s: Annotated[float, Quantity("s", 0.0, 60.0)]
    near_field_energy_J: Annotated[float, Quantity("J", 10.0, 1000000.0)]
    near_field_window_s: Annotated[float, Quantity("s", 3.0, 3600.0)]


@attrs.frozen
class Calibration:
    """What the calibration must show before anybody may heat."""

    baseline_frames: Annotated[int, Quantity("1", 5, 200)]
    test_power_W: Annotated[float, Quantity("W", 0.5, 60.0)]
    test_frames: Annotated[int, Quantity("1", 2, 40)]
    min_rise_degC: Annotated[float, Quantity("degC", 0.2, 3.0)]
    max_rise_degC: Annotated[float, Quantity("degC", 1.0, 5.0)]
    max_focus_offset_mm: Annotated[float, Quantity("mm", 0.5, 10.0)]


@attrs.frozen
class Pump:
    """The pump's own protection, which ends the infusion without us."""

    watchdog_s: Annotated[float, Quantity("s", 1.0, 10.0)]
    rate_tolerance_fraction: Annotated[float, Quantity("1", 0.01, 0.2)]


@attrs.frozen
class Target:
    """The ellipsoid to be heated."""

    centre_mm: Position
    radii_mm: Radii


@attrs.frozen
class Guard:
    """An ellipsoid that must not be harmed: near field, skin, pectoral muscle."""

    name: Annotated[str, Text()]
    centre_mm: Position
    radii_mm: Radii
    max_degC: Annotated[float, Quantity("degC", 37.0, 45.0)]
    max_cem43_min: Annotated[float, Quantity("min", 0.1, 9.0)]
    min_valid_fraction: Annotated[float, Quantity("1", 0.3, 1.0)]


@attrs.frozen
class Reference:
    """An ellipsoid of unheated tissue from which field drift is measured."""

    name: Annotated[str, Text()]
    centre_mm: Position
    radii_mm: Radii


Range = tuple[float, float, float]
"""The lowest, the central and the highest value that a parameter may have."""
_Rate = Annotated[Range, Quantity("1/s", 1e-7, 1.0)]


@attrs.frozen
class DrugRanges:
    """What the drug model takes from outside the session: every parameter as a range.

    `sampled_members`: how many members stand between the central one and the corners. `cooling_s`: time constant with
    which the target is taken to cool when it is asked what would follow from a stop.
    """

    plasma_volume_l: Annotated[Range, Quantity("L", 1.0, 8.0)]
    """Volume in which the liposomes stay."""
    liposome_half_life_h: Annotated[Range, Quantity("h", 0.05, 100.0)]
    """Of encapsulated drug in plasma at body temperature, from clearance and leak together."""
    leak_share: Annotated[Range, Quantity("1", 0.0, 1.0)]
    """Of that loss: how much of it is drug that leaks into plasma."""
    free_volume_l: Annotated[Range, Quantity("L", 1.0, 100.0)]
    """Central volume of free doxorubicin."""
    free_elimination_per_s: _Rate
    free_to_shallow_per_s: _Rate
    free_from_shallow_per_s: _Rate
    free_to_deep_per_s: _Rate
    free_from_deep_per_s: _Rate
    onset_degC: Annotated[Range, Quantity("degC", 38.0, 43.0)]
    """Below it, nothing is released but the leak."""
    full_degC: Annotated[Range, Quantity("degC", 38.5, 46.0)]
    """From it up, release has its full rate."""
    release_per_s: Annotated[Range, Quantity("1/s", 1e-4, 10.0)]
    """The full rate."""
    plasma_flow_per_s: Annotated[Range, Quantity("mL/mL/s", 1e-5, 0.05)]
    """Plasma through the tumour: mL per mL of tissue and second."""
    plasma_fraction: Annotated[Range, Quantity("mL/mL", 0.001, 0.3)]
    """Plasma in the tumour's vessels: mL per mL of tissue."""
    exchange_per_s: Annotated[Range, Quantity("mL/mL/s", 1e-5, 1.0)]
    """Permeability times surface for all doxorubicin in plasma, bound and unbound: mL per mL of tissue and second."""
    interstitial_fraction: Annotated[Range, Quantity("mL/mL", 0.02, 0.7)]
    """Interstitium: mL per mL of tissue."""
    uptake_per_s: Annotated[Range, Quantity("1/s", 1e-6, 5.0)]
    """From interstitium to cells, of the amount in the interstitium."""
    efflux_per_s: _Rate
    """From cells to interstitium, of the amount in the cells."""
    sampled_members: Annotated[int, Quantity("1", 0, 27)]
    cooling_s: Annotated[float, Quantity("s", 5.0, 1800.0)]


@attrs.frozen
class ResidualDose:
    """What a guard region is taken to gain after energy ends: a rise from hotter neighbours, then a slow decay."""

    rise_degC: Annotated[float, Quantity("degC", 0.0, 5.0)]
    decay_s: Annotated[float, Quantity("s", 5.0, 1800.0)]


@attrs.frozen
class HiddenPeak:
    """What a voxel hides of a focal point's peak in one lease.

    `lease_factor`: the peak's rise per joule of a lease on one point, over the voxel's rise per joule of the test
    sonication; the plan's `partial_volume_factor` is that of the test sonication itself.
    """

    lease_factor: Annotated[float, Quantity("1", 1.0, 20.0)]


@attrs.frozen
class Vigilance:
    """How thermometry watches itself: what it corrects, what it adds to its uncertainty, and when it gives up.

    A frame beyond `motion_mm`, `misfit_ratio` or its learned breathing is not matched: it shows no temperature.
    """

    matching_margin_mm: Annotated[float, Quantity("mm", 2.0, 60.0)]
    motion_mm: Annotated[float, Quantity("mm", 0.1, 3.0)]
    displacement_floor_mm: Annotated[float, Quantity("mm", 0.005, 0.5)]
    displacement_relative: Annotated[float, Quantity("1", 0.01, 0.5)]
    misfit_ratio: Annotated[float, Quantity("1", 1.2, 10.0)]
    moving_phase_share: Annotated[float, Quantity("1", 0.0, 1.0)]
    moving_phase_uncertainty: Annotated[float, Quantity("1", 0.0, 0.6)]
    breathing_range_factor: Annotated[float, Quantity("1", 1.0, 3.0)]
    breathing_floor_degC: Annotated[float, Quantity("degC", 0.05, 2.0)]
    breathing_doubt: Annotated[float, Quantity("1", 0.0, 1.0)]
    unmatched_frames: Annotated[int, Quantity("1", 1, 10)]
    memory_s: Annotated[float, Quantity("s", 3.0, 120.0)]
    drift_memory_s: Annotated[float, Quantity("s", 30.0, 1200.0)]
    field_change_degC: Annotated[float, Quantity("degC", 0.1, 3.0)]
    noise_ratio_max: Annotated[float, Quantity("1", 1.1, 5.0)]
    noise_ratio_min: Annotated[float, Quantity("1", 0.05, 0.9)]
    scale_change: Annotated[float, Quantity("1", 0.02, 0.5)]
    balance_frames: Annotated[int, Quantity("1", 2, 40)]
    balance_factor: Annotated[float, Quantity("1", 1.2, 5.0)]
    balance_floor_degC: Annotated[float, Quantity("degC", 0.2, 3.0)]
    balance_loss_s: Annotated[float, Quantity("s", 10.0, 600.0)]
    fat_reach_mm: Annotated[float, Quantity("mm", 1.0, 30.0)]
    fat_error: Annotated[float, Quantity("1", 0.0, 1.0)]
    gradient_share: Annotated[float, Quantity("1", 0.0, 1.0)]


@attrs.frozen
class Plan:
    """A whole plan that passed every check, with the source of each value by its dotted name.

    The tables of the file bear the attributes' names; `guard` and `reference` are arrays of tables.
    """

    identity: Identity
    prescription: Prescription
    heating: Heating
    limits: Limits
    scanner: Scanner
    sonication: Sonication
    calibration: Calibration
    pump: Pump
    target: Target
    guard: tuple[Guard, ...]
    reference: tuple[Reference, ...]
    sources: tuple[tuple[str, str], ...]
    drug_model: DrugRanges | None = None
    residual_dose: ResidualDose | None = None
    thermometry: Vigilance | None = None
    control: Control | None = None
    hidden_peak: HiddenPeak | None = None
    calibration_proof: CalibrationProof | None = None
