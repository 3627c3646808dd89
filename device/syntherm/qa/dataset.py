"""A folder of phantom images as frozen values: `images.csv`, its images, their sidecars and the segmentation."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import attrs
import numpy as np
from numpy.typing import NDArray

from syntherm.qa.errors import bad
from syntherm.qa.sidecar import Sidecar, read_sidecar
from syntherm.qa.tables import ImageRow, Reading, read_images, read_owners
from syntherm.qa.volumes import background_noise, read_image, read_segmentation

IMAGES_CSV = "images.csv"
OWNERS_CSV = "owners_result.csv"
FEWEST_ECHOES = 12
FEWEST_VOXELS = 2
_FREQUENCY_TOLERANCE = 1e-4


@attrs.frozen(eq=False)
class RegionSignal:
    """One region of one run, all echo trains together, in the order of echo time.

    `time_s`, `train`: (echoes,), echo time and number of the train from 0. `magnitude`: (voxels, echoes), as stored.
    `noise`: standard deviation of the noise of one channel (the Rayleigh parameter of the background), as stored.
    """

    run: int
    region: int
    frequency_MHz: float
    time_s: NDArray[np.float64]
    train: NDArray[np.intp]
    magnitude: NDArray[np.float64]
    noise: float


@attrs.frozen
class Dataset:
    """All regions of all runs; `truth_degC` by run; the owners' own readings, empty where the folder has none."""

    folder: Path
    field_T: float
    signals: tuple[RegionSignal, ...]
    truth_degC: dict[int, float]
    owners: tuple[Reading, ...]


@attrs.frozen(eq=False)
class _Train:
    row: ImageRow
    sidecar: Sidecar
    image: NDArray[np.float64]
    noise: float


def read_dataset(folder: Path) -> Dataset:
    """Read and check a whole folder.

    Raises `BadInput` at the first thing that is missing, unreadable or contradicts something else.
    """
    if not folder.is_dir():
        raise bad(folder, "a file" if folder.exists() else "nothing", "a folder with images.csv and its images")
    rows = sorted(read_images(folder / IMAGES_CSV), key=lambda row: row.run)
    signals: list[RegionSignal] = []
    truth: dict[int, float] = {}
    fields: list[float] = []
    for run, group in groupby(rows, key=lambda row: row.run):
        trains = [_read_train(folder, row) for row in group]
        signals += _regions_of(folder, run, trains)
        truth[run] = float(np.mean([train.row.truth_degC for train in trains]))
        fields += [train.sidecar.field_T for train in trains]
    if max(fields) - min(fields) > 0.1:
        raise bad(folder, f"images of {min(fields):g} T and {max(fields):g} T", "one field strength in a folder")
    return Dataset(folder, fields[0], tuple(signals), truth, _owners(folder / OWNERS_CSV, truth))


def _owners(path: Path, truth_degC: dict[int, float]) -> tuple[Reading, ...]:
    readings = read_owners(path) if path.exists() else ()
    unknown = sorted({reading.run for reading in readings} - set(truth_degC))
    if unknown:
        runs = ", ".join(map(str, truth_degC))
        raise bad(f"{path}, field run", f"run {unknown[0]}", f"the runs of images.csv ({runs})")
    return readings


def _read_train(folder: Path, row: ImageRow) -> _Train:
    path = _image_path(folder, row)
    sidecar = read_sidecar(path.with_name(path.name.removesuffix(".nii.gz") + ".json"))
    first_ms = row.echo_times_ms[0]
    if abs(sidecar.echo_time_s * 1e3 - first_ms) > 0.01:
        raise bad(sidecar.path, f"EchoTime {sidecar.echo_time_s:g} s", f"{first_ms:g} ms as in {row.where}")
    image = read_image(path, echoes=len(row.echo_times_ms), named_by=row.where)
    return _Train(row, sidecar, image, background_noise(image))


def _image_path(folder: Path, row: ImageRow) -> Path:
    start = f"{row.image_prefix}_{row.series}_"
    found = sorted(p for p in folder.iterdir() if p.name.startswith(start) and p.name.endswith(".nii.gz"))
    if len(found) != 1:
        names = ", ".join(p.name for p in found) or "no such file"
        raise bad(f"{row.where}, field series", names, f"one file {start}*.nii.gz in {folder}")
    return found[0]


def _regions_of(folder: Path, run: int, trains: list[_Train]) -> Iterable[RegionSignal]:
    _check_trains_agree(run, trains)
    first = trains[0]
    time_s = np.concatenate([train.row.echo_times_ms for train in trains]) * 1e-3
    number = np.repeat(np.arange(len(trains)), [len(train.row.echo_times_ms) for train in trains])
    if len(time_s) < FEWEST_ECHOES:
        raise bad(first.row.where, f"{len(time_s)} echoes in run {run}", f"at least {FEWEST_ECHOES} over its trains")
    order = np.argsort(time_s, kind="stable")
    stack = np.concatenate([train.image for train in trains], axis=-1)[..., order]
    noise = float(np.mean([train.noise for train in trains]))
    labels = read_segmentation(folder / f"{first.row.segmentation}.nii.gz", first.image.shape[:3])
    for region in np.unique(labels[labels > 0]).tolist():
        voxels = stack[labels == region]
        if len(voxels) < FEWEST_VOXELS:
            where = f"{first.row.segmentation}.nii.gz, region {region}"
            raise bad(where, f"{len(voxels)} voxel", f"at least {FEWEST_VOXELS}")
        yield RegionSignal(run, region, first.sidecar.frequency_MHz, time_s[order], number[order], voxels, noise)


def _check_trains_agree(run: int, trains: list[_Train]) -> None:
    first = trains[0]
    for train in trains[1:]:
        if train.row.segmentation != first.row.segmentation:
            expected = f"{first.row.segmentation} as for the rest of run {run}"
            raise bad(f"{train.row.where}, field segmentation", train.row.segmentation, expected)
        if train.image.shape[:3] != first.image.shape[:3]:
            found = f"shape {train.image.shape[:3]}"
            raise bad(f"{train.row.where}, its image", found, f"{first.image.shape[:3]} as in the first of run {run}")
        found_MHz, first_MHz = train.sidecar.frequency_MHz, first.sidecar.frequency_MHz
        if abs(found_MHz / first_MHz - 1.0) > _FREQUENCY_TOLERANCE:
            expected = f"{first_MHz:g} MHz as in the first image of run {run}"
            raise bad(f"{train.sidecar.path}, field ImagingFrequency", f"{found_MHz:g} MHz", expected)
