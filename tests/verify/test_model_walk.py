"""The machine that the library walks, and the arrays that the model looks up, answer alike; also of broken tables."""

import attrs
import pytest

from syntherm.core import machine
from syntherm.core.table import TABLE, Kind
from syntherm_verify.model import conform
from syntherm_verify.model.conform import walk

STEPS = 20_000


@pytest.mark.verifies("SRS-101")
def test_library_and_arrays_answer_alike() -> None:
    moves = walk(STEPS, 1)
    assert STEPS / 10 < moves < STEPS
    assert walk(2_000, 2) == walk(2_000, 2) != walk(2_000, 3)


@pytest.mark.parametrize("kind", [Kind.MOVE, Kind.REFUSE, Kind.IGNORE])
def test_a_table_that_differs_is_found(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """The arrays are made of one row less: the first of its kind that is asked nothing."""
    row = next(row for row in TABLE if row.kind is kind and not row.guard)
    monkeypatch.setattr(conform, "TABLE", tuple(r for r in TABLE if r is not row))
    with pytest.raises(ValueError, match=f"{row.trigger.value} in .*arrays broken"):
        walk(STEPS, 1)


def test_a_machine_that_differs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    react = machine.react

    def forgetful(*given):
        reaction = react(*given)
        return attrs.evolve(reaction, effects=reaction.effects[1:])

    monkeypatch.setattr(conform, "react", forgetful)
    with pytest.raises(ValueError, match=r"arrays .* machine "):
        walk(STEPS, 1)
