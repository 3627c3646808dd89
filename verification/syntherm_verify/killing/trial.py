"""One end of one session: forked from a prepared day, run over wires, killed or stopped, and gone on with."""

import json
import os
import random
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, unique
from pathlib import Path
from typing import Final

import attrs

from syntherm_verify.killing.prepared import RECORD, Prepared
from syntherm_verify.killing.recovered import Recovered, live_on
from syntherm_verify.killing.verdict import Truth, problems
from syntherm_verify.killing.world_side import KeptWorld, with_lines

WAKINGS: Final = 8
"""A session goes on for up to so many wakings over wires before its end."""
ALONE_S: Final = 15.0
"""How long the world is alone: longer than any lease and watchdog of the plan."""
AT_ONCE_S: Final = (0.0, 0.5)
"""How long it is where the next session comes at once, as one that is started again by itself: both may still flow."""
_BEYOND: Final = 1.2
_FIRST_S: Final = 0.1
_PATIENCE_S: Final = 60.0


@unique
class End(Enum):
    """How a session ended."""

    KILLED = "killed"
    STOPPED = "stopped"


@attrs.frozen
class Ended:
    """One trial. `off_s`: of energy after the end of its lease, `stood_s`: of the pump after the session's end.

    Both are None where nothing flowed any more. `problems` should be empty. `at_once`: the next session came while they
    may have flowed; `met`: it met one of them that did.
    """

    end: str
    phase: str
    moment_s: float
    off_s: float | None
    stood_s: float | None
    energised: bool
    problems: tuple[str, ...]
    at_once: bool = False
    met: bool = False


class Child:
    """A forked process that says lines."""

    def __init__(self, lives: Callable[[Callable[[str], None]], object]) -> None:
        """`lives` gets the means to say something; when it returns or raises, the process ends.

        Unless it returns True: then the forked process goes on here, and `is_forked` is True.
        """
        self.out, into = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        self.is_forked = self.pid == 0 and _live(lives, into)
        os.close(into)
        self._said = b""

    def line(self, within_s: float) -> str | None:
        """The next line that it says; None if it ends or takes longer."""
        until_s = time.monotonic() + within_s
        while b"\n" not in self._said:
            if not select.select([self.out], [], [], max(0.0, until_s - time.monotonic()))[0]:
                return None
            more = os.read(self.out, 4096)
            if not more:
                return None
            self._said += more
        line, self._said = self._said.split(b"\n", 1)
        return line.decode("utf-8", "replace")

    def end(self) -> int:
        """Kill it, unless it has ended. Returns its exit status: minus the signal, if it was one."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.close(self.out)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _live(lives: Callable[[Callable[[str], None]], object], into: int) -> bool:
    goes_on = False
    try:
        goes_on = lives(lambda text: _say(into, text)) is True
    except BaseException as error:  # noqa: BLE001 - a fork must never go on with its parent's work
        if not isinstance(error, SystemExit):
            _say(into, "failed: " + traceback.format_exc(limit=-3).replace("\n", " | "))
    finally:
        if not goes_on:
            os._exit(0)
    return goes_on


def _say(into: int, text: str) -> None:
    os.write(into, f"{text}\n".encode())


class Campaign:
    """The campaign's own connection to a world."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE_S)
        self._connection = connection
        self._read = connection.makefile("rb")

    def ask(self, words: str) -> list[float]:
        """Ask, and wait for the numbers. Raises OSError."""
        self._connection.sendall(words.encode("ascii") + b"\n")
        line = self._read.readline()
        if not line:
            raise ConnectionError(f"asked {words}: the world is gone")
        return [float(number) for number in line.split()]


def trial(day: Prepared, rng: random.Random, folder: Path, *, at_once: bool) -> Ended | None:
    """Judge one end. Returns None in the session that was forked here: it has to go on with its day.

    `at_once`: the next session does not wait until all has ended by itself.

    Runs in a process that was forked for it.
    """
    record = folder / RECORD
    paths = with_lines(day.world)
    mine, its = socket.socketpair()
    first, first_end = socket.socketpair()
    second, second_end = socket.socketpair()
    world = KeptWorld(day.world, (first_end, second_end), its, day.near.course)

    def serve(_: Callable[[str], None]) -> None:
        for other in (mine, first, second):
            other.close()
        world.serve()

    world_process = Child(serve)
    for other in (its, first_end, second_end):
        other.close()
    out, into = os.pipe()
    end = rng.choice(tuple(End))
    session_pid = os.fork()
    if session_pid == 0:
        for fileno in (out, mine.detach(), second.detach()):
            os.close(fileno)
        day.move(paths, first, record, lambda: _say(into, "."))
        return None
    os.close(into)
    first.close()
    try:
        alone_s = rng.uniform(*AT_ONCE_S) if at_once else ALONE_S
        return _judged(day, rng, folder, (session_pid, out, end), Campaign(mine), (second, paths), alone_s)
    except OSError as error:
        return Ended(end.value, "", 0.0, None, None, False, (f"the trial failed: {error!r}",))
    finally:
        world_process.end()


