"""Runs the trials on a failing disk in a process of their own, with the shim before its C library."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from syntherm_verify.crash.failing import Failure
from syntherm_verify.crash.flaws import NoShim, built
from syntherm_verify.recording.options import folder


def failures(count: int, seed: int) -> Iterator[Failure]:
    """So many trials. Raises NoShim if the shim cannot be made, or its process ends by itself."""
    with folder(in_memory=True) as name:
        place = Path(name).resolve()
        shim = built(place)
        program = ["-m", "syntherm_verify.crash.failing", str(shim), str(place), str(count), str(seed)]
        environment = {**os.environ, "LD_PRELOAD": str(shim)}
        with subprocess.Popen([sys.executable, *program], env=environment, stdout=subprocess.PIPE, text=True) as trial:
            for line in trial.stdout or ():
                raw = json.loads(line)
                yield Failure(raw["flaw"], raw["session"], raw["hits"], raw["raised"], tuple(raw["problems"]))
        if trial.returncode != 0:
            raise NoShim(f"the process with the failing disk ended with {trial.returncode}")
