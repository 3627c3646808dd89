"""The trace as one plain page: printable, without scripts, every id a link to its own row."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from syntherm_verify.trace.chains import GAP, Chain, need_chains, risk_chains, tests_of, verdict
from syntherm_verify.trace.findings import Evidence, Finding
from syntherm_verify.trace.items import Item, Kind
from syntherm_verify.trace.tables import code_of, judged, proven, totals

_STYLE: Final = (
    "body{font:13px/1.4 sans-serif;margin:2em;color:#111}table{border-collapse:collapse;margin:.5em 0 2em;width:100%}"
    "th,td{border:1px solid #bbb;padding:2px 6px;text-align:left;vertical-align:top}th{background:#eee}"
    ".GAP,.failed,.unacceptable{background:#f6c9c9;font-weight:bold}.passed,.acceptable{background:#dff0df}"
    ".reduce{background:#fbf0c8}thead{display:table-header-group}tr{break-inside:avoid}@media print{body{margin:0}}"
)
Header = tuple[str, ...]
_WORDS: Final = frozenset({GAP, "failed", "passed", "acceptable", "reduce", "unacceptable"})


def _cell(text: str) -> str:
    return f'<td class="{text}">{text}</td>' if text in _WORDS else f"<td>{text}</td>"


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "\n".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _named(item: Item | None) -> str:
    return GAP if item is None else f'<a href="#{item.id}">{item.id}</a> {escape(item.title)}'


def _result(evidence: Evidence, software: Item | None) -> str:
    return GAP if software is None else verdict(evidence, software.id)


def _risk_row(evidence: Evidence, chain: Chain) -> tuple[str, ...]:
    before, after = (judged(evidence, chain.middle, f"probability_{moment}") for moment in ("before", "after"))
    return (
        _named(chain.top), _named(chain.middle), before, after, _named(chain.control), _named(chain.software),
        _result(evidence, chain.software),
    )  # fmt: skip


def _need_row(evidence: Evidence, chain: Chain) -> tuple[str, ...]:
    return (_named(chain.top), _named(chain.middle), _named(chain.software), _result(evidence, chain.software))


def _item_row(evidence: Evidence, item: Item) -> tuple[str, ...]:
    lines = tests_of(evidence, item.id)
    tests = "<br>".join(
        f"{escape(line.function)}: {line.passed} passed, {line.skipped} skipped, {line.failed} failed" for line in lines
    )
    fields = "; ".join(f"{name}: {value}" for name, value in item.fields.items())
    code = "<br>".join(escape(name) for name in code_of(evidence, item.id))
    proof = proven(evidence, item) if item.kind in (Kind.SOFTWARE, Kind.CONTROL) else ""
    name = f'<span id="{item.id}">{item.id}</span><br>{escape(item.title)}'
    text = f"{escape(item.text)}<br><small>{escape(fields)}</small>"
    return (name, text, code, tests, proof)


def _sections(evidence: Evidence, findings: tuple[Finding, ...]) -> Iterator[str]:
    yield "<h2>Totals</h2>" + _table(("what", "count"), [map(escape, line) for line in totals(evidence, len(findings))])
    lines = [(escape(each.place), escape(each.id), escape(each.text)) for each in findings]
    yield f"<h2>Findings ({len(lines)})</h2>" + (_table(("place", "id", "finding"), lines) if lines else "<p>None.</p>")
    header: Header = ("hazard", "hazardous situation", "before", "after", "risk control", "requirement", "result")
    yield "<h2>From hazard to result</h2>" + _table(header, (_risk_row(evidence, c) for c in risk_chains(evidence)))
    header = ("user need", "system requirement", "software requirement", "result")
    yield "<h2>From need to result</h2>" + _table(header, (_need_row(evidence, c) for c in need_chains(evidence)))
    header = ("item", "text", "carried in code by", "tests", "result")
    yield "<h2>Items</h2>" + _table(header, (_item_row(evidence, item) for item in evidence.items))


def as_html(evidence: Evidence, findings: tuple[Finding, ...], basis: str) -> str:
    """The page. `basis` says what it was made from."""
    body = "\n".join(_sections(evidence, findings))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Syntherm: trace</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>Syntherm: trace</h1>\n"
        "<p>Research software. Not cleared for clinical use. Estimates of probability are preliminary.</p>\n"
        f"<p>Made from {escape(basis)}.</p>\n{body}\n</body></html>\n"
    )
