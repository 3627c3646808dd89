"""A clock that went back: no moment may lie in the future, where nothing would be told after it."""

import attrs

from syntherm.core.state import SessionState


def told_by_now(state: SessionState, at_s: float) -> SessionState:
    """The state with every command, answer and loan dated no later than now.

    A loan that had not ended goes on for as long as a whole one, counted from now: longer than it truly can.
    """
    beam, seen = state.beam, state.equipment
    return attrs.evolve(
        state,
        beam=attrs.evolve(
            beam,
            off_s=_by(beam.off_s, at_s),
            granted_s=_by(beam.granted_s, at_s),
            last_energy_s=_by(beam.last_energy_s, at_s + state.plan.sonication.lease_s),
        ),
        equipment=attrs.evolve(
            seen,
            held_s=_by(seen.held_s, at_s),
            transducer_s=_by(seen.transducer_s, at_s),
            pump_s=_by(seen.pump_s, at_s),
            stop_loop_s=_by(seen.stop_loop_s, at_s),
        ),
    )


def _by(moment_s: float | None, at_s: float) -> float | None:
    return None if moment_s is None else min(moment_s, at_s)
