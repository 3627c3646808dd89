"""The outcome on one look: how the session ended, and achieved against prescribed."""

import attrs

from syntherm.core.faults import Priority
from syntherm.core.vocabulary import Session
from syntherm.reports.people import CRASHED, RESTARTED
from syntherm.reports.table import Card, Table
from syntherm.reports.values import History
from syntherm.reports.wording import UNKNOWN, duration, name, number, percent

_TONES = {Session.COMPLETE.name: "good", Session.ABORT.name: "bad"}


@attrs.frozen
class Outcome:
    """How it ended: the sentence, its tone ("good", "bad" or "open") and what must be said beside it."""

    sentence: str
    tone: str
    warnings: tuple[str, ...]


def outcome(history: History) -> Outcome:
    """What the record says of the end."""
    final = history.final
    last = UNKNOWN if final is None else name(final)
    if history.ended_in is None:
        sentence, tone = f"The record was not closed; the last known state is {last.upper()}", "open"
    else:
        known = history.ended_in in Session.__members__
        ended = name(Session[history.ended_in]) if known else history.ended_in
        sentence, tone = f"The session ended in {ended.upper()}", _TONES.get(history.ended_in, "open")
    return Outcome(sentence, tone, tuple(_warnings(history)))


def _warnings(history: History) -> list[str]:
    found = []
    if history.chain.broken_at is not None:
        found.append(
            f"Entry {history.chain.broken_at} does not fit the record's hash chain: the record was changed or damaged, "
            "and this report cannot be relied on."
        )
    if history.versions.get("plan_sha256") != history.plan_digest:
        found.append("The plan's text does not have the SHA-256 that the record states for it.")
    if history.ended_in is None:
        found.append("Whatever came after the last entry is not known.")
    for what in (CRASHED, RESTARTED):
        times = sum(each.count for each in history.happenings if each.what == what)
        found += [f"During the session: {what}, {times} time(s); see failures."] if times else []
    return found


def cards(history: History) -> tuple[Card, ...]:
    """The figures of the head."""
    plan, account, ticks = history.plan, history.account, history.ticks
    in_range_min = float(ticks.in_range_s[-1]) / 60.0 if len(ticks.at_s) else None
    heating_min = float(ticks.heating_s[-1]) / 60.0 if len(ticks.at_s) else None
    rx, heating = plan.prescription, plan.heating
    drug_ml = None if account is None else account.patient_ml
    drug_mg = None if drug_ml is None else drug_ml * rx.concentration_mg_per_ml
    levels = [alarm.code.value.priority for alarm in history.alarms]
    split = ", ".join(f"{levels.count(level)} {level.name.lower()}" for level in reversed(Priority))
    return (
        Card(
            "In range, on bounds", number(in_range_min, 1, "min"),
            f"of {number(heating.prescribed_in_range_min, 1, 'min')} prescribed",
        ),
        Card(
            "Drug to the patient", number(drug_ml, 2, "mL"),
            f"of {number(rx.volume_ml, 1, 'mL')} prescribed; {number(drug_mg, 1, 'mg')} {rx.drug}",
        ),
        Card(
            "Infused while heated", "not known" if account is None else _share(account.heated_ml, account.patient_ml),
            "not known" if account is None else f"{number(account.unheated_ml, 2, 'mL')} unheated",
        ),
        Card(
            "Heating", number(heating_min, 1, "min"), f"of at most {number(heating.max_heating_min, 0, 'min')}"
        ),
        Card("Alarms", str(len(levels)), split),
    )  # fmt: skip


def _share(heated_ml: float, patient_ml: float) -> str:
    return percent(heated_ml / patient_ml) if patient_ml > 0.0 else "none infused"


def achieved(history: History) -> Table:
    """Prescribed against achieved, and the account of the infusion."""
    rx, heating, account, ticks = history.plan.prescription, history.plan.heating, history.account, history.ticks
    in_range_s = float(ticks.in_range_s[-1]) if len(ticks.at_s) else None
    get = {} if account is None else attrs.asdict(account)
    patient_ml: float | None = get.get("patient_ml")
    given_mg = None if patient_ml is None else patient_ml * rx.concentration_mg_per_ml
    wanted_mg = rx.dose_mg_per_m2 * rx.body_surface_m2
    return Table(
        "Prescribed and achieved",
        (("", "k"), ("prescribed", "n"), ("achieved", "n"), ("over", "n")),
        (
            ("Time in range, on bounds", number(heating.prescribed_in_range_min, 1, "min"),
             number(None if in_range_s is None else in_range_s / 60.0, 1, "min"), ""),
            ("Drug to the patient", number(rx.volume_ml, 2, "mL"), number(patient_ml, 2, "mL"),
             duration(None if account is None else account.heated_s + account.unheated_s)),
            (f"{rx.drug}, as mass", number(wanted_mg, 1, "mg"), number(given_mg, 1, "mg"), ""),
            ("of it infused in range (heated)", "", number(get.get("heated_ml"), 2, "mL"),
             number(get.get("heated_s"), 0, "s")),
            ("of it infused out of range or not known (unheated)", "", number(get.get("unheated_ml"), 2, "mL"),
             number(get.get("unheated_s"), 0, "s")),
            ("Filling of the line before", number(rx.line_dead_volume_ml, 2, "mL"),
             number(None if account is None else account.pumped_ml - account.patient_ml, 2, "mL"),
             number(get.get("filling_s"), 0, "s")),
            ("Counted by the pump", number(rx.volume_ml + rx.line_dead_volume_ml, 2, "mL"),
             number(get.get("pumped_ml"), 2, "mL"), ""),
        ),
    )  # fmt: skip
