"""The world's end of a lockstep day: time passes when the session asks for it, and at no other moment.

One JSON object a line over a socket, an answer to each. `advance` is answered twice: first with the new moment, then,
when every byte that was sent on the way lies in the peer's kernel, with whether something was sent.
"""

import array
import fcntl
import json
import select
import socket
import sys
import termios
from pathlib import Path
from typing import Final

from syntherm.session.plan_file import load_plan
from syntherm_sim.wire.world import World

Json = dict[str, object]
_CHUNK: Final = 65536
_LOOK_MS: Final = 2
_SETTLES_S: Final = 0.005


class Lockstep:
    """Serves one world to one session until the session hangs up."""

    def __init__(self, world: World, control: socket.socket) -> None:
        self._world, self._control = world, control
        self._read = bytearray()
        self._over = False

    def serve(self) -> None:
        """Answer lines and control until the session is gone."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        by_fileno = {line.fileno(): line for line in self._world.lines}
        for fileno in by_fileno:
            poll.register(fileno, select.POLLIN)
        while not self._over:
            for fileno, _ in poll.poll():
                if fileno in by_fileno:
                    by_fileno[fileno].on_readable()
                else:
                    self._hear()

    def _hear(self) -> None:
        data = self._control.recv(_CHUNK)
        self._over = not data
        self._read += data
        while (end := self._read.find(b"\n")) >= 0:
            line = bytes(self._read[:end])
            del self._read[: end + 1]
            self._do(json.loads(line))

    def _do(self, asked: Json) -> None:
        world = self._world
        match asked:
            case {"advance": float(moment_s)}:
                self._advance(moment_s)
            case {"connect": [str(host), int(port)]}:
                world.connect_scanner(host, port)
                self._delivered()
                self._say({"done": True})
            case {"lines": [bool(rts), bool(dtr)]}:
                world.stop_port.rts, world.stop_port.dtr = rts, dtr
                ends = world.stop_port.ends
                self._say({"lines": [ends.cts, ends.dsr]})
            case {"truth": regions} if isinstance(regions, list):
                truth = world.patient.truth()
                hottest = [world.patient.hottest_within(tuple(centre), tuple(radii)) for centre, radii in regions]
                numbers = [truth.mean_degC, truth.hot10_degC, truth.cold90_degC, truth.hottest_degC]
                self._say({"truth": numbers, "hottest": hottest})
            case {"settle": True}:
                self._settle()
                self._say({"done": True})
            case {"hand": str(what), "value": float(value)}:
                found = world.hand(what, value)
                # What hands sent at once, as a fat map, lies there when this is answered.
                self._sent()
                self._say({"value": found})
            case _:
                raise ValueError(f"found {ascii(asked)[:80]}, expected something that a lockstep world knows")

    def _settle(self) -> None:
        """Answer all that has been sent to the devices."""
        by_fileno = {line.fileno(): line for line in self._world.lines}
        while ready := select.select(list(by_fileno), [], [], _SETTLES_S)[0]:
            for fileno in ready:
                by_fileno[fileno].on_readable()

    def _advance(self, moment_s: float) -> None:
        timeline = self._world.timeline
        timeline.wait_until(moment_s)
        self._world.tell()
        self._say({"now_s": timeline.now_s()})
        self._say({"woke": self._sent()})

    def _sent(self) -> bool:
        """Send the images that are ready, and wait until the peer's kernel has all of them; whether there were any."""
        before = self._world.images_sent
        self._world.send_images()
        self._delivered()
        return self._world.images_sent > before

    def _delivered(self) -> None:
        scanner = self._world.scanner
        while scanner is not None and not (scanner.pump() and _unacknowledged(scanner.fileno()) == 0):
            poll = select.poll()
            poll.register(scanner.fileno(), select.POLLIN)
            poll.poll(_LOOK_MS)

    def _say(self, message: Json) -> None:
        self._control.sendall(json.dumps(message).encode("ascii") + b"\n")


def _unacknowledged(fileno: int) -> int:
    # SIOCOUTQ, which has the number of TIOCOUTQ: bytes that the peer's kernel has not acknowledged.
    count = array.array("i", [0])
    fcntl.ioctl(fileno, termios.TIOCOUTQ, count)
    return count[0]


def main() -> None:
    """`python -m syntherm_sim.wire.lockstep PLAN SEED FD`: says where its devices are, then serves."""
    plan_path, seed, fileno = sys.argv[1:]
    plan, _ = load_plan(Path(plan_path))
    with socket.socket(fileno=int(fileno)) as control:
        world = World(plan, int(seed))
        ports = [line.path for line in world.lines]
        control.sendall(json.dumps({"ports": ports}).encode("ascii") + b"\n")
        try:
            Lockstep(world, control).serve()
        except ConnectionError:
            pass
        finally:
            world.close()


if __name__ == "__main__":
    main()
