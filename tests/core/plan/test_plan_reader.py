"""The reader takes the demonstration plan as it stands, and refuses each departure with its line and its reason."""

import re
from collections.abc import Callable, Mapping

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from syntherm.core.plan.problems import PlanRefused, Problem
from syntherm.core.plan.reader import read_plan
from syntherm.core.plan.schema import TABLES, Leaf
from syntherm.core.plan.values import Plan, Quantity, Text

Edit = Callable[[Mapping[str, Callable[[str], str]]], str]


def refusal(text: str) -> tuple[Problem, ...]:
    with pytest.raises(PlanRefused) as caught:
        read_plan(text)
    return caught.value.problems


def put(value: str) -> Callable[[str], str]:
    """The edit that puts another value, written as TOML, into a leaf's line."""
    return lambda line: re.sub(r"value = (\[[^]]*]|\"[^\"]*\"|[^,]*)", lambda _: f"value = {value}", line, count=1)


def without(key: str) -> Callable[[str], str]:
    """The edit that takes a key out of a leaf's line."""
    entry = rf"{key} = (?:\[[^]]*]|\"[^\"]*\"|[^,}}]*)"
    return lambda line: re.sub(rf",\s*{entry}|{entry},\s*", "", line, count=1)


LEAVES: dict[str, Leaf] = {
    f"{table.name}{'[1]' if table.many else ''}.{leaf.name}": leaf for table in TABLES for leaf in table.leaves
}
QUANTITIES = {name: (leaf, leaf.rule) for name, leaf in LEAVES.items() if isinstance(leaf.rule, Quantity)}
TEXTS = {name: leaf.rule for name, leaf in LEAVES.items() if isinstance(leaf.rule, Text)}


def written(leaf: Leaf, number: float | str) -> str:
    return f"[{number}, {number}, {number}]" if leaf.count == 3 else str(number)


def test_a_plan_is_read_value_by_value(plan_text: str, edited: Edit, plan_lines: Mapping[str, int]) -> None:
    plan = read_plan(
        edited(
            {
                "scanner.prf_ppm_per_degC": put("-0.0101"),
                "scanner.phase_sign": put("-1"),
                "guard[1].name": put('"second guard"'),
                "reference[1].radii_mm": put("[2.5, 3, 4.5]"),
            }
        )
    )
    assert plan.identity.patient_pseudonym == "IGO-DEMO-001"
    assert plan.scanner.prf_ppm_per_degC == -0.0101
    assert plan.scanner.phase_sign == -1 and type(plan.scanner.phase_sign) is int
    assert plan.guard[1].name == "second guard" and plan.guard[0].name != plan.guard[1].name
    assert plan.reference[1].radii_mm == (2.5, 3.0, 4.5)
    leaves = {name for name in plan_lines if "." in name}
    assert {name for name, _ in plan.sources} == leaves and len(plan.sources) == len(leaves)
    assert all(f'source = "{source}"' in plan_text for _, source in plan.sources)


def test_a_whole_number_may_stand_for_a_decimal_but_not_the_reverse(
    edited: Edit, plan_lines: Mapping[str, int]
) -> None:
    plan = read_plan(edited({"prescription.volume_ml": put("45")}))
    assert plan.prescription.volume_ml == 45.0 and type(plan.prescription.volume_ml) is float
    (problem,) = refusal(edited({"calibration.test_frames": put("4.0")}))
    line = plan_lines["calibration.test_frames"]
    assert str(problem) == f"line {line}: calibration.test_frames: found 4.0, expected a whole number from 2 to 40"


def test_ten_mistakes_are_told_at_once_by_line(edited: Edit, plan_lines: Mapping[str, int]) -> None:
    text = edited(
        {
            "identity.heat_and_drug_order": put('"drug-first"'),
            "prescription.dose_mg_per_m2": put("70.0"),
            "prescription.rate_ml_per_h": lambda line: line.replace('"mL/h"', '"mL/min"'),
            "heating.dwell_s": put("true"),
            "heating.loss_of_range_s": lambda line: "loss_s" + line.removeprefix("loss_of_range_s"),
            "limits.min_snr": put("nan"),
            "scanner.matrix": put("[60, 60]"),
            "sonication.lease_s": put("3.5"),
            "pump.watchdog_s": without("source"),
            "guard[1].name": put('"  "'),
        }
    )
    at = plan_lines
    heating = ", ".join(leaf.name for table in TABLES if table.name == "heating" for leaf in table.leaves)
    assert [str(problem) for problem in refusal(text)] == [
        f"line {at['identity.heat_and_drug_order']}: identity.heat_and_drug_order: "
        "found 'drug-first', expected 'infuse-into-established-heat'",
        f"line {at['prescription.dose_mg_per_m2']}: prescription.dose_mg_per_m2: "
        "found 70.0 mg/m2, expected 1.0 to 50.0 mg/m2",
        f"line {at['prescription.rate_ml_per_h']}: prescription.rate_ml_per_h.unit: found 'mL/min', expected \"mL/h\"",
        f"line {at['heating']}: heating.loss_of_range_s: found nothing, expected an inline table",
        f"line {at['heating.dwell_s']}: heating.dwell_s: found true, expected 10.0 to 600.0 s",
        f"line {at['heating.loss_of_range_s']}: heating.loss_s: found an unknown key, expected only {heating}",
        f"line {at['limits.min_snr']}: limits.min_snr: found nan, expected 5.0 to 100.0",
        f"line {at['scanner.matrix']}: scanner.matrix: found [60, 60], expected 3 whole numbers from 1 to 512",
        f"line {at['pump.watchdog_s']}: pump.watchdog_s: found no source, expected a source",
        f"line {at['guard[1].name']}: guard[1].name: found '  ', expected a text that is not empty",
    ]


