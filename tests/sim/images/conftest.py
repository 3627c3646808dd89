"""A small synthetic image, laid out as real ones are: textured tissue, wrapped phase, and two empty voids."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from syntherm_sim.images.still import Still, read_still

SHAPE = (28, 26, 20)
VOIDS = ((slice(20, 25), slice(3, 8), slice(9, 13)), (slice(3, 7), slice(18, 22), slice(8, 12)))
NOISE = 0.01
HEADER_SLOPE = 0.001


def synthetic(seed: int = 0, noise: float = NOISE) -> tuple[np.ndarray, np.ndarray]:
    """Magnitude and phase, (x, y, z, 2 echoes); the second echo is the darker one, with the steeper phase."""
    rng = np.random.default_rng(seed)
    x, y, z = np.meshgrid(*(np.linspace(-1.0, 1.0, n) for n in SHAPE), indexing="ij")
    tissue = 0.3 + 0.02 * np.cos(4.0 * x + 2.0 * y)
    for void in VOIDS:
        tissue[void] = 0.0
    echoes = []
    for echo in (1, 2):
        phase = echo * (3.0 * y + 1.0 * x * x + 0.5 * z)
        clean = tissue * 0.9**echo * np.exp(1j * phase)
        echoes.append(clean + rng.normal(scale=noise, size=SHAPE) + 1j * rng.normal(scale=noise, size=SHAPE))
    volumes = np.stack(echoes, axis=-1)
    return np.abs(volumes), np.angle(volumes)


def save(values: np.ndarray, path: Path) -> None:
    image = nib.Nifti1Image(values.astype(np.float32), np.diag([1.0, 1.0, 1.5, 1.0]))  # type: ignore[no-untyped-call]
    content = bytearray(image.to_bytes())
    # A slope beside stored values that need none, at the place that NIfTI-1 gives it.
    content[112:116] = np.float32(HEADER_SLOPE).tobytes()
    path.write_bytes(content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "images"
    place.mkdir()
    magnitude, phase = synthetic()
    save(magnitude, place / "Mag.nii")
    save(phase, place / "Phase.nii")
    return place


@pytest.fixture
def still(folder: Path) -> Still:
    """The second echo of the folder."""
    return read_still(folder, None)


@pytest.fixture
def empty() -> np.ndarray:
    """Voxels that hold nothing but noise."""
    mask = np.zeros(SHAPE, dtype=bool)
    for void in VOIDS:
        mask[void] = True
    return mask
