"""The drug through a whole day: on record at each image, in the report, and asked what would have followed."""

import json
import sqlite3
from contextlib import closing

import pytest

from syntherm.audit.reader import AuditReader
from syntherm.audit.replay import Replay
from syntherm.auditing import outlook
from syntherm.auditing.console import BadInput
from syntherm.auditing.outlook import NOT_VALIDATED, tell
from syntherm.reports.history import read_history
from syntherm.reports.maps import load
from syntherm.reports.session import render

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def told(nominal_day):
    with closing(sqlite3.connect(nominal_day.record)) as db:
        rows = db.execute("SELECT at_s, body FROM entries WHERE kind = 'decision' ORDER BY seq").fetchall()
    return [(at_s, body) for at_s, text in rows if (body := json.loads(text)).get("drug")]


def test_each_image_after_the_first_drug_tells_of_it(nominal_day, told):
    ledger = nominal_day.day.state.ledger
    last = told[-1][1]["drug"]
    assert len(told) > 20
    assert last["body"]["infused_heated_mg"] == pytest.approx(ledger.heated_ml * 10.0)
    assert last["tissue"]["mean"]["lower"] < last["tissue"]["mean"]["estimate"] < last["tissue"]["mean"]["upper"]
    assert {body["after"]["session"] for _, body in told} >= {"DRUG_INFUSION_SYNC", "HEATING", "COOLING"}
    grown = [body["drug"]["released"]["mean"]["estimate"] for _, body in told]
    assert grown == sorted(grown) and grown[-1] > 0.0


def test_the_report_shows_it(nominal_day):
    with AuditReader(nominal_day.record) as reader:
        history = read_history(reader)
        maps = load(reader, history.moments, history.plan)
    assert maps[-1].dose_cut39_min is not None and len(maps[-1].drug_tissue_ug_per_ml) == 3
    page = render(history, maps, "record.db")
    for words in ("Modelled and not validated", "nothing below 39", "every temperature counts", "co-exposure",
                  "Infused while the target was in range"):  # fmt: skip
        assert words in page, words


def test_what_would_follow_from_a_moment_of_the_infusion(nominal_day, told):
    record = nominal_day.record
    with AuditReader(record) as reader:
        opened_s = next(reader.entries()).at_s
    minute = (next(at_s for at_s, body in told if body["drug"]["seen_fraction"] > 0.0) - opened_s) / 60.0
    lines = list(tell(record, minute + 0.05, 5.0))
    assert lines[1] == NOT_VALIDATED and "drug-infusion-sync; 5.0 min ahead" in lines[0]
    courses = {line.partition(":")[0]: line for line in lines[-3:]}
    assert set(courses) == {"extend", "hold", "stop now"}
    assert "100 (100 to 100) %" in courses["extend"]
    with pytest.raises(BadInput, match="no drug has been pumped yet"):
        list(tell(record, 0.5, None))


def test_after_the_end_there_is_nothing_to_hold_or_extend(nominal_day, monkeypatch):
    at_its_end = Replay(nominal_day.day.state, 1, 1, 1, None, 0.0, 0)
    monkeypatch.setattr(outlook, "replay", lambda *_: at_its_end)
    with pytest.raises(BadInput, match="heat and infusion are over"):
        list(tell(nominal_day.record, None, None))
