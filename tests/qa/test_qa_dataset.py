"""What a folder may hold, and the one clear line for everything that it may not."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntherm.qa.dataset import read_dataset
from syntherm.qa.errors import BadInput
from syntherm.qa.volumes import background_noise, read_image

IMAGE = "Vial_run_1_2_gre.nii.gz"


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return spoil


def written(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: void((folder / name).write_bytes(content))


def removed(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def cut(name: str, keep: float) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        packed = (folder / name).read_bytes()
        (folder / name).write_bytes(packed[: int(len(packed) * keep)])

    return spoil


def image(values: np.ndarray) -> nib.Nifti1Image:
    return nib.Nifti1Image(values, np.eye(4))  # type: ignore[no-untyped-call]


def stored(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        values = np.asarray(nib.Nifti1Image.from_filename(folder / name).dataobj)
        nib.save(image(change(values)), folder / name)

    return spoil


def copied(name: str, to: str) -> Callable[[Path], None]:
    return lambda folder: void((folder / to).write_bytes((folder / name).read_bytes()))


def sidecar(**changes: object) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / "Vial_run_1_2_gre.json"
        content = {**json.loads(path.read_text()), **changes}
        path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))

    return spoil


def single_voxel(labels: np.ndarray) -> np.ndarray:
    labels = labels.copy()
    labels[0, 0, 0] = 3
    return labels


def void(_: object) -> None:
    return None


SPOILT: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "no table": (removed("images.csv"), ["images.csv", "no such file", "image_prefix"]),
    "empty table": (written("images.csv", b""), ["images.csv", "no line of data"]),
    "table not UTF-8": (written("images.csv", b"\xff\xfe\x00"), ["images.csv", "UTF-8"]),
    "column missing": (replaced("images.csv", "series", "serie"), ["line 1", "the column series"]),
    "field missing": (replaced("images.csv", ",vials", ""), ["line 2", "6 fields", "7"]),
    "run no number": (replaced("images.csv", ",1,vials", ",one,vials"), ["line 2", "field run", "'one'"]),
    "echo no number": (replaced("images.csv", "4.17", "4..17"), ["line 2", "echo_times_ms", "'4..17'"]),
    "echoes unsorted": (replaced("images.csv", "4.17", "0.17"), ["line 2", "echo_times_ms", "ascending"]),
    "truth missing": (replaced("images.csv", "19.9", ""), ["line 2", "fibre_optic_start_degC", "''"]),
    "truth not finite": (replaced("images.csv", "19.9", "nan"), ["line 2", "fibre_optic_start_degC", "'nan'"]),
    "path in a name": (replaced("images.csv", ",vials", ",../vials"), ["line 2", "segmentation", "without a path"]),
    "quote left open": (replaced("images.csv", "35.1", '"35.1'), ["line 4", "broken line"]),
    "image twice": (replaced("images.csv", "Vial_run_1,2", "Vial_run_1,1"), ["line 3", "series", "again", "line 2"]),
    "image missing": (removed(IMAGE), ["line 3", "no such file", "Vial_run_1_2_*.nii.gz"]),
    "image ambiguous": (copied(IMAGE, "Vial_run_1_2_b.nii.gz"), ["line 3", "Vial_run_1_2_b.nii.gz", "one file"]),
    "image cut": (cut(IMAGE, 0.6), [IMAGE, "unreadable"]),
    "image cut at its checksum": (cut(IMAGE, 0.999), [IMAGE, "unreadable"]),
    "image not packed": (written(IMAGE, b"not gzip"), [IMAGE, "unreadable"]),
    "image packed but no image": (written(IMAGE, gzip.compress(b"x" * 400)), [IMAGE, "unreadable"]),
    "image half packed": (written(IMAGE, gzip.compress(b"x")), [IMAGE, "unreadable"]),
    "echo missing": (stored(IMAGE, lambda v: v[..., :11]), [IMAGE, "11 echoes", "12 echoes", "line 3"]),
    "one volume": (stored(IMAGE, lambda v: v[..., 0]), [IMAGE, "3 dimensions", "12 echoes"]),
    "negative magnitude": (stored(IMAGE, lambda v: v - 1000), [IMAGE, "values from -", "0 or more"]),
    "not a number": (stored(IMAGE, lambda v: np.where(v > 500, np.nan, v)), [IMAGE, "finite"]),
    "images differ": (stored(IMAGE, lambda v: v[:20]), ["line 3", "(20, 32, 1)", "(32, 32, 1)"]),
    "segmentation missing": (removed("vials.nii.gz"), ["vials.nii.gz", "no such file"]),
    "segmentation shape": (stored("vials.nii.gz", lambda v: v[:, :20]), ["vials.nii.gz", "(32, 20, 1)", "(32, 32, 1)"]),
    "segmentation empty": (stored("vials.nii.gz", np.zeros_like), ["vials.nii.gz", "labels up to 0"]),
    "label no integer": (stored("vials.nii.gz", lambda v: v * 0.5), ["vials.nii.gz", "whole numbers"]),
    "region of one voxel": (stored("vials.nii.gz", single_voxel), ["vials.nii.gz, region 3", "1 voxel", "at least 2"]),
    "sidecar missing": (removed("Vial_run_1_2_gre.json"), ["Vial_run_1_2_gre.json", "no such file"]),
    "sidecar broken": (written("Vial_run_1_2_gre.json", b"{"), ["Vial_run_1_2_gre.json", "no JSON"]),
    "sidecar a list": (written("Vial_run_1_2_gre.json", b"[]"), ["Vial_run_1_2_gre.json", "a JSON list"]),
    "no frequency": (sidecar(ImagingFrequency=None), ["field ImagingFrequency", "nothing"]),
    "frequency text": (sidecar(ImagingFrequency="123"), ["field ImagingFrequency", "'123'"]),
    "frequency of another field": (sidecar(ImagingFrequency=63.7), ["field ImagingFrequency", "63.7", "at 3 T"]),
    "another frequency": (sidecar(ImagingFrequency=123.5), ["field ImagingFrequency", "123.5 MHz", "123.27 MHz"]),
    "another echo time": (sidecar(EchoTime=0.00179), ["EchoTime 0.00179 s", "2.68 ms", "line 3"]),
    "owners broken": (written("owners_result.csv", b"run,region\n1,1\n"), ["owners_result.csv", "temperature_degC"]),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_folder_is_refused_in_one_clear_line(folder: Path, case: str) -> None:
    spoil, words = SPOILT[case]
    spoil(folder)
    with pytest.raises(BadInput) as caught:
        read_dataset(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert "found" in message
    assert "expected" in message
    assert [word for word in words if word not in message] == [], message


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damage_anywhere_in_an_image_is_refused(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.nii.gz"
    nib.save(image(np.arange(960, dtype=np.int16).reshape(8, 10, 1, 12)), path)
    packed = bytearray(path.read_bytes())
    # The first 10 bytes hold time, flags and system of the packer, which carry no image.
    at = data.draw(st.integers(10 + len("damaged.nii") + 1, len(packed) - 1))
    content = gzip.decompress(packed)
    packed[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(packed)
    try:
        read_image(path, echoes=12, named_by="line 2")
        # One run of equal bytes can be packed in many ways: another way is no damage.
        assert gzip.decompress(packed) == content
    except BadInput as error:
        assert "a whole NIfTI-1 image packed with gzip" in str(error)


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, 347), value=st.integers(0, 255))
def test_a_header_of_any_bytes_gives_an_image_or_a_clear_refusal(
    at: int, value: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "header.nii.gz"
    content = bytearray(image(np.ones((8, 10, 1, 12), dtype=np.int16)).to_bytes())
    content[at] = value
    path.write_bytes(gzip.compress(bytes(content)))
    try:
        assert read_image(path, echoes=12, named_by="line 2").shape[3] == 12
    except BadInput as error:
        assert "expected" in str(error)


def test_an_odd_header_is_not_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = bytearray(image(np.ones((8, 10, 1, 12), dtype=np.int16)).to_bytes())
    content[0] = 0  # sizeof_hdr
    path = tmp_path / "header.nii.gz"
    path.write_bytes(gzip.compress(bytes(content)))
    read_image(path, echoes=12, named_by="line 2")
    assert caplog.records == []


def test_a_whole_folder_is_read_as_it_is(folder: Path) -> None:
    dataset = read_dataset(folder)
    assert dataset.truth_degC == pytest.approx({1: 20.0, 2: 35.0})
    assert [(s.run, s.region) for s in dataset.signals] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    first = dataset.signals[0]
    assert first.magnitude.shape == (9, 24)
    assert np.all(np.diff(first.time_s) > 0)
    assert first.train.tolist() == [0, 1] * 12
    assert first.time_s[:2] == pytest.approx([1.79e-3, 2.68e-3])
    assert first.noise == pytest.approx(4.0, rel=0.15)


def test_echoes_follow_their_time_whatever_the_order_of_the_lines(folder: Path) -> None:
    before = read_dataset(folder).signals
    header, *lines = (folder / "images.csv").read_text().splitlines()
    (folder / "images.csv").write_text("\r\n".join([header, *reversed(lines), "", ""]))
    for one, other in zip(before, read_dataset(folder).signals, strict=True):
        assert np.array_equal(one.magnitude, other.magnitude)
        assert np.array_equal(one.time_s, other.time_s)


def test_a_folder_that_is_not_there_or_is_a_file(folder: Path) -> None:
    with pytest.raises(BadInput, match="found nothing"):
        read_dataset(folder / "nowhere")
    with pytest.raises(BadInput, match="found a file"):
        read_dataset(folder / "images.csv")


def test_the_noise_is_that_of_the_quietest_corner() -> None:
    channels = np.random.default_rng(3).normal(scale=5.0, size=(2, 64, 64, 1, 12))
    image = np.hypot(*channels)
    image[:8, :8] += 500.0
    assert background_noise(image) == pytest.approx(5.0, rel=0.05)
