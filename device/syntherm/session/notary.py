"""The notary: a process beside the session that proves secrets against the register, one after the other.

A secret is hashed with scrypt, which takes 16 MiB and some 50 ms so that nobody can guess many. In the session's one
thread that would be 50 ms in which no stop is heard, for each guess that somebody sends; so it is done here. The
notary reads one question a line from its standard input and writes one answer a line. It ends with its input.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from syntherm.core.events import OperatorActed
from syntherm.core.vocabulary import SetupItem, Trigger
from syntherm.ports.record import Signature
from syntherm.session.register import NotKnown, Register, RegisterRefused, read_register
from syntherm.session.signing import sign

REFUSED_S: Final = 1.0
"""Rest after a wrong secret: so much slower is guessing."""
READY: Final = b"ready\n"
_LONGEST: Final = 16384


def question(number: int, act: OperatorActed, secret: str, shown: str) -> bytes:
    """A question as one line."""
    item = None if act.item is None else act.item.value
    return json.dumps([number, act.act.value, act.person, item, secret, shown]).encode("ascii") + b"\n"


def answered(line: bytes) -> tuple[int, Signature | None]:
    """A question's number and the signature; None for a secret that is not the person's. Raises ValueError."""
    match json.loads(line):
        case [int(number), None]:
            return number, None
        case [int(number), [str(person), str(name), str(role), str(meaning), str(shown)]]:
            return number, Signature(person, name, role, meaning, shown)
    raise ValueError("no answer of a notary")


def answer(register: Register, line: bytes, rest: Callable[[float], None]) -> bytes:
    """The answer to a question, as one line. Raises ValueError for what is none."""
    match json.loads(line):
        case [int(number), str(act), str(person), str() | None as item, str(secret), str(shown)]:
            acted = OperatorActed(0.0, Trigger(act), person, None if item is None else SetupItem(item))
        case _:
            raise ValueError("no question to a notary")
    try:
        signature = sign(register, acted, secret, shown)
    except NotKnown:
        rest(REFUSED_S)
        signature = None
    if signature is None:
        return json.dumps([number, None]).encode("ascii") + b"\n"
    parts = [signature.person, signature.name, signature.role, signature.meaning, signature.shown]
    return json.dumps([number, parts]).encode("ascii") + b"\n"


def serve(register: Register, questions: BinaryIO, answers: BinaryIO, rest: Callable[[float], None]) -> None:
    """Answer until the questions end. Raises ValueError for what is no question."""
    answers.write(READY)
    answers.flush()
    while line := questions.readline(_LONGEST):
        answers.write(answer(register, line, rest))
        answers.flush()


def main() -> int:
    """`python -m syntherm.session.notary REGISTER`."""
    try:
        register = read_register(Path(sys.argv[1]))
    except (RegisterRefused, IndexError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        serve(register, sys.stdin.buffer, sys.stdout.buffer, time.sleep)
    except (ValueError, OSError, KeyboardInterrupt):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
