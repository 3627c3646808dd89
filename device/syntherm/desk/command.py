"""`syntherm desk`: what the operators see and do, in a plain terminal."""

import argparse
import select
import sys
import time
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path
from typing import Final, TextIO

from syntherm.core.events import OperatorActed
from syntherm.core.vocabulary import ACTS, SetupItem, Trigger
from syntherm.desk.client import DeskClient, Json, LinkLost
from syntherm.desk.picture import STALE_S, key, picture
from syntherm.desk.stop import GuardianStop
from syntherm.session.signing import meaning
from syntherm.site.file import SiteFileRefused, beside, load_site
from syntherm.site.reader import SiteRefused

BAD_INPUT: Final = 2
LOST: Final = 1
HELP: Final = """stop                      energy off and pump held, at once, by anybody
ACT [ITEM] PERSON [REASON] an act, as `confirm plan operator-a`; the line after > names the one that is asked for
show                      the session now
close PERSON              close the session, when it is over
quit                      leave this desk; the session goes on"""
_ACTS: Final = {act.value: act for act in ACTS}
_ITEMS: Final = {item.value: item for item in SetupItem}


def desk(arguments: Sequence[str]) -> int:
    """Show a session and act in it. Exit code 0, 1 if the session cannot be reached or has ended, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="syntherm desk", epilog="An aid: the patient's stop does not pass here.")
    parser.add_argument("--site", type=Path, required=True, metavar="FILE", help="the site file (TOML)")
    options = parser.parse_args(arguments)
    try:
        site = load_site(options.site)
    except (SiteFileRefused, SiteRefused) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    try:
        client = DeskClient(beside(options.site, site.paths.desk_socket))
        Desk(client, sys.stdin, beside(options.site, site.guardian.link_path)).run()
    except LinkLost as error:
        print(f"syntherm desk: {error}", file=sys.stderr)
        return LOST
    except KeyboardInterrupt:
        print("\nthis desk is closed; the session goes on")
    return 0


def parsed(line: str) -> OperatorActed:
    """The act that was typed. Raises ValueError, which says what was found and expected."""
    word, *rest = line.split()
    act = _ACTS.get(word)
    if act is None:
        raise ValueError(f"found {word!a:.40}, expected help, stop, show, close, quit or one of {', '.join(_ACTS)}")
    item = None
    if act is Trigger.CONFIRM:
        item = _ITEMS.get(rest[0]) if rest else None
        if item is None:
            raise ValueError(f"confirm: expected one of {', '.join(_ITEMS)}, then who confirms")
        rest = rest[1:]
    if not rest and act is not Trigger.STOP:
        raise ValueError(f"{word}: expected who acts, as `{word} operator-a`")
    return OperatorActed(0.0, act, rest[0] if rest else "", item, " ".join(rest[1:]))


class Desk:
    """One terminal at one session."""

    def __init__(self, client: DeskClient, keys: TextIO, guardian: Path) -> None:
        self._client, self._keys, self._guardian = client, keys, guardian
        self._state: Json | None = None
        self._shown: tuple[object, ...] = ()
        self._heard_s = time.monotonic()
        self._told_stale = False

    def run(self) -> None:
        """Until quit, or the end of the keyboard. Raises LinkLost."""
        print(HELP)
        while True:
            ready, _, _ = select.select([self._client.fileno(), self._keys.fileno()], [], [], 0.5)
            if self._client.fileno() in ready:
                self._hear()
            self._look_for_silence()
            if self._keys.fileno() in ready and not self._typed(self._keys.readline()):
                return

    def _hear(self) -> None:
        for message in self._client.messages(0.0):
            self._heard_s, self._told_stale = time.monotonic(), False
            if message.get("kind") == "state":
                self._state = message
                if key(message) != self._shown:
                    self._show()
            elif message.get("kind") == "answer":
                taken = message.get("taken") is True
                print(
                    f"act {message.get('number')!s:.12}: {'taken' if taken else 'REFUSED: '}{_said(message, 'because')}"
                )
            elif message.get("kind") == "rejected":
                print(f"rejected: {_said(message, 'because')}")
            else:
                print(_said(message, "says"))

    def _look_for_silence(self) -> None:
        # By the age of what was heard, not by a closed connection: a hung session closes none.
        if not self._told_stale and time.monotonic() - self._heard_s > STALE_S:
            self._told_stale = True
            print(f"!!! NOTHING HEARD FROM THE SESSION FOR {STALE_S:.0f} s. What is shown is old. Look at the patient.")

    def _typed(self, line: str) -> bool:
        """Whether the desk stays open."""
        words = line.split()
        if not line or words == ["quit"]:
            return False
        if words == ["show"] or not words:
            self._show()
        elif words == ["help"]:
            print(HELP)
        elif words[0] == "close" and len(words) == 2:
            self._client.leave(words[1])
        else:
            self._act(line)
        return True

    def _act(self, line: str) -> None:
        try:
            act = parsed(line)
        except ValueError as error:
            print(error)
            return
        if act.act is Trigger.STOP:
            self._stop(act)
            return
        means = meaning(act)
        secret = None
        if means is not None:
            print(f'Signing means: "{means}"')
            try:
                secret = getpass(f"secret of {act.person}: ")
            except EOFError:
                print("no secret was given; nothing was done")
                return
        item = None if act.item is None else act.item.value
        number = self._client.act(act.act.value, act.person, item, act.reason, secret)
        print(f"act {number}: sent")

    def _stop(self, act: OperatorActed) -> None:
        # The guardian first: it takes the enable away while the session may be in the middle of an image.
        sent = GuardianStop.sent(self._guardian)
        try:
            print(f"act {self._client.act(act.act.value, act.person, None, act.reason, None)}: sent")
        finally:
            print(sent.said())

    def _show(self) -> None:
        if self._state is None:
            print("nothing heard yet")
            return
        self._shown = key(self._state)
        print("-" * 80)
        print("\n".join(picture(self._state)), flush=True)


def _said(message: Json, name: str) -> str:
    value = message.get(name)
    return ascii(value[:300])[1:-1] if isinstance(value, str) else ""
