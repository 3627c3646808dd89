"""The site file: whole or not at all, every problem with its line."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.site.file import MAX_BYTES, SiteFileRefused, beside, load_site
from syntherm.site.reader import SiteRefused, read_site
from syntherm_sim.wire.site_files import Ports, write_site

pytestmark = pytest.mark.verifies("SRS-910")

PORTS = Ports(
    "/dev/pts/1", "/dev/pts/2", "/dev/pts/3", "rfc2217://127.0.0.1:4000", 9002, "g.socket", "/dev/ttyS9", 2.5, 0.1
)
SOURCE = 'source = "true of the simulated devices only"'


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("site"), PORTS, 1)


@pytest.fixture(scope="module")
def text(path: Path) -> str:
    return path.read_text(encoding="ascii")


def problems(text: str) -> list[str]:
    with pytest.raises(SiteRefused) as refused:
        read_site(text)
    return [str(problem) for problem in refused.value.problems]


def changed(text: str, right: str, wrong: str) -> str:
    assert text.count(right) == 1, right
    return text.replace(right, wrong)


def test_a_sound_file_is_read_whole(path: Path) -> None:
    site = load_site(path)
    assert (site.pump.port, site.pump.baud, site.pump.address) == ("/dev/pts/3", 19200, 0)
    assert site.openlifu is not None and site.openlifu.reference_W == 140.0
    assert site.mrd is not None and site.openigtlink is None and site.tpo is None
    assert beside(path, site.paths.site_key) == path.parent / "site.key"


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('"ne-1000"', '"ne-9"', "pump.protocol: found 'ne-9', expected 'ne-1000'"),
        ("value = 19200, unit", "value = 19200.5, unit", "pump.baud: found 19200.5 Bd, expected a whole number from"),
        ('value = 140.0, unit = "W"', 'value = 140.0, unit = "mW"', "openlifu.reference_W.unit: found 'mW'"),
        ("syringe_diameter_mm =", "syringe_diametre_mm =", "pump.syringe_diametre_mm: found an unknown key"),
        ("[pump]", "[pumps]", "pumps: found an unknown table or key"),
        ("[mrd]", "[mrd.more]", "mrd.more: found an unknown key"),
        ('"openlifu", source', '"tpo", source', "openlifu: found a table that no protocol of this site asks for"),
        ('"/dev/pts/2"', '"/dev/pts/1"', "openlifu.console_port: found '/dev/pts/1', as openlifu.transmitter_port"),
        ('"/dev/ttyS9"', '"/dev/pts/3"', "guardian.mirror_port: found '/dev/pts/3', as pump.port"),
        ("value = 32768.0", "value = 10.0", "scanner.brightest_high: found 10, with brightest_low of 1000"),
        ("value = [20.0, 20.0, 20.0]", "value = [20.0, -30.0, 20.0]", "openlifu.aim_max_mm"),
        ("value = [20.0, 20.0, 20.0]", "value = [20.0, nan, 20.0]", "openlifu.aim_max_mm"),
        ("fat_map_series = { value = 2", "fat_map_series = { value = 1", "mrd.fat_map_series: found 1, as frame"),
    ],
)  # fmt: skip
def test_one_mistake_is_named_with_its_line(text: str, right: str, wrong: str, says: str) -> None:
    spoilt = changed(text, right, wrong)
    found = problems(spoilt)
    assert any(says in each for each in found), found
    at = "[openlifu]" if "no protocol" in says else wrong
    lines = [number for number, each in enumerate(spoilt.splitlines(), start=1) if at in each]
    assert any(each.startswith(f"line {lines[-1]}: ") for each in found), found


def test_a_value_without_source_or_unit_is_refused(text: str) -> None:
    spoilt = changed(text, f'baud = {{ value = 19200, unit = "Bd", {SOURCE} }}', "baud = { value = 19200 }")
    assert [each.partition(": ")[2] for each in problems(spoilt)] == [
        "pump.baud: found no unit, expected a unit", "pump.baud: found no source, expected a source",
    ]  # fmt: skip


def test_every_table_is_needed_and_all_problems_come_at_once(text: str) -> None:
    found = problems("")
    for table in ("site", "paths", "scanner", "transducer", "pump", "stop_loop", "guardian"):
        assert any(f"{table}: found nothing, expected [{table}], a table" in each for each in found)
    spoilt = changed(changed(text, "value = 19200,", "value = 1,"), '"image_index"', '"whatever"')
    assert len(problems(spoilt)) == 2


@pytest.mark.parametrize("field", ["reference_W", "max_lease_s", "protocol", "heartbeat_s", "brightest_low", "tick_ms"])
def test_nothing_has_a_default(text: str, field: str) -> None:
    kept = [line for line in text.splitlines() if not line.startswith(f"{field} =")]
    assert len(kept) < len(text.splitlines())
    assert any(f".{field}: found nothing" in each for each in problems("\n".join(kept)))


@given(st.text(max_size=200))
def test_whatever_text_comes_it_is_refused_by_name(text: str) -> None:
    assert problems(text)


@pytest.mark.parametrize("text", ["a = " + "[" * 1500, "x" * 3000, 'a = "\x1b[2J'])
def test_what_is_no_toml_has_one_problem(text: str) -> None:
    (one,) = problems(text)
    assert "\x1b" not in one and len(one) < 300


def test_files_that_cannot_be_a_site_file(path: Path, tmp_path: Path) -> None:
    fifo, folder, empty, binary, huge, latin, loose = (tmp_path / name for name in "abcdefg")
    os.mkfifo(fifo)
    folder.mkdir()
    empty.touch()
    binary.write_bytes(b"a\0b")
    huge.write_bytes(b"#" * (MAX_BYTES + 1))
    latin.write_bytes(b"\n\xe4")
    loose.write_bytes(path.read_bytes())
    loose.chmod(0o666)
    for bad in (fifo, folder, empty, binary, huge, latin, loose, tmp_path / "none"):
        with pytest.raises(SiteFileRefused) as refused:
            load_site(bad)
        assert str(bad) in str(refused.value) and "expected" in str(refused.value)
        assert "\n" not in str(refused.value)
