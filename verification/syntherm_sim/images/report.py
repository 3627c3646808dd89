"""The figures as a table for people and as JSON for programs."""

import json
from math import isfinite

from syntherm.core.thermometry.prfs import degC_per_radian
from syntherm.core.thermometry.validity import Reason
from syntherm_sim.images.agreement import Figures, Tally
from syntherm_sim.images.experiment import Experiment
from syntherm_sim.images.noise import FALSE_ALARM

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

STATEMENTS = (
    "One real image per echo exists: anatomy, wraps, voids and its own noise are real and stand still from frame to"
    " frame; heating, field drift, breathing and the noise that changes are written in.",
    "The image has no empty background (tissue fills it): the noise's SD is taken from third differences in the image.",
    "Field and echo time are assumed; they set the radians per degree, written and read alike, so an error cancels.",
    "No fat map belongs to the images: all voxels are declared water.",
    "Neither the baseline's temperature nor the shift coefficient can be wrong here; their part of the stated"
    " uncertainty is left out of the second coverage.",
)


def as_text(done: Experiment) -> str:
    """The table, with PASS or FAIL for each bar and for all."""
    scanner, whole = done.plan.scanner, done.whole
    shape = " x ".join(map(str, done.still.volume.shape))
    lines = [
        f"Real images {shape}, echo {done.still.echo} of {done.still.echoes}; taken to be {scanner.field_T:g} T,"
        f" TE {scanner.echo_time_ms:g} ms: {abs(degC_per_radian(scanner)):.2f} degC/rad",
        f"noise SD {done.noise:.4g} per channel; {done.wraps} wraps between neighbours;"
        f" {done.heating.unheated_frames} unheated frames, {done.heating.heated_frames} heated; seed {done.seed}",
        "",
        "frame   peak    valid  within 95 %  images' own   heated     bias       SD  error/u",
    ]
    lines += [_row(f"{number:5d}", frame) for number, frame in enumerate(done.frames, start=1)]
    lines += [_row("  all", whole), "", "voxels x frames by reason:"]
    lines += [f"  {reason.name.lower():<12} {whole.reasons[reason]:9d}" for reason in Reason]
    crossed = whole.crossed
    lines += [
        f"carried across +-pi by the heating and valid: {crossed.valid}, {_percent(crossed.coverage)} within 95 %",
        f"session at the end: {', '.join(_standing(done))}",
        "",
    ]
    lines += [f"{'PASS' if b.passed else 'FAIL'}  {b.name}: {b.measured} (asked: {b.asked})" for b in done.bars]
    lines += ["", *(f"- {statement}" for statement in STATEMENTS), "", "PASSED" if done.passed else "FAILED"]
    return "\n".join(lines)


def _row(label: str, figures: Figures) -> str:
    stated = figures.stated
    return (
        f"{label} {figures.peak_degC:6.2f} {stated.valid:8d} {_percent(stated.coverage):>12}"
        f" {_percent(figures.image.coverage):>12} {_percent(figures.heated.coverage):>8}"
        f" {stated.bias_degC:+8.4f} {stated.sd_degC:8.4f} {stated.score_rms:8.3f}"
    )


def _percent(share: float) -> str:
    return f"{100.0 * share:.2f} %" if isfinite(share) else "-"


def _standing(done: Experiment) -> list[str]:
    phases = [phase.value for phase in done.ended.phases.all()]
    return phases + [f"{fault.code.value.code} ({fault.detail})" for fault in done.ended.faults]


def as_json(done: Experiment) -> str:
    """Everything that the table says, and the places; figures that could not be measured are null."""
    baseline = done.ended.thermometry.baseline
    scanner, plan = done.plan.scanner, done.plan
    content: dict[str, Json] = {
        "passed": done.passed,
        "bars": [{"bar": b.name, "measured": b.measured, "asked": b.asked, "passed": b.passed} for b in done.bars],
        "image": {
            "shape": list(done.still.volume.shape),
            "voxel_mm": list(done.still.voxel_mm),
            "echo": done.still.echo,
            "echoes": done.still.echoes,
            "wraps_between_neighbours": done.wraps,
        },
        "assumed": {
            "field_T": scanner.field_T,
            "echo_time_ms": scanner.echo_time_ms,
            "prf_ppm_per_degC": scanner.prf_ppm_per_degC,
        },
        "noise": {
            "sd_put_in": done.noise,
            "sd_learned_by_the_session": None if baseline is None else baseline.noise,
            "noise_floor_false_alarm": FALSE_ALARM,
        },
        "heating": {
            "peak_degC": done.heating.peak_degC,
            "hot_spot_mm": list(plan.target.centre_mm),
            "unheated_frames": done.heating.unheated_frames,
            "heated_frames": done.heating.heated_frames,
            "most_in_a_reference_degC": _in_references_degC(done),
        },
        "references_mm": [list(reference.centre_mm) for reference in plan.reference],
        "seed": done.seed,
        "all_frames": _figures(done.whole),
        "frames": [_figures(frame) for frame in done.frames],
        "session_at_the_end": list(_standing(done)),
        "statements": list(STATEMENTS),
    }
    return json.dumps(content, indent=2)


def _in_references_degC(done: Experiment) -> float:
    """What the hot spot's tail puts into the reference regions."""
    return done.heating.peak_degC * float(done.heating.profile[done.ended.layout.reference].max())


def _figures(figures: Figures) -> Json:
    return {
        "peak_degC": figures.peak_degC,
        "stated": _tally(figures.stated),
        "images_own": _tally(figures.image),
        "heated": _tally(figures.heated),
        "carried_across_pi": _tally(figures.crossed),
        "voxels_by_reason": {reason.name.lower(): figures.reasons[reason] for reason in Reason},
        "below_noise_floor": {
            "voxels": figures.floor_voxels,
            "valid": figures.floor_valid,
            "refused_for_want_of_signal": figures.floor_no_signal,
        },
        "valid_but_a_wrap_off": figures.wraps_off,
        "well_seen": {"voxels": figures.well_seen, "valid": figures.well_seen_valid},
    }


def _tally(tally: Tally) -> Json:
    return {
        "valid": tally.valid,
        "coverage_95": _number(tally.coverage),
        "bias_degC": _number(tally.bias_degC),
        "sd_degC": _number(tally.sd_degC),
        "error_over_uncertainty_rms": _number(tally.score_rms),
    }


def _number(value: float) -> float | None:
    return value if isfinite(value) else None
