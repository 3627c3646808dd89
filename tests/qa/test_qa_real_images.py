"""Real images at 1.5 T and 3 T, against the fibre-optic thermometer. They are not part of the repository."""

from math import inf
from pathlib import Path

import attrs
import numpy as np
import pytest

from syntherm.qa.agreement import Agreement, Limits
from syntherm.qa.command import check
from syntherm.qa.dataset import Dataset, read_dataset
from syntherm.qa.report import Outcome

IMAGES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "ethylene_glycol"
FIELDS = ("1.5T", "3T")
pytestmark = pytest.mark.skipif(not IMAGES.is_dir(), reason=f"no real phantom images at {IMAGES}")


@pytest.fixture(scope="module", params=FIELDS)
def dataset(request: pytest.FixtureRequest) -> Dataset:
    return read_dataset(IMAGES / request.param)


@pytest.fixture(scope="module")
def outcome(dataset: Dataset) -> Outcome:
    return check(dataset, Limits(bias_degC=1.5, sd_degC=0.8))


def test_every_region_is_within_1_5_degC_bias_and_0_8_degC_sd(outcome: Outcome) -> None:
    assert outcome.failures == ()
    assert len(outcome.regions) == 2
    for region in outcome.regions:
        assert abs(region.bias_degC) <= 1.5
        assert region.sd_degC <= 0.8


def test_over_its_regions_the_error_is_about_the_owners_or_less(outcome: Outcome) -> None:
    def rms_degC(regions: tuple[Agreement, ...]) -> float:
        return float(np.sqrt(np.mean([r.bias_degC**2 + r.sd_degC**2 for r in regions])))

    # 0.2 degC: what four voxels of a vial, the fewest, can tell apart at best.
    assert rms_degC(outcome.regions) <= rms_degC(outcome.owners) + 0.2


def test_the_stated_uncertainties_are_those_of_the_errors(outcome: Outcome) -> None:
    scores = [c.error_degC / c.uncertainty_degC for c in outcome.comparisons]
    assert max(map(abs, scores)) < 3.0
    assert 0.3 < np.sqrt(np.mean(np.square(scores))) < 1.5


@pytest.mark.parametrize("noise_fraction", [0.02])
def test_added_noise_leaves_the_limits_kept(dataset: Dataset, noise_fraction: float) -> None:
    rng = np.random.default_rng(0)
    noisy = []
    for signal in dataset.signals:
        scale = noise_fraction * signal.magnitude.max()
        channel = rng.normal(scale=scale, size=(2, *signal.magnitude.shape))
        magnitude = np.hypot(signal.magnitude + channel[0], channel[1])
        noisy.append(attrs.evolve(signal, magnitude=magnitude, noise=float(np.hypot(signal.noise, scale))))
    found = check(attrs.evolve(dataset, signals=tuple(noisy)), Limits(bias_degC=1.5, sd_degC=0.8))
    assert found.failures == ()


def test_without_a_sixth_of_the_echoes_the_temperatures_stay(dataset: Dataset, outcome: Outcome) -> None:
    keep = np.array([echo for echo in range(24) if echo % 6 != 3])
    fewer = tuple(
        attrs.evolve(s, time_s=s.time_s[keep], train=s.train[keep], magnitude=s.magnitude[:, keep])
        for s in dataset.signals
    )
    found = check(attrs.evolve(dataset, signals=fewer), Limits(inf, inf))
    for one, other in zip(outcome.comparisons, found.comparisons, strict=True):
        assert abs(one.measured_degC - other.measured_degC) < max(1.0, one.uncertainty_degC)
