"""What fuzzing has found: each input, or its kind, stays refused by name."""

import struct
from pathlib import Path

import pytest

from syntherm.adapters.pump.digits import rounded_down
from syntherm.adapters.scanner.mrd_header import read_header
from syntherm.adapters.scanner.stream import MessageRefused
from syntherm.audit.seal import read_seal, seal_path
from syntherm.core.plan.problems import PlanRefused
from syntherm.core.plan.reader import read_plan
from syntherm.desk.picture import picture
from syntherm.dicom.facts import ObjectRefused, moment_s
from syntherm.guardian import messages, mrd
from syntherm.guardian.config import ConfigRefused, read_config
from syntherm.link.messages import LONGEST
from syntherm.session.guarding_link import read_state
from syntherm.session.register import RegisterRefused, read_register
from syntherm_verify.fuzzing import desk
from syntherm_verify.fuzzing.streams import judge
from syntherm_verify.fuzzing.target import one_line

pytestmark = pytest.mark.verifies("SRS-914")

HEADER = (
    '<?xml version="1.0" encoding="{}"?><ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD"><experimentalConditions>'
    "<H1resonanceFrequency_Hz>{}</H1resonanceFrequency_Hz></experimentalConditions></ismrmrdHeader>"
)


def test_minus_zero_is_sent_without_its_sign() -> None:
    assert str(rounded_down(-0.0)) == "0.000"


@pytest.mark.parametrize("encoding", ["UTF68", "rot13", "base64", "idna", "utf-7"])
def test_an_encoding_that_is_none_is_refused(encoding: str) -> None:
    read_header(HEADER.format("UTF-8", "63866217").encode("ascii"))
    with pytest.raises(MessageRefused, match="cannot be read"):
        read_header(HEADER.format(encoding, "63866217").encode("ascii"))


def test_a_number_is_not_cut_to_another_one() -> None:
    with pytest.raises(MessageRefused, match="expected a positive number"):
        read_header(HEADER.format("UTF-8", "63866217." + "0" * 60 + "e1").encode("ascii"))


def test_the_guardian_does_not_wait_for_a_waveform_of_gigabytes() -> None:
    # Behind the number of the message and 28 bytes: samples and channels, 17 GB of values.
    with pytest.raises(mrd.StreamLost, match="a waveform of 17179344900 bytes"):
        mrd.Reader().feed(struct.pack("<H28xHH8x", 1026, 65535, 65535))
    assert mrd.Reader().feed(struct.pack("<H28xHH8x", 1026, 2, 2) + bytes(16) + struct.pack("<H", 4)) == []


@pytest.mark.parametrize(
    "value", ["1" + "0" * 400, "1" + "0" * 5000, "0x" + "F" * 5000, "[0x" + "F" * 5000 + "]", "nan"]
)
def test_the_guardian_refuses_numbers_of_any_length(value: str) -> None:
    with pytest.raises(ConfigRefused) as refused:
        read_config(f"[times]\nheartbeat_s = {value}\n".encode("ascii"), "guardian.toml")
    for line in str(refused.value).split("\n"):
        one_line(line)


@pytest.mark.parametrize("text", ["00010101000000+0500", "99991231235959-0500"])
def test_a_moment_at_the_end_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ObjectRefused, match="expected a day and time that exist"):
        moment_s(text, 0.0)


@pytest.mark.parametrize("ends", [b"\n", b""])
def test_what_follows_a_line_that_is_too_long_is_not_heard_however_it_comes(ends: bytes) -> None:
    hello = b'{"kind": "hello", "version": 1}\n'
    heard = judge(desk._LINK, hello + b"x" * (LONGEST + 5) + ends + hello)
    assert len(heard.values) == 2 and heard.values[1] is None


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 10**400, -(10**400), True])
def test_a_desk_shows_numbers_that_are_none(value: float) -> None:
    lines = picture({"at_s": value, "lent_W": value, "target": {"hot10_degC": [value] * 3}, "serial": value})
    assert "power lent not known W" in "\n".join(lines)


def test_a_desk_shows_no_commands_to_its_terminal() -> None:
    asks = {"act": "confirm\x1b[2J", "item": "\x1b[2J", "missing": "\x1b[2J", "people": ["\x1b[2J"]}
    assert all(line.isprintable() for line in picture({"guidance": {"text": "\x1b[2J", "asks": asks}}))


def test_a_seal_of_endless_size_is_no_seal(tmp_path: Path) -> None:
    record = tmp_path / "record.db"
    seal_path(record).write_text('{"head": "", "size": 1e999, "sha256": ""}', encoding="ascii")
    with pytest.raises(ValueError, match="not a seal"):
        read_seal(record)


@pytest.mark.parametrize("text", ["a = " + "[" * 3000, '"a\\nb" = 1', "a = 1" + "0" * 5000])
def test_a_register_that_is_none_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "people.toml"
    path.write_text(text, encoding="ascii")
    with pytest.raises(RegisterRefused) as refused:
        read_register(path)
    one_line(str(refused.value).replace(str(path), ""))


def test_a_key_that_is_long_is_cut_in_what_is_said_of_it() -> None:
    with pytest.raises(PlanRefused) as refused:
        read_plan(f"[heating]\n{'F' * 1000} = 1\n")
    assert any("F" * 80 in str(problem) for problem in refused.value.problems)
    assert all(len(str(problem)) < 1000 for problem in refused.value.problems)


def test_a_guardians_state_with_a_name_that_is_none_is_no_state() -> None:
    text = messages.state(8, "ready", False, "", ["link"], ["stop"])
    assert read_state(text) is not None
    assert read_state(text.replace(b"stop", b",")) is None
