"""`syntherm keys` and `syntherm people`: 0 when done, 2 for bad input in one line; no secret is ever shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from syntherm.audit.keys import KeyRefused, load_key, load_public
from syntherm.cli import run
from syntherm.session import command, register
from syntherm.session.register import read_register


def told(capsys: pytest.CaptureFixture[str], code: int) -> str:
    """The one line that a bad input ends in."""
    out, err = capsys.readouterr()
    assert code == 2 and out == "" and len(err.splitlines()) == 1
    return err


# ---------------------------------------------------------------------------------------------------------------- keys
@pytest.mark.verifies("SRS-507")
def test_a_key_is_made_and_shown_by_its_fingerprint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "site"
    assert run(["keys", "make", "--out", str(folder)]) == 0
    out, err = capsys.readouterr()
    key = load_key(folder / "site.key")
    assert err == "" and out.splitlines() == [
        f"secret key  {folder / 'site.key'}: for the session's user alone; it is never copied",
        f"public key  {folder / 'site.pub'}: for everybody who verifies",
        f"fingerprint {key.public.fingerprint}",
    ]
    assert (folder / "site.key").stat().st_mode & 0o777 == 0o400
    assert "PRIVATE" not in out and (folder / "site.key").read_text().splitlines()[1] not in out
    assert run(["keys", "show", str(folder / "site.pub")]) == 0
    assert (
        capsys.readouterr().out == f"{key.public.fingerprint}\n" == f"{load_public(folder / 'site.pub').fingerprint}\n"
    )


@pytest.mark.verifies("SRS-507")
def test_a_key_is_not_made_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["keys", "make", "--out", str(tmp_path)])
    capsys.readouterr()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    code = run(["keys", "make", "--out", str(tmp_path)])
    assert "exists already; a key is never overwritten" in told(capsys, code)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.verifies("SRS-507")
@pytest.mark.parametrize("what", ["missing", "secret", "text", "a file as folder"])
def test_bad_input_about_keys_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    run(["keys", "make", "--out", str(tmp_path / "site")])
    (tmp_path / "text").write_text("no key")
    capsys.readouterr()
    if what == "a file as folder":
        told(capsys, run(["keys", "make", "--out", str(tmp_path / "text")]))
        return
    path = {"missing": tmp_path / "none", "secret": tmp_path / "site" / "site.key", "text": tmp_path / "text"}[what]
    assert told(capsys, run(["keys", "show", str(path)])).startswith(f"{path}: ")


@pytest.mark.verifies("SRS-507")
def test_a_secret_key_that_its_group_can_read_is_refused(tmp_path: Path) -> None:
    run(["keys", "make", "--out", str(tmp_path)])
    (tmp_path / "site.key").chmod(0o440)
    with pytest.raises(KeyRefused, match=r"others can read it \(mode 0440\), expected 0400"):
        load_key(tmp_path / "site.key")


# -------------------------------------------------------------------------------------------------------------- people
@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is typed where a secret is asked for; the questions come in its place."""
    words: list[str] = []
    asked: list[str] = []

    def getpass(question: str) -> str:
        asked.append(question)
        if not words:
            raise EOFError
        return words.pop(0)

    monkeypatch.setattr(command, "getpass", getpass)
    monkeypatch.setattr(register, "_COST", 2)
    yield words
    assert words == [], "all of it was asked for"


def add(path: Path, identity: str = "operator-a", name: str = "A", role: str = "radiographer") -> list[str]:
    return ["people", "add", str(path), "--id", identity, "--name", name, "--role", role]


@pytest.mark.verifies("SRS-508")
def test_people_are_put_into_a_register_and_listed(
    tmp_path: Path, typed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "people.toml"
    typed += ["correct horse", "correct horse", "battery staple", "battery staple"]
    assert run(add(path)) == 0
    assert run(add(path, "physicist-b", "B", "physicist")) == 0
    assert capsys.readouterr() == ("", "")
    people = read_register(path)
    assert people.person("operator-a", "correct horse").role == "radiographer"
    assert people.person("physicist-b", "battery staple").name == "B"
    assert run(["people", "list", str(path)]) == 0
    out, err = capsys.readouterr()
    assert err == "" and [line.split() for line in out.splitlines()] == [
        ["operator-a", "radiographer", "A"],
        ["physicist-b", "physicist", "B"],
    ]
    kept = path.read_text()
    assert "horse" not in kept and "staple" not in kept
    assert not any(person.proof in out or person.salt in out for person in people.people.values())


@pytest.mark.verifies("SRS-508")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["correct horse", "correct house"], "the two secrets differ; nothing was changed"),
        (["short", "short"], "found a secret of 5 characters, expected at least 8"),
        (["", ""], "found a secret of 0 characters, expected at least 8"),
        ([], "no secret was given; nothing was changed"),
        (["correct horse"], "no secret was given; nothing was changed"),
    ],
)
def test_without_a_good_secret_nobody_is_added(
    tmp_path: Path, typed: list[str], capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    path = tmp_path / "people.toml"
    typed += words
    assert told(capsys, run(add(path))) == f"{says}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.verifies("SRS-508")
def test_nobody_is_added_twice(tmp_path: Path, typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "people.toml"
    typed += ["correct horse"] * 4
    assert run(add(path)) == 0
    before = path.read_bytes()
    assert told(capsys, run(add(path))) == f"{path}: operator-a is there already\n"
    assert path.read_bytes() == before


@pytest.mark.verifies("SRS-508")
@pytest.mark.parametrize("field", ["identity", "name", "role"])
def test_a_name_that_cannot_be_shown_is_refused(
    tmp_path: Path, typed: list[str], capsys: pytest.CaptureFixture[str], field: str
) -> None:
    typed += ["correct horse"] * 2
    said = told(capsys, run(add(tmp_path / "people.toml", **{field: "a\nb"})))
    assert "expected a text that can be shown" in said and list(tmp_path.iterdir()) == []


@pytest.mark.verifies("SRS-508")
@pytest.mark.parametrize("what", ["missing", "folder", "text"])
def test_a_file_that_is_no_register_is_bad_input(
    tmp_path: Path, typed: list[str], capsys: pytest.CaptureFixture[str], what: str
) -> None:
    path = tmp_path / "people.toml"
    if what == "folder":
        path.mkdir()
    elif what == "text":
        path.write_text("= no TOML")
    assert told(capsys, run(["people", "list", str(path)])).startswith(f"{path}: ")
    if what != "missing":
        typed += ["correct horse"] * 2
        assert told(capsys, run(add(path))).startswith(f"{path}: ")


@pytest.mark.parametrize(
    "arguments",
    [["keys"], ["keys", "make"], ["keys", "show"], ["keys", "copy", "x"], ["people"], ["people", "list"],
     ["people", "add", "x"], ["people", "add", "x", "--id", "a", "--name", "b"], ["people", "remove", "x"]],
)  # fmt: skip
def test_what_is_no_command_says_how_to_use_it(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(arguments)
    assert left.value.code == 2 and "usage: syntherm" in capsys.readouterr().err
