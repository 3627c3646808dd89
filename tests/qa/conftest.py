"""A synthetic phantom folder, laid out as a site's own: two runs of two interleaved trains, two vials."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import attrs
import nibabel as nib
import numpy as np
import pytest

from syntherm.qa.model import Echoes, magnitude, shift_ppm

TRAINS_ms = (tuple(round(1.79 + 2.38 * i, 2) for i in range(12)), tuple(round(2.68 + 2.38 * i, 2) for i in range(12)))
HEADER = "image_prefix,series,echo_times_ms,run,segmentation,fibre_optic_start_degC,fibre_optic_end_degC"


@attrs.frozen
class Phantom:
    """What lies in the folder: the truth, an error that only the images have, and the scanner."""

    truth_degC: tuple[float, ...] = (20.0, 35.0)
    image_error_degC: float = 0.0
    field_T: float = 3.0
    noise: float = 4.0

    @property
    def frequency_MHz(self) -> float:
        return 41.09 * self.field_T


def image_of(phantom: Phantom, times_ms: tuple[float, ...], temperature_degC: float, seed: int) -> np.ndarray:
    times_s = np.array(times_ms) * 1e-3
    echoes = Echoes(times_s, np.ones_like(times_s), np.zeros(len(times_s), dtype=np.intp), phantom.frequency_MHz)
    signal = magnitude(np.array([600.0, 300.0, 12.0, 18.0, shift_ppm(temperature_degC), 0.0, 100.0]), echoes)
    image = np.zeros((32, 32, 1, len(times_ms)))
    image[10:13, 10:13, 0] = signal
    image[20:23, 20:23, 0] = 0.8 * signal
    rng = np.random.default_rng(seed)
    noise = rng.normal(scale=phantom.noise, size=(2, *image.shape))
    return np.asarray(np.hypot(image + noise[0], noise[1]).astype(np.int16))


def save(values: np.ndarray, path: Path) -> None:
    nib.save(nib.Nifti1Image(values, np.eye(4)), path)  # type: ignore[no-untyped-call]


def write_phantom(folder: Path, phantom: Phantom) -> Path:
    lines = [HEADER]
    for run, truth_degC in enumerate(phantom.truth_degC, start=1):
        for train, times_ms in enumerate(TRAINS_ms):
            name = f"Vial_run_{run}_{train + 1}_gre"
            image = image_of(phantom, times_ms, truth_degC + phantom.image_error_degC, seed=10 * run + train)
            save(image, folder / f"{name}.nii.gz")
            sidecar = {
                "MagneticFieldStrength": phantom.field_T,
                "ImagingFrequency": phantom.frequency_MHz,
                "EchoTime": times_ms[0] * 1e-3,
            }
            (folder / f"{name}.json").write_text(json.dumps(sidecar))
            times = " ".join(map(str, times_ms))
            lines.append(f"Vial_run_{run},{train + 1},{times},{run},vials,{truth_degC - 0.1},{truth_degC + 0.1}")
    labels = np.zeros((32, 32, 1), dtype=np.uint16)
    labels[10:13, 10:13], labels[20:23, 20:23] = 1, 2
    save(labels, folder / "vials.nii.gz")
    (folder / "images.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="session")
def phantom_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[float], Path]:
    """The folder of a phantom whose images show an error of so many degC; each written once, to be left as it is."""
    folders: dict[float, Path] = {}

    def make(image_error_degC: float = 0.0) -> Path:
        if image_error_degC not in folders:
            folder = tmp_path_factory.mktemp("phantom")
            folders[image_error_degC] = write_phantom(folder, Phantom(image_error_degC=image_error_degC))
        return folders[image_error_degC]

    return make


@pytest.fixture
def folder(tmp_path: Path, phantom_folder: Callable[[float], Path]) -> Path:
    """A folder of a test's own, to spoil."""
    return shutil.copytree(phantom_folder(0.0), tmp_path / "phantom")
