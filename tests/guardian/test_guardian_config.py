"""The guardian's configuration: what is missing, unknown or out of bounds is refused by name."""

from pathlib import Path

import guardian_bench as bench
import pytest

from syntherm.cli import run
from syntherm.guardian.command import main
from syntherm.guardian.config import ConfigRefused, read_config


def problems(**changes: str | None) -> list[str]:
    with pytest.raises(ConfigRefused) as refused:
        read_config(bench.config_text(**changes).encode(), "guardian.toml")
    return str(refused.value).split("\n")


def test_the_one_in_the_chapter_is_sound() -> None:
    chapter = Path(__file__).parents[2] / "docs" / "guardian.md"
    found = chapter.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    assert read_config(found.encode(), "guardian.toml").limits.heartbeat_s == 2.5


def test_a_sound_one_is_read() -> None:
    config = read_config(bench.config_text().encode(), "guardian.toml")
    assert config.limits.heartbeat_s == 0.6
    assert config.limits.temperature_degC == bench.LIMIT_degC
    assert config.view.target.first == (1, 1, 0)


@pytest.mark.parametrize("table", bench.VALUES)
def test_every_key_is_needed_and_no_type_is_bent(table: str) -> None:
    for key in bench.VALUES[table]:
        for value in (None, "true", '"\\u001b[2J"', "nan", "[1, 2]", "{a = 1}", "-1e9"):
            found = problems(**{f"{table}__{key}": value})
            assert len(found) == 1, found
            assert found[0].startswith(f"guardian.toml: {table}.{key}: found "), found
            assert ", expected " in found[0]
            assert found[0].isprintable()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"times__heartbeat": "1.0"}, "times.heartbeat"),
        ({"clinical__limit": "1.0"}, "clinical"),
        ({"temperature__target_last": "[8, 3, 1]"}, "temperature.target_last"),
        ({"temperature__reference_first": "[7, 5, 0]"}, "temperature.reference_last"),
        ({"temperature__degC_per_radian": "0.5"}, "temperature.degC_per_radian"),
        ({"temperature__degC_per_radian": "-2.0"}, "temperature.limit_degC"),
        ({"temperature__start_degC": "42.0", "temperature__limit_degC": "41.0"}, "temperature.limit_degC"),
        ({"contact__url": '"rfc2217://127.0.0.1:1"'}, "contact.url"),
        ({"enable__url": '"rfc2217://127.0.0.1:1?poll_modem"'}, "enable.url"),
        ({"times__heartbeat_s": "11.0"}, "times.heartbeat_s"),
        ({"images__matrix": "[1024, 1024, 1024]"}, "images.matrix"),
    ],
)
def test_unknown_and_unsound_are_named(changes: dict[str, str], field: str) -> None:
    found = problems(**changes)
    assert len(found) == 1
    assert found[0].startswith(f"guardian.toml: {field}: found ")


@pytest.mark.parametrize("data", [b"\xff", b"[times", b"x = 1\n" * 20_000, b"a = " + b"[" * 3000])
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigRefused, match=r"guardian\.toml: file: found .*, expected"):
        read_config(data, "guardian.toml")


def test_the_command_ends_with_2(tmp_path, capsys) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(bench.config_text(times__heartbeat_s="true"), encoding="utf-8")
    assert main([str(file)]) == run(["guardian", str(file)]) == 2
    assert "wrong.toml: times.heartbeat_s: found True, expected a number from" in capsys.readouterr().err
    assert main([str(tmp_path / "none.toml")]) == 2
