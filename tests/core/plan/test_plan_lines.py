"""Lines of tables and keys: against plain means for the demonstration plan, and one by one for TOML's odd corners."""

import tomllib
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.core.plan.lines import key_name, line_numbers, line_of

ODD = '''# a = 1
x = """one
[not.a.table] " "" \\""" ""
y = 2"""   # b = 2
'q t' = \'\'\'it''s
z = 3\'\'\'\'\'
[ "a.b" . c ]  # [d]
deep . er = { value = [
  1, # two
  { in = 2 }, [ "]" ],
], unit = "mm", empty = {}, last = 1 }
[[row]]
k = 1.5
[[row]] # again
k = 2
[row.sub]
[[row.inner]]
m = 1
[[row.inner]]
m = 1979-05-27 07:32:00
[row.inner.tail]
n = 1
'''


def test_each_leaf_of_the_plan_stands_where_plain_means_find_it(plan_text: str, plan_lines: Mapping[str, int]) -> None:
    found = line_numbers(plan_text)
    assert {name: found[name] for name in plan_lines} == dict(plan_lines)
    assert found["guard"] == plan_lines["guard[0]"]
    assert found["guard[1].max_degC.unit"] == plan_lines["guard[1].max_degC"]


def test_windows_line_ends_change_nothing(plan_text: str) -> None:
    assert line_numbers(plan_text.replace("\n", "\r\n")) == line_numbers(plan_text)


def test_odd_corners() -> None:
    tomllib.loads(ODD)
    assert line_numbers(ODD) == {
        "x": 2,
        "'q t'": 5,
        "'a.b'": 7,
        "'a.b'.c": 7,
        "'a.b'.c.deep": 8,
        "'a.b'.c.deep.er": 8,
        "'a.b'.c.deep.er.value": 8,
        "'a.b'.c.deep.er.unit": 11,
        "'a.b'.c.deep.er.empty": 11,
        "'a.b'.c.deep.er.last": 11,
        "row": 12,
        "row[0]": 12,
        "row[0].k": 13,
        "row[1]": 14,
        "row[1].k": 15,
        "row[1].sub": 16,
        "row[1].inner": 17,
        "row[1].inner[0]": 17,
        "row[1].inner[0].m": 18,
        "row[1].inner[1]": 19,
        "row[1].inner[1].m": 20,
        "row[1].inner[1].tail": 21,
        "row[1].inner[1].tail.n": 22,
    }


@pytest.mark.parametrize("key", ["a", "A-1_b"])
def test_bare_keys_are_shown_bare(key: str) -> None:
    assert key_name(key) == key


@pytest.mark.parametrize("key", ["", "a.b", "a b", "µ", "new\nline", "\u202eright"])
def test_other_keys_are_shown_quoted_and_printable(key: str) -> None:
    assert key_name(key) == ascii(key)


def test_what_is_missing_is_said_of_the_table_that_would_hold_it() -> None:
    lines = {"a": 3, "a.b": 4}
    assert line_of("a.b.c.d", lines) == 4
    assert line_of("a.x", lines) == 3
    assert line_of("z.x", lines) == 1


def _names(table: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    for key, value in table.items():
        yield prefix + key_name(key)
        if isinstance(value, dict):
            yield from _names(value, f"{prefix}{key_name(key)}.")


STATEMENTS = (
    "a = 1",
    "b.c = { d = 1, e.f = [1, [2]], g = {} }",
    "'x.y' = '''\n= 1\n[no]'''",
    'k = """\n\\""" # no = 1\n"""',
    "m = [ # ]\n { n = 1 },\n]",
    "[t]",
    "[t.u] # [v]",
    "[w.'t u']",
    "# [z]",
    "",
)


@given(st.lists(st.sampled_from(STATEMENTS), max_size=12))
def test_every_name_of_a_valid_document_has_its_line_and_nothing_else_has(statements: list[str]) -> None:
    text = "\n".join(statements)
    try:
        document: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = line_numbers(text)
    assert set(lines) == set(_names(document))
    for name, line in lines.items():
        assert name.rpartition(".")[2].strip("'") in text.split("\n")[line - 1]


@given(st.text(alphabet="ab=.,[]{}#\n 1", max_size=60))
def test_no_document_breaks_the_scan(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in line_numbers(text).values())
