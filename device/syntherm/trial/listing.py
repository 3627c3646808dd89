"""Choosing among the records of an index, and searching what was said in them. No record is opened."""

from datetime import date, timedelta
from typing import Final

import attrs

from syntherm.auditing.looks import plain
from syntherm.auditing.rows import Row, Value
from syntherm.trial.index import Index

OPEN: Final = "OPEN"
"""What `ended` says of a record that was not closed."""
COLUMNS: Final = (
    "opened", "record", "site", "patient", "plan", "ended", "heated_min", "in_range_min", "given_ml", "in_range_ml",
    "faults", "path",
)  # fmt: skip
FOUND_COLUMNS: Final = ("opened", "record", "patient", "entry", "kind", "text")


@attrs.frozen
class Filters:
    """Which records: all that fit every filter that is given."""

    site: str | None = None
    plan: str | None = None
    ended: str | None = None
    since: date | None = None
    until: date | None = None
    fault: str | None = None

    def where(self) -> tuple[str, list[Value]]:
        """As a condition, with its values."""
        clauses: list[tuple[str, list[Value]]] = []
        if self.site is not None:
            clauses.append(("(lower(site) = lower(?) OR substr(site_key, 1, length(?)) = lower(?))", [self.site] * 3))
        if self.plan is not None:
            like = " OR ".join(
                f"instr(lower(coalesce({name}, '')), lower(?))" for name in ("plan", "patient", "protocol")
            )
            clauses.append((f"({like} OR substr(plan_sha256, 1, length(?)) = lower(?))", [self.plan] * 5))
        if self.ended is not None:
            clauses.append(_ended(self.ended))
        if self.since is not None:
            clauses.append(("opened_utc >= ?", [self.since.isoformat()]))
        if self.until is not None:
            clauses.append(("opened_utc < ?", [(self.until + timedelta(days=1)).isoformat()]))
        if self.fault is not None:
            code = self.fault.replace("-", "_").upper()
            clauses.append(("id IN (SELECT record FROM faults WHERE code = ?)", [code]))
        return " AND ".join(clause for clause, _ in clauses), [value for _, values in clauses for value in values]


def _ended(state: str) -> tuple[str, list[Value]]:
    name = state.replace("-", "_").upper()
    return ("ended_in IS NULL", []) if name == OPEN else ("ended_in = ?", [name])


def listed(index: Index, filters: Filters) -> list[Row]:
    """Rows of the list, oldest session first."""
    return [_line(row) for row in index.records(*filters.where())]


def _line(row: Row) -> Row:
    return {
        "opened": str(row["opened_utc"])[:16].replace("T", " "), "record": str(row["id"])[:8], "site": named_site(row),
        "patient": row["patient"], "plan": row["plan"], "ended": row["ended_in"] or OPEN,
        "heated_min": _round(row["heating_min"], 1), "in_range_min": _round(row["in_range_min"], 1),
        "given_ml": _round(row["delivered_ml"], 2), "in_range_ml": _round(row["heated_ml"], 2),
        "faults": row["faults"], "path": row["path"],
    }  # fmt: skip


def named_site(row: Row) -> Value:
    """The site by the name given to it, else by its key."""
    return row["site"] or (None if row["site_key"] is None else str(row["site_key"])[:8])


def _round(value: Value, digits: int) -> Value:
    return None if not isinstance(value, int | float) else round(float(value), digits)


def summed(rows: list[Row]) -> str:
    """One line on a list."""
    ended: dict[str, int] = {}
    for row in rows:
        ended[str(row["ended"])] = ended.get(str(row["ended"]), 0) + 1
    states = ", ".join(f"{count} {state}" for state, count in sorted(ended.items()))
    return f"{len(rows)} session(s)" + (f": {states}" if states else "")


def search(index: Index, words: str) -> list[Row]:
    """What was said, by people or about failures, with all these words in it; by record and entry."""
    parts = words.split()
    where = " AND ".join("instr(replace(lower(said), '_', '-'), replace(lower(?), '_', '-'))" for _ in parts) or "0"
    about = """' ' || coalesce(plan, '') || ', ' || coalesce(patient, '') || ', ' || coalesce(protocol, '') || ', '
               || coalesce(site, '') || ', ' || path"""
    query = f"""
        WITH everything AS (
            SELECT record, seq, kind, text AS said FROM texts
            UNION ALL SELECT id, 1, 'record', trim({about}) FROM records)
        SELECT substr(records.opened_utc, 1, 16) AS opened, substr(records.id, 1, 8) AS record, records.id, patient,
               seq AS entry, kind, said AS text
        FROM everything JOIN records ON records.id = everything.record WHERE {where}
        ORDER BY records.opened_utc, records.path, seq, kind"""
    rows = index.rows(query, parts)
    return [{**row, "opened": plain(str(row["opened"]).replace("T", " "))} for row in rows]
