"""A guardian as a process."""

from collections.abc import Callable, Iterator

import guardian_bench
import pytest


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., guardian_bench.Bench]]:
    """Starts a guardian with changes to its configuration; ends it."""
    started: list[guardian_bench.Bench] = []

    def begin(**changes: str) -> guardian_bench.Bench:
        started.append(guardian_bench.Bench(tmp_path, **changes))
        return started[-1]

    yield begin
    for bench in started:
        bench.close()
