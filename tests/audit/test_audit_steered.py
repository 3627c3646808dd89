"""Days under controllers that remember: they end as any day does, and are decided the same again, bit for bit."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from syntherm.audit.replay import replay
from syntherm.core.plan.reader import read_plan
from syntherm.session.records import open_new

TUNED = """
[control]
aim_degC = { value = 41.0, unit = "degC", source = "made up" }
aim_coverage_factor = { value = 0.0, unit = "1", source = "made up" }
pid_share_per_degC = { value = 0.4, unit = "1/degC", source = "made up" }
pid_integral_s = { value = 60.0, unit = "s", source = "made up" }
pid_derivative_s = { value = 3.0, unit = "s", source = "made up" }
near_field_energy_J = { value = 30000.0, unit = "J", source = "made up" }
near_field_window_s = { value = 900.0, unit = "s", source = "made up" }
"""


@pytest.mark.verifies("SRS-503")
@pytest.mark.parametrize(("name", "table"), [("pid-mean", TUNED), ("mpc-offset-free", TUNED), ("mpc-offset-free", "")])
def test_a_day_is_complete_and_decided_the_same_again(name: str, table: str, made: ModuleType, tmp_path: Path) -> None:
    path, clock = tmp_path / "record.db", made.ShamClock()
    text = made.small_text().replace('"binary-multipoint"', f'"{name}"') + table
    plan = read_plan(text)
    assert (plan.control is not None) == bool(table)
    writer = open_new(path, plan, text, clock, made.KEY, made.SESSION)
    day = made.Rig.of(plan, writer, clock)
    for leg in (day.set_up, day.calibrate, day.heat, day.infuse, day.finish):
        leg()
    assert day.session.name == "COMPLETE"
    writer.close_session(clock.utc(), clock.at_s, day.session.name)
    again = replay(path)
    assert again.difference is None and again.state.phases.session.name == "COMPLETE"
    with closing(sqlite3.connect(path)) as db:
        bodies = [json.loads(body) for (body,) in db.execute("SELECT body FROM entries WHERE kind = 'decision'")]
    steered = [body["steered"] for body in bodies if "steered" in body]
    assert len(steered) > 20 and {each["controller"] for each in steered} == {name}
    # Without a fallback, its own rule was kept.
    assert None in [each["fallback"] for each in steered]
