"""The bench of controllers: its patients, its oracle against the physics, its figures and its command."""

import json
import math
from pathlib import Path

import attrs
import numpy as np
import pytest

from syntherm_sim.physics.bioheat import Bioheat
from syntherm_sim.physics.collapse import Collapse
from syntherm_sim.physics.droop import Droop
from syntherm_sim.physics.medium import medium_of
from syntherm_sim.physics.sonication_artefact import SonicationArtefact
from syntherm_sim.physics.tissue import Tissue
from syntherm_sim.physics.vessel import Vessel
from syntherm_verify.bench import control as control_module
from syntherm_verify.bench import control_steps, oracle_rise
from syntherm_verify.bench.command import bench
from syntherm_verify.bench.control import figures
from syntherm_verify.bench.control_bed import Bed, NotCalibrated
from syntherm_verify.bench.control_cases import CASES, Case, anatomy_of, day_of, plan_of
from syntherm_verify.bench.control_days import BINARY, CONTROLLERS, MPC, Outcome, PatientDay
from syntherm_verify.bench.control_kept import keep_day, read_days
from syntherm_verify.bench.oracle import NoOptimum, least_span_degC, steady_rises
from syntherm_verify.bench.oracle_rise import least_rise_s
from syntherm_verify.bench.oracle_seen import seen_span_degC, voxel_of
from syntherm_verify.recording.day import demonstration


@pytest.fixture(scope="module")
def bed() -> Bed:
    return Bed(CASES[0], demonstration())


def test_the_published_set_has_names_and_seeds_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len({case.seed for case in CASES}) == len(CASES) >= 30


def test_a_case_changes_what_it_says_and_nothing_else() -> None:
    usual, other = Case("a", 3), Case("b", 3, perfusion=3.0, attenuation=0.7, drift=4.0, breathing=2.0)
    plain, changed = anatomy_of(usual), anatomy_of(other)
    assert (plain.labels == changed.labels).all()
    tumour = plain.labels == Tissue.TUMOUR
    ratio = changed.maps.perfusion_W_per_m3_K[tumour] / plain.maps.perfusion_W_per_m3_K[tumour]
    assert ratio == pytest.approx(3.0, rel=1e-5)
    ratio = changed.maps.attenuation_Np_per_m[tumour] / plain.maps.attenuation_Np_per_m[tumour]
    assert ratio == pytest.approx(0.7, rel=1e-5)
    assert day_of(other).disturbance.drift_degC_per_10min == 4.0 * day_of(usual).disturbance.drift_degC_per_10min
    assert day_of(other).disturbance.breathing_degC == 2.0 * day_of(usual).disturbance.breathing_degC
    assert plan_of(usual, demonstration()) == demonstration()
    lower = plan_of(Case("c", 3, guards_lower_degC=2.0), demonstration())
    assert [guard.max_degC for guard in lower.guard] == [guard.max_degC - 2.0 for guard in demonstration().guard]


def test_what_a_case_names_is_in_the_patient_and_the_day() -> None:
    plain = anatomy_of(Case("a", 3))
    changed = Case(
        "b", 3, tumour_perfusion=3.0, irregular=0.12, skin_at_mm=20.0, vessel=Vessel(12.0), collapse=Collapse(),
        droop=Droop(), while_sounding=SonicationArtefact(1.5),
    )  # fmt: skip
    found = anatomy_of(changed)
    assert found.variation.tumour_perfusion == pytest.approx(3.0 * plain.variation.tumour_perfusion)
    assert found.variation.perfusion == plain.variation.perfusion and found.collapse == Collapse()
    tumours = [each.labels == Tissue.TUMOUR for each in (plain, found)]
    assert 0 < (tumours[0] ^ tumours[1]).sum() < tumours[0].sum()
    assert (found.labels != plain.labels)[:, :25].sum() > 5000 and found.maps.perfusion_W_per_m3_K.max() > 3e5
    assert (day_of(changed).droop, day_of(changed).disturbance.while_sounding) == (Droop(), SonicationArtefact(1.5))
    assert day_of(Case("a", 3)).disturbance.while_sounding is None and plain.collapse is None


