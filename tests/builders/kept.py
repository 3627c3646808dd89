"""Records for those who read them: one in which everything happens that a record can hold, and one of another day."""

import sqlite3
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import attrs
import story
from rig import KEY
from story import MORNING, Story, begin

from syntherm.audit.writer import AuditWriter
from syntherm.core.commands import EnergyOff, HoldInfusion
from syntherm.core.events import Channel, ChannelFailed, EquipmentPolled, OperatorActed, Restarted
from syntherm.core.faults import Code
from syntherm.core.state import Standing
from syntherm.core.vocabulary import Session, Trigger
from syntherm.ports.record import Signature

HOSTILE = "\x1b[2J\u202etxt\n=1+1\ud800\0"
"""A reason that would command a terminal, turn a line round, begin another, calculate in a spreadsheet; and no text."""


def eventful(path: Path) -> str:
    """Every kind of entry but maps, in a session of two controllers. Returns the head."""
    told = Story(path)
    begin(told)
    _say(told)
    told.writer.let_go()
    opened = {"plan": told.text, "plan_sha256": sha256(told.text.encode()).hexdigest(), "syntherm": "0.1.0"}
    with AuditWriter(path, KEY, create=False) as writer, _clock(told, 255.0):
        # The new controller's clock begins anew; a minute of wall time lies between.
        told.writer = writer
        writer.resume_session(told.utc(5.0), 5.0, opened)
        told.decide(Restarted(5.0, "controller restarted"))
        return writer.close_session(told.utc(6.0), 6.0, "ABORT")


def _clock(told: Story, ahead_s: float) -> AbstractContextManager[object]:
    """Wall time is so far ahead of the session's clock, for a while."""
    return patch.object(told, "utc", lambda at_s: MORNING + timedelta(seconds=at_s + ahead_s))


def _say(told: Story) -> None:
    writer, utc = told.writer, told.utc
    writer.append_unsigned(utc(191.0), OperatorActed(191.0, Trigger.SIGN, "operator-a", None, ""))
    signed = Signature("physicist-b", "B", "physicist", "I have reviewed this.", "all")
    told.decide(OperatorActed(192.0, Trigger.SIGN, "physicist-b", None, "as planned"), signature=signed)
    told.faults = (Standing(Code.PATIENT_STOP, 193.0, "the loop is open"),)
    told.decide(EquipmentPolled(193.0, None, None, None), [EnergyOff(), HoldInfusion()],
                remarks=("transducer: no answer",), session=Session.ABORT)  # fmt: skip
    told.faults = (attrs.evolve(told.faults[0], active=False),)
    told.decide(ChannelFailed(194.0, Channel.TRANSDUCER, "no answer"))
    told.faults = ()
    told.act(196.0, Trigger.RESET, "operator-a", HOSTILE)
    with _clock(told, 10.0):
        told.poll(197.0)
    writer.append_crash(utc(200.0), EquipmentPolled(200.0, None, None, None), "ZeroDivisionError: division by zero")


def on_day(path: Path, days: int, plan_text: str | None = None) -> str:
    """The small session of `story`, so many days later. Returns the head."""
    with patch.object(story, "MORNING", MORNING + timedelta(days=days)):
        return story.tell(path, plan_text)


def left_open(path: Path) -> Story:
    """Its beginning, with the writer that goes on."""
    told = Story(path)
    begin(told)
    return told


def change(record: Path, *statements: str) -> None:
    """What somebody with the file can do. The seal is left as it was."""
    with closing(sqlite3.connect(record, isolation_level=None)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)
