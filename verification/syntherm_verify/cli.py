"""The command `syntherm-verify`: evidence that is built from what really runs."""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Final

USAGE: Final = """usage: syntherm-verify COMMAND ...

  trace --check --junit FILE [--out DIR]   is every requirement traced, tested and passed?
  generated [--check]                      documents made from the code
  prove [--engine NAME] [--check]          every claim about the session's table, by every engine
  mutants [--sample N]                     does the proof see a table that is wrong?
  mutation [--sample N]                    do the tests see a core that is wrong?
  stateful --rules N                       random sessions over the simulated equipment, on a virtual clock
  crash --kills N --power-images N         does the record keep what it has acknowledged, however its writer ends?
  kill-session --n N                       is the session's process ended at any moment, over real wires, safe?
  faults [--pairs N] [--sample N]          does every fault of every device end safe, and rightly named?
  tamper --damages N                       is every damage to a record found, and its first bad entry named?
  bench record                             how fast is the record, beside what the machine can do?
  bench frames                             how long from an image's bytes to the lease that it leads to?
  fuzz --seconds S                         does every reader of outside bytes refuse by name what it cannot read?
  drug [--plan FILE]                       the drug model beside a stiff solver and beside published figures
  coverage [--patients N] [--real DIR]     do bounds of a nominal level hold that share of the truth?
  foreseen [--patients N]                  is the coverage that can be had foreseen, before the drug is released?
  misled [--patients N]                    images that lie: do bounds hold the truth, or is it named in time?
  stop-latency --n N                       how long from a stop to the end of energy on the wire, under every load?
"""


def _trace(arguments: list[str]) -> int:
    from syntherm_verify.trace.command import trace

    return trace(arguments)


def _generated(arguments: list[str]) -> int:
    from syntherm_verify.generated.command import generated

    return generated(arguments)


def _prove(arguments: list[str]) -> int:
    from syntherm_verify.model.prove import prove

    return prove(arguments)


def _mutants(arguments: list[str]) -> int:
    from syntherm_verify.model.mutants_command import mutants

    return mutants(arguments)


def _mutation(arguments: list[str]) -> int:
    from syntherm_verify.mutation.command import mutation

    return mutation(arguments)


def _stateful(arguments: list[str]) -> int:
    from syntherm_verify.stateful.command import stateful

    return stateful(arguments)


def _crash(arguments: list[str]) -> int:
    from syntherm_verify.crash.command import crash

    return crash(arguments)


def _kill_session(arguments: list[str]) -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from syntherm_verify.killing.command import kill_session

    return kill_session(arguments)


def _faults(arguments: list[str]) -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from syntherm_verify.faulting.command import faults

    return faults(arguments)


def _tamper(arguments: list[str]) -> int:
    from syntherm_verify.tamper.command import tamper

    return tamper(arguments)


def _bench(arguments: list[str]) -> int:
    # As `make` runs everything: threads of the linear algebra that wait for each other are not what is measured.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from syntherm_verify.bench.command import bench

    return bench(arguments)


def _fuzz(arguments: list[str]) -> int:
    from syntherm_verify.fuzzing.command import fuzz

    return fuzz(arguments)


def _stop_latency(arguments: list[str]) -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from syntherm_verify.latency.command import stop_latency

    return stop_latency(arguments)


def _drug(arguments: list[str]) -> int:
    from syntherm_verify.drug.command import drug

    return drug(arguments)


def _foreseen(arguments: list[str]) -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from syntherm_verify.foreseen.command import foreseen

    return foreseen(arguments)


def _misled(arguments: list[str]) -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from syntherm_verify.misled.command import misled

    return misled(arguments)


def _coverage(arguments: list[str]) -> int:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from syntherm_verify.coverage.command import coverage

    return coverage(arguments)


COMMANDS: Final[Mapping[str, Callable[[list[str]], int]]] = {
    "trace": _trace,
    "generated": _generated,
    "prove": _prove,
    "mutants": _mutants,
    "mutation": _mutation,
    "stateful": _stateful,
    "crash": _crash,
    "kill-session": _kill_session,
    "faults": _faults,
    "tamper": _tamper,
    "bench": _bench,
    "fuzz": _fuzz,
    "drug": _drug,
    "stop-latency": _stop_latency,
    "misled": _misled,
    "coverage": _coverage,
    "foreseen": _foreseen,
}


def main() -> None:
    """Run a command and leave with its exit code."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in COMMANDS:
        sys.exit(COMMANDS[name](arguments))
    known = name in ("-h", "--help")
    print(USAGE, end="", file=sys.stdout if known else sys.stderr)
    sys.exit(0 if known else 2)
