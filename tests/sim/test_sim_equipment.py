"""The virtual equipment beyond its ports: what tissue really gets, and the faults that a scenario may set."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntherm.core.commands import FocalPower, GrantLease
from syntherm.core.plan.reader import read_plan
from syntherm_sim.equipment.generator import Generator
from syntherm_sim.equipment.scanner import VirtualScanner
from syntherm_sim.room import Room
from syntherm_sim.timeline import Timeline


class Beam:
    """A patient that only counts the energy it gets."""

    def __init__(self) -> None:
        self.energy_J = 0.0
        self.lived_s = 0.0

    def live(self, points: tuple[FocalPower, ...], seconds: float) -> None:
        self.lived_s += seconds
        self.energy_J += sum(point.power_W for point in points) * seconds


def bare_room() -> tuple[Any, Beam]:
    """The room's own way through time, with a patient and a pump that cost nothing."""
    beam = Beam()
    room: Any = Room.__new__(Room)
    room.timeline = Timeline(room._live)
    room.patient, room.pump = beam, SimpleNamespace(live=lambda *_: None)
    room.generator = Generator(room.timeline.now_s)
    return room, beam


@pytest.mark.verifies("SRS-201", "RC-02")
@settings(deadline=None)
@given(
    st.floats(0.5, 60.0),
    st.lists(st.tuples(st.floats(0.1, 5.0), st.floats(0.1, 7.0)), min_size=1, max_size=6),
)
def test_tissue_gets_power_only_until_the_lease_ends(watts: float, script: list[tuple[float, float]]) -> None:
    """However late anybody looks: each lease gives its power times the shorter of lease and wait."""
    room, beam = bare_room()
    expected_J = 0.0
    for lease_s, wait_s in script:
        begun_s = room.timeline.now_s()
        room.generator.grant(GrantLease(begun_s + lease_s, (FocalPower((0.0, 0.0, 0.0), watts),)))
        room.timeline.wait_until(begun_s + wait_s)
        expected_J += watts * min(lease_s, wait_s)
    assert beam.energy_J == pytest.approx(expected_J)
    assert room.generator.delivered_J == pytest.approx(expected_J)
    assert beam.lived_s == pytest.approx(room.timeline.now_s())


@pytest.mark.verifies("SRS-204", "RC-02")
def test_a_deaf_generator_keeps_its_lease_and_no_longer() -> None:
    room, beam = bare_room()
    room.generator.grant(GrantLease(3.0, (FocalPower((0.0, 0.0, 0.0), 10.0),)))
    room.generator.deaf = True
    room.timeline.wait_until(60.0)
    assert beam.energy_J == pytest.approx(30.0)


@pytest.fixture
def scanner(short_text: str) -> tuple[VirtualScanner, Timeline]:
    plan = read_plan(short_text)
    rng = np.random.default_rng(3)
    shape = plan.scanner.matrix

    def volume(*_: object) -> np.ndarray:
        return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)

    signal = SimpleNamespace(volume=volume, fat_fraction_volume=lambda: np.zeros(shape, np.float32))
    patient: Any = SimpleNamespace(signal=signal, tissue=SimpleNamespace(temperature_degC=None))
    timeline = Timeline(lambda *_: None)
    made = VirtualScanner(timeline, patient, plan)
    made.start_dynamics()
    return made, timeline


def run_for(timeline: Timeline, seconds: float) -> None:
    until_s = timeline.now_s() + seconds
    while timeline.now_s() < until_s:
        timeline.wait_until(until_s)


def test_images_hold_whole_numbers_of_16_bits_without_minus_zero(scanner: tuple[VirtualScanner, Timeline]) -> None:
    device, timeline = scanner
    run_for(timeline, 10.0)
    for image in device.received():
        parts = image.volume.view(np.float32)
        assert np.array_equal(parts, np.rint(parts)) and np.abs(parts).max() < 2**15
        assert not np.signbit(parts[parts == 0.0]).any()


@pytest.mark.verifies("SRS-409", "RC-09")
def test_a_scanner_that_loses_images_sends_none_and_counts_on(scanner: tuple[VirtualScanner, Timeline]) -> None:
    device, timeline = scanner
    run_for(timeline, 7.0)
    before = device.received()
    device.lost = True
    run_for(timeline, 9.0)
    arrived = device.received()
    assert len(arrived) <= 1, "at most the one that was under way"
    device.lost = False
    run_for(timeline, 9.0)
    assert device.received()[0].sequence > before[-1].sequence + 2


@pytest.mark.verifies("SRS-408", "RC-09")
def test_a_frozen_scanner_repeats_one_image_under_new_numbers(scanner: tuple[VirtualScanner, Timeline]) -> None:
    device, timeline = scanner
    run_for(timeline, 7.0)
    last = device.received()[-1]
    device.frozen = True
    run_for(timeline, 9.0)
    images = device.received()
    assert len(images) == 3 and all(np.array_equal(image.volume, last.volume) for image in images)
    assert [image.sequence for image in images] == [last.sequence + number for number in (1, 2, 3)]
    assert len({image.acquired_s for image in images}) == 3
