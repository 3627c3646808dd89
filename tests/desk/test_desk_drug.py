"""What the desk says of the drug: intervals that are called modelled, and nothing where nothing is known."""

from syntherm.desk.picture import picture

DRUG = {
    "seen": 1.0, "tissue_ug_per_ml": [0.4, 3.0, 20.0], "co_exposure_ug_min_per_ml": [1.0, 2.0, 3.0],
    "plasma_ug_per_ml": None, "heated_mg": 20.0, "unheated_mg": 1.25,
}  # fmt: skip


def test_intervals_are_shown_as_modelled():
    lines = picture({"drug": DRUG})
    (first,) = [line for line in lines if line.startswith("drug infused in heat")]
    assert first == "drug infused in heat 20.0 mg, not in heat 1.2 mg"
    (second,) = [line for line in lines if "not validated" in line]
    assert "target 3.0 (0.4 to 20.0) ug/mL" in second and "plasma not known" in second


def test_no_drug_is_no_line():
    for drug in (None, "odd", 3):
        assert not [line for line in picture({"drug": drug}) if "modelled" in line]
