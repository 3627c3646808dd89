"""The site's key: what it signs and refuses, and the files that it lies in."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from syntherm.audit.keys import PUBLIC, SECRET, KeyRefused, PublicKey, SiteKey, load_key, load_public, make_key

pytestmark = pytest.mark.verifies("SRS-507")

RFC_8032 = {  # section 7.1
    "TEST 1": ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
               "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
               "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd"
               "25bf5f0595bbe24655141438e7a100b"),
    "TEST 2": ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
               "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
               "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c3"
               "87b2eaeb4302aeeb00d291612bb0c00"),
}  # fmt: skip


@pytest.mark.parametrize("name", RFC_8032)
def test_signatures_are_those_of_the_standard(name: str) -> None:
    secret, public, text, signature = RFC_8032[name]
    key = SiteKey(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)))
    assert key.public.raw_hex == public
    assert key.sign(bytes.fromhex(text)) == signature
    assert PublicKey(public).signed(bytes.fromhex(text), signature)
    assert PublicKey(public).fingerprint == hashlib.sha256(bytes.fromhex(public)).hexdigest()


def test_a_signature_is_for_one_text_and_one_key() -> None:
    key, other = SiteKey.made(), SiteKey.made()
    signature = key.sign(b"text")
    assert key.public.signed(b"text", signature)
    assert not key.public.signed(b"Text", signature) and not other.public.signed(b"text", signature)
    changed = f"{int(signature[0], 16) ^ 1:x}{signature[1:]}"
    assert not key.public.signed(b"text", changed)
    assert key.public.raw_hex != other.public.raw_hex and key.public.fingerprint != other.public.fingerprint


@pytest.mark.parametrize("signature", ["", "00", "zz" * 64, "é", "0" * 128, "0" * 130])
def test_what_is_no_signature_is_not_signed(signature: str) -> None:
    assert SiteKey.made().public.signed(b"text", signature) is False


@pytest.mark.parametrize("raw_hex", ["", "00", "zz" * 32, "f" * 64, "0" * 66])
def test_what_is_no_key_has_signed_nothing(raw_hex: str) -> None:
    assert PublicKey(raw_hex).signed(b"text", SiteKey.made().sign(b"text")) is False


def test_a_key_does_not_show_its_secret() -> None:
    key = SiteKey.made()
    assert "Ed25519" not in repr(key) and repr(key) == "SiteKey()"


# --------------------------------------------------------------------------------------------------------------- files
@pytest.fixture(params=[0o022, 0o000], ids=["umask 022", "umask 000"])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    was = os.umask(request.param)
    yield
    os.umask(was)


@pytest.mark.usefixtures("_umask")
def test_a_key_is_made_in_two_files_and_read_again(tmp_path: Path) -> None:
    made = make_key(tmp_path / "site" / "keys")
    secret, public = tmp_path / "site" / "keys" / SECRET, tmp_path / "site" / "keys" / PUBLIC
    assert sorted(secret.parent.iterdir()) == sorted([secret, public])
    assert (secret.stat().st_mode & 0o777, public.stat().st_mode & 0o777) == (0o400, 0o444)
    assert public.read_text().startswith("-----BEGIN PUBLIC KEY-----\n") and public.read_bytes() == made.public_pem
    again = load_key(secret)
    assert again.public == load_public(public) == made.public
    assert made.public.signed(b"text", again.sign(b"text"))
    assert make_key(tmp_path / "another").public != made.public


@pytest.mark.parametrize("there", [SECRET, PUBLIC])
def test_a_key_is_never_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("somebody's")
    with pytest.raises(KeyRefused) as caught:
        make_key(tmp_path)
    assert str(caught.value) == f"{tmp_path / there}: exists already; a key is never overwritten"
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {there: "somebody's"}, "and nothing is made"


def test_a_second_key_is_refused_and_the_first_one_stays(tmp_path: Path) -> None:
    make_key(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(KeyRefused, match="exists already"):
        make_key(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("folder", ["file/keys", "n" * 300])
def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyRefused) as caught:
        make_key(tmp_path / folder)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("bit", [0o040, 0o020, 0o010, 0o004, 0o002, 0o001], ids=oct)
def test_a_secret_key_that_others_can_reach_is_refused(tmp_path: Path, bit: int) -> None:
    make_key(tmp_path)
    (tmp_path / SECRET).chmod(0o400 | bit)
    with pytest.raises(KeyRefused) as caught:
        load_key(tmp_path / SECRET)
    assert str(caught.value) == f"{tmp_path / SECRET}: others can read it (mode {0o400 | bit:04o}), expected 0400"
    (tmp_path / SECRET).chmod(0o600)
    assert load_key(tmp_path / SECRET).public == load_public(tmp_path / PUBLIC)


def _pem(key: Ed25519PrivateKey | X25519PrivateKey, *, locked: bool = False) -> bytes:
    lock = BestAvailableEncryption(b"pass phrase") if locked else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def _public_pem(key: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


ED, CURVE = Ed25519PrivateKey.generate(), generate_private_key(SECP256R1())
FILES: dict[str, bytes] = {
    "empty": b"",
    "text": b"no key\n",
    "bytes": bytes(range(256)),
    "cut": _pem(ED)[:60],
    "locked": _pem(ED, locked=True),
    "secret": _pem(ED),
    "public": _public_pem(ED),
    "secret of another kind": _pem(X25519PrivateKey.generate()),
    "secret on a curve": CURVE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    "public of another kind": _public_pem(X25519PrivateKey.generate()),
    "raw": ED.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()),
}


@pytest.mark.parametrize("name", [*FILES, "missing", "folder"])
@pytest.mark.parametrize(("load", "right"), [(load_key, "secret"), (load_public, "public")])
def test_what_is_no_key_of_this_kind_is_told_in_one_line(
    tmp_path: Path, load: Callable[[Path], object], right: str, name: str
) -> None:
    path = tmp_path / "key.pem"
    if name == "folder":
        path.mkdir(0o700)
    elif name in FILES:
        path.write_bytes(FILES[name])
        path.chmod(0o400)
    if name == right:
        assert load(path)
        return
    with pytest.raises(KeyRefused) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    if name.startswith(right):
        assert message.endswith("found another kind of key, expected Ed25519")
