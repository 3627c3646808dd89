"""Runs the rules in portions, in processes of their own, until enough have been executed or a session fails."""

import multiprocessing
import traceback
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Final

import attrs
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from syntherm.core.faults import Code
from syntherm.core.vocabulary import REGIONS
from syntherm_verify.stateful.account import DEFECTS_OF_SOFTWARE
from syntherm_verify.stateful.machine import Sessions
from syntherm_verify.stateful.tally import Tally

RULES_PER_EXAMPLE: Final = 100
EXAMPLES_PER_PORTION: Final = 100
OF_REAL_IMAGES: Final = frozenset(
    {
        Code.MOTION, Code.BREATHING, Code.FIELD_CHANGED, Code.IMAGE_NOISE, Code.IMAGE_SCALE, Code.HEAT_UNEXPLAINED,
        Code.HEAT_MISSING, Code.SONICATION_NOT_SEEN,
    }
)  # fmt: skip
"""Found where thermometry watches itself: made-up images have nothing that could be matched (`misled` has)."""
REACHABLE: Final = frozenset(Code) - DEFECTS_OF_SOFTWARE - OF_REAL_IMAGES
"""What people, made-up images and equipment can raise; the rest are defects of the software, or need real images."""
STATES: Final = frozenset(f"{region.__name__} {state.name}" for region in REGIONS for state in region)


@attrs.frozen
class Portion:
    """What one portion has reached. `failure`: the session that failed, rule by rule, and how."""

    tally: Tally
    failure: str | None


def run_portion(number: int, examples: int, machine: type[Sessions] = Sessions, *, shrink: bool = True) -> Portion:
    """Some examples; those of one number are always the same. Hypothesis shrinks what fails."""
    tally = Tally()
    counted = type(machine.__name__, (machine,), {"tally": tally})
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    how = settings(
        max_examples=examples, stateful_step_count=RULES_PER_EXAMPLE, deadline=None, database=None, phases=phases,
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    try:
        run_state_machine_as_test(seed(number)(counted), settings=how)
    except Exception as error:  # noqa: BLE001 - whatever a session failed with is the finding
        return Portion(tally, _told(error))
    return Portion(tally, None)


def _told(error: Exception) -> str:
    story = "\n".join(getattr(error, "__notes__", ()))
    where = "".join(traceback.format_tb(error.__traceback__)[-2:])
    return f"{story}\n{where}{type(error).__name__}: {error}"


def portions(rules: int, first: int, workers: int) -> Iterator[Portion]:
    """Portions as they end, in `workers` processes, until so many rules have been executed or one has failed."""
    done, number = 0, first
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        running: set[Future[Portion]] = set()
        while done < rules:
            while len(running) < workers:
                running.add(pool.submit(run_portion, number, _examples(rules, workers)))
                number += 1
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for portion in (future.result() for future in ended):
                done += portion.tally.rules
                yield portion
                if portion.failure is not None:
                    rules = 0


def _examples(rules: int, workers: int) -> int:
    """A short run is shared out evenly."""
    share = -(-rules // (workers * RULES_PER_EXAMPLE))
    return max(1, min(EXAMPLES_PER_PORTION, share))
