"""A short treatment day for system tests: the demonstration plan with minutes instead of an hour."""

from pathlib import Path

import pytest
from short_plan import with_values

SHORT = {
    "prescribed_in_range_min": "4.0",
    "max_heating_min": "20.0",
    "dwell_s": "21.0",
    "dose_mg_per_m2": "2.5",
    "volume_ml": "2.25",
    "rate_ml_per_h": "60.0",
    "line_dead_volume_ml": "0.5",
    "recalibration_wait_min": "5.0",
}


@pytest.fixture(scope="session")
def short_plan_text() -> str:
    return with_values(SHORT)


@pytest.fixture
def short_plan(short_plan_text: str, tmp_path: Path) -> Path:
    path = tmp_path / "short.toml"
    path.write_text(short_plan_text, encoding="utf-8")
    return path
