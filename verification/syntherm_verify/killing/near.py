"""A world in the session's own process, until the session is forked: from then on the same doors lead over wires."""

import socket
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from syntherm.adapters.line import Line
from syntherm.adapters.scanner.link import ScannerLink
from syntherm.core.events import FatMapReceived, FrameReceived
from syntherm_sim.wire.lockstep import Json, Lockstep
from syntherm_sim.wire.pty import Device
from syntherm_sim.wire.remote import WireClock
from syntherm_sim.wire.world import World

Image = FrameReceived | FatMapReceived
Course = list[tuple[float, float, float]]
"""Moments, the energy in J that had been radiated and the volume in mL that had been pumped by then."""
DELIVERED: Final = "delivered_J"


class NearWorld(Lockstep):
    """Answers as a lockstep world does, in memory; images go to the session directly."""

    def __init__(self, world: World) -> None:
        here, there = socket.socketpair()
        here.close()
        super().__init__(world, there)
        self.said: deque[Json] = deque()
        self.images: list[Image] = []
        self.course: Course = []

    def close(self) -> None:
        """Nobody listens any more."""
        self._control.close()

    def do(self, asked: Json) -> None:
        """Do what is asked; the answers are in `said`."""
        self._do(asked)

    def _advance(self, moment_s: float) -> None:
        super()._advance(moment_s)
        self.course.append((self._world.timeline.now_s(), self._world.hand(DELIVERED, 0.0), self._world.pump.pumped_ml))

    def _sent(self) -> bool:
        images = self._world.camera.received()
        self.images += images
        return bool(images)

    def _say(self, message: Json) -> None:
        self.said.append(message)


class MovingClock(WireClock):
    """The session's clock: first of a near world, then of one at the other end of a connection.

    `looks` is called before each wait: everything that came before has been answered and recorded by then.
    """

    def __init__(self, near: NearWorld) -> None:
        here, there = socket.socketpair()
        there.close()
        super().__init__(here)
        self._near: NearWorld | None = near
        self.looks: Callable[[], None] = lambda: None

    def close(self) -> None:
        """Hang up."""
        self._control.close()

    @property
    def is_near(self) -> bool:
        """Whether the world is in this process."""
        return self._near is not None

    def move(self, control: socket.socket) -> None:
        """From now on the world is at the other end of this."""
        self._near, self._control = None, control

    def ask(self, message: Json) -> Json:
        """As the clock's, wherever the world is."""
        if self._near is None:
            return super().ask(message)
        self._near.do(message)
        return self._near.said.popleft()

    def heard(self) -> Json:
        """As the clock's, wherever the world is."""
        return super().heard() if self._near is None else self._near.said.popleft()

    def wait_until(self, moment_s: float) -> None:
        """As the clock's, after a look."""
        self.looks()
        super().wait_until(moment_s)


class MovingLine:
    """Implements Line: to a simulated device in memory, or to `far` once there is one."""

    def __init__(self, device: Device) -> None:
        self._device, self._said = device, b""
        self.far: Line | None = None

    def send(self, data: bytes, within_s: float) -> None:
        """As the port's."""
        if self.far is not None:
            self.far.send(data, within_s)
            return
        self._said += self._device.answer(data)

    def receive(self, within_s: float) -> bytes:
        """As the port's."""
        if self.far is not None:
            return self.far.receive(within_s)
        said, self._said = self._said + self._device.unasked(), b""
        return said

    def close(self) -> None:
        """There is nothing to give back."""


class MovingEar:
    """Implements the Scanner port: images from memory, or from `far` once there is one."""

    def __init__(self, near: NearWorld) -> None:
        self._near = near
        self.far: ScannerLink | None = None

    def received(self) -> tuple[Image, ...]:
        """As the port's."""
        if self.far is not None:
            return self.far.received()
        images, self._near.images = tuple(self._near.images), []
        return images

    def remarks(self) -> tuple[str, ...]:
        """As the port's."""
        return () if self.far is None else self.far.remarks()

    def filenos(self) -> Iterable[int]:
        """What to wait for."""
        return () if self.far is None else self.far.filenos()
