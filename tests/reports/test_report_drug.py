"""The report's drug: what decisions told becomes curves and tables, and without any it says so."""

import attrs
import pytest

from syntherm.core.dose import DoseVariant
from syntherm.reports.body import BadEntry
from syntherm.reports.drug import account_table, draw_drug, region_table
from syntherm.reports.drug_course import Drug
from syntherm.reports.physics import dose_table


def interval(central):
    return {"$type": "Bounded", "estimate": central, "lower": central / 10.0, "upper": central * 10.0}


def region(name, central):
    shown = {key: interval(central) for key in ("mean", "high10", "low90")}
    return {"name": name, "voxels": 5, **shown}


def decision(central, seen=1.0):
    body = {name: interval(central) for name in ("liposomal_ug_per_ml", "free_ug_per_ml", "released_mg", "leaked_mg")}
    return {"drug": {
        "seen_fraction": seen, "body": {**body, "infused_heated_mg": 40.0, "infused_unheated_mg": 2.5},
        "tissue": region("target", central), "released": region("target", central),
        "co_exposure": region("target", central), "above_release_s": interval(600.0),
        "guards": [region("near-field", central / 3.0)],
    }}  # fmt: skip


@pytest.fixture
def treated(history):
    drug = Drug()
    drug.feed(history.opened_s + 10.0, {"drug": None})
    for place, seen in enumerate((0.0, 1.0, 0.75)):
        drug.feed(history.opened_s + 60.0 * (place + 1), decision(2.0 * (place + 1), seen))
    return attrs.evolve(history, drug=drug.course())


def test_curves_hold_each_decision_and_the_last_is_shown(treated):
    course = treated.drug
    assert course.curves["tissue"].central.tolist() == [2.0, 4.0, 6.0]
    assert course.curves["plasma"].highest.tolist() == [20.0, 40.0, 60.0]
    assert course.seen_fraction == 0.75
    rows = {row[0]: row[1:] for row in account_table(treated).rows}
    assert rows["Infused while the target was in range (heated)"][0].startswith("40.0")
    assert rows["Released in the target, mean"] == ("6 µg/mL", "0.6 to 60 µg/mL")
    assert rows["Target at release temperature with drug given, mean"][0].startswith("10.0")
    names = [row[0] for row in region_table(treated).rows]
    assert names == ["target", "near-field"]


@pytest.mark.verifies("SRS-310")
def test_the_figure_says_that_it_is_modelled(treated):
    figure = draw_drug(treated)
    assert figure is not None and "Modelled drug over time" in figure


def test_a_session_without_a_model_says_so(history):
    assert history.drug is None and draw_drug(history) is None
    for table in (account_table(history), region_table(history)):
        assert table.rows == () and "No drug was modelled" in table.empty


def test_a_drug_that_is_none_is_named():
    with pytest.raises(BadEntry, match="seen_fraction"):
        Drug().feed(1.0, {"drug": {}})


def test_each_dose_names_its_variant():
    captions = [dose_table((), variant).caption for variant in DoseVariant]
    assert len(set(captions)) == 2 and all(variant.value in caption
                                           for variant, caption in zip(DoseVariant, captions, strict=True))  # fmt: skip
