"""The command through the shipped session: what passes, what must fail, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.core.thermometry.drift import Drift, fit_drift
from syntherm.core.thermometry.thermometer import Thermal, measure
from syntherm.core.thermometry.validity import Reason
from syntherm_sim.images.agreement import Figures, Tally
from syntherm_sim.images.bars import LEAST_COVERAGE, judge
from syntherm_sim.images.command import FIGURES, PICTURE, images
from syntherm_sim.images.experiment import heat_images
from syntherm_sim.images.fitted_plan import Acquisition
from syntherm_sim.images.still import Still

Change = Callable[[Thermal], Thermal]
BASELINE_DEGC = 37.0


@pytest.mark.verifies("SRS-401", "SRS-402", "SRS-403", "SRS-404")
def test_a_known_heating_comes_back_within_its_bounds(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "out"
    assert images([str(folder), "--heat", "6", "--frames", "4", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == "PASSED"
    assert "FAIL" not in printed
    figures = json.loads((out / FIGURES).read_text())
    assert figures["all_frames"]["heated"]["valid"] > 100
    assert figures["all_frames"]["carried_across_pi"]["valid"] > 10
    assert abs(figures["all_frames"]["heated"]["bias_degC"]) < 0.05
    assert figures["noise"]["sd_learned_by_the_session"] == pytest.approx(figures["noise"]["sd_put_in"], rel=0.05)
    assert [frame["peak_degC"] for frame in figures["frames"]] == [1.5, 3.0, 4.5, 6.0]
    assert figures["session_at_the_end"][1] == "learned"
    assert (out / PICTURE).read_bytes().startswith(b"\x89PNG")


@pytest.mark.verifies("SRS-404")
def test_empty_voxels_come_out_as_noise_or_low_signal(folder: Path, tmp_path: Path) -> None:
    assert images([str(folder), "--heat", "0", "--frames", "1", "--out", str(tmp_path / "o"), "--json"]) == 0
    floor = json.loads((tmp_path / "o" / FIGURES).read_text())["all_frames"]["below_noise_floor"]
    assert floor["voxels"] >= 150
    assert floor["refused_for_want_of_signal"] == floor["voxels"]


def test_json_is_all_that_is_printed(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "o"
    images([str(folder), "--heat", "3", "--frames", "1", "--seed", "5", "--out", str(out), "--json"])
    printed = capsys.readouterr()
    assert printed.err == ""
    assert json.loads(printed.out) == json.loads((out / FIGURES).read_text())
    assert json.loads(printed.out)["seed"] == 5


def test_a_seed_repeats_its_figures(still: Still) -> None:
    first, again, other = (heat_images(still, Acquisition(7.0, 8.0), 3.0, 1, seed).frames for seed in (5, 5, 6))
    assert first == again
    assert first != other


def _failed(still: Still, peak_degC: float, frames: int) -> set[str]:
    done = heat_images(still, Acquisition(7.0, 8.0), peak_degC, frames, seed=1)
    return {bar.name for bar in done.bars if not bar.passed}


def _overconfident(thermal: Thermal) -> Thermal:
    return attrs.evolve(thermal, uncertainty_degC=thermal.uncertainty_degC / np.float32(3.0))


def _too_hot(thermal: Thermal) -> Thermal:
    rise = thermal.temperature_degC - np.float32(BASELINE_DEGC)
    return attrs.evolve(thermal, temperature_degC=np.float32(BASELINE_DEGC) + np.float32(1.2) * rise)


def _turned(thermal: Thermal) -> Thermal:
    return attrs.evolve(thermal, temperature_degC=np.float32(2.0 * BASELINE_DEGC) - thermal.temperature_degC)


def _credulous(thermal: Thermal) -> Thermal:
    return attrs.evolve(thermal, validity=np.zeros_like(thermal.validity))


def _silent(thermal: Thermal) -> Thermal:
    return attrs.evolve(thermal, validity=np.full_like(thermal.validity, Reason.LOW_SIGNAL))


def _wrong_reason(thermal: Thermal) -> Thermal:
    noise = thermal.validity == Reason.NOISE
    return attrs.evolve(thermal, validity=np.where(noise, Reason.FAT, thermal.validity).astype(np.uint8))


def _one_wrapped(thermal: Thermal) -> Thermal:
    temperature = thermal.temperature_degC.copy()
    temperature[np.flatnonzero(thermal.validity == Reason.VALID)[0]] -= np.float32(44.6)
    return attrs.evolve(thermal, temperature_degC=temperature)


@pytest.mark.parametrize(
    ("change", "bar"),
    [
        (_overconfident, "within stated 95 % bounds"),
        (_too_hot, "at least half the peak"),
        (_turned, "at least half the peak"),
        (_credulous, "below the noise floor called valid"),
        (_silent, "well seen voxels called valid"),
        (_wrong_reason, "refused for want of signal"),
        (_one_wrapped, "a wrap off"),
    ],
)
def test_a_thermometer_with_a_fault_fails_its_bar(
    change: Change, bar: str, still: Still, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*arguments: Any) -> Thermal | None:
        thermal = measure(*arguments)
        return None if thermal is None else change(thermal)

    monkeypatch.setattr("syntherm.core.observe.watching.measure", faulty)
    assert any(bar in name for name in _failed(still, 8.0, 2))


def test_a_failed_bar_is_shown_and_ends_the_command_with_1(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def overconfident(*arguments: Any) -> Thermal | None:
        thermal = measure(*arguments)
        return None if thermal is None else _overconfident(thermal)

    monkeypatch.setattr("syntherm.core.observe.watching.measure", overconfident)
    assert images([str(folder), "--heat", "4", "--frames", "1", "--out", str(tmp_path / "o")]) == 1
    printed = capsys.readouterr().out
    assert "FAIL  within stated 95 % bounds" in printed
    assert printed.splitlines()[-1] == "FAILED"
    assert json.loads((tmp_path / "o" / FIGURES).read_text())["passed"] is False


@pytest.mark.verifies("SRS-402")
def test_without_drift_correction_the_bounds_are_missed(still: Still, monkeypatch: pytest.MonkeyPatch) -> None:
    def unfitted(*arguments: Any) -> Drift | None:
        drift = fit_drift(*arguments)
        return None if drift is None else attrs.evolve(drift, field_rad=np.zeros_like(drift.field_rad))

    monkeypatch.setattr("syntherm.core.thermometry.thermometer.fit_drift", unfitted)
    assert "within stated 95 % bounds" in _failed(still, 0.0, 4)


def test_frames_whose_drift_cannot_be_fitted_are_lost_and_fail(still: Still, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = iter(range(1000))

    def often_unfitted(*arguments: Any) -> Drift | None:
        # 19 fits while learning, one for the last unheated frame, then the heating frames: the second is lost.
        return None if next(calls) == 21 else fit_drift(*arguments)

    monkeypatch.setattr("syntherm.core.thermometry.baseline.fit_drift", often_unfitted)
    monkeypatch.setattr("syntherm.core.thermometry.thermometer.fit_drift", often_unfitted)
    assert _failed(still, 4.0, 3) == {"heating frames without temperatures"}


def _stored(path: Path) -> np.ndarray:
    image: Any = nib.Nifti1Image.from_bytes(path.read_bytes())
    return np.asarray(image.dataobj.get_unscaled())


def _save(values: np.ndarray, path: Path) -> None:
    nib.save(nib.Nifti1Image(values.astype(np.float32), np.eye(4)), path)  # type: ignore[no-untyped-call]


def _cut_short(folder: Path) -> None:
    path = folder / "Phase.nii"
    path.write_bytes(path.read_bytes()[:-1000])


def _other_shape(folder: Path) -> None:
    _save(np.zeros((20, 20, 20, 2)), folder / "Phase.nii")


def _degrees(folder: Path) -> None:
    _save(np.full(_stored(folder / "Phase.nii").shape, 170.0), folder / "Phase.nii")


def _no_signal(folder: Path) -> None:
    _save(np.zeros(_stored(folder / "Mag.nii").shape), folder / "Mag.nii")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "Mag.nii").unlink(), "Mag.nii: found no such file"),
        (_cut_short, "Phase.nii: found an unreadable file"),
        (_other_shape, "Phase.nii: found shape (20, 20, 20, 2)"),
        (_degrees, "stored radians from -pi to pi"),
        (_no_signal, "images without any noise"),
        (lambda folder: (folder / "Mag.nii").write_bytes(b""), "Mag.nii: found an unreadable file"),
    ],
)
def test_bad_images_are_refused_in_one_line(
    spoil: Callable[[Path], None], said: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(folder)
    assert images([str(folder), "--heat", "4", "--out", str(tmp_path / "o")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert said in printed.err


@pytest.mark.parametrize(
    "options",
    [
        ["--heat", "hot"], ["--heat", "-0.1"], ["--heat", "20.1"], ["--heat", "nan"], ["--heat", "4", "--frames", "0"],
        ["--heat", "4", "--seed", "x"], ["--heat", "4", "--echo", "3"], ["--heat", "4", "--field-T", "70"], [],
        ["--heat", "4", "--echo-time-ms", "0"],
    ],
)  # fmt: skip
def test_bad_options_are_refused_in_one_line(
    options: list[str], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert images([str(folder), "--out", str(tmp_path / "o"), *options]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("syntherm-sim images: ")
    assert printed.err.count("\n") == 1


def test_a_missing_folder_and_a_file_in_place_of_out_are_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert images([str(tmp_path / "none"), "--heat", "4", "--out", str(tmp_path / "o")]) == 2
    assert "none: found no such folder" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert images([str(folder), "--heat", "4", "--out", str(tmp_path / "file")]) == 2
    assert "no place to write" in capsys.readouterr().err


def test_an_echo_without_empty_voxels_cannot_pass(still: Still, empty: np.ndarray) -> None:
    still.volume[empty] = np.median(np.abs(still.volume))
    assert _failed(still, 0.0, 1) == {
        "voxels below the noise floor called valid",
        "voxels below the noise floor refused for want of signal",
    }


@given(valid=st.integers(0, 10_000), share=st.floats(0.0, 1.0))
def test_coverage_passes_from_93_percent_of_at_least_one_voxel(valid: int, share: float) -> None:
    within = int(share * valid)
    tally = Tally(valid, within, 0.0, 0.0, 0.0)
    figures = _perfect(tally)
    assert all(bar.passed for bar in judge(figures, 0)) == (valid > 0 and within / valid >= LEAST_COVERAGE)
    assert not all(bar.passed for bar in judge(figures, 1))


def _perfect(tally: Tally) -> Figures:
    return Figures(
        peak_degC=1.0, stated=tally, image=tally, heated=tally, crossed=tally, reasons=(0,) * len(Reason),
        floor_voxels=5, floor_valid=0, floor_no_signal=5, well_seen=10, well_seen_valid=10, wraps_off=0,
    )  # fmt: skip
