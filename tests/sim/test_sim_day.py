"""The demonstration's composition root: the shipped session around the virtual room, whole short days."""

import sqlite3
from contextlib import closing
from itertools import groupby
from pathlib import Path

import pytest

from syntherm.audit.replay import replay
from syntherm.audit.verify import verify
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Session, SetupItem, Trigger
from syntherm_sim.people.crew import CREW

pytestmark = pytest.mark.system


def rows(record: Path, kind: str) -> list[tuple[float, str]]:
    with closing(sqlite3.connect(record)) as db:
        return db.execute("SELECT at_s, body FROM entries WHERE kind = ? ORDER BY seq", (kind,)).fetchall()


def course(states: list[SessionState]) -> list[Session]:
    return [session for session, _ in groupby(states, lambda state: state.phases.session)]


@pytest.mark.verifies("SRS-107", "SRS-109", "SRS-110", "SRS-303", "SRS-704")
def test_a_short_day_is_complete_and_signed(nominal_day) -> None:
    one = nominal_day
    assert one.day.ended_in is Session.COMPLETE
    assert course(one.states) == [
        Session.SETUP, Session.CALIBRATION, Session.HEATING, Session.DRUG_INFUSION_SYNC, Session.HEATING,
        Session.COOLING, Session.COMPLETE,
    ]  # fmt: skip
    assert one.crew.refusals == [], "the scripted crew asked for something that the table refused"
    state = one.day.state
    topics = {(agreement.topic, agreement.person) for agreement in state.agreements}
    assert {(Trigger.SIGN.value, person) for person in CREW} <= topics
    assert {(item.value, person) for item in SetupItem for person in CREW[: item.people]} <= topics

    prescription = state.plan.prescription
    assert one.room.pump.pumped_ml == pytest.approx(prescription.volume_ml + prescription.line_dead_volume_ml)
    assert state.ledger.patient_ml == pytest.approx(prescription.volume_ml, abs=0.005)
    assert state.range_clock.total_s >= 60.0 * state.plan.heating.prescribed_in_range_min
    assert one.day.truth["true_mean_degC"] == pytest.approx(41.0, abs=1.0)

    assert verify(one.record, one.day.head).findings == ()
    again = replay(one.record)
    assert again.difference is None and again.compared == again.decisions > 200


@pytest.mark.verifies("SRS-112")
@pytest.mark.parametrize("kind", ["event", "decision", "maps"])
def test_two_days_with_the_same_seed_are_the_same_to_the_byte_until_one_controller_dies(
    nominal_day, killed_day, kind: str
) -> None:
    ((killed_s, _),) = [row for row in rows(killed_day.record, "event") if "Restarted" in row[1]]
    last_s = max(at_s for at_s, _ in rows(killed_day.record, "event") if at_s < killed_s)
    one, other = ([row for row in rows(day.record, kind) if row[0] < last_s] for day in (nominal_day, killed_day))
    assert one == other
    assert len(one) > (2 if kind == "maps" else 300)
    assert kind != "decision" or "GrantInfusion" in one[-1][1] + one[-2][1] + one[-3][1] + one[-4][1]


@pytest.mark.verifies("SRS-113", "SRS-505", "SRS-106", "SRS-303", "RC-02", "RC-03")
def test_a_controller_killed_while_drug_flows_is_gone_on_with(killed_day) -> None:
    """Its words reach nobody; both devices end what they were lent, and the session stays in ABORT."""
    lived = killed_day
    assert course(lived.states) == [
        Session.SETUP, Session.CALIBRATION, Session.HEATING, Session.DRUG_INFUSION_SYNC, Session.ABORT,
    ]  # fmt: skip
    assert lived.day.ended_in is Session.ABORT
    ((at_s, _),) = [row for row in rows(lived.record, "event") if "Restarted" in row[1]]
    last_s = max(at for at, body in rows(lived.record, "event") if at < at_s)
    plan = lived.day.state.plan
    # While nobody was there, the pump ran on for its watchdog at most.
    told_ml = [state for state in lived.states if state.at_s is not None and state.at_s <= last_s][-1].ledger.pumped_ml
    unwatched_ml = plan.prescription.rate_ml_per_h * (plan.pump.watchdog_s + 1.0) / 3600.0
    assert 0.0 < told_ml <= lived.room.pump.pumped_ml <= told_ml + unwatched_ml
    assert lived.day.state.ledger.pumped_ml == pytest.approx(lived.room.pump.pumped_ml, abs=0.001)
    assert verify(lived.record, lived.day.head).findings == ()
