"""The demonstration plan with other values, for days that a test can wait for."""

import re
from collections.abc import Mapping
from pathlib import Path

PLAN = Path(__file__).resolve().parents[2] / "verification" / "plans" / "igo-breast.toml"


def with_values(values: Mapping[str, str]) -> str:
    """The plan's text with these keys set; each must stand in it once. Its test sonication is a single short shot."""
    text = PLAN.read_text(encoding="utf-8").split("# The test sonication proves itself")[0]
    for key, value in values.items():
        text, count = re.subn(rf"(?m)^({key} = \{{ value = )[^,]+", rf"\g<1>{value}", text)
        assert count == 1, key
    return text