def test_rules_are_judged_beside_mistakes_in_other_tables(edited: Edit, plan_lines: Mapping[str, int]) -> None:
    text = edited(
        {
            "prescription.volume_ml": put("54.0"),
            "sonication.lease_s": put("3.5"),
            "pump.watchdog_s": put("99"),
            "guard[0].name": put('"same"'),
            "reference[0].name": put('"Same"'),
        }
    )
    assert [(problem.line, problem.field) for problem in refusal(text)] == [
        (plan_lines[name], name)
        for name in ("prescription.volume_ml", "sonication.lease_s", "pump.watchdog_s", "reference[0].name")
    ]


@settings(max_examples=60)
@given(st.sampled_from(sorted(QUANTITIES)), st.floats(1e-6, 1e6), st.booleans())
def test_any_quantity_outside_its_bounds_is_its_one_problem(
    edited: Edit, plan_lines: Mapping[str, int], name: str, beyond: float, above: bool
) -> None:
    leaf, rule = QUANTITIES[name]
    beyond = max(beyond, 1.0) if leaf.whole else beyond
    number = rule.high + beyond if above else rule.low - beyond
    assume(not rule.low <= number <= rule.high)
    value = written(leaf, int(number) if leaf.whole else number)
    (problem,) = refusal(edited({name: put(value)}))
    assert (problem.line, problem.field) == (plan_lines[name], name)
    assert problem.found.startswith(value) and f"{rule.low} to {rule.high}" in problem.expected


@pytest.mark.parametrize("name", sorted(QUANTITIES))
def test_the_hard_bounds_themselves_are_within(edited: Edit, name: str) -> None:
    leaf, rule = QUANTITIES[name]
    for bound in (rule.low, rule.high):
        value = written(leaf, int(bound) if leaf.whole else bound)
        refused = outcome(edited({name: put(f" {value}")}))  # spaced, as it may be what stands there
        told = refused.problems if isinstance(refused, PlanRefused) else ()
        # A bound may break a rule between values; it is never the value that is out of bounds.
        assert all(f"{rule.low} to {rule.high}" not in problem.expected for problem in told)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "true", '"1"', "[]", "1979-05-27", "{ a = 1 }", "1e999"])
def test_what_is_no_finite_number_is_refused_in_every_quantity(
    edited: Edit, plan_lines: Mapping[str, int], value: str
) -> None:
    told = sorted((plan_lines[name], name) for name in QUANTITIES)
    for edits in (
        {name: put(value) for name in QUANTITIES},
        {name: put(written(leaf, value)) for name, (leaf, _) in QUANTITIES.items()},
    ):
        assert [(problem.line, problem.field) for problem in refusal(edited(edits))] == told


