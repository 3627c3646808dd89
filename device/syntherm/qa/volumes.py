"""Images and segmentation from `.nii.gz` files, checked before anything is measured in them."""

import gzip
import logging
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nibabel as nib
import nibabel.imageglobals
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError
from numpy.typing import NDArray

from syntherm.qa.errors import bad

_CORNER_VOXELS = 8
UNREADABLE = (
    OSError,
    EOFError,
    zlib.error,
    ValueError,
    OverflowError,
    MemoryError,  # a damaged header can claim any size
    HeaderDataError,
    ImageFileError,
    WrapStructError,
)
"""What reading a damaged image file can raise."""


def read_image(path: Path, echoes: int, named_by: str) -> NDArray[np.float64]:
    """Magnitude, (x, y, z, echo).

    Raises `BadInput` for an unreadable file, another number of echoes than `named_by` lists, or a value that is
    negative or not finite (a phase image, a damaged one).
    """
    image = _read(path)
    if image.ndim != 4 or image.shape[3] != echoes:
        found = f"{image.shape[3]} echoes" if image.ndim == 4 else f"{image.ndim} dimensions {image.shape}"
        raise bad(path, found, f"4 dimensions, the last of {echoes} echoes ({named_by})")
    if not np.all(np.isfinite(image)) or image.min() < 0.0:
        raise bad(path, f"values from {image.min():g} to {image.max():g}", "finite magnitudes, 0 or more")
    return image


def read_segmentation(path: Path, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Labels, (x, y, z): 0 outside, 1..n for the regions. Raises `BadInput`."""
    values = _read(path)
    values = values[..., 0] if values.ndim == 4 and values.shape[3] == 1 else values
    if values.shape != shape:
        raise bad(path, f"shape {values.shape}", f"{shape} as the images that it belongs to")
    if not np.all(np.isfinite(values)) or np.any(values != np.round(values)) or values.min() < 0.0:
        raise bad(path, "labels that are no whole numbers from 0", "0 outside and 1, 2, ... in the regions")
    if values.max() < 1.0 or values.max() > 10_000.0:
        raise bad(path, f"labels up to {values.max():g}", "at least one region, labelled 1, 2, ...")
    return values.astype(np.intp)


def background_noise(image: NDArray[np.float64]) -> float:
    """Noise of one channel, from the quietest corner of the image: there the magnitude is Rayleigh distributed.

    0 where the scanner has blanked the background: then the noise floor is not corrected.
    """
    n = _CORNER_VOXELS
    ends = (slice(None, n), slice(-n, None))
    return float(np.sqrt(min(np.mean(image[x, y] ** 2) for x in ends for y in ends) / 2.0))


def _read(path: Path) -> NDArray[np.float64]:
    try:
        # Unpacked as a whole: only the end of the stream holds the checksum that shows a damaged file.
        content = gzip.decompress(path.read_bytes())
        with _quiet():
            values = np.asarray(nib.Nifti1Image.from_bytes(content).get_fdata(), dtype=np.float64)
    except FileNotFoundError:
        raise bad(path, "no such file", "an image (.nii.gz)") from None
    except UNREADABLE as error:
        raise bad(path, f"an unreadable file ({error})", "a whole NIfTI-1 image packed with gzip") from error
    if values.size == 0:
        raise bad(path, f"an empty image of shape {values.shape}", "voxels")
    return values


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library from writing each oddity of a header to standard error: what matters is refused, in one line."""
    logger: logging.Logger = nibabel.imageglobals.logger
    logger.addFilter(_drop)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.removeFilter(_drop)


def _drop(record: logging.LogRecord) -> bool:
    return False
