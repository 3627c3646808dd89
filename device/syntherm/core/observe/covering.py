"""Foreseeing the coverage: when the test sonication is reviewed, and again while the target warms until the release."""

from math import nan
from typing import Final

import attrs
import numpy as np

from syntherm.core.calibration import FocusResponse
from syntherm.core.control.remembering import Lent
from syntherm.core.events import EquipmentPolled, Event, FrameReceived
from syntherm.core.plan.values import CalibrationProof
from syntherm.core.response.coverage import Known, frame_of, kept_degC, predict
from syntherm.core.response.steady import Steady
from syntherm.core.response.warming import Warming, refined, warmed
from syntherm.core.state import Beam, SessionState
from syntherm.core.vocabulary import Energy, Infusion, Session

EVERY_IMAGES: Final = 5
"""The coverage is foreseen anew with every so manieth image: it takes some tens of milliseconds."""


def foreseen(state: SessionState, event: Event) -> SessionState:
    """The state with the coverage that can be had, where the plan's test sonication proves itself.

    Between two images, once energy is off and a response is there, it is foreseen from the test sonication; in the
    heating with images.
    """
    found, by = state.beam.identified, _resting_on(state)
    if found is None or by is None:
        return state
    first = Known(found.gain, found.perfusion_per_s, tuple(1.0 for _ in state.plan.guard))
    if _reviewed(state, event):
        return attrs.evolve(state, beam=_covered(state, state.beam, by, first))
    return _from_the_heating(state, by, first) if _warms(state, event) else state


_By = tuple[CalibrationProof, Steady, FocusResponse]


def _resting_on(state: SessionState) -> _By | None:
    proof, steady, response = state.plan.calibration_proof, state.steady, state.beam.response
    return None if proof is None or steady is None or response is None else (proof, steady, response)


def _reviewed(state: SessionState, event: Event) -> bool:
    here = isinstance(event, EquipmentPolled) and state.phases.session is Session.CALIBRATION
    return here and state.beam.coverage is None


def _warms(state: SessionState, event: Event) -> bool:
    before_drug = state.phases.session is Session.HEATING and state.phases.infusion is Infusion.ARMED
    return isinstance(event, FrameReceived) and before_drug and state.imaging.defect is None


def _covered(state: SessionState, beam: Beam, by: _By, known: Known | None) -> Beam:
    (proof, steady, response), thermal = by, state.thermometry.last
    if known is None or thermal is None:
        return beam
    frame = frame_of(state.plan, response, kept_degC(thermal, state.layout.target))
    images = 0 if beam.warming is None else beam.warming.images
    return attrs.evolve(beam, coverage=predict(state.plan, state.foci, steady, frame, known, proof, images))


def _from_the_heating(state: SessionState, by: _By, first: Known) -> SessionState:
    """Followed with every image; one without a temperature still takes the loans in."""
    acquired_s, beam, steady = state.imaging.acquired_s, state.beam, by[1]
    if acquired_s is None:
        return state
    before = Warming.begun(steady, acquired_s) if beam.warming is None else beam.warming
    warming = warmed(before, steady, _loan(state, before), acquired_s, _rises(state))
    beam = attrs.evolve(beam, warming=warming)
    if state.phases.energy is Energy.ON and warming.images % EVERY_IMAGES == 0:
        beam = _covered(state, beam, by, refined(warming, first, state.plan.limits.coverage_factor))
    return attrs.evolve(state, beam=beam)


def _loan(state: SessionState, before: Warming) -> Lent | None:
    """The lease that was lent before this image, if it is not followed yet; one that was taken away ended then."""
    beam = state.beam
    if not beam.lent_J or beam.granted_s is None:
        return None
    if beam.granted_s <= before.lent_s:
        return None
    until_s = beam.granted_s + state.plan.sonication.lease_s
    if beam.off_s is not None and beam.off_s >= beam.granted_s:
        until_s = min(until_s, beam.off_s)
    return Lent(np.asarray(beam.lent_J) / state.plan.sonication.lease_s, beam.granted_s, until_s)


def _rises(state: SessionState) -> tuple[float, ...]:
    regions = (state.thermometry.target, *state.thermometry.guards)
    if state.thermometry.thermal is None or len(regions) != 1 + len(state.plan.guard):
        return tuple(nan for _ in range(1 + len(state.plan.guard)))
    return tuple(
        nan if region is None or not region.mean.known else region.mean.estimate - state.plan.heating.baseline_degC
        for region in regions
    )