@settings(max_examples=60)
@given(st.sets(st.sampled_from(sorted(LEAVES)), min_size=1))
def test_missing_values_are_told_at_their_tables(edited: Edit, plan_lines: Mapping[str, int], names: set[str]) -> None:
    problems = refusal(edited({name: lambda line: f"# {line}" for name in names}))
    expected = [Problem(plan_lines[name.rpartition(".")[0]], name, "nothing", "an inline table") for name in names]
    assert sorted(problems, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize("key", ["value", "unit", "source"])
def test_a_missing_part_is_told_at_its_line(edited: Edit, plan_lines: Mapping[str, int], key: str) -> None:
    problems = refusal(edited({name: without(key) for name in QUANTITIES}))
    expected = [Problem(plan_lines[name], name, f"no {key}", f"a {key}") for name in QUANTITIES]
    assert problems == tuple(sorted(expected, key=lambda problem: problem.line))


@settings(max_examples=60)
@given(st.sampled_from(sorted(QUANTITIES)), st.sampled_from(["", "mm2", "degF", "mg", "%"]))
def test_another_unit_is_told_and_the_value_not_judged(
    edited: Edit, plan_lines: Mapping[str, int], name: str, unit: str
) -> None:
    def edit(line: str) -> str:
        return re.sub(r'unit = "[^"]*"', f'unit = "{unit}"', put("-1e9")(line))

    expected = f'"{QUANTITIES[name][1].unit}"'
    assert refusal(edited({name: edit})) == (Problem(plan_lines[name], f"{name}.unit", f"'{unit}'", expected),)


@settings(max_examples=60)
@given(st.sampled_from(sorted(LEAVES)), st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12))
def test_an_unknown_key_is_told_at_its_line(edited: Edit, plan_lines: Mapping[str, int], name: str, key: str) -> None:
    assume(key not in ("value", "unit", "source"))
    (problem,) = refusal(edited({name: lambda line: re.sub(r"}$", f", {key} = 1 }}", line)}))
    assert (problem.line, problem.field, problem.found) == (plan_lines[name], f"{name}.{key}", "an unknown key")


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_a_text_has_no_unit(edited: Edit, plan_lines: Mapping[str, int], name: str) -> None:
    (problem,) = refusal(edited({name: lambda line: line.replace("source =", 'unit = "1", source =')}))
    assert problem == Problem(plan_lines[name], f"{name}.unit", "an unknown key", "only value, source")


@pytest.mark.parametrize(
    ("value", "found", "expected"),
    [
        ("5", "5", "a text that is not empty"),
        ('""', "''", "a text that is not empty"),
        ('"' + "a" * 121 + '"', "121 characters", "at most 120"),
        ('"a\\nb"', "'a\\nb'", "printable characters with no space at either end"),
        ('"\\u202eb"', "'\\u202eb'", "printable characters with no space at either end"),
        ('"a "', "'a '", "printable characters with no space at either end"),
    ],
)
def test_texts_are_short_printable_and_not_empty(
    edited: Edit, plan_lines: Mapping[str, int], value: str, found: str, expected: str
) -> None:
    problems = tuple(Problem(plan_lines[name], name, found, expected) for name in TEXTS)
    assert refusal(edited({name: put(value) for name in TEXTS})) == problems


def test_sources_are_held_to_their_own_length(edited: Edit, plan_lines: Mapping[str, int]) -> None:
    def source(text: str) -> Callable[[str], str]:
        return lambda line: re.sub(r'source = "[^"]*"', lambda _: f'source = "{text}"', line)

    assert dict(read_plan(edited({"target.radii_mm": source("s" * 400)})).sources)["target.radii_mm"] == "s" * 400
    (problem,) = refusal(edited({"target.radii_mm": source("s" * 401)}))
    name = "target.radii_mm.source"
    assert problem == Problem(plan_lines["target.radii_mm"], name, "401 characters", "at most 400")
    (problem,) = refusal(edited({"target.radii_mm": source("")}))
    assert problem == Problem(plan_lines["target.radii_mm"], name, "''", "a text that is not empty")


@pytest.mark.parametrize("name", ["drug", "dose_mg_per_m2"])
def test_a_bare_value_is_not_a_leaf(edited: Edit, plan_lines: Mapping[str, int], name: str) -> None:
    (problem,) = refusal(edited({f"prescription.{name}": lambda _: f"{name} = [1, 2.5, [true], 4, {{ a = 1 }}]"}))
    keys = "value, source" if name == "drug" else "value, unit, source"
    assert problem.found == "an array of 5" and problem.expected == f"an inline table of {keys}"
    assert problem.line == plan_lines[f"prescription.{name}"]


def test_long_values_are_shown_cut(edited: Edit) -> None:
    (problem,) = refusal(edited({"prescription.drug": put('"' + "é" * 100 + '"')}))
    assert problem.found == ascii("é" * 60) + " and more"
    (problem,) = refusal(edited({"prescription.dose_mg_per_m2": put("0x" + "f" * 1000)}))
    assert len(problem.found) < 100


@pytest.mark.parametrize("table", [table.name for table in TABLES if not table.optional])
def test_a_missing_table_is_told(plan_text: str, table: str) -> None:
    many = table in ("guard", "reference")
    text = re.sub(rf"^\[+{table}]+\n(?:\w+ = .*\n|#.*\n|\n)*", "", plan_text, flags=re.MULTILINE)
    expected = f"[[{table}]], an array of tables" if many else f"[{table}], a table"
    assert refusal(text) == (Problem(1, table, "nothing", expected),)


def test_tables_and_arrays_of_tables_are_not_taken_for_each_other(plan_text: str) -> None:
    text = plan_text.replace("[pump]", "[[pump]]")
    line = text.split("\n").index("[[pump]]") + 1
    assert refusal(text) == (Problem(line, "pump", "[a table]", "[pump], a table"),)
    text = plan_text.replace("[[guard]]", "[guard]", 1).replace("[[guard]]", "[[spare]]")
    assert [(problem.field, problem.found) for problem in refusal(text)] == [
        ("guard", "a table"),
        ("spare", "an unknown table or key"),
    ]


