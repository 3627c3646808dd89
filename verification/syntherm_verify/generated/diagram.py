"""The state diagrams, in Mermaid, from the rows that run."""

from syntherm.core.table import INITIAL, TABLE, Kind, Literal
from syntherm.core.vocabulary import REGIONS, State


def _name(state: State) -> str:
    return state.name


def _guard(guard: tuple[Literal, ...]) -> str:
    words = [("" if truth else "not ") + fact.name.lower().replace("_", " ") for fact, truth in guard]
    return f" [{', '.join(words)}]" if words else ""


def _arrows(region: type[State]) -> list[str]:
    labels: dict[tuple[State, State], list[str]] = {}
    for row in TABLE:
        if isinstance(row.source, region) and row.kind is Kind.MOVE and row.target is not row.source:
            labels.setdefault((row.source, row.target), []).append(row.trigger.value + _guard(row.guard))
    return [
        f"    {_name(source)} --> {_name(target)}: {'<br/>'.join(texts)}" for (source, target), texts in labels.items()
    ]


def mermaid(region: type[State]) -> str:
    """One region's diagram: every move between two of its states, with triggers and guards."""
    initial = next(state for state in INITIAL if isinstance(state, region))
    return "\n".join(["stateDiagram-v2", f"    [*] --> {_name(initial)}", *_arrows(region)])


def document() -> str:
    """All regions' diagrams as Markdown."""
    head = [
        "# State diagrams",
        "",
        "Made from `core/table.py` by `syntherm-verify generated`. All four regions react to each trigger at once;",
        "what a state ignores, refuses or never comes to decide, and moves that stay, are in the table beside this.",
    ]
    parts = [f"\n## {region.__name__}\n\n```mermaid\n{mermaid(region)}\n```" for region in REGIONS]
    return "\n".join(head) + "\n" + "\n".join(parts) + "\n"
