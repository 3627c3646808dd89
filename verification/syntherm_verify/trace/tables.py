"""The trace as rows of text, for the CSV and for the page."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Final

from syntherm_verify.trace.chains import GAP, NOT_READ, Chain, need_chains, risk_chains, tests_of, verdict
from syntherm_verify.trace.findings import Evidence
from syntherm_verify.trace.items import TITLES, Item, Kind

HEADER: Final = (
    "chain", "HAZ", "HS", "severity", "before", "after", "RC", "UN", "SYS", "SRS", "class", "code", "test", "passed",
    "skipped", "failed", "result",
)  # fmt: skip
Cells = tuple[str, ...]


def _id(item: Item | None) -> str:
    return GAP if item is None else item.id


def judged(evidence: Evidence, situation: Item | None, probability: str) -> str:
    """The policy's word on a situation, before or after control."""
    if situation is None:
        return GAP
    answer = evidence.policy.judge(situation.number("severity"), situation.number(probability))
    return GAP if answer is None else answer.value


def code_of(evidence: Evidence, item_id: str) -> Cells:
    """Where the table and the faults carry an id."""
    return tuple(dict.fromkeys(carrier.name for carrier in evidence.carriers if item_id in carrier.ids))


def _head(evidence: Evidence, chain: Chain) -> Cells:
    if chain.top.kind is Kind.NEED:
        return ("need", "", "", "", "", "", "", chain.top.id, _id(chain.middle))
    situation = chain.middle
    return (
        "risk", chain.top.id, _id(situation), GAP if situation is None else situation.fields.get("severity", GAP),
        judged(evidence, situation, "probability_before"), judged(evidence, situation, "probability_after"),
        _id(chain.control), "", "",
    )  # fmt: skip


def _tail(evidence: Evidence, software: Item | None) -> Iterator[Cells]:
    if software is None:
        yield (GAP, "", "", GAP, "0", "0", "0", GAP)
        return
    carried = str(len(code_of(evidence, software.id)))
    front = (software.id, software.fields.get("sclass", GAP), carried)
    lines = tests_of(evidence, software.id)
    for line in lines:
        yield (*front, line.function, str(line.passed), str(line.skipped), str(line.failed), line.result)
    if not lines:
        word = NOT_READ if evidence.results is None else GAP
        yield (*front, word, "0", "0", "0", word)


def rows(evidence: Evidence) -> Iterator[Cells]:
    """One row per chain and test function, under HEADER."""
    for chain in (*risk_chains(evidence), *need_chains(evidence)):
        head = _head(evidence, chain)
        yield from ((*head, *tail) for tail in _tail(evidence, chain.software))


def as_csv(evidence: Evidence) -> str:
    """The whole trace as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows(evidence))
    return text.getvalue()


def totals(evidence: Evidence, findings: int) -> tuple[tuple[str, str], ...]:
    """What is counted on top of the page and in the command's last line."""
    lines = [(f"{TITLES[kind]}s", str(len(evidence.of(kind)))) for kind in Kind]
    if evidence.results is not None:
        for kind, name in ((Kind.SOFTWARE, "software requirements"), (Kind.CONTROL, "risk controls")):
            passed = sum(proven(evidence, item) == "passed" for item in evidence.of(kind))
            lines.append((f"{name} with a passed test and no failed one", f"{passed} of {len(evidence.of(kind))}"))
        lines.append(("test cases read", str(len(evidence.results))))
    for moment in ("before", "after"):
        words = Counter(judged(evidence, item, f"probability_{moment}") for item in evidence.of(Kind.SITUATION))
        shown = ", ".join(f"{count} {word}" for word, count in sorted(words.items()))
        lines.append((f"risks {moment} control", shown))
    lines.append(("chains with a GAP", str(sum(GAP in row for row in rows(evidence)))))
    lines.append(("findings", str(findings)))
    return tuple(lines)


def proven(evidence: Evidence, item: Item) -> str:
    """The result of a requirement's tests; of a control's, those of what implements it counted in."""
    ids = [item.id, *(below.id for below in evidence.below(item.id, "controls"))]
    words = {verdict(evidence, each) for each in ids}
    if "failed" in words:
        return "failed"
    return "passed" if "passed" in words else (NOT_READ if NOT_READ in words else GAP)