def test_an_array_of_tables_holds_only_tables(plan_text: str) -> None:
    rest = re.sub(r"^\[\[guard]]\n(?:\w+ = .*\n|#.*\n|\n)*", "", plan_text, flags=re.MULTILINE)
    fields = [(problem.line, problem.field, problem.found) for problem in refusal(f"guard = [1, {{ a = 1 }}]\n{rest}")]
    assert fields[0] == (1, "guard", "1")
    assert fields[1] == (1, "guard[1].a", "an unknown key")
    assert refusal(f"guard = []\n{rest}") == (Problem(1, "guard", "0 regions", "at least 1"),)


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("a = 1\n\nb = = 2\n", 3, "no valid TOML (Invalid value)"),
        ("a = 1\n\n[b", 3, "no valid TOML (Expected ']' at the end of a table declaration (at end of document))"),
        ("a = 1\r\na = 2\r\n", 2, "no valid TOML (Cannot overwrite a value)"),
        ('"a\\u000a" = 1\n["a\\u000a"]', 2, "no valid TOML (Cannot overwrite a value)"),
        ("\n" + "#" * 2001, 2, "2001 characters"),
        ("x = 1" + "0" * 1999, 1, "2004 characters"),
        ("x = " + "[\n" * 100_000, 1, "values nested too deeply"),
    ],
)
def test_what_is_no_toml_is_one_problem_with_its_line(text: str, line: int, found: str) -> None:
    (problem,) = refusal(text)
    assert (problem.line, problem.field, problem.found) == (line, "file", found)


def test_the_longest_line_is_read(plan_text: str) -> None:
    assert read_plan(f"{plan_text}#{'x' * 1999}\n") == read_plan(plan_text)


def test_an_empty_document_lacks_every_table() -> None:
    assert [problem.field for problem in refusal("")] == [table.name for table in TABLES if not table.optional]


def outcome(text: str) -> Plan | PlanRefused:
    """A plan or its refusal; any other exception fails the test that called."""
    try:
        return read_plan(text)
    except PlanRefused as refused:
        assert refused.problems
        assert str(refused) == "\n".join(str(problem) for problem in refused.problems)
        assert list(refused.problems) == sorted(refused.problems, key=lambda problem: problem.line)
        assert all(1 <= problem.line <= text.count("\n") + 1 for problem in refused.problems)
        return refused


@settings(max_examples=60)
@given(st.floats(0.0, 1.0, exclude_max=True))
def test_a_plan_that_was_cut_off_is_refused(plan_text: str, share: float) -> None:
    whole = plan_text.rstrip()
    cut = whole[: int(share * len(whole))]
    refused = outcome(cut)
    # Cut between two references, what is left is a smaller plan of its own: the signature tells them apart.
    assert isinstance(refused, PlanRefused) or cut.count("[[reference]]") >= 2


def test_a_plan_cut_off_within_any_line_is_refused(plan_text: str) -> None:
    lines = plan_text.rstrip().split("\n")
    for number in range(0, len(lines), 4):
        cut = "\n".join(lines[:number]) + "\n" + lines[number][: len(lines[number]) // 2]
        assert isinstance(outcome(cut), PlanRefused) or cut.count("[[reference]]") >= 2


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_no_text_brings_any_other_exception(data: bytes) -> None:
    assert isinstance(outcome(data.decode("latin-1")), PlanRefused)


@settings(max_examples=60)
@given(st.text(max_size=30), st.floats(0.0, 1.0), st.integers(0, 60))
def test_no_damage_to_a_plan_brings_any_other_exception(plan_text: str, damage: str, share: float, length: int) -> None:
    start = int(share * len(plan_text))
    outcome(plan_text[:start] + damage + plan_text[start + length :])


toml = st.recursive(
    st.sampled_from(["1", "0.5", "nan", '"a"', "true", "1979-05-27", "07:32:00"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: "[" + ", ".join(each) + "]")
        | st.dictionaries(st.sampled_from(["value", "unit", "source", "'x y'"]), inner, max_size=3).map(
            lambda each: "{" + ", ".join(f"{key} = {value}" for key, value in each.items()) + "}"
        )
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.sampled_from(sorted(LEAVES)), toml)
def test_no_shape_of_a_leaf_brings_any_other_exception(
    edited: Edit, plan_lines: Mapping[str, int], name: str, value: str
) -> None:
    key = name.rpartition(".")[2]
    refused = outcome(edited({name: lambda _: f"{key} = {value}"}))
    assert isinstance(refused, PlanRefused)
    assert {problem.line for problem in refused.problems} == {plan_lines[name]}
