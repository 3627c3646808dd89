"""The session's trials, one after the other: come back to the moment, let an image come, stop at random, and wait for
energy to end on both ways.

Stops and images fall independently of each other into the same short window, so that many stops come while a look at
the equipment or an image is being answered: at one image in 3 s that is rare, and would take days to be met so often.
"""

import random
import time
from collections.abc import Callable
from enum import Enum, unique
from typing import Final

import attrs

from syntherm_verify.latency.guardian_process import RunFailed
from syntherm_verify.latency.room import Room

WINDOW_S: Final = 0.06
LOST_S: Final = 3.0
_LOOK_S: Final = 0.0002
_LAST_S: Final = 0.1
_SPOILED: Final = 0.5
_MOST_SPOILED: Final = 10
"""On a machine without rest, answers of the simulated devices come too late, and energy ends by that."""
_ENDED_BY: Final[tuple[list[str], ...]] = ([], ["PATIENT_STOP"])
_STOP: Final = b'{"kind":"act","number":%d,"act":"stop","person":"operator-a"}\n'


@unique
class Path(Enum):
    """From who stops to what ends energy."""

    PATIENT_ENABLE = "patient's contact, guardian, enable"
    PATIENT_OFF = "patient's contact, session, generator off"
    OPERATOR_ENABLE = "operator's stop, guardian, enable"
    OPERATOR_OFF = "operator's stop, session, generator off"
    SILENCE = "heartbeat's deadline, guardian, enable"


@attrs.define(eq=False)
class Alone:
    """What goes with the stops of the guardian by itself, and `lived`: how the session beside it ended."""

    in_images: int = 0
    stops: int = 0
    spoiled: int = 0
    seconds: float = 0.0
    lived: str = "did not live"
    lost: list[str] = attrs.Factory(list)


@attrs.define(eq=False)
class Samples:
    """Seconds of one load, by path; infinite where energy did not end in 3 s."""

    took_s: dict[Path, list[float]] = attrs.Factory(lambda: {path: [] for path in Path})
    in_images: int = 0
    stops: int = 0
    spoiled: list[str] = attrs.Factory(list)
    alone: Alone = attrs.Factory(Alone)

    def add(self, path: Path, from_s: float, to_s: float | None) -> None:
        """One more."""
        self.took_s[path].append(float("inf") if to_s is None else to_s - from_s)


Stop = Callable[[Room, int], dict[Path, float]]


def watch(ended: Callable[[], bool], until_s: float) -> None:
    """Wait for it. One more look after the end: a process that did not run for so long has not seen what was there."""
    while not ended() and time.monotonic() < until_s:
        time.sleep(_LOOK_S)
    if not ended():
        time.sleep(_LAST_S)


def stops(room: Room, samples: Samples, count: int, kinds: tuple[Stop, ...], until_s: float) -> None:
    """So many trials of each kind of stop in turns, or as many as end in time; fewer where most are spoiled.

    Raises RunFailed.
    """
    rng = random.Random(count)
    done = 0
    while done < count and (done == 0 or time.monotonic() < until_s):
        for by in kinds:
            while (because := _stop(room, samples, by, rng, done)) is not None:
                samples.spoiled.append(because)
                if len(samples.spoiled) > _MOST_SPOILED + _SPOILED * samples.stops:
                    return
        done += 1


def _stop(room: Room, samples: Samples, by: Stop, rng: random.Random, number: int) -> str | None:
    """One trial; why it is none, if energy ended before the stop."""
    room.hush()
    image, sent = room.image(), room.camera.sent - 1
    answer = room.ask({"arm": "run", "images": sent})
    if "ready" not in answer:
        raise RunFailed(f"not armed: {answer.get('failed')}")
    room.relay.fell_s = room.console.off_s = None
    began_s = time.monotonic()
    sending = room.send_at(began_s + rng.uniform(0.0, WINDOW_S), image)
    time.sleep(rng.uniform(0.0, WINDOW_S))
    early = [] if room.relay.on else ["enable"]
    early += [] if room.console.off_s is None else ["generator"]
    stopped_s = by(room, number)
    watch(lambda: None not in (room.relay.fell_s, room.console.off_s), time.monotonic() + LOST_S)
    ended = (room.relay.fell_s, room.console.off_s)
    sending.result()
    # The guardian takes longer to believe its contact again, and the session must have seen its own.
    room.buttons[0].pressed = False
    told = room.ask({"end": True})
    room.press(False)
    if early or told.get("faults") not in _ENDED_BY:
        return f"{' and '.join(early) or 'nothing'} ended before the stop, faults {told.get('faults')}"
    for (path, from_s), to_s in zip(stopped_s.items(), ended, strict=True):
        samples.add(path, from_s, to_s)
    samples.stops += 1
    images = told.get("images")
    pressed_s = max(stopped_s.values())
    if isinstance(images, list) and any(low_s <= pressed_s <= high_s for low_s, high_s in images):
        samples.in_images += 1
    return None


def patient(room: Room, _: int) -> dict[Path, float]:
    """The patient presses: one button, a contact for each."""
    at_s = time.monotonic()
    room.press(True)
    return {Path.PATIENT_ENABLE: at_s, Path.PATIENT_OFF: at_s}


def operator(room: Room, number: int) -> dict[Path, float]:
    """A desk says stop to both."""
    guardian_s = time.monotonic()
    room.stop_door.send(b"stop")
    session_s = time.monotonic()
    room.desk.send(_STOP % number)
    return {Path.OPERATOR_ENABLE: guardian_s, Path.OPERATOR_OFF: session_s}
