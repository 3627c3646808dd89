"""Tables of what happened: alarms, failures, acts, signatures."""

from syntherm.core.vocabulary import Trigger
from syntherm.reports.table import Table
from syntherm.reports.values import Act, Alarm, Happening, History, Signed
from syntherm.reports.wording import clock, name, number


def alarm_table(history: History) -> Table:
    """Every alarm, from raise to clear."""
    columns = (("raised", "n"), ("cause gone", "n"), ("cleared", "n"), ("priority", "w"), ("alarm", "w"),
               ("what the operators read, and why", "t"), ("risk control", "w"))  # fmt: skip
    rows = tuple(_alarm(history, alarm) for alarm in history.alarms)
    return Table("Alarms and faults (minutes since the record was opened)", columns, rows, "No alarm was raised.")


def _alarm(history: History, alarm: Alarm) -> tuple[str, ...]:
    def minute(at_s: float | None, never: str) -> str:
        return never if at_s is None else number(history.minute(at_s), 1)

    fault = alarm.code.value
    return (
        minute(alarm.raised_s, ""),
        minute(alarm.gone_s, "no"),
        minute(alarm.cleared_s, "stood to the end"),
        fault.priority.name.lower(),
        fault.code,
        f"{fault.text} Found: {alarm.detail}.",
        fault.control,
    )


def failure_table(history: History) -> Table:
    """What failed around the session."""
    columns = (("minute", "n"), ("times", "n"), ("what", "k"), ("detail", "t"))
    rows = tuple(_happening(history, each) for each in history.happenings)
    return Table("Failures and restarts", columns, rows, "No failure of a channel, restart or crash is on record.")


def _happening(history: History, each: Happening) -> tuple[str, ...]:
    first, last = number(history.minute(each.first_s), 1), number(history.minute(each.last_s), 1)
    return (first if first == last else f"{first} to {last}", str(each.count), each.what, each.detail)


def act_table(history: History) -> Table:
    """Every act of a person, refused ones too."""
    columns = (("time UTC", "n"), ("minute", "n"), ("person", "k"), ("act", "t"), ("item", "t"), ("reason given", "t"),
               ("answer", "t"))  # fmt: skip
    rows = tuple(
        (
            clock(act.utc),
            number(history.minute(act.at_s), 1),
            act.person,
            name(act.act),
            "" if act.item is None else name(act.item),
            act.reason,
            "accepted" if act.refused is None else f"refused: {act.refused}",
        )
        for act in history.acts
    )
    return Table("Operators' acts", columns, rows, "Nobody acted.")


def signature_table(history: History) -> Table:
    """Who signed what, when, in which role, and what it means (21 CFR 11.50)."""
    signed = [act for act in history.acts if act.refused is None and (act.signed or act.act is Trigger.SIGN)]
    columns = (("person", "k"), ("name", "t"), ("role", "t"), ("time UTC", "n"), ("act", "t"), ("meaning", "t"),
               ("what was shown", "t"))  # fmt: skip
    return Table("Electronic signatures", columns, tuple(map(_signature, signed)), "Nobody has signed in this session.")


def _signature(act: Act) -> tuple[str, ...]:
    what = name(act.act) if act.item is None else f"{name(act.act)} {name(act.item)}"
    signed = act.signed or Signed("", "", act.reason, "")
    return (act.person, signed.name, signed.role, clock(act.utc), what, signed.meaning, signed.shown)
