"""The world's process: it goes on when its session is gone, and says what really flowed."""

import select
import socket
from collections.abc import Sequence
from typing import Final

from syntherm_sim.wire.lockstep import _CHUNK as CHUNK
from syntherm_sim.wire.lockstep import Json, Lockstep
from syntherm_sim.wire.lockstep import _unacknowledged as unacknowledged
from syntherm_sim.wire.pty import PtyServer
from syntherm_sim.wire.world import World
from syntherm_verify.killing.near import DELIVERED, Course

STEP_S: Final = 0.25
_TINY_ML: Final = 1e-12
_TINY_S: Final = 1e-9


class KeptWorld(Lockstep):
    """Serves one session after the other over connections of their own, and a campaign that may let time pass itself.

    While the campaign has it, no session is heard; what a session had sent to a device before is still taken.
    """

    def __init__(
        self, world: World, sessions: Sequence[socket.socket], campaign: socket.socket, course: Course
    ) -> None:
        """`course`: what was radiated and pumped so far."""
        super().__init__(world, sessions[0])
        self._next, self._campaign, self._course = list(sessions[1:]), campaign, course
        self._served: socket.socket | None = sessions[0]
        self._orders = bytearray()
        self._by_fileno = {line.fileno(): line for line in world.lines}

    def serve(self) -> None:
        """Answer lines, the session and the campaign until the campaign hangs up."""
        while not self._over:
            poll = self._poll()
            if self._served is not None:
                poll.register(self._served, select.POLLIN)
            for fileno, _ in poll.poll():
                if fileno in self._by_fileno:
                    self._by_fileno[fileno].on_readable()
                elif fileno == self._campaign.fileno():
                    self._hear_campaign()
                elif self._served is not None:
                    self._hear_session(self._served)

    def _poll(self) -> select.poll:
        poll = select.poll()
        for fileno in (*self._by_fileno, self._campaign.fileno()):
            poll.register(fileno, select.POLLIN)
        return poll

    def _hear_session(self, served: socket.socket) -> None:
        try:
            self._hear()
        except (BrokenPipeError, ConnectionError):
            self._over = True
        if self._over:
            # The session is gone, the world is not.
            self._over, self._served = False, None
            served.close()
            self._world.hang_up()

    def _hear_campaign(self) -> None:
        data = self._campaign.recv(CHUNK)
        self._over = not data
        self._orders += data
        while (end := self._orders.find(b"\n")) >= 0:
            line = bytes(self._orders[:end])
            del self._orders[: end + 1]
            self._obey(line.decode("ascii").split())

    def _obey(self, words: list[str]) -> None:
        match words:
            case ["take"]:
                self._take()
                answer: tuple[float, ...] = (self._world.timeline.now_s(),)
            case ["alone", seconds]:
                answer = self._alone(float(seconds))
            case ["truth"]:
                world = self._world
                answer = (world.timeline.now_s(), world.hand(DELIVERED, 0.0), world.pump.pumped_ml)
            case ["by", moment_s]:
                answer = (max((J for at_s, J, _ in self._course if at_s <= float(moment_s) + _TINY_S), default=0.0),)
            case ["flows"]:
                now_s = self._world.timeline.now_s()
                points, ends_s = self._world.transducer.sounding(now_s, now_s + STEP_S)
                sounds = ends_s > now_s and sum(point.power_W for point in points) > 0.0
                answer = (float(sounds), float(self._world.pump.motor.running))
            case ["moved", moment_s]:
                answer = (self._moved(float(moment_s)),)
            case ["next"]:
                self._control = self._served = self._next.pop(0)
                self._read.clear()
                # What the world did alone is no stretch of a session's.
                self._noted()
                answer = ()
            case _:
                raise ValueError(f"found {ascii(words)[:80]}, expected what a campaign may ask")
        self._campaign.sendall((" ".join(map(repr, answer)) + "\n").encode("ascii"))

    def _take(self) -> None:
        self._served = None
        self._world.hang_up()
        poll = select.poll()
        for fileno in self._by_fileno:
            poll.register(fileno, select.POLLIN)
        # What lies in the lines was sent before the end, and reaches its device.
        while ready := poll.poll(0):
            for fileno, _ in ready:
                self._by_fileno[fileno].on_readable()

    def _alone(self, seconds: float) -> tuple[float, ...]:
        """Pass time. Answers when energy and drug last flowed (-1: not at all), and the totals of both at the end."""
        world = self._world
        timeline, pump = world.timeline, world.pump
        until_s = timeline.now_s() + seconds
        sounded_s = pumped_s = -1.0
        while (now_s := timeline.now_s()) < until_s - _TINY_S:
            next_s = min(until_s, now_s + STEP_S)
            points, ends_s = world.transducer.sounding(now_s, next_s)
            if sum(point.power_W for point in points) > 0.0:
                sounded_s = ends_s
            before_ml, rate_ml_per_s = pump.pumped_ml, pump.motor.rate_ml_per_h * pump.motor.slip / 3600.0
            while timeline.now_s() < next_s - _TINY_S:
                timeline.wait_until(next_s)
            world.tell()
            world.send_images()
            if pump.pumped_ml > before_ml + _TINY_ML:
                pumped_s = min(next_s, now_s + (pump.pumped_ml - before_ml) / rate_ml_per_s)
        return sounded_s, pumped_s, timeline.now_s(), world.hand(DELIVERED, 0.0), pump.pumped_ml

    def _moved(self, since_s: float) -> float:
        """The begin of the last stretch of time from `since_s` on in which the pump moved; -1 if there was none."""
        stretches = zip(self._course, self._course[1:], strict=False)
        begins = [a[0] for a, b in stretches if a[0] >= since_s - _TINY_S and b[2] > a[2] + _TINY_ML]
        return max(begins, default=-1.0)

    def _advance(self, moment_s: float) -> None:
        super()._advance(moment_s)
        self._noted()

    def _noted(self) -> None:
        world = self._world
        self._course.append((world.timeline.now_s(), world.hand(DELIVERED, 0.0), world.pump.pumped_ml))

    def _sent(self) -> bool:
        try:
            return super()._sent()
        except OSError:
            # Whoever listened is gone.
            self._world.hang_up()
            return False

    def _delivered(self) -> None:
        scanner = self._world.scanner
        poll = select.poll()
        poll.register(self._campaign, select.POLLIN)
        if scanner is None:
            return
        poll.register(scanner.fileno(), select.POLLIN)
        while not (scanner.pump() and unacknowledged(scanner.fileno()) == 0):
            # A session that was stopped never takes its images: the campaign then has something to say.
            if self._campaign.fileno() in [fileno for fileno, _ in poll.poll(2)]:
                return

    def _say(self, message: Json) -> None:
        try:
            super()._say(message)
        except OSError:
            # The one who asked is gone; its socket's end is seen next.
            return


def with_lines(world: World) -> tuple[str, ...]:
    """Give a forked world lines of its own; their paths."""
    for line in world.lines:
        line.close()
    transducer = world.transducer
    world.transmitter_pty, world.console_pty, world.pump_pty = (
        PtyServer(device) for device in (transducer.transmitter, transducer.console, world.pump)
    )
    world.lines = (world.transmitter_pty, world.console_pty, world.pump_pty)
    return tuple(line.path for line in world.lines)
