"""The acquisition parameters beside an image."""

import json
from math import isfinite
from pathlib import Path

import attrs

from syntherm.qa.errors import bad

PROTON_MHZ_PER_T = 42.577


@attrs.frozen
class Sidecar:
    """`frequency_MHz`: transmit frequency. `echo_time_s`: the first echo."""

    path: Path
    field_T: float
    frequency_MHz: float
    echo_time_s: float


def read_sidecar(path: Path) -> Sidecar:
    """Read the `.json` beside an image. Raises `BadInput`."""
    try:
        content: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise bad(path, "no such file", "the sidecar of the image of that name") from None
    except (OSError, ValueError, RecursionError) as error:
        raise bad(path, f"no JSON ({error})", "a JSON object of acquisition parameters") from error
    if not isinstance(content, dict):
        raise bad(path, f"a JSON {type(content).__name__}", "a JSON object of acquisition parameters")
    field_T = _positive(path, content, "MagneticFieldStrength")
    frequency_MHz = _positive(path, content, "ImagingFrequency")
    if abs(frequency_MHz / (field_T * PROTON_MHZ_PER_T) - 1.0) > 0.1:
        expected = f"about {field_T * PROTON_MHZ_PER_T:.1f} MHz at {field_T:g} T"
        raise bad(f"{path}, field ImagingFrequency", f"{frequency_MHz:g}", expected)
    return Sidecar(path, field_T, frequency_MHz, _positive(path, content, "EchoTime"))


def _positive(path: Path, content: dict[str, object], field: str) -> float:
    value = content.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value <= 0:
        found = "nothing" if field not in content else repr(value)
        raise bad(f"{path}, field {field}", found, "a number above 0")
    return float(value)
