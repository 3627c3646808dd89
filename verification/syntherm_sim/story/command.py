"""`syntherm-sim session --scenario PATH.json`: plays a saved story and says which property it violated."""

import json
import sys
from pathlib import Path
from typing import Final

from syntherm.audit.reader import UnreadableRecord
from syntherm.core.plan.values import Plan
from syntherm.ports.record import AuditFailed
from syntherm.reports.session import ReportFailed, write_report
from syntherm_sim.story.fields import StoryRefused
from syntherm_sim.story.player import Played, StoryFailed, play
from syntherm_sim.story.reader import load_story
from syntherm_sim.story.small_plan import bounds_lifted
from syntherm_sim.story.values import Story

AS_EXPECTED: Final = 0
FAILED: Final = 1
BAD_INPUT: Final = 2
CONFIRMED: Final = 4


def tell(path: Path, plan: Plan, out: Path, seed: int) -> int:
    """Play the story at `path` into the folder `out`; the exit code says how it went."""
    record = out / "record.db"
    try:
        story = load_story(path)
        print(f"{path}: {story.says}")
        played = play(story, plan, record, seed)
    except StoryRefused as error:
        print(f"{path}: {error}", file=sys.stderr)
        return BAD_INPUT
    except (StoryFailed, AuditFailed) as error:
        print(f"syntherm-sim: {path}: {error}", file=sys.stderr)
        return FAILED
    for line in played.notes:
        print(line)
    try:
        with bounds_lifted():
            write_report(record, out / "report.html")
        _write_summary(out / "summary.json", path, story, played)
    except (AuditFailed, ReportFailed, UnreadableRecord) as error:
        print(f"syntherm-sim: {error}", file=sys.stderr)
        return FAILED
    return _leave(story, played, out)


def _write_summary(path: Path, of: Path, story: Story, played: Played) -> None:
    ledger = played.state.ledger
    summary = {
        "story": str(of),
        "says": story.says,
        "property": None if story.violates is None else story.violates.value.name,
        "violated": [
            {"property": each.property.value.name, "event": each.event, "detail": each.detail} for each in played.broken
        ],
        "failed": played.failed,
        "events": played.events,
        "ended_in": played.state.phases.session.name,
        "phases": [phase.value for phase in played.state.phases.all()],
        "delivered_ml": ledger.patient_ml,
        "in_range_s": played.state.range_clock.total_s,
        "faults": [standing.code.value.code for standing in played.state.faults],
        "simulated_s": played.simulated_s,
        "record_head": played.head,
        "notes": list(played.notes),
    }
    try:
        path.write_text(json.dumps(summary, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise AuditFailed(f"{path}: {error.strerror}") from error


def _leave(story: Story, played: Played, out: Path) -> int:
    where = f"{out}/record.db, {out}/report.html and {out}/summary.json"
    named = None if story.violates is None else story.violates.value.name
    for each in played.broken:
        print(f"violated: {each.property.value.name} by event {each.event}: {each.detail}")
    mine = next((each for each in played.broken if each.property is story.violates), None)
    if mine is not None:
        print(f"event {mine.event} violated {named}, as the story says: {where}")
        return CONFIRMED
    if played.broken:
        first = played.broken[0]
        says = "says that nothing is violated" if named is None else f"names {named}"
        print(f"event {first.event} violated {first.property.value.name}; the story {says}: {where}")
        return FAILED
    if played.failed is not None:
        print(f"the session failed on event {played.events}, and no property was violated: {where}")
        return FAILED
    says = "as the story says" if named is None else f"{named} held"
    print(f"{played.events} events, ended in {played.state.phases.session.name}, nothing violated, {says}: {where}")
    return AS_EXPECTED
