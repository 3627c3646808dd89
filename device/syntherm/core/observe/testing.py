"""What an image of the test sonication adds to what is known of the response."""

import attrs

from syntherm.core.calibration import find_focus
from syntherm.core.response.judged import answered, identified
from syntherm.core.response.trial import Trial, leases_of, taken_in
from syntherm.core.state import Beam, SessionState
from syntherm.core.thermometry.thermometer import Thermal


def tested(state: SessionState, thermal: Thermal, acquired_s: float, since_s: float) -> Beam:
    """The beam with an image taken in; the test has been sounding since `since_s`."""
    beam, plan, proof, ground = state.beam, state.plan, state.plan.calibration_proof, state.groundwork
    if proof is None or ground is None:
        # Only what was delivered before the image was acquired can have warmed what it shows.
        seen_J = plan.calibration.test_power_W * max(acquired_s - since_s, 0.0)
        return attrs.evolve(beam, pending=find_focus(thermal, state.layout, plan, min(seen_J, beam.test_energy_J)))
    so_far = Trial() if beam.trial is None else beam.trial
    trial = taken_in(so_far, thermal, plan, proof, ground, (beam.test_granted, acquired_s))
    beam = attrs.evolve(beam, trial=trial)
    if beam.test_granted < leases_of(plan):
        return beam
    known = identified(trial, plan, proof, ground)
    return attrs.evolve(beam, identified=known, pending=answered(trial, known))
