"""The seal of a closed record: the hash of the whole file, signed, so that not a byte can change unseen."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Final

import attrs

from syntherm.audit.keys import SiteKey

FORMAT: Final = 2


@attrs.frozen
class Seal:
    """What lay sealed: head of the chain, size and SHA-256 of the file. A seal of format 1 has no signature."""

    head: str
    size: int
    sha256: str
    session: str | None = None
    key: str | None = None
    signature: str | None = None

    @property
    def signed(self) -> bytes:
        """What is signed."""
        return f"syntherm seal {FORMAT}\n{self.session}\n{self.head}\n{self.size}\n{self.sha256}\n".encode()


def seal_path(record: Path) -> Path:
    """Where a record's seal lies."""
    return record.with_name(record.name + ".seal")


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text(seal: Seal) -> str:
    if seal.signature is None:
        plain = {"head": seal.head, "sha256": seal.sha256, "size": seal.size}
        return json.dumps(plain, sort_keys=True) + "\n"
    return json.dumps({**attrs.asdict(seal), "format": FORMAT}, sort_keys=True, separators=(",", ":")) + "\n"


def write_seal(record: Path, head: str, session: str, key: SiteKey) -> None:
    """Seal a record that nobody writes any more; durable when it returns. Raises OSError."""
    seal = Seal(head, record.stat().st_size, hash_file(record), session, key.public.fingerprint)
    text = _text(attrs.evolve(seal, signature=key.sign(seal.signed)))
    sealed = seal_path(record)
    new = sealed.with_name(sealed.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    # The name appears with the whole content or not at all; a record has one writer, so nobody seals it meanwhile.
    if sealed.exists():
        raise FileExistsError(f"{sealed.name} is there already")
    new.rename(sealed)
    folder = os.open(record.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the seal's name must outlive a power loss, too
    finally:
        os.close(folder)


def read_seal(record: Path) -> Seal:
    """The seal beside a record. Raises ValueError if it is not a seal, OSError if there is none."""
    text = seal_path(record).read_bytes().decode("utf-8")
    try:
        seal = _seal(json.loads(text))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a seal: {error}") from error
    if text != _text(seal):
        raise ValueError("not a seal as it was written")
    return seal


def _seal(raw: dict[str, Any]) -> Seal:
    seal = Seal(head=str(raw["head"]), size=int(raw["size"]), sha256=str(raw["sha256"]))
    if "signature" not in raw:
        return seal
    return attrs.evolve(seal, session=str(raw["session"]), key=str(raw["key"]), signature=str(raw["signature"]))
