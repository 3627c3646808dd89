"""What is printed: a table for people, or the temperatures as JSON for a program."""

import json
from collections.abc import Sequence
from math import isfinite

import attrs

from syntherm.qa.agreement import Agreement, Comparison, Limits
from syntherm.qa.thermometer import Measurement


@attrs.frozen
class Outcome:
    """All that one phantom check found. `owners` is empty where the folder holds no result of theirs."""

    folder: str
    field_T: float
    measurements: tuple[Measurement, ...]
    comparisons: tuple[Comparison, ...]
    regions: tuple[Agreement, ...]
    owners: tuple[Agreement, ...]
    limits: Limits

    @property
    def failures(self) -> tuple[str, ...]:
        """Why the check fails; empty when it passes."""
        return tuple(f"region {r.region}: {why}" for r in self.regions for why in r.failures(self.limits))


def as_json(measurements: Sequence[Measurement]) -> str:
    """A list of run, region, temperature_degC, uncertainty_degC; null where nothing could be measured."""
    rows = [
        {
            "run": m.run,
            "region": m.region,
            "temperature_degC": _or_none(m.temperature_degC),
            "uncertainty_degC": _or_none(m.uncertainty_degC),
        }
        for m in measurements
    ]
    return json.dumps(rows, indent=1, allow_nan=False)


def as_text(outcome: Outcome) -> str:
    """The whole report."""
    lines = [
        f"Ethylene-glycol phantom, {outcome.folder}, {outcome.field_T:g} T",
        "absolute temperature from the chemical shift between OH and CH2, against the fibre-optic thermometer (degC)",
        "",
        "run region  measured  uncertainty (fit, voxels, model)   truth   error",
    ]
    lines += [_line(m, c) for m, c in zip(outcome.measurements, outcome.comparisons, strict=True)]
    lines += ["", "region  runs    bias     SD   limits of agreement  verdict"]
    for region in outcome.regions:
        verdict = "FAIL" if region.failures(outcome.limits) else "pass"
        lines.append(_summary(f"{region.region:6d}", region) + f"   {verdict}")
    if outcome.owners:
        lines += ["", "the same by the owners' own result (owners_result.csv), for comparison:"]
        lines += [_summary(f"{region.region:6d}", region) for region in outcome.owners]
    limits = outcome.limits
    lines += ["", f"limits for every region: |bias| <= {limits.bias_degC:g} degC, SD <= {limits.sd_degC:g} degC"]
    lines += [f"FAIL {why}" for why in outcome.failures] or ["PASS"]
    return "\n".join(lines)


def _line(m: Measurement, c: Comparison) -> str:
    if m.reason:
        return f"{m.run:3d} {m.region:6d}  not measured: {m.reason}; truth {c.truth_degC:.2f}"
    parts = f"({m.fit_degC:.2f}, {m.voxels_degC:.2f}, {m.model_degC:.2f})"
    uncertainty = f"{m.uncertainty_degC:11.2f} {parts:<20}"
    return f"{m.run:3d} {m.region:6d} {m.temperature_degC:9.2f}  {uncertainty} {c.truth_degC:7.2f} {c.error_degC:+7.2f}"


def _summary(name: str, region: Agreement) -> str:
    low, high = region.limits_of_agreement_degC
    return f"{name} {region.runs:5d}  {region.bias_degC:+6.2f} {region.sd_degC:6.2f}      {low:+6.2f} to {high:+6.2f}"


def _or_none(value: float) -> float | None:
    return round(value, 4) if isfinite(value) else None
