"""The guardian's trials: armed anew, an image let through, stopped at random, and the enable watched until it falls.

Stops and images fall independently of each other into one short window, a little longer than the guardian's tick, so
that a large share of the stops comes while an image is handled. One patient's stop in so many waits longer, for a pulse
of the contact; for the operator's, whose trials leave the contact alone, pulses come at their own time.
"""

import random
import time
from collections.abc import Callable
from typing import Final

from syntherm_verify.latency.guardian_alone import HEARTBEAT_S, GuardianAlone
from syntherm_verify.latency.guardian_process import RunFailed
from syntherm_verify.latency.room import Room
from syntherm_verify.latency.trials import LOST_S, Path, Samples, watch

WINDOW_S: Final = 0.006
PULSE_S: Final = 0.12
_LONGER: Final = 0.05
_SPOILED: Final = 0.2
_MOST_SPOILED: Final = 20
_IMAGE_EVERY_S: Final = 3.0
"""Of the session that lives beside it: the period of a real scanner."""


def patient(alone: GuardianAlone) -> float:
    """The patient presses."""
    at_s = time.monotonic()
    alone.button.pressed = True
    return at_s


def operator(alone: GuardianAlone) -> float:
    """A desk says stop at the guardian's door."""
    at_s = time.monotonic()
    alone.stop_door.send(b"stop")
    return at_s


KINDS: Final[tuple[tuple[Path, Callable[[GuardianAlone], float]], ...]] = (
    (Path.PATIENT_ENABLE, patient), (Path.OPERATOR_ENABLE, operator),
)  # fmt: skip


def stops_alone(room: Room, samples: Samples, count: int, until_s: float) -> None:
    """So many of each kind in turns, or as many as end in time, but one at least. Raises RunFailed."""
    rng, began_s, living = random.Random(count), time.monotonic(), _Living(room)
    done = 0
    while done < count and (done == 0 or time.monotonic() < until_s):
        *for_patients, for_operators = room.alone
        for (path, by), alone in zip(KINDS, (for_patients[done % len(for_patients)], for_operators), strict=True):
            while not _stop(alone, samples, path, by, rng):
                samples.alone.spoiled += 1
                if samples.alone.spoiled > _MOST_SPOILED + _SPOILED * samples.alone.stops:
                    raise RunFailed(f"{samples.alone.spoiled} enables fell before the stop: {alone.said}")
        living.go_on()
        done += 1
    samples.alone.seconds = time.monotonic() - began_s
    samples.alone.lived = living.end()


def _stop(
    alone: GuardianAlone, samples: Samples, path: Path, by: Callable[[GuardianAlone], float], rng: random.Random
) -> bool:
    """One trial; whether it is one: the enable was still on when the stop came."""
    alone.arm()
    alone.relay.fell_s = None
    began_s = time.monotonic()
    sending = alone.send_at(began_s + rng.uniform(0.0, WINDOW_S))
    longer = path is Path.PATIENT_ENABLE and rng.random() < _LONGER
    time.sleep(rng.uniform(0.0, PULSE_S if longer else WINDOW_S))
    on, in_image = alone.relay.on, alone.in_image
    at_s = by(alone)
    fell_s = _fell(alone, at_s + LOST_S)
    alone.button.pressed = False
    sending.result()
    if not on or (fell_s is not None and fell_s < at_s):
        return False
    samples.add(path, at_s, fell_s)
    samples.alone.stops += 1
    samples.alone.in_images += in_image
    if fell_s is None:
        alone.hear()
        samples.alone.lost.append(f"{path.value}: {alone.said}")
    return True


def silence_alone(alone: GuardianAlone, samples: Samples, count: int, until_s: float) -> None:
    """No heartbeat any more: how long beyond its deadline the enable stays. At least once. Raises RunFailed."""
    for number in range(count):
        if number and time.monotonic() > until_s:
            return
        alone.relay.fell_s = None
        alone.arm()
        due_s = alone.last_beat_s + HEARTBEAT_S
        samples.add(Path.SILENCE, due_s, _fell(alone, due_s + LOST_S))


def _fell(alone: GuardianAlone, until_s: float) -> float | None:
    watch(lambda: alone.relay.fell_s is not None, until_s)
    return alone.relay.fell_s


class _Living:
    """The session beside it: heating, its record on disk, an image every 3 s, until its own patient's stop."""

    def __init__(self, room: Room) -> None:
        self._room = room
        answer = room.ask({"live": True, "images": room.camera.sent})
        if "ready" not in answer:
            raise RunFailed(f"the session does not live: {answer.get('failed')}")
        self._image_s = time.monotonic()
        self._sending = room.send_at(self._image_s, room.image())

    def go_on(self) -> None:
        """Send an image when it is time, and the one before has left."""
        if time.monotonic() - self._image_s >= _IMAGE_EVERY_S and self._sending.done():
            self._image_s = time.monotonic()
            self._sending = self._room.send_at(self._image_s, self._room.image())

    def end(self) -> str:
        """Stop it; what it was in by then, and why."""
        self._sending.result()
        self._room.press(True)
        told = self._room.ask({"end": True})
        self._room.press(False)
        faults = told.get("faults")
        early = [fault for fault in faults if fault != "PATIENT_STOP"] if isinstance(faults, list) else []
        return "heated to the end" if not early else f"ended by {', '.join(map(str, early))}"
