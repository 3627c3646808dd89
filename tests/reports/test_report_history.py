"""The one pass: every value of the history against the story that was told."""

import sqlite3
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.core.events import Channel, ChannelFailed, Restarted
from syntherm.core.faults import Code
from syntherm.core.vocabulary import Energy, Infusion, Session, SetupItem, Trigger
from syntherm.reports.history import read_history
from syntherm.reports.values import History

pytestmark = pytest.mark.verifies("SRS-801")


def read(path: Path) -> History:
    with AuditReader(path) as reader:
        return read_history(reader)


def test_states_begin_and_end_where_the_decisions_say(history: History, stories: ModuleType) -> None:
    found = [(span.state, span.start_s, span.end_s) for span in history.session]
    assert found == [
        (Session.SETUP, 0.0, 100.0),
        (Session.CALIBRATION, 100.0, 200.0),
        (Session.HEATING, 200.0, 302.0),
        (Session.DRUG_INFUSION_SYNC, 302.0, 400.0),
        (Session.COOLING, 400.0, 460.0),
        (Session.COMPLETE, 460.0, 480.0),
    ]
    assert [span.state for span in history.energy] == [Energy.OFF, Energy.ON, Energy.OFF]
    assert [span.state for span in history.infusion][1:] == [Infusion.ARMED, Infusion.INFUSING, Infusion.HELD]


def test_a_lease_ends_where_it_lapses_is_replaced_or_is_ended(history: History, stories: ModuleType) -> None:
    leases = history.leases
    assert {lease.power_W for lease in leases} == {stories.POWER_W}
    assert leases[0].start_s == 203.0
    assert [lease.end_s for lease in leases[:-1]] == [lease.start_s for lease in leases[1:]]
    assert leases[-1].start_s == 398.0
    assert leases[-1].end_s == 400.0  # ended before its 401 s


def test_an_alarm_is_raised_goes_and_clears(history: History) -> None:
    (alarm,) = history.alarms
    assert alarm.code is Code.OUT_OF_RANGE
    assert (alarm.raised_s, alarm.gone_s, alarm.cleared_s) == (332.0, 335.0, 347.0)


def test_an_alarm_that_never_clears_stands_to_the_end(stories: ModuleType, tmp_path: Path) -> None:
    story = stories.Story(tmp_path / "record.db")
    story.faults = (stories.Standing(Code.PATIENT_STOP, 1.0, "the patient stop is open"),)
    story.poll(1.0)
    story.poll(2.0)
    (alarm,) = read(tmp_path / "record.db").alarms
    assert (alarm.raised_s, alarm.gone_s, alarm.cleared_s) == (1.0, None, None)


def test_acts_carry_item_reason_and_refusal(history: History, stories: ModuleType) -> None:
    confirm, refused = history.acts[:2]
    assert (confirm.act, confirm.item, confirm.person) == (Trigger.CONFIRM, SetupItem.IDENTITY, "operator-a")
    assert confirm.refused is None
    assert (refused.person, refused.reason) == (stories.HOSTILE_PERSON, stories.HOSTILE_REASON)
    assert refused.refused == "calibration is not accepted"
    assert sum(act.refused is not None for act in history.acts) == 1


def test_a_curve_holds_only_images_that_were_used_and_breaks_without_them(stories: ModuleType, tmp_path: Path) -> None:
    story = stories.Story(tmp_path / "record.db")
    story.frame(203.0)
    story.frame(206.0, defect=True)
    story.frame(230.0)
    story.frame(233.0, known=False)
    story.poll(234.0)
    found = read(tmp_path / "record.db")
    mean = found.target["mean"]
    assert found.images_s.tolist() == [203.0, 230.0, 233.0]
    assert mean.at_s.tolist() == [203.0, 203.0 + found.plan.limits.frame_age_s, 230.0, 233.0]
    assert np.isnan(mean.estimate_degC).tolist() == [False, True, False, True]
    assert np.isnan(found.guards["pectoral"].upper_degC).tolist() == [False, True, False, True]


def test_failures_in_succession_are_counted(stories: ModuleType, tmp_path: Path) -> None:
    story = stories.Story(tmp_path / "record.db")
    for at_s in (1.0, 2.0, 3.0):
        story.decide(ChannelFailed(at_s, Channel.PUMP, "no answer"), remarks=("pump: no answer",))
    story.decide(ChannelFailed(8.0, Channel.PUMP, "no answer"), remarks=("scanner: image 4: repeats image 3",))
    story.decide(Restarted(9.0, "nothing is known of the last 5.0 s"))
    story.writer.append_crash(story.utc(9.5), Restarted(9.5, "again"), "ValueError: x")
    found = [(each.what, each.count, each.first_s, each.last_s) for each in read(tmp_path / "record.db").happenings]
    assert found == [
        ("channel failed", 4, 1.0, 8.0),
        ("command not confirmed", 3, 1.0, 3.0),
        ("image refused or missing", 1, 8.0, 8.0),
        ("controller restarted", 1, 9.0, 9.0),
        ("controller restarted", 1, 9.5, 9.5),
        ("control software failed", 1, 9.5, 9.5),
    ]


def test_the_chain_is_recomputed(record: Path, history: History, stories: ModuleType, tmp_path: Path) -> None:
    assert history.chain.broken_at is None
    head = stories.tell(tmp_path / "record.db")
    assert read(tmp_path / "record.db").chain.head == head
    with sqlite3.connect(tmp_path / "record.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE entries SET at_s = at_s + 1 WHERE seq = 5")
    database.close()
    assert read(tmp_path / "record.db").chain.broken_at == 5


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "not JSON"),
        ("[]", "body is list"),
        ("{}", "before is missing"),
        ('{"before":{"session":"NOWHERE"},"after":{},"commands":[]}', "expected a Session"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_entry(
    body: str, message: str, stories: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "record.db"
    stories.Story(path)
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO entries VALUES (3, 'decision', 1.0, 'x', ?, x'00')", (body,))
    database.close()
    with pytest.raises(UnreadableRecord, match=rf"entry 3 \(decision\): .*{message}"):
        read(path)
