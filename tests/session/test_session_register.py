"""The register of people: who may sign, and the proof that it is they."""

import stat
from pathlib import Path

import attrs
import pytest

from syntherm.session import register
from syntherm.session.register import (
    LEAST_LENGTH,
    NotKnown,
    Person,
    Register,
    RegisterRefused,
    add,
    enrol,
    read_register,
)

pytestmark = pytest.mark.verifies("SRS-508", "SRS-516", "RC-12")

SECRET = "correct horse"  # noqa: S105


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cost that takes no time; the real one is looked at on its own."""
    monkeypatch.setattr(register, "_COST", 2)


def person(identity: str = "operator-a", secret: str = SECRET, **other: str) -> Person:
    return attrs.evolve(enrol(identity, "A", "radiographer", secret), **other)


# ------------------------------------------------------------------------------------------------------------- secrets
def test_a_person_is_known_by_the_secret_and_by_nothing_else() -> None:
    people = Register({"operator-a": person(), "physicist-b": person("physicist-b", "battery staple")})
    assert people.person("operator-a", SECRET) is people.people["operator-a"]
    for identity, secret in (
        ("operator-a", "battery staple"), ("operator-a", ""), ("operator-a", SECRET + " "), ("operator-a", "\ud800"),
        ("Operator-a", SECRET), ("", SECRET), ("operator-a", people.people["operator-a"].proof),
    ):  # fmt: skip
        with pytest.raises(NotKnown):
            people.person(identity, secret)


def test_a_wrong_secret_and_an_unknown_person_are_refused_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """In word and in work: neither tells somebody who tries which of the two it was."""
    people, hashed = Register({"operator-a": person()}), []
    proof = register._proof
    monkeypatch.setattr(register, "_proof", lambda secret, salt: hashed.append(secret) or proof(secret, salt))
    told = []
    for identity in ("operator-a", "nobody"):
        with pytest.raises(NotKnown) as caught:
            people.person(identity, "wrong secret")
        told.append(str(caught.value))
    assert told[0] == told[1] and "nobody" not in told[1] and hashed == ["wrong secret"] * 2


def test_the_same_secret_is_kept_differently_each_time() -> None:
    one, other = person(), person()
    assert one.salt != other.salt and one.proof != other.proof
    assert len(one.salt) == 32 and len(one.proof) == 64 and SECRET not in repr(one) and one.proof not in repr(one)


def test_a_secret_costs_what_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    """As RFC 7914 has it, with the parameters that are stated: a list of proofs is of little use."""
    monkeypatch.undo()
    assert (register._COST, register._BLOCK, register._LANES, register._BYTES) == (16384, 8, 1, 32)
    assert register._proof("pleaseletmein", "536f6469756d43686c6f72696465") == (
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
    )  # section 12 of the RFC: the first 32 of its 64 bytes, which do not depend on their number


@pytest.mark.parametrize("secret", ["", "short", "x" * (LEAST_LENGTH - 1)])
def test_a_short_secret_is_refused(secret: str) -> None:
    with pytest.raises(RegisterRefused, match=f"found a secret of {len(secret)} characters, expected at least 8"):
        enrol("operator-a", "A", "radiographer", secret)
    assert enrol("operator-a", "A", "radiographer", "x" * LEAST_LENGTH)


@pytest.mark.parametrize("field", ["id", "name", "role"])
@pytest.mark.parametrize("word", ["", "a\nb", "a\tb", "\x1b[2J", "\x7f", "\ud800", "\u202e", "\u2028"])
def test_words_that_cannot_be_shown_are_refused(field: str, word: str) -> None:
    """One of them in the file, and nobody could be read from it any more."""
    words = {"id": "operator-a", "name": "A", "role": "radiographer", field: word}
    with pytest.raises(RegisterRefused) as caught:
        enrol(words["id"], words["name"], words["role"], SECRET)
    assert str(caught.value).startswith(f"{field}: found ") and str(caught.value).isprintable()


# --------------------------------------------------------------------------------------------------------------- files
def test_people_are_kept_in_a_file_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    one = enrol('"quoted" \\ back', "Ä 𝄞 'B'", "= [[person]] #", SECRET)
    people = [person(), one, person("physicist-b")]
    for each in people:
        add(path, each)
    assert read_register(path).people == {each.identity: each for each in people}
    assert list(read_register(path).people) == [each.identity for each in people]
    assert read_register(path).person(one.identity, SECRET) == one
    assert SECRET not in path.read_text(encoding="utf-8")
    assert [each.name for each in tmp_path.iterdir()] == ["people.toml"]


def test_nobody_is_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    add(path, person())
    before = path.read_bytes()
    with pytest.raises(RegisterRefused) as caught:
        add(path, person("operator-a", "another secret"))
    assert str(caught.value) == f"{path}: operator-a is there already"
    assert path.read_bytes() == before


def rows(*people: Person) -> str:
    return "".join(register._text(each) for each in people)


GOOD = rows(person())
WRONG: dict[str, tuple[str | bytes, str]] = {
    "no TOML": ("[[person", "Expected"),
    "no UTF-8": (b"\xff\xfe", "utf-8"),
    "another table": ("[people]\n", "found people, expected tables [[person]] only"),
    "one table beside": (GOOD + "[site]\n", "found person, site, expected tables [[person]] only"),
    "a person that is no table": ("person = 1\n", "expected tables [[person]] only"),
    "a list of texts": (
        'person = ["operator-a"]\n',
        "person 1: expected texts id, name, role, salt, secret and nothing",
    ),
    "one field less": (GOOD.replace('role = "radiographer"\n', ""), "person 1: expected texts id, name, role, salt,"),
    "one field more": (GOOD + 'mail = "a"\n', "person 1: expected texts id, name, role, salt, secret and nothing else"),
    "an empty field": (GOOD.replace('"radiographer"', '""'), "person 1: expected texts id, name, role, salt, secret"),
    "a number": (GOOD.replace('"radiographer"', "7"), "person 1: expected texts id, name, role, salt, secret"),
    "a short salt": (rows(person(), person("b", salt="00")), "person 2: salt: expected 32 hex digits"),
    "a salt in capitals": (rows(person(salt="AB" * 16)), "person 1: salt: expected 32 hex digits"),
    "a long proof": (rows(person(proof="0" * 65)), "person 1: secret: expected 64 hex digits"),
    "a proof that is none": (rows(person(proof="z" * 64)), "person 1: secret: expected 64 hex digits"),
    "somebody twice": (rows(person(), person("b"), person()), "person 3: operator-a is there twice"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_no_register_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    """File, person, what was found, what was expected. Nobody is put into it, either."""
    path = tmp_path / "people.toml"
    text, says = WRONG[name]
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    before = path.read_bytes()
    for attempt in (lambda: read_register(path), lambda: add(path, person("physicist-b"))):
        with pytest.raises(RegisterRefused) as caught:
            attempt()
        message = str(caught.value)
        assert message.startswith(f"{path}: ") and says in message and "\n" not in message
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"people.toml": before}


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_a_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "people.toml"
    if kind == "folder":
        path.mkdir()
    with pytest.raises(RegisterRefused) as caught:
        read_register(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_an_empty_register_knows_nobody(tmp_path: Path) -> None:
    (tmp_path / "people.toml").touch()
    assert read_register(tmp_path / "people.toml").people == {}


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_nothing_is_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Wherever the disk fails: the register is as it was, and no other file lies beside it."""
    path = tmp_path / "people.toml"
    add(path, person())
    before = path.read_bytes()

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if where == "replace":
            patch.setattr(Path, "replace", fails)
        else:
            patch.setattr("os.fsync", fails)
        with pytest.raises(RegisterRefused, match=r"people\.toml: No space left on device"):
            add(path, person("physicist-b"))
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"people.toml": before}
    add(path, person("physicist-b"))
    assert list(read_register(path).people) == ["operator-a", "physicist-b"]


def test_a_folder_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "none" / "people.toml"
    with pytest.raises(RegisterRefused) as caught:
        add(path, person())
    assert str(caught.value) == f"{path}: No such file or directory"


def test_what_is_durable_is_in_place_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new file is on the disk before it takes the old one's name."""
    done: list[str] = []
    fsync, replace = register.os.fsync, Path.replace
    monkeypatch.setattr("os.fsync", lambda file: done.append("durable") or fsync(file))
    monkeypatch.setattr(Path, "replace", lambda self, target: done.append("in place") or replace(self, target))
    add(tmp_path / "people.toml", person())
    assert done == ["durable", "in place"]
    assert stat.S_ISREG((tmp_path / "people.toml").stat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_a_register_can_be_read_by_nobody_more_after_somebody_was_added(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "people.toml"
    add(path, enrol("operator-a", "Operator A", "operator", "a secret of a"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(mode)
    add(path, enrol("operator-b", "Operator B", "operator", "a secret of b"))
    assert stat.S_IMODE(path.stat().st_mode) == mode
