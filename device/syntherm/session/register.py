"""The site's people: who may sign, and the proof that it is they.

Secrets are kept as salted scrypt hashes (RFC 7914).
"""

import hashlib
import hmac
import os
import secrets
import stat
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import attrs

FIELDS: Final = ("id", "name", "role", "salt", "secret")
LEAST_LENGTH: Final = 8
_COST, _BLOCK, _LANES, _BYTES = 1 << 14, 8, 1, 32
_OWNER: Final = 0o600
_HEADER: Final = "# People who may sign. Made by `syntherm people add`; secrets are not in it, only what proves them.\n"


class RegisterRefused(Exception):
    """The file is not a register. One line: file, person, what was found, what was expected."""


class NotKnown(Exception):
    """Nobody by that name, or not with that secret: which of the two is not said."""


@attrs.frozen
class Person:
    """Somebody who may sign. `salt` and `proof` in hex."""

    identity: str
    name: str
    role: str
    salt: str
    proof: str = attrs.field(repr=False)


def enrol(identity: str, name: str, role: str, secret: str) -> Person:
    """A person with a new salt. Raises RegisterRefused for what cannot be shown, or too short a secret."""
    for field, value in (("id", identity), ("name", name), ("role", role)):
        if not value or not value.isprintable():
            raise RegisterRefused(f"{field}: found {value!a:.40}, expected a text that can be shown")
    if len(secret) < LEAST_LENGTH:
        raise RegisterRefused(f"found a secret of {len(secret)} characters, expected at least {LEAST_LENGTH}")
    salt = secrets.token_hex(16)
    return Person(identity, name, role, salt, _proof(secret, salt))


def _proof(secret: str, salt: str) -> str:
    typed = secret.encode("utf-8", "surrogatepass")  # what is no character makes a wrong secret, not an error
    made = hashlib.scrypt(typed, salt=bytes.fromhex(salt), n=_COST, r=_BLOCK, p=_LANES, dklen=_BYTES)
    return made.hex()


@attrs.frozen
class Register:
    """All people of a site, by identity."""

    people: Mapping[str, Person]

    def person(self, identity: str, secret: str) -> Person:
        """The person, if the secret is theirs. Raises NotKnown."""
        known = self.people.get(identity)
        # Nobody by that name takes as long as a wrong secret.
        proof = _proof(secret, "00" * 16 if known is None else known.salt)
        if known is None or not hmac.compare_digest(proof, known.proof):
            raise NotKnown("no person of this site signs with that name and secret")
        return known


def read_register(path: Path) -> Register:
    """The register in a file. Raises RegisterRefused."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RegisterRefused(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, or values nested too deeply
        raise RegisterRefused(f"{path}: {_plain(str(error))}") from error
    rows = document.get("person", [])
    if set(document) - {"person"} or not isinstance(rows, list):
        raise RegisterRefused(f"{path}: found {_plain(', '.join(sorted(document)))}, expected tables [[person]] only")
    people: dict[str, Person] = {}
    for number, row in enumerate(rows, start=1):
        person = _person(path, number, row)
        if person.identity in people:
            raise RegisterRefused(f"{path}: person {number}: {_plain(person.identity)} is there twice")
        people[person.identity] = person
    return Register(people)


def _plain(text: str) -> str:
    """A text of the file, fit for one line."""
    return ascii(text)[1:-1][:200]


def _person(path: Path, number: int, row: Any) -> Person:
    if not isinstance(row, dict) or set(row) != set(FIELDS) or not all(isinstance(v, str) and v for v in row.values()):
        raise RegisterRefused(f"{path}: person {number}: expected texts {', '.join(FIELDS)} and nothing else")
    for name, length in (("salt", 32), ("secret", 2 * _BYTES)):
        if len(row[name]) != length or set(row[name]) - set("0123456789abcdef"):
            raise RegisterRefused(f"{path}: person {number}: {name}: expected {length} hex digits")
    return Person(row["id"], row["name"], row["role"], row["salt"], row["secret"])


def add(path: Path, person: Person) -> None:
    """Put a person into a register, which is made if it is not there. Raises RegisterRefused; nothing half done."""
    people = read_register(path).people if path.exists() else {}
    if person.identity in people:
        raise RegisterRefused(f"{path}: {person.identity} is there already")
    text = _HEADER + "".join(_text(each) for each in (*people.values(), person))
    new = path.with_name(path.name + ".new")
    try:
        mode = stat.S_IMODE(path.stat().st_mode) if people else _OWNER
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)  # who could read it can, and nobody else
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise RegisterRefused(f"{path}: {error.strerror}") from error


def _text(person: Person) -> str:
    values = (person.identity, person.name, person.role, person.salt, person.proof)
    lines = (f"{field} = {_quoted(value)}" for field, value in zip(FIELDS, values, strict=True))
    return "\n[[person]]\n" + "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
