"""A table as the page shows it: plain text in cells, which the template escapes."""

import attrs


@attrs.frozen
class Table:
    """`columns` are (heading, kind): "t" text, "n" a number, "k" a key in strong type, "s" small text,
    "w" a word that is never broken."""

    caption: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = ""


@attrs.frozen
class Card:
    """One of the figures at the head of the report."""

    label: str
    value: str
    beside: str
