"""`python -m syntherm.guardian CONFIG.toml`: run the guardian until it is ended."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from syntherm.guardian.config import LONGEST_FILE, ConfigRefused, read_config
from syntherm.guardian.process import Guardian
from syntherm.guardian.selftest import SelfTestFailed
from syntherm.guardian.wires import WireLost

BAD_INPUT = 2
PRIORITY = 10
"""Of the real-time priorities a low one: ahead of all that has none, behind what drives the machine."""


def _ahead() -> bool:
    """Let no ordinary process make the guardian wait; False where the system does not allow that."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
    except OSError:
        return False
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when told to end, 1 after its own failure, 2 for what cannot be used to begin with."""
    parser = argparse.ArgumentParser(prog="python -m syntherm.guardian", description=__doc__)
    parser.add_argument("config", type=Path, metavar="CONFIG.toml")
    path: Path = parser.parse_args(arguments).config
    ahead = _ahead()  # before the ports are opened, whose threads inherit it
    try:
        with path.open("rb") as file:
            config = read_config(file.read(LONGEST_FILE + 1), path.name)
        guardian = Guardian(config)
    except (ConfigRefused, WireLost, OSError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    says = "real-time priority" if ahead else "NO real-time priority: a busy machine delays it"
    print(f"guardian: link {config.link_path}; {says}; research software, not cleared for clinical use", flush=True)
    try:
        guardian.run()
    except (WireLost, SelfTestFailed, OSError) as error:
        print(f"guardian: ended by its own failure: {error}", file=sys.stderr)
        return 1
    return 0
