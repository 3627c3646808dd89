"""The court: every monitor on the small plan."""

import pytest
from made_looks import Court


@pytest.fixture
def court(bench) -> Court:
    """Judges made-up steps."""
    return Court(bench.plan)
