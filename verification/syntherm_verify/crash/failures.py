"""Runs the trials on a failing disk in a process of their own, with the shim before its C library."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from syntherm_verify.crash.failing import Failure
from syntherm_verify.crash.flaws import NoShim, built
from syntherm_verify.recording.options import folder

WRITES: Final = 120
"""Of a life: enough for the log to be folded into the database on the way."""


def failures(count: int, seed: int, writes: int = WRITES) -> Iterator[Failure]:
    """So many trials, on lives of so many writes. Raises NoShim if there is no shim, or its process ends by itself."""
    with folder(in_memory=True) as name:
        place = Path(name).resolve()
        shim = built(place)
        program = ["-m", "syntherm_verify.crash.failing", str(shim), str(place), str(count), str(seed), str(writes)]
        environment = {**os.environ, "LD_PRELOAD": str(shim)}
        with subprocess.Popen([sys.executable, *program], env=environment, stdout=subprocess.PIPE, text=True) as trial:
            for line in trial.stdout or ():
                raw = json.loads(line)
                yield Failure(raw["flaw"], raw["session"], raw["hits"], raw["raised"], tuple(raw["problems"]))
        if trial.returncode != 0:
            raise NoShim(f"the process with the failing disk ended with {trial.returncode}")
