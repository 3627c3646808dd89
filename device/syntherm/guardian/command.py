"""`python -m syntherm.guardian CONFIG.toml`: run the guardian until it is ended."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from syntherm.guardian.config import LONGEST_FILE, ConfigRefused, read_config
from syntherm.guardian.process import Guardian
from syntherm.guardian.selftest import SelfTestFailed
from syntherm.guardian.wires import WireLost

BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when told to end, 1 after its own failure, 2 for what cannot be used to begin with."""
    parser = argparse.ArgumentParser(prog="python -m syntherm.guardian", description=__doc__)
    parser.add_argument("config", type=Path, metavar="CONFIG.toml")
    path: Path = parser.parse_args(arguments).config
    try:
        with path.open("rb") as file:
            config = read_config(file.read(LONGEST_FILE + 1), path.name)
        guardian = Guardian(config)
    except (ConfigRefused, WireLost, OSError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    print(f"guardian: link {config.link_path}; research software, not cleared for clinical use", flush=True)
    try:
        guardian.run()
    except (WireLost, SelfTestFailed, OSError) as error:
        print(f"guardian: ended by its own failure: {error}", file=sys.stderr)
        return 1
    return 0
