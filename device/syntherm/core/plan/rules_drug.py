"""Rules between the drug as prescribed, the pump that gives it and the heating that it needs."""

from syntherm.core.plan.draft import Draft, Findings, require
from syntherm.core.plan.values import Heating, Limits, Prescription, Pump, Scanner

VOLUME_TOLERANCE = 0.005
_ROUNDING = 1e-9
"""Relative slack for sums and products of decimal numbers, so that a plan is not refused for the last bit."""


def infusion_min(prescription: Prescription) -> float:
    """Minutes for which the pump must run so that the line is passed and the whole volume reaches the patient."""
    return 60.0 * (prescription.volume_ml + prescription.line_dead_volume_ml) / prescription.rate_ml_per_h


def volume_gives_the_dose(draft: Draft) -> Findings:
    """The volume is dose per m2 x body surface / concentration, within 0.5 % for the pump's decimals."""
    drug = draft.of(Prescription)
    volume_ml = drug.dose_mg_per_m2 * drug.body_surface_m2 / drug.concentration_mg_per_ml
    return require(
        abs(drug.volume_ml - volume_ml) <= VOLUME_TOLERANCE * volume_ml * (1 + _ROUNDING),
        "prescription.volume_ml",
        f"{drug.volume_ml} mL",
        f"{volume_ml:.2f} mL within 0.5 % (dose x body surface / concentration)",
    )


def syringe_holds_the_volume(draft: Draft) -> Findings:
    """One syringe holds the volume and what stays in the line, so that nothing is changed in the bore."""
    drug = draft.of(Prescription)
    needed_ml = drug.volume_ml + drug.line_dead_volume_ml
    return require(
        drug.syringe_volume_ml >= needed_ml * (1 - _ROUNDING),
        "prescription.syringe_volume_ml",
        f"{drug.syringe_volume_ml} mL",
        f"at least {needed_ml:g} mL (volume and line dead volume)",
    )


def infusion_fits_the_prescribed_time(draft: Draft) -> Findings:
    """The last of the drug must still meet a heated target: the infusion ends within the prescribed time in range."""
    drug, heating = draft.of(Prescription), draft.of(Heating)
    return require(
        infusion_min(drug) <= heating.prescribed_in_range_min * (1 + _ROUNDING),
        "prescription.rate_ml_per_h",
        f"{drug.rate_ml_per_h} mL/h, an infusion of {infusion_min(drug):.1f} min",
        f"an infusion within the {heating.prescribed_in_range_min} min of prescribed time in range",
    )


def infusion_fits_the_heating(draft: Draft) -> Findings:
    """The dwell before the infusion and the infusion itself fit in the longest heating that is allowed."""
    drug, heating = draft.of(Prescription), draft.of(Heating)
    needed_min = infusion_min(drug) + heating.dwell_s / 60.0
    return require(
        needed_min <= heating.max_heating_min * (1 + _ROUNDING),
        "heating.max_heating_min",
        f"{heating.max_heating_min} min",
        f"at least {needed_min:.1f} min (dwell and infusion)",
    )


def pump_outlives_a_frame(draft: Draft) -> Findings:
    """The pump is told to go on once per frame: a shorter watchdog would end a good infusion."""
    pump, scanner = draft.of(Pump), draft.of(Scanner)
    return require(
        pump.watchdog_s >= scanner.frame_period_s,
        "pump.watchdog_s",
        f"{pump.watchdog_s} s",
        f"at least the frame period of {scanner.frame_period_s} s",
    )


def pump_stops_itself_in_time(draft: Draft) -> Findings:
    """A pump that is left alone ends the infusion no later than a loss of range would have."""
    pump, heating = draft.of(Pump), draft.of(Heating)
    return require(
        pump.watchdog_s <= heating.loss_of_range_s,
        "pump.watchdog_s",
        f"{pump.watchdog_s} s",
        f"at most the loss-of-range time of {heating.loss_of_range_s} s",
    )


def pump_is_watched_within_its_watchdog(draft: Draft) -> Findings:
    """Old word from the equipment is noticed before the pump has stopped by itself."""
    limits, pump = draft.of(Limits), draft.of(Pump)
    return require(
        limits.equipment_age_s <= pump.watchdog_s,
        "limits.equipment_age_s",
        f"{limits.equipment_age_s} s",
        f"at most the pump's watchdog of {pump.watchdog_s} s",
    )