def test_beam_that_droops_and_sounds_reaches_tissue_and_images(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    def some(course: object) -> np.ndarray:
        return np.full(len(bed.foci.points_mm), 0.2)

    usual = bed.heat(some, 0.5)
    assert bed._signal.sounding
    weaker = attrs.evolve(bed.case, droop=Droop(0.5, 0.01), while_sounding=SonicationArtefact(1.0, 2.0))
    monkeypatch.setattr(bed, "case", weaker)
    drooped = bed.heat(some, 0.5)
    assert drooped[-1].cold90 - drooped[0].cold90 < 0.6 * (usual[-1].cold90 - usual[0].cold90)
    bed.heat(lambda course: np.zeros(len(bed.foci.points_mm)), 0.2)
    assert not bed._signal.sounding


@pytest.mark.parametrize(("radius", "tall"), [(15.0, 14.0), (20.0, 14.0), (12.0, 12.0)])
def test_a_large_target_is_as_tall_as_the_images(radius: float, tall: float) -> None:
    case = Case("large", 3, radius_mm=radius)
    assert plan_of(case, demonstration()).target.radii_mm == (radius, radius, tall)
    held = (anatomy_of(case).labels == Tissue.TUMOUR).sum() * 8.0
    assert held == pytest.approx(4.0 / 3.0 * math.pi * radius**2 * tall, rel=0.1)


def test_every_controller_begins_where_calibration_ended(bed: Bed) -> None:
    def none(course: object) -> np.ndarray:
        return np.zeros(len(bed.foci.points_mm))

    def some(course: object) -> np.ndarray:
        return np.full(len(bed.foci.points_mm), 0.2)

    rest, warm, again = bed.heat(none, 0.5), bed.heat(some, 0.5), bed.heat(none, 0.5)
    assert rest == again and rest[0] == warm[0] and len(rest) == 10
    assert warm[-1].cold90 > rest[-1].cold90 + 0.3 and rest[-1].power_W == 0.0
    assert warm[-1].power_W == pytest.approx(0.2 * len(bed.foci.points_mm))
    assert warm[-1].over_guard < 0.0


def test_an_image_without_a_temperature_gets_no_power(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bed, "_look", lambda self, baseline, previous: None)
    assert {each.power_W for each in bed.heat(lambda course: np.ones(1), 0.3)} == {0.0}
    with pytest.raises(NotCalibrated, match="nominal: the plan does not accept"):
        Bed(CASES[0], demonstration())


def test_nobody_is_heated_beside_a_guard_region_that_is_not_seen() -> None:
    plan = demonstration()
    strict = attrs.evolve(plan, guard=tuple(attrs.evolve(each, min_valid_fraction=1.0) for each in plan.guard))
    with pytest.raises(NotCalibrated, match="nominal: near-field-lateral is seen in"):
        Bed(CASES[0], strict)


def test_the_oracles_steady_state_is_the_physics(bed: Bed) -> None:
    """A constant beam for a long time, at perfusion that stands still, against the linear solution."""
    still = attrs.evolve(
        bed.anatomy, maps=attrs.evolve(bed.anatomy.maps, dilation=np.ones_like(bed.anatomy.maps.dilation))
    )
    unheated = Bioheat(medium_of(still), bed.temperature_degC.copy())
    beam = bed.patterns[:3].sum(axis=0).reshape(bed.tumour.shape) * np.float32(4.0)
    unheated.advance(beam, 3600.0)
    base, rises = steady_rises(still, bed.temperature_degC, bed.patterns[:3], bed.tumour)
    assert base + rises @ np.full(3, 4.0) == pytest.approx(unheated.temperature_degC[bed.tumour], abs=0.05)


def test_the_oracle_finds_what_a_line_of_voxels_can_hold() -> None:
    """Two points, two halves: even heat is possible until power or a guard forbids it."""
    rises = np.zeros((21, 2))
    rises[:10, 0] = rises[10:20, 1] = 1.0
    rises[20] = (0.0, 0.5)
    base, tumour = np.full(21, 37.0), np.arange(21) < 20
    plan, open_ = demonstration(), np.full(21, np.inf)
    assert least_span_degC(base, rises, tumour, open_, 41.0, plan) == pytest.approx(0.0, abs=1e-6)
    guarded = open_.copy()
    guarded[20] = 38.0
    assert least_span_degC(base, rises, tumour, guarded, 41.0, plan) == pytest.approx(4.0, abs=1e-6)
    weak = attrs.evolve(plan, sonication=attrs.evolve(plan.sonication, max_power_W=6.0))
    assert least_span_degC(base, rises, tumour, open_, 41.0, weak) == pytest.approx(0.0, abs=1e-6)
    guarded[20] = 36.0
    with pytest.raises(NoOptimum, match="no mean within 4 degC"):
        least_span_degC(base, rises, tumour, guarded, 41.0, plan)


def test_the_least_time_is_that_of_the_physics(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The powers that the oracle finds, in the virtual patient's own tissue: cold90 is at 40 degC about then."""
    narrow = attrs.evolve(bed.plan, heating=attrs.evolve(bed.plan.heating, range_cold90_min_degC=38.5))
    found_s = least_rise_s(bed.anatomy, bed.before_degC, bed.patterns, bed.guard_limits_degC(), narrow)
    tissue = Bioheat(medium_of(bed.anatomy), bed.before_degC.copy())
    even = np.full(len(bed.patterns), bed.plan.sonication.max_power_W / len(bed.patterns), dtype=np.float32)
    tissue.advance((even @ bed.patterns.reshape(len(even), -1)).reshape(bed.tumour.shape), found_s)
    reached = float(np.quantile(tissue.temperature_degC[bed.tumour], 0.1))
    # Nobody who shares power evenly is faster, nor far behind in so small a target.
    assert 37.8 < reached < 38.5 and 5.0 < found_s < 60.0
    monkeypatch.setattr(oracle_rise, "LONGEST_S", oracle_rise.LOOK_S)
    weak = attrs.evolve(bed.plan, sonication=attrs.evolve(bed.plan.sonication, max_power_W=1.0))
    assert least_rise_s(bed.anatomy, bed.before_degC, bed.patterns, bed.guard_limits_degC(), weak) == math.inf


def test_who_sees_means_of_voxels_cannot_even_out_what_lies_within_one() -> None:
    """Two voxels of two parts; each point heats one part more: a voxel's mean does not tell which."""
    rises = np.array([[2.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    base, tumour, shown = np.full(4, 37.0), np.full(4, True), np.array([5, 5, 8, 8])
    plan, open_ = demonstration(), np.full(4, np.inf)
    span = seen_span_degC(base, rises, tumour, shown, 41.0, plan)
    assert least_span_degC(base, rises, tumour, open_, 41.0, plan) == pytest.approx(0.0, abs=1e-6)
    assert 0.1 < span < 4.0 / 3.0
    assert voxel_of().max() == 60 * 60 * 7 - 1 and (np.bincount(voxel_of()[voxel_of() >= 0]) == 3).all()


def outcome(name: str, span: float, reached: bool = True) -> Outcome:
    return Outcome("c", name, span, 40.5, 0.9, 0.0, 60.0, reached, 42.0, -1.0, 30.0, 2.0, 5.0, 400.0, 0.1)


def day(mpc_span: float, reached: bool = True) -> PatientDay:
    spans = dict(zip(CONTROLLERS, (1.0, 2.0, mpc_span), strict=True))
    return PatientDay("c", 0.5, 0.6, tuple(outcome(name, span, reached) for name, span in spans.items()), 40.0)


def test_figures_are_medians_worsts_and_ratios_with_bars() -> None:
    found = {figure.name: figure for figure in figures([day(0.5), day(0.8), day(0.6, reached=False)], 12.0)}
    span = found[f"span hot10 - cold90, {MPC}"]
    assert span.value == 0.6 and "worst 0.8" in span.says and "3 patients, 12 min" in span.says
    assert "worst 0.9" in found[f"voxel-time in 40 to 42 degC, {BINARY}"].says
    assert found[f"cold90 of 40 degC never reached, {MPC}"].value == 1.0
    assert found[f"span over the oracle's, {BINARY}"].value == 2.0
    assert found[f"span over the oracle's that sees as an image does, {BINARY}"].value == pytest.approx(1.0 / 0.6)
    assert not found[f"voxel-time in 40 to 42 degC, {MPC}"].holds and found[f"hottest voxel, {MPC}"].holds
    assert not found[f"voxel-time in 40 to 42 degC, {BINARY}"].judged
    ratio = found[f"span over binary's, {MPC}"]
    assert ratio.value == 0.6 and ratio.judged and ratio.holds
    assert not found["span over binary's, pid-mean"].judged
    late = {figure.name: figure for figure in figures([day(1.2)], 12.0)}
    assert not late[f"span over binary's, {MPC}"].holds


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--patients", "0"], "--patients: found 0 from 1 on, expected 1 to 40"),
        (["--patients", "41"], "--patients: found 41"),
        (["--minutes", "10"], "--minutes: found 10, expected 11 to 180"),
        (["--minutes", "nan"], "--minutes: found nan"),
    ],
)
def test_numbers_without_meaning_are_refused(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(["control", *arguments]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_tells_each_patient_and_the_figures(
    as_json: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = iter([day(0.5, reached=False), day(1.4)])
    monkeypatch.setattr(control_module, "day_of", lambda case, plan, minutes: next(told))
    monkeypatch.setattr(control_module, "median", max)
    assert bench(["control", "--patients", "2", "--minutes", "12", *(["--json"] if as_json else [])]) == 1
    out = capsys.readouterr().out
    if as_json:
        told = json.loads(out)
        assert not told["holds"] and len(told["patients"]) == 2
        assert told["patients"][0]["outcomes"][2]["controller"] == MPC
    else:
        assert out.startswith("c: oracle span 0.50; binary-multipoint span 1.00, in band 90 %, cold90 of 40 never")
        assert "MISSED" in out.splitlines()[-1]


def test_a_patient_who_cannot_be_calibrated_fails_the_bench_and_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(case: Case, plan: object, minutes: float) -> PatientDay:
        if case is CASES[0]:
            raise NotCalibrated("nominal: the test sonication showed no focus")
        return named(case.name)

    monkeypatch.setattr(control_module, "day_of", failing)
    monkeypatch.setattr(control_module, "figures", lambda done, minutes: iter(()))
    assert bench(["control", "--patients", "3"]) == 1
    told = capsys.readouterr()
    assert "showed no focus" in told.err and [line.partition(":")[0] for line in told.out.splitlines()[:2]] == [
        case.name for case in CASES[1:3]
    ]
    assert bench(["control", "--first", "2", "--patients", "3"]) == 0


def named(case: str) -> PatientDay:
    return attrs.evolve(day(0.6), case=case)


def test_no_patient_is_run_twice_where_days_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def once(case: Case, plan: object, minutes: float) -> PatientDay:
        ran.append(case.name)
        return named(case.name)

    monkeypatch.setattr(control_module, "day_of", once)
    kept = tmp_path / "days.jsonl"
    arguments = ["control", "--results", str(kept), "--minutes", "12"]
    assert bench([*arguments, "--patients", "2"]) == bench([*arguments, "--patients", "3"]) == 1
    assert ran == [case.name for case in CASES[:3]]
    assert [attrs.asdict(each) for each in read_days(kept, 12.0).values()] == [
        attrs.asdict(named(case.name)) for case in CASES[:3]
    ]
    # Who was kept without the least time gets it, and nothing else is run.
    keep_day(kept, attrs.evolve(named(CASES[0].name), rise_s=None), 12.0)
    monkeypatch.setattr(control_module, "with_rise", lambda day, case, plan: attrs.evolve(day, rise_s=30.0))
    assert bench([*arguments, "--patients", "1"]) == 1
    assert len(ran) == 3 and read_days(kept, 12.0)[CASES[0].name].rise_s == 30.0
    capsys.readouterr()
    assert bench(["control", "--results", str(kept), "--minutes", "13"]) == 2
    assert "line 1: found 12 min of heating, expected 13" in capsys.readouterr().err
    kept.write_text('{"minutes": 12}\n')
    assert bench(arguments) == 2
    assert f"{kept}, line 1: expected one patient's figures" in capsys.readouterr().err


def test_the_page_holds_every_patient_and_the_published_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, page = tmp_path / "days.jsonl", tmp_path / "docs" / "benchmarks.md"
    page.parent.mkdir()
    arguments = ["control", "--page", str(page), "--minutes", "12"]
    assert bench(arguments) == 2 and "found no --results" in capsys.readouterr().err
    assert bench([*arguments, "--results", str(kept)]) == 2
    assert "found no patient of the published set" in capsys.readouterr().err and not page.exists()
    for case in CASES[:2]:
        keep_day(kept, named(case.name), 12.0)
    assert bench([*arguments, "--results", str(kept)]) == 0
    text = page.read_text()
    assert "over the oracle's, 2 patients | 1.50 (1.50) |" in text
    assert "| span over binary's | 1.00 (1.00) | 2.00 (2.00) | 0.60 (0.60) |" in text
    assert "| nominal | 0.50, 0.60; 40 | 1.00 / 90 % / 60 / 42.0 / -1.0 |" in text and "Tillander 2016" in text
    assert (page.parent / "images" / "controllers.svg").read_text().startswith("<?xml")
    both = [each.read_bytes() for each in (page, page.parent / "images" / "controllers.svg")]
    assert bench([*arguments, "--results", str(kept)]) == 0
    assert both == [each.read_bytes() for each in (page, page.parent / "images" / "controllers.svg")]


@pytest.mark.system
def test_one_patient_from_end_to_end(capsys: pytest.CaptureFixture[str]) -> None:
    """The bars are for the median of many; here only that all of it runs and that nobody overheats."""
    assert bench(["control", "--patients", "1", "--minutes", "11", "--json"]) in (0, 1)
    told = json.loads(capsys.readouterr().out)
    (patient,) = told["patients"]
    assert [each["controller"] for each in patient["outcomes"]] == list(CONTROLLERS)
    assert all(each["hottest_degC"] < 43.5 for each in patient["outcomes"])
    assert 0.0 < patient["oracle_degC"] < min(each["span_degC"] for each in patient["outcomes"])


def test_the_time_of_decisions_is_told_with_that_of_a_general_solver(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(control_steps, "SPACING_MM", 6.0)
    assert bench(["control", "--steps", "3"]) in (0, 1)
    assert "scipy's SLSQP" in capsys.readouterr().out
    monkeypatch.setattr(control_steps, "MEDIAN_MS", 0.0)
    assert bench(["control", "--steps", "2", "--json"]) == 1
    told = {figure["name"]: figure for figure in json.loads(capsys.readouterr().out)["figures"]}
    assert told["decisions by the fallback"]["value"] == 0.0
    assert told["value above the general solver's"]["value"] < 2e-3
    assert "3 images" not in told["decision, of the processor, median"]["says"]


def test_programmes_are_compared_only_behind_an_image() -> None:
    loop = control_steps.Loop(demonstration())
    course = loop.image()
    loop.memory = None
    with pytest.raises(ValueError, match="expected a model"):
        list(control_steps._compared(loop, course))
