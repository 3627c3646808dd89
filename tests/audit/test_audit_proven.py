"""A test sonication in two shots is on record with what it showed, and is decided the same again, bit for bit."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from syntherm.audit.replay import replay
from syntherm.core.plan.reader import read_plan
from syntherm.core.response.trial import leases_of
from syntherm.core.vocabulary import Trigger
from syntherm.session.records import open_new

PLAN = Path(__file__).parents[2] / "verification" / "plans" / "igo-breast.toml"


@pytest.mark.verifies("SRS-421", "SRS-503")
def test_what_two_shots_showed_is_on_record_and_decided_the_same_again(made: ModuleType, tmp_path: Path) -> None:
    path, clock = tmp_path / "record.db", made.ShamClock()
    text = made.small_text() + PLAN.read_text(encoding="utf-8").partition("# The test sonication proves itself")[2]
    text = text.replace(": a probe, a shot", "\n# a probe, a shot")
    plan = read_plan(text)
    writer = open_new(path, plan, text, clock, made.KEY, made.SESSION)
    day = made.Rig.of(plan, writer, clock)
    day.set_up()
    day.act(Trigger.BEGIN_CALIBRATION)
    day.live(plan.calibration.baseline_frames, 37.0, 0.0)
    day.act(Trigger.BEGIN_TEST)
    day.live(leases_of(plan) + 1, 37.0, 2.0)
    day.act(Trigger.STOP)
    writer.close_session(clock.utc(), clock.at_s, day.session.name)
    assert replay(path).difference is None
    with closing(sqlite3.connect(path)) as db:
        bodies = [json.loads(body) for (body,) in db.execute("SELECT body FROM entries WHERE kind = 'decision'")]
    (found,) = [body["identified"] for body in bodies if "identified" in body]
    # A spot that is always as warm is no shot: it does not cool.
    assert any(each.startswith("time constant of cooling: found") for each in found["refusals"])