def _let_go_on(rng: random.Random, out: int) -> int:
    """Until a random waking and a random moment after it; how many wakings there were."""
    wakings, pace_s, last_s = rng.randint(1, WAKINGS), _FIRST_S, 0.0
    heard = 0
    while heard < wakings:
        if not select.select([out], [], [], _PATIENCE_S)[0] or not (said := os.read(out, 4096)):
            return heard
        now_s = time.monotonic()
        pace_s = max(pace_s, now_s - last_s) if heard else pace_s
        last_s, heard = now_s, heard + said.count(b".")
    time.sleep(rng.uniform(0.0, _BEYOND * pace_s))
    return heard


def _judged(
    day: Prepared, rng: random.Random, folder: Path, session: tuple[int, int, End], world: Campaign,
    next_one: tuple[socket.socket, tuple[str, ...]], alone_s: float,
) -> Ended:  # fmt: skip
    pid, out, end = session
    found: list[str] = []
    if _let_go_on(rng, out) == 0:
        found.append("the session did not go on over wires")
    if os.waitpid(pid, os.WNOHANG)[0]:
        return Ended(end.value, "", 0.0, None, None, False, (*found, "the session had ended by itself"))
    os.kill(pid, signal.SIGKILL if end is End.KILLED else signal.SIGSTOP)
    _wait_for(pid, end)
    (ended_s,), at_once = world.ask("take"), alone_s < ALONE_S
    _, at_end_J, at_end_ml = world.ask("truth")
    sounded_s, pumped_s, _, alone_J, alone_ml = world.ask(f"alone {alone_s}")
    if end is End.STOPPED:
        os.kill(pid, signal.SIGKILL)
        _wait_for(pid, End.KILLED)
    os.close(out)
    met = any(world.ask("flows"))
    world.ask("next")
    recovered, why = _recovered(day, folder, next_one)
    if recovered is None:
        return Ended(end.value, "", ended_s, None, None, False, (*found, f"not recovered: {why}"))
    _, after_J, after_ml = world.ask("truth")
    (before_J,) = world.ask(f"by {recovered.last_s!r}")
    (later_s,) = world.ask(f"moved {ended_s + alone_s!r}")
    truth = Truth(
        ended_s, sounded_s, pumped_s, before_J, alone_J, alone_ml, after_J, after_ml, at_once, later_s
    )  # fmt: skip
    found += problems(truth, recovered, folder / RECORD, day.plan, day.seed)
    off_s = sounded_s - recovered.lease_s if sounded_s >= 0.0 and recovered.lease_s is not None else None
    stood_s = pumped_s - ended_s if pumped_s >= 0.0 else None
    flowing = alone_J > at_end_J or alone_ml > at_end_ml
    phase = day.state.phases.session.name
    return Ended(end.value, phase, ended_s, off_s, stood_s, flowing, tuple(found), at_once, met)


def _wait_for(pid: int, end: End) -> None:
    os.waitpid(pid, os.WUNTRACED if end is End.STOPPED else 0)


def _recovered(
    day: Prepared, folder: Path, next_one: tuple[socket.socket, tuple[str, ...]]
) -> tuple[Recovered | None, str]:
    control, paths = next_one

    def live(say: Callable[[str], None]) -> None:
        lived = live_on(folder / RECORD, day.site_path, day.plan, day.seed, control, paths)
        say(json.dumps(attrs.asdict(lived)))

    child = Child(live)
    control.close()
    line = child.line(_PATIENCE_S * 2.0)
    child.end()
    if line is None or line.startswith("failed"):
        return None, line or "it said nothing"
    told = json.loads(line)
    return Recovered(**{**told, "states": tuple(told["states"])}), ""
