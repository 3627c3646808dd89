"""What a record must still be after its writer ended without closing it, whatever ended it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import attrs

from syntherm.audit.keys import PublicKey
from syntherm.audit.reader import AuditReader, UnreadableRecord
from syntherm.audit.seal import seal_path
from syntherm.audit.writer import AuditWriter
from syntherm.ports.record import AuditFailed
from syntherm_sim.timeline import FIRST_DAY
from syntherm_verify.crash.scribe import CLOSED, KEY
from syntherm_verify.recording.steps import ADDED, Step, closed, small_identity
from syntherm_verify.recording.verifiers import Answer, independent, ours

KEYS: tuple[PublicKey, ...] = (KEY.public,)
LATER_S = 60.0
"""How long a controller is away before another goes on."""


@attrs.frozen
class Told:
    """What the writer has said before it ended: a head after each write that returned."""

    heads: tuple[str, ...]
    closed: bool

    @classmethod
    def of(cls, lines: Sequence[str]) -> "Told":
        """From what the writer said, line by line."""
        ended = bool(lines) and lines[-1].endswith(CLOSED)
        return cls(tuple(line.split()[0] for line in lines), ended)


@attrs.frozen
class Seen:
    """What was found in the record. `lost`: acknowledged writes that it does not hold; `problems` should be empty.

    `opens`: also true where nothing was acknowledged yet, and so nothing need be there.
    """

    opens: bool
    entries: int
    lost: int
    closed: bool
    sealed: bool
    problems: tuple[str, ...]


def look(path: Path, told: Told, steps: Sequence[Step]) -> Seen:
    """Read the record, and demand of it all that stands in this module's functions."""
    sealed = seal_path(path).exists()
    try:
        with AuditReader(path) as reader:
            entries = list(reader.entries())
    except UnreadableRecord as error:
        # Before the first acknowledgement there need not be a record at all.
        unread = (f"does not open: {error}",) if told.heads else ()
        return Seen(not told.heads, 0, 0, closed=False, sealed=sealed, problems=unread)
    chains = {entry.chain.hex() for entry in entries}
    lost = sum(head not in chains for head in told.heads)
    problems = [f"{lost} of {len(told.heads)} acknowledged writes are lost"] if lost else []
    kinds = tuple(entry.kind for entry in entries)
    problems += _whole_writes(kinds, steps)
    ended = "closed" in kinds
    if told.closed and not sealed:
        problems.append("was closed, and has no seal")
    if entries:
        problems += _verified(path, len(entries), ended=ended, sealed=sealed)
    return Seen(True, len(entries), lost, ended, sealed, tuple(problems))


def _whole_writes(kinds: Sequence[str], steps: Sequence[Step]) -> Iterator[str]:
    """Every write is there with all its entries or not at all."""
    found = [kind for kind in kinds if kind not in ADDED]
    for write in (("opened",), *(step.kinds for step in steps), ("closed",)):
        here, found = found[: len(write)], found[len(write) :]
        if not here:
            return
        if tuple(here) != write:
            yield f"a partial write is seen: {' '.join(here)}, expected {' '.join(write)}"
            return


def _verified(path: Path, last: int, *, ended: bool, sealed: bool) -> Iterator[str]:
    """Both verifiers find that it was not closed, and nothing else; and nothing at all where it is sealed."""
    answers = {"syntherm": ours(path, None, KEYS), "independent": independent(path, None, KEYS)}
    for name, answer in answers.items():
        yield from (f"{name}: {wrong}" for wrong in _wrong(answer, last, ended=ended, sealed=sealed))
    if len({(answer.named, answer.head) for answer in answers.values()}) > 1:
        yield "the verifiers differ: " + ", ".join(f"{name} {answer.named}" for name, answer in answers.items())


def _wrong(answer: Answer, last: int, *, ended: bool, sealed: bool) -> Iterator[str]:
    if answer.refused is not None:
        yield f"refused: {answer.refused}"
    elif sealed and not answer.sound:
        yield f"sealed, and not sound: {answer.findings[0][1]}"
    elif not sealed:
        named = [number for number, _ in answer.findings if number]
        if named != ([] if ended else [last]):
            says = "; ".join(f"{number}: {text}" for number, text in answer.findings)
            yield f"more is found than that it was not closed: {says}"


def go_on(path: Path, steps: Sequence[Step]) -> Iterator[str]:
    """Another controller goes on with the record and closes it; then both verifiers must call it sound."""
    later = timedelta(seconds=steps[-1].event.at_s + LATER_S)
    try:
        with AuditReader(path) as reader:
            ended = any(entry.kind == "closed" for entry in reader.entries())
        writer = AuditWriter(path, KEY, create=False)
        if ended:
            head = writer.seal()
        else:
            again = FIRST_DAY + later
            writer.resume_session(again, 0.0, small_identity())
            writer.append_refusal(again, attrs.evolve(steps[0].event, at_s=0.0), "the controller is new")
            head = closed(writer, (), later)
    except (AuditFailed, UnreadableRecord, OSError) as error:
        yield f"cannot be gone on with: {error}"
        return
    for name, answer in (("syntherm", ours(path, head, KEYS)), ("independent", independent(path, head, KEYS))):
        if not answer.sound:
            says = answer.refused or "; ".join(f"{number}: {text}" for number, text in answer.findings)
            yield f"{name}: not sound after it was gone on with: {says}"
