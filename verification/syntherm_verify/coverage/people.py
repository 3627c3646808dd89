"""Clean sessions on several anatomies: nothing is wrong on these days, and bounds must be neither wide nor narrow."""

from collections.abc import Iterator
from typing import Final

import attrs
import numpy as np

from syntherm.core.plan.values import Plan
from syntherm_sim.physics.mr import Sequence
from syntherm_verify.bench.control_cases import CASES, Case, anatomy_of, day_of, plan_of
from syntherm_verify.coverage.scores import Scorer, Scores
from syntherm_verify.misled.sitting import sit

HEATED_S: Final = 660.0
"""As long as the campaign of misleading images: three minutes, and eight more."""
NAMES: Final = (
    "nominal",
    "nominal, another",
    "radius 15 mm",
    "vessel 12 mm from the centre",
    "irregular tumour",
    "skin 20 mm from the centre",
    "nominal, a third",
)
"""Of the published virtual patients: three of the usual anatomy, four of others."""


@attrs.frozen
class Person:
    """One virtual patient on a clean day.

    `coefficient`: the true shift coefficient over the plan's. `probe_degC`: error of the baseline's temperature.
    """

    case: Case
    coefficient: float = 1.0
    probe_degC: float = 0.0

    @property
    def name(self) -> str:
        """Name and seed."""
        return f"{self.case.name} (seed {self.case.seed})"


def people(count: int) -> list[Person]:
    """The first of them. Raises ValueError for a number that there is not."""
    if not 1 <= count <= len(NAMES):
        raise ValueError(f"found {count} patients, expected 1 to {len(NAMES)}")
    named = {case.name: case for case in CASES}
    return [Person(named[name]) for name in NAMES[:count]]


def drawn(known: list[Person], plan: Plan) -> Iterator[Person]:
    """The same patients with shift coefficient and probe off by what the plan says of them, drawn by the seed.

    In the others both are exact, so that two parts of the stated uncertainty have nothing to answer for.
    """
    for person in known:
        ratio, error = np.random.default_rng([person.case.seed, 23]).standard_normal(2)
        yield attrs.evolve(
            person,
            coefficient=1.0 + plan.scanner.prf_relative_uncertainty * float(ratio),
            probe_degC=plan.heating.baseline_uncertainty_degC * float(error),
        )


def scores_of(person: Person, demonstration: Plan, heated_s: float = HEATED_S) -> Scores:
    """One session. Raises NotHeated, SessionFailed."""
    usual, plan = Sequence(), plan_of(person.case, demonstration)
    probed = attrs.evolve(plan.heating, baseline_degC=plan.heating.baseline_degC + person.probe_degC)
    sequence = attrs.evolve(usual, alpha_ppm_per_degC=usual.alpha_ppm_per_degC * person.coefficient)
    scorer = Scorer()
    case = person.case
    sit(attrs.evolve(plan, heating=probed), case.seed, day_of(case), heated_s, anatomy_of(case), sequence, scorer)
    return scorer.scores()
