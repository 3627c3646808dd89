"""Sharing, steering and registers: never more than asked; the chips' layout is the one its maker's software writes."""

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openlifu_sdk.io.LIFUTXDevice import Tx7332DelayProfile, Tx7332PulseProfile, TxDeviceRegisters

from syntherm.adapters.transducer.openlifu_trigger import Trigger, TriggerRefused, read_trigger
from syntherm.adapters.transducer.sharing import MAX_SLOTS, shared
from syntherm.adapters.transducer.steering import delays_s
from syntherm.adapters.transducer.tx7332 import (
    blocks,
    control_registers,
    delay_registers,
    elements_of,
    pattern_registers,
    pulse_form,
)

pytestmark = pytest.mark.verifies("SRS-902", "RC-02")


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 60.0), min_size=1, max_size=16), st.integers(1, 2000))
def test_no_point_gets_more_than_was_asked(powers: list[float], pulses: int) -> None:
    found = shared(tuple(powers), pulses)
    if found is None:
        assert pulses < len(powers)
        return
    assert found.train <= min(MAX_SLOTS, pulses)
    for count, power in zip(found.slots, powers, strict=True):
        assert count * found.slot_W <= power
    assert sorted(found.order) == sorted(i for i, n in enumerate(found.slots) for _ in range(n))


@given(st.floats(0.01, 60.0), st.integers(1, 16))
def test_equal_points_take_turns_and_lose_nothing(power: float, points: int) -> None:
    found = shared((power,) * points, 600)
    assert found is not None and found.slots == (1,) * points and found.order == tuple(range(points))
    assert found.power_W == pytest.approx(power * points)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(1.0, 10.0), min_size=1, max_size=8))
def test_unequal_points_lose_little(powers: list[float]) -> None:
    found = shared(tuple(powers), 600)
    assert found is not None
    given_J = found.power_W * (600 // found.train * found.train)
    assert given_J >= 0.9 * sum(powers) * 600


def test_registers_are_those_of_the_makers_software() -> None:
    elements = [(x * 4.0, y * 4.0, 0.0) for y in range(8) for x in range(8)]
    delays = np.round(delays_s((5.0, -3.0, 60.0), tuple(elements), 1540.0) * 1e7) / 1e7
    theirs = TxDeviceRegisters(num_transmitters=2)
    theirs.add_pulse_profile(Tx7332PulseProfile(profile=3, frequency=400e3, cycles=950))
    theirs.add_delay_profile(Tx7332DelayProfile(3, (delays + 1e-9).tolist(), [1] * 64))
    for chip, expected in enumerate(theirs.get_registers()):
        clocks = tuple(round(float(d) * 1e7) for d in delays[elements_of(chip)])
        units = expected[0x19] >> 12
        ours = control_registers(3, units) | delay_registers(3, clocks) | pattern_registers(3, pulse_form(400e3))
        assert ours == expected


def test_blocks_are_runs_of_neighbours() -> None:
    assert blocks({5: 1, 6: 2, 7: 3, 9: 4}, 2) == ((5, (1, 2)), (7, (3,)), (9, (4,)))


@pytest.mark.parametrize("frequency_Hz", [50e3, 3e6])
def test_a_frequency_that_does_not_fit_is_refused(frequency_Hz: float) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        pulse_form(frequency_Hz)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"voltage_V": 21.0}, "at most 20.0 V"),
        ({"max_duty": 0.97}, "at most 0.0 V"),
        ({"voltage_V": 4.0}, "at least 5 V"),
        ({"elements_mm": ((0.0, 0.0, 0.0),) * 63}, "whole number of modules"),
        ({"reference_W": float("nan")}, "finite"),
        ({"settle_s": -1.0}, "0 s or more"),
        ({"pulse_rate_Hz": 5}, "10 to 1000"),
        ({"console_id": "12"}, "hex digits"),
    ],
)
def test_settings_that_cannot_be_are_refused(lifu_settings, change: dict[str, object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        attrs.evolve(lifu_settings, **change)


@given(st.integers(1, 1000), st.integers(1, 255), st.integers(1, 10**6))
def test_a_trigger_is_read_as_it_was_written(rate: int, pulses: int, trains: int) -> None:
    trigger = Trigger(rate, pulses, 20, trains)
    state = read_trigger(trigger.text[:-1] + b',"TriggerStatus":"RUNNING"}')
    assert state.trigger == trigger and state.running and trigger.finite
    assert not attrs.evolve(trigger, mode=1).finite and not attrs.evolve(trigger, trains=0).finite


@given(st.binary(max_size=80))
def test_anything_else_is_no_trigger(data: bytes) -> None:
    with pytest.raises(TriggerRefused):
        read_trigger(data)


@pytest.mark.parametrize(
    ("find", "put"),
    [
        (b"200", b"2.5"),
        (b"200", b"true"),
        (b"200", b"-1"),
        (b"RUNNING", b"ODD"),
        (b'"RUNNING"', b"1"),
        (b"200", b'"200"'),
    ],
)
def test_a_trigger_of_odd_values_is_refused(find: bytes, put: bytes) -> None:
    text = Trigger(200, 1, 20, 1).text[:-1] + b',"TriggerStatus":"RUNNING"}'
    with pytest.raises(TriggerRefused):
        read_trigger(text.replace(find, put))
