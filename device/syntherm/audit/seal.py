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


def write_seal(record: Path, head: str) -> None:
    """Seal a record that nobody writes any more; durable when it returns."""
    text = json.dumps(attrs.asdict(Seal(head, record.stat().st_size, hash_file(record))), sort_keys=True) + "\n"
    with seal_path(record).open("x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_seal(record: Path) -> Seal:
    """The seal beside a record. Raises ValueError if it is not a seal, OSError if there is none."""
    raw = json.loads(seal_path(record).read_text(encoding="utf-8"))
    if not isinstance(raw, dict) or set(raw) != {"head", "size", "sha256"}:
        raise ValueError("not a seal")
    return Seal(head=str(raw["head"]), size=int(raw["size"]), sha256=str(raw["sha256"]))
