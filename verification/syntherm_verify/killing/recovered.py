"""The session's process after the end of the one before: shipped recovery over the same wires, and nobody acts."""

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import attrs

from syntherm.core.events import OperatorActed
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.ports.record import Signature
from syntherm.session.compose import Workplace, open_scanner
from syntherm.session.loop import Ports, SessionLoop
from syntherm.session.records import recover
from syntherm.site.file import load_site
from syntherm_sim.site import demonstration_key
from syntherm_sim.wire.remote import WireClock
from syntherm_verify.killing.composed import NAMES, PatientLine, composed, listening

MINUTE_S: Final = 60.0


class Bystander:
    """Implements the OperatorInbox port: watches for a minute, and does nothing. `seen`: every state of the day."""

    def __init__(self, clock: WireClock) -> None:
        self._clock, self._until_s = clock, clock.now_s() + MINUTE_S
        self.seen: set[str] = set()

    def acts(self) -> tuple[OperatorActed, ...]:
        """Nothing."""
        return ()

    def show(self, state: SessionState, head: str) -> None:
        """Remember the state."""
        self.seen.add(state.phases.session.name)

    def signature(self, act: OperatorActed) -> Signature | None:
        """None."""
        return None

    def refused(self, act: OperatorActed, because: str) -> None:
        """Nobody asked."""

    def closes(self) -> bool:
        """After the minute."""
        return self._clock.now_s() >= self._until_s


@attrs.frozen
class Recovered:
    """What the recovered session was. `states`: all that it was in; `said`: what it told the operators.

    `last_s`: of the last entry before. `lease_s`, `drug_s`: ends of the last loans of energy and drug on record; then
    the volume limit of the latter.
    """

    states: tuple[str, ...]
    head: str
    said: str
    last_s: float
    lease_s: float | None
    drug_s: float | None
    drug_limit_ml: float | None


def live_on(
    record: Path, site_path: Path, plan: Plan, seed: int, control: socket.socket, paths: Sequence[str]
) -> Recovered:
    """Recover the record, watch for a minute, and close it. Raises what opening, recovery and the loop raise."""
    clock = WireClock(control)
    clock.wait_until(1e-6)  # the world's time, which is later
    by_name = dict(zip(NAMES, paths, strict=True))
    with ExitStack() as opened:
        site = listening(load_site(site_path))
        place = Workplace(
            site, site_path, clock, opened, clock.pass_time, lambda name, baud: PatientLine(by_name[name], baud)
        )
        ear = open_scanner(place, plan)
        room = composed(place, plan, clock, ear, seed, keep_count=True)
        clock.filenos = ear.filenos
        clock.ask({"connect": list(ear.address)})
        writer, state, restarted = recover(record, clock, demonstration_key(seed))
        crew = Bystander(clock)
        ports = Ports(clock, room.scanner, room.generator, room.pump, room.stop_button, crew, writer)
        loop = SessionLoop(state, ports)
        loop.handle(restarted)
        loop.run()
        head = writer.close_session(clock.utc(), clock.now_s(), loop.state.phases.session.name)
    granted = state.equipment.granted_infusion
    return Recovered(
        tuple(sorted(crew.seen)), head, restarted.detail,
        state.at_s or 0.0, state.beam.last_energy_s, None if granted is None else granted.until_s,
        None if granted is None else granted.volume_limit_ml,
    )  # fmt: skip
