"""The verdict on a test sonication in two shots: what was found, and each reason for a refusal in words."""

import attrs
import numpy as np

from syntherm.core.bounds import UNKNOWN, Bounded
from syntherm.core.calibration import FocusResponse
from syntherm.core.plan.values import CalibrationProof, Plan
from syntherm.core.response.identified import scatter_degC, spread_of, time_constant_s
from syntherm.core.response.located import Located
from syntherm.core.response.trial import Groundwork, Trial, fitted_again


@attrs.frozen
class Identified:
    """What both shots showed. Lengths of offsets: of the first shot, and what remained at the second.

    `corrected_mm`: the offset that heating corrects, from both shots by how well each is known.
    `power_W`: of the first shot's last lease. `rise_degC`: of its hottest voxel, and per joule. `gain`, `second_gain`:
    of the thermal model, by each shot. `scatter_degC`: between images. `refusals`: empty for what the plan accepts.
    """

    power_W: float
    rise_degC: Bounded
    rise_degC_per_J: Bounded
    offset_mm: Bounded
    remaining_mm: Bounded
    corrected_mm: tuple[float, float, float] | None
    gain: Bounded
    second_gain: Bounded
    time_constant_s: Bounded
    diffusivity_mm2_per_s: Bounded
    perfusion_per_s: Bounded
    scatter_degC: float
    refusals: tuple[str, ...]


def identified(trial: Trial, plan: Plan, proof: CalibrationProof, ground: Groundwork) -> Identified:
    """Of a test sonication that has had all its images."""
    k, found, shown = plan.limits.coverage_factor, trial.found, trial.shown
    again = None if found is None else fitted_again(ground, trial, found)
    corrected, spread = None, (UNKNOWN, UNKNOWN)
    if found is not None and again is not None:
        corrected, spread = _together(found, again), spread_of(trial, ground, found, again, k)
    known = Identified(
        power_W=trial.first[-1].power_W if trial.first else 0.0,
        rise_degC=UNKNOWN if shown is None else shown.rise_degC,
        rise_degC_per_J=UNKNOWN if shown is None else _per_J(shown, plan),
        offset_mm=_length(found, k),
        remaining_mm=_length(again, k),
        corrected_mm=corrected,
        gain=_gain(found, k),
        second_gain=_gain(again, k),
        time_constant_s=UNKNOWN if found is None else time_constant_s(trial, ground, found, k),
        diffusivity_mm2_per_s=spread[0],
        perfusion_per_s=spread[1],
        scatter_degC=scatter_degC(trial),
        refusals=(),
    )
    return attrs.evolve(known, refusals=refusals(known, plan, proof))


def answered(trial: Trial, known: Identified) -> FocusResponse | None:
    """The response that heating rests on: the first shot's rise and gain, and the offset of both."""
    if trial.shown is None or known.corrected_mm is None:
        return None
    return attrs.evolve(trial.shown, offset_mm=known.corrected_mm, gain=known.gain)


def _together(first: Located, second: Located) -> tuple[float, float, float]:
    """Where the heat lies, seen from its aim: the second shot was aimed with what the first had shown."""
    share = first.place_sd_mm**2 / max(first.place_sd_mm**2 + second.place_sd_mm**2, 1e-12)
    offset = np.asarray(first.place_mm) + share * np.asarray(second.place_mm)
    return float(offset[0]), float(offset[1]), float(offset[2])


def _per_J(shown: FocusResponse, plan: Plan) -> Bounded:
    """What voxels show per joule: the response's own figure is that of the hidden peak, at its upper bound."""
    rise = shown.rise_degC
    if not rise.upper > 0.0:
        return UNKNOWN
    per = shown.rise_degC_per_J / plan.sonication.partial_volume_factor / rise.upper
    return Bounded(rise.estimate * per, rise.lower * per, rise.upper * per)


def _length(at: Located | None, k: float) -> Bounded:
    if at is None:
        return UNKNOWN
    length = float(np.linalg.norm(at.place_mm))
    return Bounded(length, max(length - k * at.place_sd_mm, 0.0), length + k * at.place_sd_mm)


def _gain(at: Located | None, k: float) -> Bounded:
    return UNKNOWN if at is None else Bounded(at.gain, at.gain - k * at.gain_sd, at.gain + k * at.gain_sd)


def refusals(known: Identified, plan: Plan, proof: CalibrationProof) -> tuple[str, ...]:
    """Every reason why the plan does not accept what was found: which quantity, what was found, what is asked."""
    wanted = plan.calibration
    found = (
        _within("temperature rise", known.rise_degC, wanted.min_rise_degC, wanted.max_rise_degC, "degC", 2),
        _below("focus offset", known.offset_mm.estimate, known.offset_mm, wanted.max_focus_offset_mm),
        _below("focus offset after correction", known.remaining_mm.upper, known.remaining_mm,
               proof.max_remaining_offset_mm),
        _within("rise per joule", known.rise_degC_per_J, proof.min_gain_degC_per_J, proof.max_gain_degC_per_J,
                "degC/J", 4),
        _agreed(known.gain, known.second_gain, proof.max_gain_difference),
        _time("time constant of cooling", known.time_constant_s, proof.min_time_constant_s,
                proof.max_time_constant_s, "s", 0),
        _precise(known.scatter_degC, proof.max_scatter_degC),
        None if known.perfusion_per_s.known else "diffusion and perfusion: not found; the plan asks for both",
    )  # fmt: skip
    return tuple(each for each in found if each is not None)


def _within(what: str, value: Bounded, low: float, high: float, unit: str, digits: int) -> str | None:
    if value.known and low <= value.lower and value.upper <= high:
        return None
    asked = f"the plan asks for {low:g} to {high:g} {unit}"
    if not value.known:
        return f"{what}: not found; {asked}"
    return f"{what}: found {value.lower:.{digits}f} to {value.upper:.{digits}f} {unit}, {asked}"


def _time(what: str, value: Bounded, low: float, high: float, unit: str, digits: int) -> str | None:
    """By its estimate: how fast heat leaves limits nothing by itself, and a small rise shows it within wide bounds."""
    if value.known and low <= value.estimate <= high:
        return None
    return _within(what, value, low, high, unit, digits)


def _below(what: str, judged: float, value: Bounded, high: float) -> str | None:
    if value.known and judged <= high:
        return None
    if not value.known:
        return f"{what}: no focus found; the plan asks for at most {high:g} mm"
    return f"{what}: found {value.estimate:.1f} mm, up to {value.upper:.1f} mm, the plan asks for at most {high:g} mm"


def _agreed(first: Bounded, second: Bounded, most: float) -> str | None:
    if not first.known or not second.known:
        return f"gain of both shots: not found; the plan asks for a difference of at most {100.0 * most:g} %"
    differs = abs(second.estimate - first.estimate) / max(0.5 * (first.estimate + second.estimate), 1e-12)
    if differs <= most:
        return None
    return f"gain of both shots: they differ by {100.0 * differs:.0f} %, the plan asks for at most {100.0 * most:g} %"


def _precise(found_degC: float, most_degC: float) -> str | None:
    if found_degC <= most_degC:
        return None
    said = f"found {found_degC:.2f} degC" if np.isfinite(found_degC) else "not found"
    return f"precision between images: {said}, the plan asks for at most {most_degC:g} degC"
