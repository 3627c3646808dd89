"""The seal of a closed record: the hash of the whole file, so that not a byte can change unseen."""

import hashlib
import json
import os
from pathlib import Path

import attrs


@attrs.frozen
class Seal:
    """What lay sealed: head of the chain, size and SHA-256 of the file."""

    head: str
    size: int
    sha256: str


def seal_path(record: Path) -> Path:
    """Where a record's seal lies."""
    return record.with_name(record.name + ".seal")


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text(seal: Seal) -> str:
    return json.dumps(attrs.asdict(seal), sort_keys=True) + "\n"


def write_seal(record: Path, head: str) -> None:
    """Seal a record that nobody writes any more; durable when it returns."""
    text = _text(Seal(head, record.stat().st_size, hash_file(record)))
    with seal_path(record).open("x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(record.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the seal's name must outlive a power loss, too
    finally:
        os.close(folder)


def read_seal(record: Path) -> Seal:
    """The seal beside a record. Raises ValueError if it is not a seal, OSError if there is none."""
    text = seal_path(record).read_bytes().decode("utf-8")
    try:
        raw = json.loads(text)
        seal = Seal(head=str(raw["head"]), size=int(raw["size"]), sha256=str(raw["sha256"]))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"not a seal: {error}") from error
    if text != _text(seal):
        raise ValueError("not a seal as it was written")
    return seal
