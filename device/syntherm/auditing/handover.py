"""README.txt of a bundle: what lies in it and how to verify it, in plain words."""

from typing import Final

import attrs

from syntherm.audit.seal import Seal

VERIFIER: Final = "verify_record.py"
_SAYS: Final = {
    "entries.jsonl": "every entry as a line of JSON, to be read without a database",
    "record-format.md": "the format of the record, down to the byte: enough to write a verifier",
    "site.pub": "the public key that came with the record (but see step 4)",
    "report.html": "the session report, made from the record; a browser shows it",
    VERIFIER: "a verifier that is independent of the software that wrote the record",
    "MANIFEST": "SHA-256 of every file here but itself",
}
_HEADING: Final = """\
The record of a treatment session, to be verified by anybody
=============================================================

Research software. Not cleared for clinical use.

What lies here
--------------

"""
_UNTOUCHED: Final = """

How to verify it, without a network
-----------------------------------

1. Was nothing lost or changed on the way? In this folder:

       sha256sum -c MANIFEST

   Every line must end in OK. (macOS: shasum -a 256 -c MANIFEST; Windows: certutil -hashfile FILE SHA256.)
"""
_SEALED: Final = """
2. Is the record the one that was sealed? "sha256" in {record}.seal must be the sum of {record} in MANIFEST:

       {sha256}
"""
_CHAIN: Final = """
3. Do entries, hashes, signatures and images hold together?
"""
_BY_SCRIPT: Final = """
   With the verifier that lies here (it needs Python 3 and PyNaCl; --help tells its options):

       python3 {verifier} {record} --head {head}{key}
"""
_BY_SYNTHERM: Final = """
   With Syntherm, where it is installed:

       syntherm record verify {record} --head {head}

   Or with a program of your own: record-format.md, section "Verifying", lists all that has to hold.
"""
_UNSIGNED: Final = """
4. Whose record is it? A record of format 1 is not signed. Only its head ties it to a session (step 5).
"""
_SIGNED: Final = """
4. Whose record is it? A signature by a key that only the record itself names proves no more than that nothing was
   changed by chance. Ask the site for the fingerprint of its key by another way, by telephone or on paper, and compare
   it with this one, {whose}:

       {fingerprint}
"""
_HEAD: Final = """
5. Is it the session that you were told of? The head of the record is

       {head}

   It must be the one that the console showed at the end of the session and that is printed in the session report.
"""


@attrs.frozen
class Contents:
    """What the bundle holds: name of the record, names of all files, the seal, fingerprint of the key in it."""

    record: str
    names: tuple[str, ...]
    seal: Seal
    fingerprint: str | None


def read_me(contents: Contents) -> str:
    """The text."""
    seal, record = contents.seal, contents.record
    steps = [_HEADING + _what(contents), _UNTOUCHED, _SEALED.format(record=record, sha256=seal.sha256), _CHAIN]
    key = " --key site.pub" if contents.fingerprint else ""
    if VERIFIER in contents.names:
        steps.append(_BY_SCRIPT.format(verifier=VERIFIER, record=record, head=seal.head, key=key))
    steps.append(_BY_SYNTHERM.format(record=record, head=seal.head))
    if seal.signature is None:
        steps.append(_UNSIGNED)
    else:
        whose = "of site.pub" if contents.fingerprint else "which the seal names"
        steps.append(_SIGNED.format(whose=whose, fingerprint=contents.fingerprint or seal.key))
    return "".join([*steps, _HEAD.format(head=seal.head)])


def _what(contents: Contents) -> str:
    signed = "not signed (format 1)" if contents.seal.signature is None else "signed by the site's key"
    says = _SAYS | {
        contents.record: "the record as it was closed: an SQLite 3 database; open it read-only",
        f"{contents.record}.seal": f"its seal: head, size and SHA-256, {signed}",
    }
    names = (*contents.names, "MANIFEST")
    width = max(len(name) for name in names)
    return "\n".join(f"  {name:<{width}}  {says.get(name, 'added by whoever made this bundle')}" for name in names)
