"""Real in-vivo images through the session's thermometry. They are not part of the repository."""

import json
from pathlib import Path

import pytest

from syntherm_sim.images.command import FIGURES, images
from syntherm_sim.images.experiment import heat_images
from syntherm_sim.images.fitted_plan import Acquisition
from syntherm_sim.images.still import read_still

IMAGES = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "romeo"
pytestmark = pytest.mark.skipif(
    not (IMAGES / "Mag.nii").is_file(), reason=f"no real wrapped phase images at {IMAGES} (Mag.nii, Phase.nii)"
)


@pytest.mark.verifies("SRS-401", "SRS-402", "SRS-403", "SRS-404")
def test_a_heating_written_into_real_images_comes_back_within_its_bounds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--heat", "8", "--seed", "3", "--frames", "4", "--out", str(tmp_path), "--json"]
    assert images([str(IMAGES), *options]) == 0, capsys.readouterr().out
    figures = json.loads((tmp_path / FIGURES).read_text())
    every = figures["all_frames"]
    assert figures["image"]["shape"] == [51, 51, 41]
    assert figures["image"]["wraps_between_neighbours"] > 5000
    assert every["stated"]["coverage_95"] >= 0.93
    assert every["heated"]["coverage_95"] >= 0.93
    assert abs(every["heated"]["bias_degC"]) < 0.05
    assert every["stated"]["valid"] > 400_000
    assert every["below_noise_floor"]["valid"] == 0
    assert every["below_noise_floor"]["voxels"] > 200
    assert every["carried_across_pi"]["valid"] > 50
    assert every["carried_across_pi"]["coverage_95"] >= 0.9


@pytest.mark.verifies("SRS-402", "SRS-403")
def test_unheated_nothing_is_found_and_the_uncertainty_is_neither_too_small_nor_too_large() -> None:
    done = heat_images(read_still(IMAGES, None), Acquisition(3.0, 12.0), 0.0, 4, seed=7)
    assert done.passed
    assert abs(done.whole.stated.bias_degC) < 0.02
    assert 0.93 <= done.whole.image.coverage <= 0.97
    assert 0.9 < done.whole.image.score_rms < 1.1
