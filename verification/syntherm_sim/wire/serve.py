"""The virtual treatment room in real time: devices on ports of this machine, for a session that runs beside it."""

import os
import select
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import attrs

from syntherm.core.plan.values import Plan
from syntherm_sim.wire.control_lines import ControlLineServer, ControlPort, EnableRelay
from syntherm_sim.wire.guardian_file import HEARTBEAT_S, Wires, guardian_text
from syntherm_sim.wire.site_files import HOST, Ports, free_port, write_site
from syntherm_sim.wire.world import World

WORDS: Final = {
    "fat-map": "the anatomical scan is done", "dynamics": "start the dynamic scan", "press": "the patient presses",
    "release": "the patient releases", "occlude": "the infusion line is blocked", "lose-images": "no images come",
    "freeze-images": "one image again and again", "deafen": "the generator does not answer",
    "mute-pump": "the pump does not answer",
}  # fmt: skip
START_S: Final = 0.1
"""Round trips take a few milliseconds here; a machine under load takes longer."""
_QUIET_MS: Final = 5
_LATEST_S: Final = 0.25
_CALL_AGAIN_S: Final = 1.0


@attrs.frozen
class Files:
    """What a session and a guardian are started with."""

    site: Path
    guardian: Path


class RealTimeRoom:
    """One world, its servers and their files. Time passes between questions, so that no answer waits for physics."""

    def __init__(self, plan: Plan, seed: int, folder: Path, opened: ExitStack) -> None:
        """Raises OSError if a port or file cannot be had."""
        began = datetime.now(UTC)
        self.world = World(plan, seed, lambda: began + timedelta(seconds=self.world.timeline.now_s()))
        opened.callback(self.world.close)
        relay = self.world.relay = EnableRelay()
        button = self.world.button

        def port(wires: Callable[..., object]) -> str:
            server = ControlLineServer(ControlPort(wires))  # type: ignore[arg-type]
            opened.callback(server.close)
            return server.url

        self._scanner_at = free_port()
        session_at = free_port()
        link = str(folder.resolve() / "guardian.socket")
        transmitter, console, pump = (line.path for line in self.world.lines)
        ports = Ports(
            transmitter, console, pump, port(button.wires), session_at, link, port(relay.mirror), HEARTBEAT_S, START_S
        )
        site = write_site(folder, ports, seed)
        wires = Wires(link, port(relay.wires), port(button.wires), self._scanner_at, session_at)
        guardian = folder / "guardian.toml"
        guardian.write_text(guardian_text(plan, wires), encoding="ascii")
        self.files = Files(site, guardian)
        self._began_s = self._passed_s = time.monotonic()
        self._call_s = self._began_s

    def run(self, words: int | None, ends: Callable[[], bool]) -> None:
        """Serve until `ends`; `words` is a descriptor on which people's hands are told, one a line."""
        poll = select.poll()
        by_fileno = {line.fileno(): line for line in self.world.lines}
        for fileno in by_fileno:
            poll.register(fileno, select.POLLIN)
        if words is not None:
            poll.register(words, select.POLLIN)
        typed = b""
        while not ends():
            ready = [fileno for fileno, _ in poll.poll(_QUIET_MS)]
            for fileno in ready:
                if fileno in by_fileno:
                    by_fileno[fileno].on_readable()
                    continue
                more = os.read(fileno, 4096)
                if not more:
                    poll.unregister(fileno)
                *lines, typed = (typed + more).split(b"\n")
                for line in lines:
                    self._hand(line.decode("utf-8", "replace").split())
            if not ready or time.monotonic() - self._passed_s > _LATEST_S:
                self._pass_time()

    def _pass_time(self) -> None:
        now_s = self._passed_s = time.monotonic()
        timeline = self.world.timeline
        while timeline.now_s() < now_s - self._began_s:
            timeline.wait_until(now_s - self._began_s)
        self.world.tell()
        try:
            if self.world.scanner is None and now_s >= self._call_s:
                self._call_s = now_s + _CALL_AGAIN_S
                self.world.connect_scanner(HOST, self._scanner_at)
            self.world.send_images()
            scanner = self.world.scanner
            if scanner is not None:
                scanner.pump()
                if select.select([scanner.fileno()], [], [], 0.0)[0] and not scanner.answered():
                    self.world.hang_up()
        except OSError:
            # Whoever listened is gone; the scanner goes on and calls again.
            self.world.hang_up()

    def _hand(self, words: list[str]) -> None:
        match words:
            case [what] if what in WORDS:
                value = 1.0
            case [what, "off"] if what in WORDS:
                value = 0.0
            case _:
                sys.stderr.write(f"found {ascii(' '.join(words))[:60]}, expected one of {', '.join(WORDS)}\n")
                return
        self.world.hand(what, value)
