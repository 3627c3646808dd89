"""The coverage of bounds counts as it says, on scores and truths that were made."""

import json

import attrs
import core_bench as made
import numpy as np
import pytest

from syntherm.core.thermometry.validity import Reason
from syntherm.core.vocabulary import Energy
from syntherm_verify.coverage.command import DRAWN, FIGURES, PATIENTS, PICTURE, as_text, calibrated, coverage, figures
from syntherm_verify.coverage.people import NAMES, drawn, people
from syntherm_verify.coverage.picture import draw
from syntherm_verify.coverage.real import real
from syntherm_verify.coverage.scores import LEVELS, Kind, Scorer, held, together

NORMAL = np.random.default_rng(7).standard_normal(40_000).astype(np.float32)


@pytest.mark.parametrize("level", LEVELS)
def test_errors_as_large_as_stated_hold_each_nominal_level(level):
    assert held(NORMAL, level) == pytest.approx(level, abs=0.01)
    assert held(NORMAL * np.float32(0.5), level) > level + 0.008, "bounds twice too wide"
    assert held(NORMAL * np.float32(1.5), level) < level - 0.05, "bounds a third too narrow"


def test_without_scores_there_is_no_share():
    assert np.isnan(held(NORMAL[:0], 0.95))


@pytest.fixture(scope="module")
def heating():
    """A session in heat, with the map of its last image."""
    return made.Bench().at("heating").state


def scored(state, off_sds, images=1):
    scorer = Scorer()
    thermal = state.thermometry.thermal
    for _ in range(images):
        scorer(state, thermal.temperature_degC - np.float32(off_sds) * thermal.uncertainty_degC)
    return scorer.scores()


def test_the_scores_are_errors_over_uncertainties(heating):
    found = scored(heating, 1.5)
    assert np.allclose(found.of[Kind.TARGET], 1.5, atol=1e-3)
    assert held(found.of[Kind.TARGET], 0.95) == 1.0 and held(found.of[Kind.TARGET], 0.80) == 0.0
    both = together([found, scored(heating, -2.5)])
    assert held(both.of[Kind.GUARDS], 0.95) == 0.5


def test_inside_and_rim_make_the_target_and_early_and_late_do(heating):
    of = scored(heating, 0.0, images=2).of
    assert len(of[Kind.INNER]) + len(of[Kind.RIM]) == len(of[Kind.TARGET]) == len(of[Kind.EARLY]) > 0
    assert len(of[Kind.RIM]) > 0 and len(of[Kind.LATE]) == 0 and len(of[Kind.FATTY]) == 0


def test_later_images_count_as_such(heating):
    scorer, true = Scorer(), heating.thermometry.thermal.temperature_degC
    scorer(heating, true)
    scorer(made.put(heating, imaging__acquired_s=heating.imaging.acquired_s + 200.0), true)
    of = scorer.scores().of
    assert len(of[Kind.LATE]) == len(of[Kind.EARLY]) == len(of[Kind.TARGET]) / 2


def test_a_true_edge_is_steep(heating):
    scorer = Scorer()
    x = heating.layout.points_mm[:, 0]
    scorer(heating, np.where(x > 0.0, 41.0, 37.0).astype(np.float32))
    of = scorer.scores().of
    assert 0 < len(of[Kind.STEEP]) < len(of[Kind.TARGET])


@pytest.mark.parametrize("change", ["off", "no map", "not valid", "no truth"])
def test_what_nobody_relies_on_does_not_count(heating, change):
    state, true = heating, heating.thermometry.thermal.temperature_degC
    if change == "off":
        state = made.put(state, phases=attrs.evolve(state.phases, energy=Energy.PAUSED))
    elif change == "no map":
        state = made.put(state, thermometry__thermal=None)
    elif change == "not valid":
        state = made.put(state, thermometry__thermal__validity=np.full(len(true), Reason.FAT, np.uint8))
    else:
        true = np.full_like(true, np.nan)
    scorer = Scorer()
    scorer(state, true)
    assert all(len(scores) == 0 for scores in scorer.scores().of.values())


def test_patients_are_of_several_anatomies_and_drawn_the_same_each_time(heating):
    known = people(len(NAMES))
    assert len({person.name for person in known}) == len(NAMES) >= 5
    assert sum(any((p.case.radius_mm, p.case.vessel, p.case.irregular, p.case.skin_at_mm)) for p in known) >= 3
    one, other = list(drawn(known, heating.plan)), list(drawn(known, heating.plan))
    assert one == other and len({each.coefficient for each in one}) == len(NAMES)
    assert all(abs(each.coefficient - 1.0) < 0.1 and abs(each.probe_degC) < 0.5 for each in one)
    with pytest.raises(ValueError, match="found 99 patients"):
        people(99)


PANELS = {"by patient": {"one": NORMAL, "other": NORMAL * np.float32(1.2), "none": NORMAL[:0]}, "all": {"all": NORMAL}}


def test_figures_and_table_say_the_same():
    found = figures(PANELS)
    assert found["by patient"]["one"]["95"] == pytest.approx(0.95, abs=0.005)
    assert found["by patient"]["other"]["sd"] == pytest.approx(1.2, abs=0.02)
    assert found["by patient"]["none"] == {"values": 0.0}
    row = next(line for line in as_text(PANELS).splitlines() if line.startswith("| one"))
    assert f"{100.0 * found['by patient']['one']['95']:.1f}" in row


@pytest.mark.parametrize(("factors", "holds"), [
    ((1.0, 1.0), True), ((0.8, 0.8), False), ((1.2, 1.2), False), ((0.95, 1.3), False), ((0.9, 1.05), True),
])  # fmt: skip
@pytest.mark.parametrize("title", [PATIENTS, DRAWN])
def test_all_together_within_the_bar_and_nobody_below_90(title, factors, holds):
    panels = {title: {str(i): NORMAL * np.float32(factor) for i, factor in enumerate(factors)}}
    assert calibrated(panels) is holds
    assert list(figures(panels)[title]) == ["all", "0", "1"]


def test_the_picture_is_the_same_file_each_time(tmp_path):
    for name in ("a.svg", "b.svg"):
        draw(tmp_path / name, PANELS, NORMAL)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert b"<svg" in (tmp_path / "a.svg").read_bytes()


def test_a_folder_without_real_images_has_none(tmp_path):
    assert list(real(tmp_path)) == []


@pytest.mark.parametrize("options", [["--plan", "nowhere.toml"], ["--patients", "99"]])
def test_what_cannot_be_run_is_bad_input(capsys, options):
    assert coverage(options) == 2
    assert capsys.readouterr().err.startswith("coverage: ")


@pytest.mark.system
def test_one_patient_for_a_few_images(tmp_path, capsys):
    code = coverage(["--patients", "1", "--seconds", "12", "--out", str(tmp_path), "--json"])
    told = json.loads(capsys.readouterr().out)
    line = told["target, by patient"]["nominal (seed 1)"]
    assert code in (0, 1) and line["values"] > 300 and line["95"] > 0.85
    assert (tmp_path / PICTURE).exists() and json.loads((tmp_path / FIGURES).read_text()) == told
