"""Tables of what happened: alarms, failures, acts, signatures."""

from syntherm.core.vocabulary import Trigger
from syntherm.reports.table import Table
from syntherm.reports.values import Alarm, Happening, History
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
    """Who signed, and when."""
    rows = tuple(
        (act.person, clock(act.utc), number(history.minute(act.at_s), 1), act.reason)
        for act in history.acts
        if act.act is Trigger.SIGN and act.refused is None
    )
    columns = (("person", "k"), ("time UTC", "n"), ("minute", "n"), ("reason given", "t"))
    return Table("Signed by", columns, rows, "Nobody has signed this session.")
