"""What the report rests on: software, plan and record, by version and hash."""

from syntherm.reports.table import Table
from syntherm.reports.values import Chain, History
from syntherm.reports.wording import day_and_time, number

_COLUMNS = (("", "k"), ("", "s"))


def versions_table(history: History) -> Table:
    """What ran."""
    rows = tuple((key, value) for key, value in sorted(history.versions.items()) if key != "plan_sha256")
    return Table("Software that ran the session", _COLUMNS, rows, "No version is on record.")


def record_table(history: History, file_name: str) -> Table:
    """The record that this report was made from."""
    chain, stated = history.chain, history.versions.get("plan_sha256", "not stated")
    agrees = "as stated in the record" if stated == history.plan_digest else f"but the record states {stated}"
    whole = "recomputed for this report; every entry fits"
    if chain.broken_at is not None:
        whole = f"recomputed for this report; broken at entry {chain.broken_at}"
    length = number((history.last_s - history.opened_s) / 60.0, 1, "min")
    rows = (
        ("File", file_name),
        ("Opened", day_and_time(history.opened_utc)),
        ("Last entry", f"{day_and_time(history.last_utc)}, {length} later by the session's clock"),
        ("Entries", str(chain.entries)),
        ("Hash chain", whole),
        ("Head (hash of the last entry)", chain.head),
        ("Signed by the site's key", _signed(chain)),
        ("Plan, SHA-256", f"{history.plan_digest}, {agrees}"),
    )
    return Table("Record", _COLUMNS, rows)


def _signed(chain: Chain) -> str:
    if chain.key is None:
        return "no: a record of format 1"
    return f"{chain.key}: {chain.checkpoints} checkpoints, the last over entry {chain.checked_to} and all before it"
