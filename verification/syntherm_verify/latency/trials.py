"""One trial after the other: come back to the moment, let an image come, stop at random, and wait for energy to end.

Stops and images fall independently of each other into the same short window, so that many stops come while a look at
the equipment or an image is being answered: at one image in 3 s that is rare, and would take days to be met so often.
"""

import random
import time
from collections.abc import Callable
from enum import Enum, unique
from typing import Final

import attrs

from syntherm_verify.latency.room import HEARTBEAT_S, Room, RunFailed

WINDOW_S: Final = 0.06
_LOST_S: Final = 3.0
_LOOK_S: Final = 0.0002
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
class Samples:
    """Seconds of one load, by path; infinite where energy did not end in 3 s."""

    took_s: dict[Path, list[float]] = attrs.Factory(lambda: {path: [] for path in Path})
    in_images: int = 0
    stops: int = 0
    spoiled: list[str] = attrs.Factory(list)

    def add(self, path: Path, from_s: float, to_s: float | None) -> None:
        """One more."""
        self.took_s[path].append(float("inf") if to_s is None else to_s - from_s)


Stop = Callable[[Room, int], dict[Path, float]]


def stops(room: Room, samples: Samples, count: int, kinds: tuple[Stop, ...], until_s: float) -> None:
    """So many trials of each kind of stop in turns, or as many as end in time, but one at least. Raises RunFailed."""
    rng = random.Random(count)
    done = 0
    while done < count and (done == 0 or time.monotonic() < until_s):
        for by in kinds:
            while (because := _stop(room, samples, by, rng, done)) is not None:
                samples.spoiled.append(because)
                if len(samples.spoiled) > _MOST_SPOILED + _SPOILED * samples.stops:
                    raise RunFailed(f"{len(samples.spoiled)} trials ended before the stop, the last: {because}")
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
    until_s = time.monotonic() + _LOST_S
    while (room.relay.fell_s is None or room.console.off_s is None) and time.monotonic() < until_s:
        time.sleep(_LOOK_S)
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


def silence(room: Room, samples: Samples, count: int) -> None:
    """The session says nothing more, as one that hangs: how long beyond its deadline the enable stays. RunFailed."""
    for _ in range(count):
        room.relay.fell_s = None
        answer = room.ask({"arm": "silence", "images": room.camera.sent})
        if "ready" not in answer:
            raise RunFailed(f"not armed: {answer.get('failed')}")
        due_s = float(str(answer["beat_s"])) + HEARTBEAT_S
        room.relay.fell_s = None
        while room.relay.fell_s is None and time.monotonic() < due_s + _LOST_S:
            time.sleep(_LOOK_S)
        samples.add(Path.SILENCE, due_s, room.relay.fell_s)
