"""A clock that goes back leaves no moment in the future."""

import attrs
import pytest

from syntherm.core.checks.registry import ALL
from syntherm.core.faults import Code
from syntherm.core.observe.clock_back import told_by_now
from syntherm.core.observe.event import observe

MOMENTS = (
    "beam__off_s", "beam__granted_s", "equipment__held_s", "equipment__transducer_s", "equipment__pump_s",
    "equipment__stop_loop_s",
)  # fmt: skip


@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize(("moment_s", "left_s"), [(100.0, 40.0), (39.0, 39.0), (None, None)])
def test_what_was_told_later_was_told_by_now(bench, made, name, moment_s, left_s):
    part, field = name.split("__")
    state = told_by_now(made.put(bench.at("heating").state, **{name: moment_s}), 40.0)
    assert getattr(getattr(state, part), field) == left_s


@pytest.mark.parametrize(("ends_s", "ends_by_s"), [(100.0, 50.0), (45.0, 45.0), (None, None)])
def test_a_loan_goes_on_for_a_whole_one_at_the_most(bench, made, ends_s, ends_by_s):
    state = bench.at("heating").state
    state = attrs.evolve(state, plan=made.put(state.plan, sonication__lease_s=10.0))
    assert told_by_now(made.put(state, beam__last_energy_s=ends_s), 40.0).beam.last_energy_s == ends_by_s


@pytest.mark.verifies("SRS-207", "RC-04")
def test_unlent_output_is_seen_although_the_clock_went_back(bench, made):
    """In ABORT no jump is watched: output that comes after it must not hide behind the last off's time."""
    drive = bench.at("aborted")
    back = observe(drive.state, drive.room.look(drive.at_s - 60.0))
    assert back.beam.off_s == drive.at_s - 60.0
    sounding = attrs.evolve(
        drive.room.look(drive.at_s - 59.0),
        transducer=attrs.evolve(drive.room.look(drive.at_s).transducer, output_on=True, power_W=20.0),
    )
    assert ALL["transducer-output"](observe(back, sounding)).code is Code.TRANSDUCER_UNASKED


@pytest.mark.verifies("SRS-306", "RC-08")
def test_unasked_infusion_is_seen_although_the_clock_went_back(bench, made):
    drive = bench.at("aborted")
    back = observe(drive.state, drive.room.look(drive.at_s - 60.0))
    running = attrs.evolve(
        drive.room.look(drive.at_s - 59.0), pump=attrs.evolve(drive.room.look(drive.at_s).pump, infusing=True)
    )
    assert ALL["pump-conduct"](observe(back, running)).code is Code.PUMP_UNASKED


def test_time_that_goes_on_changes_no_moment(bench, made):
    drive = bench.at("heating")
    after = observe(drive.state, drive.room.look(drive.at_s + 0.5))
    assert (after.beam.off_s, after.beam.granted_s) == (drive.state.beam.off_s, drive.state.beam.granted_s)
    # Not even what lies in the future: only a clock that went back is set right.
    ahead = made.put(drive.state, beam__off_s=drive.at_s + 9.0)
    for passed_s in (0.0, 0.5):
        assert observe(ahead, drive.room.look(drive.at_s + passed_s)).beam.off_s == drive.at_s + 9.0
