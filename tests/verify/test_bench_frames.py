"""The way of an image, in a form so short that its bar says nothing, and how a way that is too slow is told."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from syntherm.core.step import step
from syntherm_verify.bench import frames as bench_frames
from syntherm_verify.bench import frames_dicom
from syntherm_verify.bench.command import bench
from syntherm_verify.bench.frames_dicom import over_dicom
from syntherm_verify.bench.frames_moment import heated
from syntherm_verify.bench.frames_table import BESIDE, PARTS, WHOLE, Way, figures_of, table_of
from syntherm_verify.bench.took import Took
from syntherm_verify.bench.verifying import Unsound


def way(part_ms: float) -> Way:
    part = Took(2e-3 * part_ms, 1e-3 * part_ms)
    return Way((part,) * len(PARTS), (part, Took(1e-4, 1e-4), Took(2e-4, 2e-4), Took(3e-3, 2e-3)))


def told(monkeypatch: pytest.MonkeyPatch, *ways: Way) -> None:
    monkeypatch.setattr(bench_frames, "_protocols", lambda _: [("MRD", list(ways))])


def test_parts_and_whole_are_told_with_median_and_p95() -> None:
    figures = {figure.name: figure for figure in figures_of("MRD", [way(1.0), way(2.0), way(3.0)])}
    assert list(figures) == [
        f"MRD: {row}" for row in (*PARTS, "image to lease on the clock", *BESIDE, "image to lease")
    ]
    step_of = figures["MRD: step"]
    assert step_of.value == pytest.approx(4.0)
    assert step_of.says == "median of 3; p95 5.80 ms; 2.00 ms of it of the processor"
    whole = figures["MRD: image to lease"]
    assert whole.value == pytest.approx(2.0 * 4 + 1.0) and whole.judged and whole.holds
    assert figures["MRD: image to lease on the clock"].value == pytest.approx(16.0)
    assert figures[f"MRD: {BESIDE[2]}"].value == pytest.approx(0.2)


def test_the_table_has_clock_and_processor_of_each_part_and_the_bare_costs() -> None:
    head, columns, *rows = table_of("MRD", [way(1.0), way(2.0), way(3.0)]).splitlines()
    assert head.startswith("MRD: 128x128x6 complex, median of 3, in ms") and columns.split() == [
        "clock", "p95", "processor",
    ]  # fmt: skip
    assert [row.split("  ")[0] for row in rows] == [*PARTS, WHOLE, *BESIDE, f"{WHOLE}, processor and disk"]
    assert rows[1].split()[-3:] == ["4.00", "5.80", "2.00"] and rows[-3].split()[-3:] == ["0.20", "0.20", "0.20"]
    assert rows[-1].split()[-5:] == ["9.00", "12.60", "bar:", "below", "25"]
    assert table_of("MRD", [way(7.0)]).endswith("bar: below 25: MISSED")


def test_a_way_that_is_too_slow_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told(monkeypatch, way(1.0), way(2.0))
    assert bench(["frames"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "frames: MRD: image to lease 7 ms"
    told(monkeypatch, way(7.0), way(8.0))
    assert bench(["frames", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["holds"] is False


def test_an_image_that_leads_to_no_lease_is_no_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: int) -> Iterator[tuple[str, list[Way]]]:
        raise Unsound("no image came")
        yield

    monkeypatch.setattr(bench_frames, "_protocols", broken)
    assert bench(["frames"]) == 1
    assert capsys.readouterr().err == "bench frames: no image came\n"


def test_the_moment_is_heating_with_power_lent_and_an_image_due() -> None:
    moment = heated()
    lease = moment.state.beam.lease
    assert lease is not None and moment.at_s < lease.until_s < moment.at_s + 1.0
    assert moment.state.phases.session.value == "heating" and not moment.state.faults


@pytest.mark.system
def test_images_of_every_protocol_lead_to_leases_and_a_slow_step_is_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def slow(state: object, event: object) -> object:
        end_s = time.process_time() + 0.03
        while time.process_time() < end_s:
            pass
        return step(state, event)  # type: ignore[arg-type]

    monkeypatch.setattr(bench_frames, "step", slow)
    assert bench(["frames", "--images", "2"]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("frames: MRD: image to lease ") and last.count("MISSED") == 3
    assert (
        "OpenIGTLink, two components: image to lease" in last
        and "DICOM push, from its last byte: image to lease" in last
    )


@pytest.mark.system
def test_a_receiver_that_stores_nothing_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    # The receiver expects much darker images: each is refused as of a wrong scale.
    monkeypatch.setattr(frames_dicom, "BRIGHTEST", (1.0, 2.0))
    monkeypatch.setattr(frames_dicom, "PATIENCE_S", 0.5)
    with ExitStack() as opened, pytest.raises(Unsound, match="no image came"):
        over_dicom(opened).next()
