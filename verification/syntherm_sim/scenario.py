"""Fault scenarios as data: when something goes wrong, what, and in which state the table then ends the day."""

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from syntherm.core.state import SessionState
from syntherm.core.vocabulary import Session, Trigger
from syntherm_sim.people.inbox import Crew
from syntherm_sim.room import Room


class ControllerKilled(BaseException):
    """The controller's process is gone. Not an Exception: nothing in the controller may handle its own death."""


@attrs.frozen
class Scenario:
    """`act` happens `delay_s` after the session first enters `phase`; `resets`: the crew treats on after an abort."""

    says: str
    ends_in: Session = Session.ABORT
    phase: Session = Session.HEATING
    delay_s: float = 300.0
    act: Callable[[Room, Crew], None] | None = None
    resets: bool = False


def _patient_stop(room: Room, _: Crew) -> None:
    room.stop_button.press()


def _frame_loss(room: Room, _: Crew) -> None:
    room.scanner.lost = True


def _frozen_frame(room: Room, _: Crew) -> None:
    room.scanner.frozen = True


def _over_temperature(room: Room, _: Crew) -> None:
    room.patient.gain = 25.0


def _occlusion(room: Room, _: Crew) -> None:
    room.pump.occlude()


def _weak_beam(room: Room, _: Crew) -> None:
    room.patient.gain = 0.2

    def recovers() -> None:
        room.patient.gain = 1.0

    room.timeline.at(room.timeline.now_s() + 90.0, recovers)


def _operator_abort(_: Room, crew: Crew) -> None:
    crew.act(Trigger.STOP)


def _deaf_generator(room: Room, crew: Crew) -> None:
    room.generator.deaf = True
    crew.act(Trigger.PAUSE)


def _crash(room: Room, _: Crew) -> None:
    # A dead process reaches nobody: neither device hears its last words.
    room.generator.deaf = room.pump.mute = True
    raise ControllerKilled


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "nominal": Scenario("nothing goes wrong", Session.COMPLETE),
    "patient-stop": Scenario("the patient presses the stop", act=_patient_stop),
    "frame-loss": Scenario("images stop coming", act=_frame_loss),
    "scanner-frozen-frame": Scenario("the scanner repeats one image under new numbers", act=_frozen_frame),
    "over-temperature": Scenario("tissue suddenly takes up far more energy", act=_over_temperature),
    "off-not-confirmed": Scenario("the generator does not confirm a pause", act=_deaf_generator),
    "pump-occlusion": Scenario(
        "the infusion line is blocked", Session.COMPLETE, Session.DRUG_INFUSION_SYNC, act=_occlusion
    ),
    "out-of-range-during-infusion": Scenario(
        "the beam weakens for 90 s while drug flows", Session.COMPLETE, Session.DRUG_INFUSION_SYNC, act=_weak_beam
    ),
    "operator-abort": Scenario(
        "an operator stops the session", Session.ABORT, Session.DRUG_INFUSION_SYNC, 600.0, _operator_abort
    ),
    "crash-and-recover": Scenario(
        "the controller is killed while drug flows, and the crew treats on",
        Session.COMPLETE,
        Session.DRUG_INFUSION_SYNC,
        600.0,
        _crash,
        resets=True,
    ),
}


class Director:
    """Makes a scenario happen in a room, once."""

    def __init__(self, scenario: Scenario, room: Room, crew: Crew) -> None:
        self._scenario, self._room, self._crew = scenario, room, crew
        self._planned = scenario.act is None

    def watch(self, state: SessionState) -> None:
        """See the session enter the scenario's state, and plan what is to happen."""
        act = self._scenario.act
        if self._planned or act is None or state.phases.session is not self._scenario.phase:
            return
        self._planned = True
        timeline = self._room.timeline
        timeline.at(timeline.now_s() + self._scenario.delay_s, lambda: act(self._room, self._crew))
