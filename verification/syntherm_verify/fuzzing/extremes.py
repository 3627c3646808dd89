"""Seeds at the ends of what a text format can say: numbers beyond every type, deep nesting, odd characters."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

_DEEP: Final = 1500
_MANY: Final = 25
_BOTH: Final = ("1" + "0" * 400, "-1" + "0" * 4400, "1e999", "-0.0", "[" * _DEEP + "]" * _DEEP, "[[[1]]]", '"\\ud800"')
JSON: Final = (*_BOTH, "NaN", "-Infinity", "null", "true", "{}", '"\\u001b[2J\\u0000"')
TOML: Final = (
    *_BOTH, "nan", "-inf", "0x" + "F" * 1900, "0x" + "F" * 5000, "[0x" + "F" * 1900 + "]", "{a=" * _DEEP, "1_0",
    "1979-05-27T07:32:00-23:59", '"""\\u001b\n"""', "{}",
)  # fmt: skip
_VALUE: Final = re.compile(rb"[=:] ?(-?[0-9][0-9.]*|\"[^\"\n]*\")")


def swollen(seed: bytes, words: Sequence[str]) -> Iterable[bytes]:
    """The seed with each value replaced by each word; where there are many values, each word in one of them."""
    places = [match.span(1) for match in _VALUE.finditer(seed)] or [(0, len(seed))]
    for number, word in enumerate(words):
        for start, end in places if len(places) <= _MANY else [places[number % len(places)]]:
            yield seed[:start] + word.encode("ascii") + seed[end:]
