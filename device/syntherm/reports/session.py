"""From a record to one self-contained page that can be printed."""

import os
import tempfile
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from syntherm.audit.reader import AuditReader
from syntherm.core.dose import DoseVariant
from syntherm.reports import drug, events, headline, physics, prescribed, provenance
from syntherm.reports.history import read_history
from syntherm.reports.maps import KeyMaps, coverage, doses, load
from syntherm.reports.quality import DEFINITIONS, runs
from syntherm.reports.slices import draw_dose, draw_drug_maps, draw_temperatures
from syntherm.reports.timeline import draw_timeline
from syntherm.reports.values import History
from syntherm.reports.wording import day_and_time, number

NOTICE: Final = "Research software. Not cleared for clinical use."


class ReportFailed(Exception):
    """The report cannot be written. The message says where and why, on one line."""


def write_report(record: Path, html: Path) -> None:
    """Write the report of the session in `record` to `html`, whole or not at all; an older report is replaced.

    Raises UnreadableRecord if the file is not a readable record, ReportFailed if the report cannot be written.
    """
    _check_place(record, html)
    with AuditReader(record) as reader:
        history = read_history(reader)
        maps = load(reader, history.moments, history.plan)
    _write(html, render(history, maps, record.name))


def render(history: History, maps: tuple[KeyMaps, ...], file_name: str) -> str:
    """The page. All text is escaped; only the figures, which are ours, are taken as they are."""
    environment = Environment(
        loader=PackageLoader("syntherm.reports", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    plan = history.plan
    figures = draw_temperatures(maps, plan, [_when(history, each) for each in maps])
    return environment.get_template("template.html").render(
        notice=NOTICE,
        plan=plan,
        opened=day_and_time(history.opened_utc),
        outcome=headline.outcome(history),
        cards=headline.cards(history),
        achieved=headline.achieved(history),
        prescribed=prescribed.prescribed(plan),
        the_rest=prescribed.the_rest(plan),
        timeline=Markup(draw_timeline(history)),  # noqa: S704 - drawn here; matplotlib escapes its text
        map_figures=[Markup(figure) for figure in figures],  # noqa: S704
        dose_figure=Markup(draw_dose(maps[-1], plan)) if maps else None,  # noqa: S704
        coverage=physics.coverage_table(history, [coverage(each, plan) for each in maps]),
        doses=physics.dose_table(doses(maps[-1], plan) if maps else ()),
        doses_cut=physics.dose_table(doses(maps[-1], plan, DoseVariant.CUT39) if maps else (), DoseVariant.CUT39),
        drug_account=drug.account_table(history),
        drug_regions=drug.region_table(history),
        drug_figures=[Markup(figure) for figure in _drug_figures(history, maps)],  # noqa: S704
        guards=physics.guard_table(history),
        alarms=events.alarm_table(history),
        failures=events.failure_table(history),
        acts=events.act_table(history),
        signatures=events.signature_table(history),
        quality=physics.quality_table(history, runs(history)),
        definitions=DEFINITIONS,
        calibration=physics.calibration_table(history),
        versions=provenance.versions_table(history),
        record=provenance.record_table(history, file_name),
    )


def _drug_figures(history: History, maps: tuple[KeyMaps, ...]) -> tuple[str, ...]:
    """The drug over time, and its maps at the last key moment that has them."""
    course = drug.draw_drug(history)
    last = next((each for each in reversed(maps) if each.drug_tissue_ug_per_ml), None)
    drawn = () if last is None else draw_drug_maps(last, history.plan)
    return drawn if course is None else (course, *drawn)


def _when(history: History, maps: KeyMaps) -> str:
    minute = number(history.minute(maps.moment.at_s), 1)
    image = number(history.image_minute(maps.moment.at_s), 1)
    return f"minute {minute}" if image == minute else f"minute {minute}, image of {image}"


def _check_place(record: Path, html: Path) -> None:
    """Refuse at once what would fail after the whole report was made."""
    if html.is_dir():
        raise ReportFailed(f"{html}: cannot be written: it is a directory")
    if not html.parent.is_dir():
        raise ReportFailed(f"{html}: cannot be written: no such directory")
    if record.exists() and html.exists() and record.samefile(html):
        raise ReportFailed(f"{html}: is the record itself; a report never replaces one")


def _write(html: Path, page: str) -> None:
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{html.name[:40]}.", dir=html.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(html)
    except (OSError, ValueError) as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or str(error)
        raise ReportFailed(f"{html}: cannot be written: {reason}") from error
