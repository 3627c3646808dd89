"""One real complex image, read from the magnitude and phase of a multi-echo gradient echo."""

from math import pi
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from syntherm.core.events import ComplexVolume
from syntherm.qa.errors import bad
from syntherm.qa.volumes import UNREADABLE

MAGNITUDE, PHASE = "Mag.nii", "Phase.nii"
FEWEST_VOXELS = 16
"""Per axis: fewer leave no room for a hot spot with unheated references around it."""
_ROUNDING_RAD = 1e-3


@frozen(eq=False)
class Still:
    """The image of one echo (counted from 1), of `echoes`. The magnitude's scale is arbitrary."""

    volume: ComplexVolume
    voxel_mm: tuple[float, float, float]
    echo: int
    echoes: int


def read_still(folder: Path, echo: int | None) -> Still:
    """The complex image of `echo` (None: the last) from `Mag.nii` and `Phase.nii`, both (x, y, z, echo).

    Raises BadInput for a missing, damaged or contradictory file. Stored values are taken unscaled: some writers leave
    a slope in the header that shrinks a phase which is already in radians.
    """
    if not folder.is_dir():
        raise bad(folder, "no such folder", f"a folder with {MAGNITUDE} and {PHASE}")
    magnitude, voxel_mm = _read(folder / MAGNITUDE)
    phase, _ = _read(folder / PHASE)
    if phase.shape != magnitude.shape:
        raise bad(folder / PHASE, f"shape {phase.shape}", f"{magnitude.shape} as {MAGNITUDE}")
    if magnitude.min() < 0.0:
        raise bad(folder / MAGNITUDE, f"values down to {magnitude.min():g}", "magnitudes, 0 or more")
    if np.abs(phase).max() > pi + _ROUNDING_RAD:
        found = f"values from {phase.min():g} to {phase.max():g}"
        raise bad(folder / PHASE, found, "stored radians from -pi to pi")
    echoes = magnitude.shape[3]
    chosen = echoes if echo is None else echo
    if not 1 <= chosen <= echoes:
        raise bad("--echo", str(chosen), f"1 to {echoes}, the echoes of {folder / MAGNITUDE}")
    volume = magnitude[..., chosen - 1] * np.exp(1j * phase[..., chosen - 1])
    return Still(np.ascontiguousarray(volume, dtype=np.complex64), voxel_mm, chosen, echoes)


def _read(path: Path) -> tuple[NDArray[np.float64], tuple[float, float, float]]:
    try:
        # From bytes: nibabel maps a file into memory, and one cut short would only show on use.
        image: Any = nib.Nifti1Image.from_bytes(path.read_bytes())
        values = np.asarray(image.dataobj.get_unscaled(), dtype=np.float64)
        spacing = [float(mm) for mm in image.header.get_zooms()]
    except FileNotFoundError:
        raise bad(path, "no such file", "a NIfTI-1 image, (x, y, z, echo)") from None
    except UNREADABLE as error:
        raise bad(path, f"an unreadable file ({error})", "a whole NIfTI-1 image, (x, y, z, echo)") from error
    return _checked(path, values), _spacing(path, spacing)


def _checked(path: Path, values: NDArray[np.float64]) -> NDArray[np.float64]:
    if values.ndim != 4 or min(values.shape[:3]) < FEWEST_VOXELS or values.shape[3] < 1:
        raise bad(path, f"shape {values.shape}", f"(x, y, z, echo) with at least {FEWEST_VOXELS} voxels per axis")
    if not np.isfinite(values).all():
        raise bad(path, "values that are not finite", "numbers")
    return values


def _spacing(path: Path, spacing: list[float]) -> tuple[float, float, float]:
    if len(spacing) < 3 or not all(0.0 < mm < float("inf") for mm in spacing[:3]):
        raise bad(path, f"voxels of {spacing[:3]} mm", "three sizes above 0")
    return spacing[0], spacing[1], spacing[2]
