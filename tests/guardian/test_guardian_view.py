"""The guardian's own temperature: what it finds in made images, and what it calls unreadable."""

import guardian_bench as bench
import numpy as np
import pytest

from syntherm.guardian.config import read_config
from syntherm.guardian.mrd import Image
from syntherm.guardian.view import UNREADABLE, View

pytestmark = pytest.mark.verifies("SRS-907", "RC-17")

SETTINGS = read_config(bench.config_text().encode(), "guardian.toml").view


def image(data: np.ndarray, slice_number: int = 0) -> Image:
    nz, ny, nx = data.shape
    return Image((nx, ny, nz), 1, slice_number, data.tobytes())


def learned() -> View:
    view = View(SETTINGS)
    for number in range(SETTINGS.baseline_frames):
        seen = view.take(image(bench.volume(seed=number)), may_learn=True)
        assert seen is not None
        assert seen.temperature_degC is None
        assert seen.readable
    return view


@pytest.mark.parametrize("rise_degC", [0.0, 4.0, 7.5, -3.0])
@pytest.mark.parametrize("drift_rad", [0.0, 0.5, -3.0, 3.1])
def test_it_finds_the_heat_and_not_the_drift(rise_degC: float, drift_rad: float) -> None:
    seen = learned().take(image(bench.volume(rise_degC, seed=9, drift_rad=drift_rad)), may_learn=False)
    assert seen is not None
    assert seen.temperature_degC == pytest.approx(bench.START_degC + rise_degC, abs=0.5)


def test_the_same_image_twice_is_frozen() -> None:
    view, heated = learned(), image(bench.volume(2.0, seed=9))
    assert not view.take(heated, may_learn=False).frozen
    assert view.take(heated, may_learn=False).frozen


def test_an_image_without_numbers_is_unreadable() -> None:
    for place in ((0, 2, 2), (0, 2, 6)):
        broken = bench.volume(seed=9)
        broken[place] = np.nan
        assert learned().take(image(broken), may_learn=False) == UNREADABLE
        assert View(SETTINGS).take(image(broken), may_learn=True) == UNREADABLE


def test_a_target_without_signal_is_unreadable() -> None:
    assert learned().take(image(0.01 * bench.volume(seed=9)), may_learn=False) == UNREADABLE


def test_another_matrix_is_unreadable() -> None:
    assert learned().take(image(bench.volume(seed=9)[:, :5, :].copy()), may_learn=False) == UNREADABLE


def test_no_baseline_is_learned_with_the_enable_on() -> None:
    assert View(SETTINGS).take(image(bench.volume()), may_learn=False) == UNREADABLE


def test_slices_make_a_volume_and_a_missing_one_does_not() -> None:
    view, heated = learned(), bench.volume(5.0, seed=9)
    assert view.take(image(heated[:1]), may_learn=False) is None
    seen = view.take(image(heated[1:], 1), may_learn=False)
    assert seen is not None
    assert seen.temperature_degC == pytest.approx(42.0, abs=0.5)
    assert view.take(image(heated[1:], 1), may_learn=False) == UNREADABLE
