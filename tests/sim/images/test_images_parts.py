"""Reading, noise, places and heating: what each must find in an image whose truth is known."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntherm.core.plan.rules_space import are_apart
from syntherm.core.thermometry.regions import inside, lay_out
from syntherm.qa.errors import BadInput
from syntherm_sim.images.experiment import count_wraps
from syntherm_sim.images.fitted_plan import Acquisition, fit_plan, read_template
from syntherm_sim.images.heating import hot_spot
from syntherm_sim.images.noise import FALSE_ALARM, noise_floor, noise_sd
from syntherm_sim.images.places import find_places
from syntherm_sim.images.still import Still, read_still

NOISE = 0.01
SEVEN_TESLA = Acquisition(7.0, 8.0)


def test_the_header_slope_is_ignored_and_the_last_echo_is_the_default(folder: Path) -> None:
    still = read_still(folder, None)
    assert (still.echo, still.echoes) == (2, 2)
    assert still.voxel_mm == (1.0, 1.0, 1.5)
    # Shrunk a thousandfold, no phase would come near a half turn.
    assert np.abs(np.angle(still.volume)).max() > 3.0
    assert np.median(np.abs(still.volume)) == pytest.approx(0.3 * 0.9**2, rel=0.1)
    assert count_wraps(still) > 100


def test_an_earlier_echo_is_another_image(folder: Path) -> None:
    first, last = read_still(folder, 1), read_still(folder, 2)
    assert np.median(np.abs(first.volume)) == pytest.approx(np.median(np.abs(last.volume)) / 0.9, rel=0.02)


def test_the_noise_is_found_though_tissue_fills_the_image_and_errs_on_the_large_side(still: Still) -> None:
    assert 0.98 * NOISE < noise_sd(still.volume) < 1.12 * NOISE
    assert noise_sd(np.asarray(1j * still.volume * 7.0)) == pytest.approx(7.0 * noise_sd(still.volume))


@settings(max_examples=20, deadline=None)
@given(sd=st.floats(1e-4, 1e3), seed=st.integers(0, 1000))
def test_the_noise_floor_is_passed_by_noise_once_in_a_thousand(sd: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    empty = np.hypot(*rng.normal(scale=sd, size=(2, 40_000)))
    assert 0.3 * FALSE_ALARM < (empty > noise_floor(sd)).mean() < 2.5 * FALSE_ALARM


def test_regions_avoid_the_voids_keep_apart_and_stay_unheated(still: Still, empty: np.ndarray) -> None:
    places = find_places(still, 12.0 * NOISE)
    plan = fit_plan(read_template(), still, places, SEVEN_TESLA)
    layout = lay_out(plan)
    assert len(places.references) == 8
    for reference in places.references:
        voxels = inside(reference, layout.points_mm)
        assert len(voxels) >= 12
        assert are_apart(reference, places.target)
        assert are_apart(reference, places.guard)
        assert empty.reshape(-1)[voxels].sum() == 0
    spread_mm = np.ptp([reference.centre_mm for reference in places.references], axis=0)
    assert (spread_mm >= 0.6 * np.array(still.volume.shape) * still.voxel_mm).all()
    heating = hot_spot(plan, places.hot_sd_mm, 20.0, 4)
    assert heating.rise_at(heating.frames)[layout.reference].max() < 0.02


def test_a_region_moves_away_from_a_void_beside_it(still: Still) -> None:
    before_mm = find_places(still, 12.0 * NOISE).target.centre_mm
    x, y, z = (round(c / mm) for c, mm in zip(before_mm, still.voxel_mm, strict=True))
    still.volume[x - 5 : x - 1, y - 5 : y + 6, z - 5 : z + 6] = 0.0
    after_mm = find_places(still, 12.0 * NOISE).target.centre_mm
    assert after_mm[0] > before_mm[0]


def test_the_heating_starts_after_the_unheated_frames_and_ends_at_its_peak(still: Still) -> None:
    places = find_places(still, 12.0 * NOISE)
    plan = fit_plan(read_template(), still, places, SEVEN_TESLA)
    heating = hot_spot(plan, places.hot_sd_mm, 6.0, 3)
    learned = plan.calibration.baseline_frames
    assert heating.frames == learned + 3
    peaks = [float(heating.rise_at(sequence).max()) for sequence in (1, learned, learned + 1, learned + 2, learned + 3)]
    assert peaks == pytest.approx([0.0, 0.0, 2.0, 4.0, 6.0])


def test_a_folder_without_its_phase_is_refused(folder: Path) -> None:
    (folder / "Phase.nii").unlink()
    with pytest.raises(BadInput, match=r"Phase\.nii: found no such file"):
        read_still(folder, None)
