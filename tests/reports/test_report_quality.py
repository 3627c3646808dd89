"""Control quality: figures known beforehand, and rules that hold for every curve."""

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.core.vocabulary import Session
from syntherm.reports.quality import final_level_degC, runs, settling_s
from syntherm.reports.values import Curve, History

pytestmark = pytest.mark.verifies("SRS-801")
TEMPERATURES = st.lists(st.floats(35.0, 46.0), min_size=1, max_size=40)


def curve(values: list[float]) -> Curve:
    estimate = np.asarray(values)
    return Curve(np.arange(len(values)) * 3.0, estimate, estimate - 0.5, estimate + 0.5)


def test_the_figures_of_the_story(history: History, stories: ModuleType) -> None:
    (run,) = runs(history)
    heating = history.plan.heating
    assert (run.start_s, run.end_s, run.ended_in) == (200.0, 400.0, Session.COOLING)
    assert run.rise_s == stories.FIRST_IN_RANGE_S - stories.HEATING_S
    # The mean is within 0.6 degC of 41.0 from 40.4 degC on, which the image at 236 s is the first to show.
    assert run.settling_s == 36.0
    assert run.final_degC == pytest.approx(41.0)
    assert run.hot10_upper_degC == pytest.approx(41.9)
    assert run.hot10_above_setpoint_degC == pytest.approx(41.9 - heating.setpoint_degC)
    assert run.hot10_above_range_degC == pytest.approx(41.9 - heating.range_hot10_max_degC)
    assert run.mean_above_final_degC == pytest.approx(0.0)
    # Of the 54 images from then on, the first is at 40.9 degC and all others at 41.0 degC.
    assert run.deviation_degC == pytest.approx(41.0 - 0.1 / 54.0 - heating.setpoint_degC)
    assert run.tracking_sd_degC == pytest.approx(0.1 * (53.0 / 54.0**2) ** 0.5)
    assert run.in_range_fraction == pytest.approx((398.0 - 239.0) / (400.0 - 239.0))
    assert (run.pauses, run.holds) == (0, 1)


@given(TEMPERATURES, st.floats(36.0, 44.0), st.floats(0.1, 3.0))
def test_after_settling_the_mean_never_leaves_the_band(values: list[float], level: float, band: float) -> None:
    mean = curve(values)
    settled = settling_s(mean, level, band, 0.0)
    if settled is None:
        assert abs(values[-1] - level) > band
        return
    after = mean.at_s >= settled
    assert (np.abs(mean.estimate_degC[after] - level) <= band).all()
    if settled > 0.0:
        assert abs(mean.estimate_degC[~after][-1] - level) > band


@given(TEMPERATURES)
def test_the_final_level_lies_within_the_second_half(values: list[float]) -> None:
    mean = curve(values)
    level = final_level_degC(mean, 0.0, float(mean.at_s[-1]))
    late = mean.estimate_degC[mean.at_s >= mean.at_s[-1] / 2.0]
    assert level is not None and late.min() <= level <= late.max()


def test_nothing_known_gives_no_figure() -> None:
    nothing = curve([np.nan, np.nan])
    assert settling_s(nothing, 41.0, 0.6, 0.0) is None
    assert settling_s(curve([41.0]), None, 0.6, 0.0) is None
    assert final_level_degC(nothing, 0.0, 3.0) is None
    assert final_level_degC(curve([41.0]), None, 3.0) is None
