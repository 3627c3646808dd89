"""What a day may hold besides movement: a drooping generator, images disturbed by the beam, vessels, the array."""

import numpy as np
import pytest

from syntherm.core.commands import FocalPower
from syntherm_sim.patient import Day, Patient
from syntherm_sim.physics.acoustics import heat_pattern
from syntherm_sim.physics.anatomy import breast
from syntherm_sim.physics.array import BreastArray
from syntherm_sim.physics.collapse import Collapse
from syntherm_sim.physics.disturbance import Disturbance
from syntherm_sim.physics.droop import Droop
from syntherm_sim.physics.grid import SCANNER_SHAPE, SHAPE, scanner_axis_mm
from syntherm_sim.physics.mr import Sequence, Signal
from syntherm_sim.physics.mr_kernel import C64
from syntherm_sim.physics.sonication_artefact import SonicationArtefact
from syntherm_sim.physics.tissue import Tissue
from syntherm_sim.physics.vessel import Vessel

BEAM = (FocalPower((0.0, 0.0, 0.0), 20.0),)


def test_gain_falls_to_where_it_was_said() -> None:
    droop = Droop(to=0.6, time_constant_min=10.0, from_s=60.0)
    assert droop.gain(0.0) == droop.gain(60.0) == 1.0
    assert droop.gain(660.0) == pytest.approx(0.6 + 0.4 / np.e)
    assert droop.gain(1e6) == pytest.approx(0.6)


def test_a_days_options_reach_tissue_and_beam() -> None:
    plain, changed = Patient(3), Patient(3, Day(vessel=Vessel(12.0), collapse=Collapse(), droop=Droop(0.5, 1e-3)))
    assert changed.anatomy.maps.perfusion_W_per_m3_K.max() > 10.0 * plain.anatomy.maps.perfusion_W_per_m3_K.max()
    assert changed.anatomy.collapse == Collapse() and plain.anatomy.collapse is None
    rises = []
    for patient in (plain, changed):
        patient.live((), 3.0)
        before = patient.truth().hottest_degC
        patient.live(BEAM, 1.0)
        assert patient.signal.sounding
        rises.append(patient.truth().hottest_degC - before)
        patient.live((), 1.0)
        assert not patient.signal.sounding
    assert rises[1] == pytest.approx(0.5 * rises[0], rel=0.03)


def test_a_days_array_makes_its_heat() -> None:
    patient = Patient(3, Day(array=BreastArray()))
    patient.live(BEAM, 1.0)
    wanted = heat_pattern(patient.anatomy, BEAM[0].aim_mm, patient.offset_mm, BreastArray()) * np.float32(20.0)
    assert (patient._heat == wanted).all()


def image(artefact: SonicationArtefact | None, sounding: bool, snr: float) -> C64:
    still = Disturbance(drift_degC_per_10min=0.0, breathing_degC=0.0, while_sounding=artefact)
    signal = Signal(breast(7), 7, still, Sequence(snr=snr))
    signal.sounding = sounding
    return signal.volume(np.full(SHAPE, 37.0, dtype=np.float32), 0.0)


def test_the_beam_turns_the_images_phase_while_it_is_on_and_never_else() -> None:
    artefact = SonicationArtefact(offset_degC=0.5, tilt_degC=(0.0, 0.4, 0.0))
    clean, off, on = image(None, True, 1e9), image(artefact, False, 1e9), image(artefact, True, 1e9)
    assert clean.tobytes() == off.tobytes()
    seen = np.abs(clean) > 0.3 * np.abs(clean).max()
    shown = np.angle(on * clean.conj()) / Sequence().rad_per_degC
    wanted = np.broadcast_to(0.5 + 0.4 * scanner_axis_mm(1)[None, :, None] / 50.0, SCANNER_SHAPE)
    assert shown[seen] == pytest.approx(wanted[seen], abs=1e-3)


def test_the_beam_adds_noise_of_its_own() -> None:
    quiet, loud = (image(artefact, True, 45.0) for artefact in (None, SonicationArtefact(noise=3.0)))
    sigma = Signal(breast(7), 7).noise_sigma
    added = (loud - quiet).view(np.float32)
    assert float(added.std()) == pytest.approx(sigma * np.sqrt(8.0), rel=0.02)
    assert Tissue.TUMOUR in breast(7).labels and quiet.tobytes() == image(None, False, 45.0).tobytes()
