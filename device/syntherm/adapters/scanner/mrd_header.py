"""The two facts that are needed of an ISMRMRD XML header: the resonance frequency of hydrogen, and the echo times."""

from math import isfinite
from typing import Final
from xml.parsers import expat

import attrs

from syntherm.adapters.scanner.stream import MessageRefused, shown

HYDROGEN_MHz_PER_T: Final = 42.577478
"""Gyromagnetic ratio of the free proton over 2 pi, CODATA."""
_SPACE: Final = "http://www.ismrm.org/ISMRMRD "
_FREQUENCY: Final = ("ismrmrdHeader", "experimentalConditions", "H1resonanceFrequency_Hz")
_ECHO: Final = ("ismrmrdHeader", "sequenceParameters", "TE")
_DEEPEST: Final = 32
_LONGEST: Final = 64


@attrs.frozen
class MrdHeader:
    """Field strength, and the echo times by contrast."""

    field_T: float
    echo_times_ms: tuple[float, ...]


class _Texts:
    """Collects the texts of the elements that are wanted. It does not know its parser, so the two are no cycle."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self.found: dict[tuple[str, ...], list[str]] = {_FREQUENCY: [], _ECHO: []}

    def start(self, name: str, _: dict[str, str]) -> None:
        if len(self._path) >= _DEEPEST:
            raise MessageRefused(f"the XML header is nested deeper than {_DEEPEST}")
        self._path.append(name.removeprefix(_SPACE))
        texts = self.found.get(tuple(self._path))
        if texts is not None:
            texts.append("")

    def end(self, _: str) -> None:
        self._path.pop()

    def text(self, text: str) -> None:
        texts = self.found.get(tuple(self._path))
        if texts is not None and len(texts[-1]) <= _LONGEST:
            texts[-1] += text[: _LONGEST + 1]

    def declares(self, *_: object) -> None:
        # Nothing that needs a document type belongs here, and entities are how a small text becomes a large one.
        raise MessageRefused("the XML header declares a document type")


def read_header(xml: bytes) -> MrdHeader:
    """What the header says. Raises MessageRefused: no XML, or no single positive frequency, or an echo time is none."""
    texts = _Texts()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = texts.start, texts.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = texts.text, texts.declares
    try:
        # LookupError: an encoding that Python does not know, or that is none of texts.
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise MessageRefused(f"the XML header cannot be read: {shown(str(error))}") from error
    frequencies = [_positive(text, "H1resonanceFrequency_Hz") for text in texts.found[_FREQUENCY]]
    if len(frequencies) != 1:
        raise MessageRefused(f"the XML header has {len(frequencies)} H1resonanceFrequency_Hz; expected one")
    echo_times = tuple(_positive(text, "TE") for text in texts.found[_ECHO])
    return MrdHeader(frequencies[0] / (HYDROGEN_MHz_PER_T * 1e6), echo_times)


def _positive(text: str, name: str) -> float:
    try:
        # A text that was cut would be another number.
        value = float(text) if len(text) <= _LONGEST else 0.0
    except ValueError:
        value = 0.0
    if not (isfinite(value) and value > 0.0):
        raise MessageRefused(f"the XML header's {name} is {shown(text)}; expected a positive number")
    return value
