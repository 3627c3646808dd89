"""The demonstration's site: its key is made from a number that everybody knows, so that equal days give equal records.

Nothing that it signs proves anything; a real site makes its key with `syntherm keys make` (docs/site-key.md).
"""

import hashlib
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from syntherm.audit.keys import SiteKey
from syntherm.ports.record import AuditFailed

_SAYS: Final = "a demonstration, known to everybody"


def demonstration_key(seed: int) -> SiteKey:
    """The key of the demonstration's site."""
    return SiteKey(Ed25519PrivateKey.from_private_bytes(_drawn("site key", seed)))


def write_public(path: Path, seed: int) -> None:
    """Leave the demonstration's public key for whoever verifies. Raises AuditFailed when that cannot be done."""
    try:
        path.write_bytes(demonstration_key(seed).public_pem)
    except OSError as error:
        raise AuditFailed(f"{path}: {error.strerror}") from error


def demonstration_session(seed: int) -> str:
    """The session's name on its record: 32 hex digits."""
    return _drawn("session", seed).hex()[:32]


def _drawn(what: str, seed: int) -> bytes:
    return hashlib.sha256(f"{_SAYS}: {what} {seed}".encode()).digest()
