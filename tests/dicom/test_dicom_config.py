"""The receiver's configuration: every key is needed, every value is judged, and what is wrong is named by its line."""

import importlib.util
from pathlib import Path

import pytest
import scanner_wire as wire

from syntherm.dicom.command import main
from syntherm.dicom.config import ConfigRefused, load_config, read_config
from syntherm.dicom.library import tag_of
from syntherm_sim.wire.dicom_file import receiver_text, receiver_values


def text(*, phased: bool = False, **changes: dict[str, object]) -> str:
    values = receiver_values(wire.GEOMETRY, 9002, phase=phased)
    for table, keys in changes.items():
        values.setdefault(table, {}).update(keys)
    return receiver_text(values)


def test_a_whole_configuration_is_read() -> None:
    config = read_config(text(phased=True), tag_of)
    assert config.calling == ("SCANNER", "SECOND") and config.phase is not None
    assert (config.tags.frame_number, config.tags.component) == (0x00200100, 0x00080008)
    assert read_config(text(), tag_of).phase is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"listen": {"host": "0.0.0.0"}}, "one address of this machine, not all"),  # noqa: S104
        ({"listen": {"host": "localhost"}}, "an address in numbers"),
        ({"session": {"host": "localhost"}}, "an address in numbers"),
        ({"listen": {"calling_ae_titles": "A, " + "B" * 17}}, "titles of 1 to 16 characters"),
        ({"frames": {"number": "NoSuchThing"}}, "an attribute's keyword of the standard"),
        ({"frames": {"second_is": "R"}}, "another value"),
        ({"frames": {"brightest_high": (0.5, "1")}}, "more than brightest_low"),
        ({"first_scale": {"high": (-40_000.0, "1")}}, "more than low"),
        ({"fat_map": {"select_is": "thermometry"}}, "another value or attribute"),
        ({"images": {"axes": "LAS"}}, "'LPS' or 'RAS'"),
        ({"images": {"more": (1, "1")}}, "an unknown key"),
        ({"frames": {"values": "magnitude-phase"}}, "[phase], a table"),
        ({"phase": {"units_per_turn": (1.0, "1")}}, "no such table"),
        ({"strange": {"a": "b"}}, "an unknown table or key"),
    ],
)
def test_what_is_wrong_is_named(changes: dict, named: str) -> None:
    with pytest.raises(ConfigRefused) as refused:
        read_config(text(**changes), tag_of)
    assert named in str(refused.value) and str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"phase": {"units_per_turn": (4096.0, "1")}}, "at most 4096, one turn"),
        ({"first_scale": {"low": (-1.0, "1")}}, "no magnitude below 0"),
    ],
)
def test_phases_are_less_than_a_turn_and_magnitudes_not_negative(changes: dict, named: str) -> None:
    with pytest.raises(ConfigRefused, match=named):
        read_config(text(phased=True, **changes), tag_of)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ConfigRefused) as refused:
        read_config("[listen]\nport = 1\n", tag_of)
    assert len(str(refused.value).splitlines()) >= 16
    with pytest.raises(ConfigRefused, match="no valid TOML"):
        read_config("[[", tag_of)


def test_a_file_that_others_can_write_or_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "dicom.toml"
    file.write_text(text())
    file.chmod(0o666)
    for path, named in ((file, "others cannot write"), (tmp_path, "Is a directory"), (tmp_path / "no", "No such")):
        with pytest.raises(ConfigRefused, match=named):
            load_config(path, tag_of)
    file.chmod(0o600)
    assert load_config(file, tag_of).listen.ae_title == "SYNTHERM"
    for data, named in ((b"\xff", "not UTF-8"), (b"#" * 70_000, "more than 65536 bytes")):
        file.write_bytes(data)
        with pytest.raises(ConfigRefused, match=named):
            load_config(file, tag_of)


def test_without_the_extra_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["dicom.toml"]) == 2
    assert (
        capsys.readouterr().err
        == "found no pydicom and no pynetdicom, expected the extra: pip install syntherm[dicom]\n"
    )
