"""A bundle to hand over: one .zip with a closed record and all that verifying it offline takes.

Its bytes depend on its contents alone: fixed times, fixed order, nothing compressed.
"""

import hashlib
import zipfile
from pathlib import Path
from typing import BinaryIO, Final

import attrs

from syntherm.audit.keys import KeyRefused, PublicKey, load_public
from syntherm.audit.reader import AuditReader
from syntherm.audit.seal import Seal, read_seal, seal_path
from syntherm.auditing.console import BadInput
from syntherm.auditing.handover import Contents, read_me
from syntherm.auditing.looks import text

FORMAT: Final = "record-format.md"
REPORT: Final = "report.html"
KEY: Final = "site.pub"
LINES: Final = "entries.jsonl"
MANIFEST: Final = "MANIFEST"
README: Final = "README.txt"
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
_CHUNK: Final = 1 << 20
_SECRET: Final = b"PRIVATE KEY-----"


@attrs.frozen
class Bundle:
    """What goes in beside the record: the site's public key, and files named by whoever exports."""

    key: Path | None = None
    extra: tuple[Path, ...] = ()


def write_bundle(record: Path, bundle: Bundle, lines: Path, target: Path) -> list[str]:
    """Write the .zip of a closed record. Returns what is wrong with the record, one line each.

    `lines`: its entries as JSON lines. Raises BadInput for a record that was not closed and for what cannot go in,
    UnreadableRecord, OSError.
    """
    seal = _sealed(record)
    files, warnings = _files(record, bundle, lines, seal)
    folder = f"{record.stem}/"
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as archive:
        sums = {name: _add(archive, folder + name, source) for name, source in files.items()}
        if sums[record.name] != seal.sha256:
            warnings.append("the record is not the file that was sealed")
        key = None if bundle.key is None else _public(bundle.key)
        contents = Contents(record.name, tuple(files), seal, None if key is None else key.fingerprint)
        sums[README] = _add_text(archive, folder + README, read_me(contents))
        manifest = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))
        _add_text(archive, folder + MANIFEST, manifest)
    return warnings


def _sealed(record: Path) -> Seal:
    try:
        return read_seal(record)
    except FileNotFoundError as error:
        raise BadInput(
            f"{record}: no seal lies beside it; expected a closed record: only such can be handed over"
        ) from error
    except ValueError as error:
        raise BadInput(f"{seal_path(record)}: {error}") from error


def _files(record: Path, bundle: Bundle, lines: Path, seal: Seal) -> tuple[dict[str, Path], list[str]]:
    files = {record.name: record, seal_path(record).name: seal_path(record), LINES: lines}
    files[FORMAT] = Path(__file__).with_name(FORMAT)
    warnings: list[str] = []
    if bundle.key is not None:
        files[KEY] = bundle.key
        warnings += _foreign(record, _public(bundle.key))
    report = record.with_name(REPORT)
    if report.is_file():
        if seal.head in report.read_text(encoding="utf-8", errors="replace"):
            files[REPORT] = report
        else:
            warnings.append(f"{REPORT} beside the record does not name its head: left out")
    for path in bundle.extra:
        if path.name in files or path.name in (README, MANIFEST):
            raise BadInput(f"{path}: something of that name is in the bundle already; expected another name")
        files[path.name] = path
    for path in files.values():
        _check(path)
    return files, warnings


def _check(path: Path) -> None:
    if not path.is_file():
        raise BadInput(f"{path}: no such file")
    with path.open("rb") as file:
        if _SECRET in file.read(_CHUNK):
            raise BadInput(f"{path}: holds a secret key, which is never handed over; expected what all may read")


def _public(path: Path) -> PublicKey:
    try:
        return load_public(path)
    except KeyRefused as error:
        raise BadInput(str(error)) from error


def _foreign(record: Path, key: PublicKey) -> list[str]:
    with AuditReader(record) as reader:
        named = text(reader.opened(), "site_key")
    if named is None:
        return ["the record names no site key: the key in the bundle has signed nothing of it"]
    return [] if named == key.raw_hex else ["the record names another site key than the one in the bundle"]


def _add(archive: zipfile.ZipFile, name: str, source: Path) -> str:
    with source.open("rb") as file:
        return _copy(archive, _info(name, source.stat().st_size), file)


def _copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: BinaryIO) -> str:
    digest = hashlib.sha256()
    with archive.open(info, "w") as sink:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            sink.write(chunk)
    return digest.hexdigest()


def _add_text(archive: zipfile.ZipFile, name: str, words: str) -> str:
    data = words.encode()
    archive.writestr(_info(name, len(data)), data)
    return hashlib.sha256(data).hexdigest()


def _info(name: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _LONG_AGO)
    info.create_system, info.external_attr, info.file_size = 3, 0o644 << 16, size  # as on Unix, wherever it is made
    return info
