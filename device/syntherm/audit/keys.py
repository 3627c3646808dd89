"""The site's key: it signs what this site has recorded. Ed25519 (RFC 8032), in PEM files.

The secret half never leaves the file that only the session's user can read; the public half goes to whoever verifies.
"""

import hashlib
import os
import stat
from pathlib import Path
from typing import Final

import attrs
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_REFUSED: Final = (ValueError, TypeError, UnsupportedAlgorithm)
SECRET, PUBLIC = "site.key", "site.pub"
"""Names of the two files of a key."""


class KeyRefused(Exception):
    """The file is not a key that can be used. One line: file, what was found, what was expected."""


@attrs.frozen
class PublicKey:
    """The half that verifies: 32 bytes, in hex."""

    raw_hex: str

    @property
    def fingerprint(self) -> str:
        """What the key is called: SHA-256 of its 32 bytes, in hex."""
        return hashlib.sha256(bytes.fromhex(self.raw_hex)).hexdigest()

    def signed(self, text: bytes, signature_hex: str) -> bool:
        """Whether this key made that signature over the text; false for what is no key or no signature."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.raw_hex))
            key.verify(bytes.fromhex(signature_hex), text)
        except (InvalidSignature, ValueError):
            return False
        return True


@attrs.frozen(eq=False)
class SiteKey:
    """Both halves."""

    secret: Ed25519PrivateKey = attrs.field(repr=False)

    @classmethod
    def made(cls) -> "SiteKey":
        """A new key, from the system's source of randomness."""
        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> PublicKey:
        """The half that verifies."""
        return PublicKey(self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex())

    @property
    def public_pem(self) -> bytes:
        """The half that verifies, as its file holds it."""
        return self.secret.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, text: bytes) -> str:
        """The signature over a text, in hex."""
        return self.secret.sign(text).hex()


def make_key(folder: Path) -> SiteKey:
    """A new key in two new files of a folder. Raises KeyRefused if either is there, or cannot be written."""
    key = SiteKey.made()
    secret = key.secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / PUBLIC).exists():
            raise KeyRefused(f"{folder / PUBLIC}: exists already; a key is never overwritten")
        _write(folder / SECRET, secret, 0o400)
        _write(folder / PUBLIC, key.public_pem, 0o444)
    except FileExistsError as error:
        raise KeyRefused(f"{error.filename}: exists already; a key is never overwritten") from error
    except OSError as error:
        raise KeyRefused(f"{error.filename or folder}: {error.strerror}") from error
    return key


def _write(path: Path, data: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def load_key(path: Path) -> SiteKey:
    """The secret key of a file that only its owner can read. Raises KeyRefused."""
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except OSError as error:
        raise KeyRefused(f"{path}: {error.strerror}") from error
    if mode & _OTHERS:
        raise KeyRefused(f"{path}: others can read it (mode {stat.S_IMODE(mode):04o}), expected 0400")
    try:
        key = load_pem_private_key(data, password=None)
    except _REFUSED as error:
        raise KeyRefused(f"{path}: no secret key without a pass phrase, in PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyRefused(f"{path}: found another kind of key, expected Ed25519")
    return SiteKey(key)


def load_public(path: Path) -> PublicKey:
    """The public key of a file. Raises KeyRefused."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KeyRefused(f"{path}: {error.strerror}") from error
    try:
        key = load_pem_public_key(data)
    except _REFUSED as error:
        raise KeyRefused(f"{path}: found no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyRefused(f"{path}: found another kind of key, expected Ed25519")
    return PublicKey(key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex())
