"""`syntherm qa phantom DIR`: measure a phantom folder, compare it with its truth, pass or fail."""

import argparse
import sys
from collections.abc import Sequence
from math import isfinite
from pathlib import Path

from syntherm.qa.agreement import BIAS_LIMIT_degC, Comparison, Limits, SD_LIMIT_degC, agreement
from syntherm.qa.dataset import Dataset, read_dataset
from syntherm.qa.errors import BadInput, bad
from syntherm.qa.picture import draw
from syntherm.qa.report import Outcome, as_json, as_text
from syntherm.qa.thermometer import measure

PASSED, FAILED, BAD_INPUT = 0, 1, 2
PICTURE = "bland_altman.svg"
REPORT = "report.txt"


def phantom(arguments: Sequence[str]) -> int:
    """Run the check; print table or JSON. Returns 0 passed, 1 failed, 2 bad input (one line on standard error)."""
    options = _parser().parse_args(arguments)
    limits = Limits(options.bias_limit_degC, options.sd_limit_degC)
    try:
        outcome = check(read_dataset(options.folder), limits)
        if options.out is not None:
            _write(options.out, outcome)
    except BadInput as error:
        print(f"syntherm qa phantom: {error}", file=sys.stderr)
        return BAD_INPUT
    print(as_json(outcome.measurements) if options.json else as_text(outcome))
    return FAILED if outcome.failures else PASSED


def check(dataset: Dataset, limits: Limits) -> Outcome:
    """Measure every region of every run and compare, ours and the owners'."""
    measurements = tuple(measure(signal) for signal in dataset.signals)
    comparisons = tuple(
        Comparison(m.run, m.region, m.temperature_degC, m.uncertainty_degC, dataset.truth_degC[m.run])
        for m in measurements
    )
    owners = tuple(
        Comparison(r.run, r.region, r.temperature_degC, r.uncertainty_degC, dataset.truth_degC[r.run])
        for r in dataset.owners
    )
    return Outcome(
        folder=str(dataset.folder),
        field_T=dataset.field_T,
        measurements=measurements,
        comparisons=comparisons,
        regions=agreement(comparisons),
        owners=agreement(owners),
        limits=limits,
    )


def _write(out: Path, outcome: Outcome) -> None:
    title = f"Ethylene-glycol phantom, {Path(outcome.folder).name}, {outcome.field_T:g} T"
    try:
        out.mkdir(parents=True, exist_ok=True)
        draw(out / PICTURE, title, outcome.comparisons, outcome.regions, outcome.limits)
        (out / REPORT).write_text(as_text(outcome) + "\n", encoding="utf-8")
    except OSError as error:
        raise bad(out, f"no place to write ({error.strerror})", "a folder for the report and its picture") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="syntherm qa phantom",
        description="Absolute thermometry of an ethylene-glycol phantom against its fibre-optic truth.",
        epilog="Exit status: 0 within the limits, 1 not, 2 bad input. Research software: not cleared for clinical use.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="images.csv with its images and segmentation")
    parser.add_argument("--json", action="store_true", help="print only the temperatures, as a JSON list")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the report and the Bland-Altman picture here")
    parser.add_argument("--bias-limit-degC", type=_limit, default=BIAS_LIMIT_degC, metavar="X", help="of a region")
    parser.add_argument("--sd-limit-degC", type=_limit, default=SD_LIMIT_degC, metavar="X", help="of a region")
    return parser


def _limit(text: str) -> float:
    value = float(text)
    if not isfinite(value) or value <= 0.0:
        raise argparse.ArgumentTypeError(f"found {text}; expected a number above 0")
    return value
