"""The demo's composition root: the shipped session around a virtual room, for one treatment day."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import attrs

from syntherm.core.events import OperatorActed
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Session
from syntherm.ports.record import AuditFailed, Signature
from syntherm.session.loop import Ports, SessionLoop
from syntherm.session.records import open_new, recover
from syntherm_sim.people.inbox import Crew
from syntherm_sim.room import Room
from syntherm_sim.scenario import ControllerKilled, Director, Scenario
from syntherm_sim.site import demonstration_key, demonstration_session
from syntherm_sim.truth import Witness

RESTART_S = 45.0
"""How long a killed controller is away before somebody starts it again: an assumption."""


@attrs.frozen(eq=False)
class Day:
    """How a treatment day went."""

    ended_in: Session
    head: str
    simulated_s: float
    session_wall_s: float
    state: SessionState
    truth: dict[str, float]

    def summary(self) -> dict[str, object]:
        """The figures of the day for `summary.json`."""
        ledger, clock = self.state.ledger, self.state.range_clock
        return {
            "ended_in": self.ended_in.name,
            "record_head": self.head,
            "simulated_s": round(self.simulated_s, 3),
            "session_wall_s": round(self.session_wall_s, 3),
            "in_range_min": clock.total_s / 60.0,
            "delivered_ml": ledger.patient_ml,
            "delivered_in_range_ml": ledger.heated_ml,
            "faults": [standing.code.value.code for standing in self.state.faults],
            "simulated_truth": self.truth,
        }


class _Onlookers:
    """The crew's inbox, with others looking over its shoulder."""

    def __init__(
        self, crew: Crew, watch: list[Callable[[SessionState], None]], view: Callable[[SessionState, str], None]
    ) -> None:
        self._crew, self._watch, self._view = crew, watch, view

    def acts(self) -> tuple[OperatorActed, ...]:
        return self._crew.acts()

    def show(self, state: SessionState, head: str) -> None:
        self._crew.show(state, head)
        for look in self._watch:
            look(state)
        self._view(state, head)

    def signature(self, act: OperatorActed) -> Signature | None:
        return self._crew.signature(act)

    def refused(self, act: OperatorActed, because: str) -> None:
        self._crew.refused(act, because)

    def closes(self) -> bool:
        return self._crew.closes()


def live_through(
    plan: Plan,
    text: str,
    record: Path,
    room: Room,
    crew: Crew,
    scenario: Scenario,
    view: Callable[[SessionState, str], None],
) -> Day:
    """Run one day to its end; its record lies at `record`, closed and sealed.

    Raises AuditFailed if the record cannot be made, SessionFailed if the session could not go on.
    """
    began = time.perf_counter()
    clock, witness = room.timeline, Witness(room.patient)
    director = Director(scenario, room, crew)
    people = _Onlookers(crew, [director.watch, witness.watch], view)
    key = demonstration_key(room.seed)
    writer = open_new(record, plan, text, clock, key, demonstration_session(room.seed))
    ports = Ports(clock, room.scanner, room.generator, room.pump, room.stop_button, people, writer)
    loop = SessionLoop(SessionState.begin(plan), ports)
    try:
        loop.run()
    except ControllerKilled:
        writer.let_go()  # as the system does with the files of a dead process
        clock.wait_until(clock.now_s() + RESTART_S)
        room.generator.deaf = room.pump.mute = False
        writer, state, restarted = recover(record, clock, key)
        loop = SessionLoop(state, attrs.evolve(ports, record=writer))
        loop.handle(restarted)
        loop.run()
    ended_in = loop.state.phases.session
    head = writer.close_session(clock.utc(), clock.now_s(), ended_in.name)
    return Day(ended_in, head, clock.now_s(), time.perf_counter() - began, loop.state, witness.summary())


def write_summary(path: Path, day: Day, more: dict[str, object]) -> None:
    """Write `summary.json`. Raises AuditFailed when that cannot be done."""
    try:
        path.write_text(json.dumps({**more, **day.summary()}, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise AuditFailed(f"{path}: {error.strerror}") from error
