"""What an image of the test sonication adds to what is known of the response."""

import attrs

from syntherm.core.calibration import find_focus
from syntherm.core.plan.values import CalibrationProof
from syntherm.core.response.judged import answered, identified
from syntherm.core.response.trial import Groundwork, Leg, Trial, fitted, glimpse, leases_of, leg_of
from syntherm.core.state import Beam, SessionState
from syntherm.core.thermometry.thermometer import Thermal


def tested(state: SessionState, thermal: Thermal, acquired_s: float, since_s: float) -> Beam:
    """The beam with an image taken in; the test has been sounding since `since_s`."""
    beam, plan, proof, ground = state.beam, state.plan, state.plan.calibration_proof, state.groundwork
    if proof is not None and ground is not None:
        return _tried(state, thermal, acquired_s, (proof, ground))
    # Only what was delivered before the image was acquired can have warmed what it shows.
    seen_J = plan.calibration.test_power_W * max(acquired_s - since_s, 0.0)
    return attrs.evolve(beam, pending=find_focus(thermal, state.layout, plan, min(seen_J, beam.test_energy_J)))


def _tried(state: SessionState, thermal: Thermal, acquired_s: float, by: tuple[CalibrationProof, Groundwork]) -> Beam:
    beam, plan, (proof, ground) = state.beam, state.plan, by
    trial = Trial() if beam.trial is None else beam.trial
    trial = attrs.evolve(trial, images=(*trial.images, glimpse(thermal, ground, plan, acquired_s)))
    if trial.first and acquired_s <= trial.first[-1].until_s:
        energy_J = trial.energy_J(acquired_s)
        trial = attrs.evolve(trial, shown=find_focus(thermal, state.layout, plan, energy_J) or trial.shown)
    if leg_of(plan, proof, beam.test_granted)[0] is Leg.PAUSE:
        trial = attrs.evolve(trial, found=fitted(ground, trial.images, trial.first))
    beam = attrs.evolve(beam, trial=trial)
    if beam.test_granted < leases_of(plan):
        return beam
    known = identified(trial, plan, proof, ground)
    return attrs.evolve(beam, identified=known, pending=answered(trial, known))
