"""The demonstration plan for 16 focal points with a short day, so that energy and drug flow after some minutes."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PLAN: Final = Path(__file__).parents[2] / "plans" / "igo-breast-16.toml"
_SHORT: Final[Mapping[str, str]] = {
    "dose_mg_per_m2": "30.0", "body_surface_m2": "1.0", "concentration_mg_per_ml": "10.0", "volume_ml": "3.0",
    "line_dead_volume_ml": "0.1", "rate_ml_per_h": "180.0", "dwell_s": "12.0", "prescribed_in_range_min": "3.0",
    "max_heating_min": "15.0",
}  # fmt: skip


def short_text() -> str:
    """The plan as text. Raises ValueError if the demonstration plan no longer has one of the shortened fields."""
    text = PLAN.read_text(encoding="utf-8")
    for key, value in _SHORT.items():
        text, count = re.subn(rf"(?m)^({key} = \{{ value = )[^,]+", rf"\g<1>{value}", text)
        if count != 1:
            raise ValueError(f"{PLAN.name}: found {key} {count} times, expected it once")
    return text
