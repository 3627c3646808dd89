"""What is wrong with the trace, one line each; and what it is judged from."""

import attrs

from syntherm_verify.trace.code_ids import Carrier
from syntherm_verify.trace.items import Item, Kind
from syntherm_verify.trace.junit import Result
from syntherm_verify.trace.policy import Policy


@attrs.frozen
class Finding:
    """One gap. `place` is a file, with its line where it is known; `id` is empty when no item is concerned."""

    place: str
    id: str
    text: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.id, self.text) if part)

    @property
    def rank(self) -> tuple[str, int, str, str]:
        """What findings are sorted by: file, line, id, text."""
        file, _, line = self.place.rpartition(":")
        return (file, int(line), self.id, self.text) if line.isdecimal() else (self.place, 0, self.id, self.text)


@attrs.frozen
class Evidence:
    """All that the rules look at. `results` is None when no test run was given."""

    items: tuple[Item, ...]
    carriers: tuple[Carrier, ...]
    results: tuple[Result, ...] | None
    policy: Policy

    def of(self, kind: Kind) -> tuple[Item, ...]:
        """The items of a kind."""
        return tuple(item for item in self.items if item.kind is kind)

    def below(self, parent: str, link: str) -> tuple[Item, ...]:
        """The items that lead to `parent` by a link."""
        return tuple(item for item in self.items if parent in item.to(link))

    def results_of(self, item_id: str) -> tuple[Result, ...]:
        """The results of the tests that carry an id."""
        return tuple(result for result in self.results or () if item_id in result.ids)
