"""Real images with a truth: a phantom beside fibre-optic probes, in-vivo images with a heating written in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.core.thermometry.validity import Reason
from syntherm.qa.agreement import Limits
from syntherm.qa.command import check
from syntherm.qa.dataset import read_dataset
from syntherm_sim.images.experiment import heat_images
from syntherm_sim.images.fitted_plan import ASSUMED_ECHO_SPACING_MS, ASSUMED_FIELD_T, Acquisition
from syntherm_sim.images.still import read_still

PHANTOMS: Final = ("ethylene_glycol/1.5T", "ethylene_glycol/3T")
IN_VIVO: Final = "romeo"
HEAT_DEGC: Final = 6.0
_FRAMES: Final = 4


@attrs.frozen(eq=False)
class Real:
    """Error over standard uncertainty. `truths`: how many independent readings the truth rests on; 0 if written in."""

    name: str
    scores: NDArray[np.float32]
    truths: int


def real(folder: Path) -> Iterator[Real]:
    """What the folder holds of them, one after the other. Raises BadInput for what cannot be read."""
    for name in PHANTOMS:
        if (folder / name).is_dir():
            compared = check(read_dataset(folder / name), Limits()).comparisons
            scores = [each.error_degC / each.uncertainty_degC for each in compared if np.isfinite(each.error_degC)]
            yield Real(f"phantom, {Path(name).name}", np.asarray(scores, np.float32), len({c.run for c in compared}))
    if (folder / IN_VIVO).is_dir():
        yield _in_vivo(folder / IN_VIVO)


def _in_vivo(folder: Path) -> Real:
    still = read_still(folder, None)
    acquired = Acquisition(ASSUMED_FIELD_T, ASSUMED_ECHO_SPACING_MS * still.echo)
    done = heat_images(still, acquired, HEAT_DEGC, _FRAMES, 1, watched=True)
    thermal = done.last.thermal
    valid = thermal.validity == Reason.VALID
    error = thermal.temperature_degC - done.plan.heating.baseline_degC - done.last.put_in_degC
    return Real("in vivo, heating written in", (error / thermal.uncertainty_degC)[valid].astype(np.float32), 0)
