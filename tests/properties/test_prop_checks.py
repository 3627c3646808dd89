"""What holds for every check: a number that is none never passes, and worse never passes where better failed.

Each property begins from a heating session in which every check passes, and changes one measured quantity.
"""

from math import inf, nan

import attrs
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from syntherm.core.bounds import Bounded
from syntherm.core.checks.registry import ALL, examine
from syntherm.core.commands import FocalPower, GrantInfusion, GrantLease
from syntherm.core.events import PumpReport, TransducerReport
from syntherm.core.vocabulary import Infusion, Session

T_S = 1000.0
LEASE = GrantLease(T_S + 1.0, (FocalPower((0.0, 0.0, 0.0), 10.0),))
RUNNING = {
    "equipment__pump": PumpReport(True, 0.5, 90.0, 5.0, 5.0, None),
    "equipment__granted_infusion": GrantInfusion(T_S + 2.0, 90.0, 1.1),
    "equipment__infusing_since_s": T_S - 20.0,
    "equipment__infusing_from_ml": 0.0,
    "phases__infusion": Infusion.INFUSING,
}
COOLING = {"phases__session": Session.COOLING, "beam__cooling_since_s": T_S}


@pytest.fixture(scope="module")
def well(bench, made):
    return made.put(
        bench.at("heating").state, at_s=T_S, jumped_s=1.0, imaging__acquired_s=T_S, equipment__transducer_s=T_S,
        equipment__pump_s=T_S, equipment__stop_loop_s=T_S, beam__lease=LEASE, beam__off_s=None, beam__granted_s=None,
        equipment__held_s=None, equipment__transducer=TransducerReport(True, True, 10.0),
    )  # fmt: skip


def passes(name, state):
    verdict = ALL[name](state)
    return verdict.may_start and verdict.may_continue


# ------------------------------------------------------------------------------- no number (check, path, what must be)
STAMPS = [
    ("stop-loop", "equipment__stop_loop_s", {}),
    ("transducer-link", "equipment__transducer_s", {}),
    ("pump-link", "equipment__pump_s", {}),
    ("frame-age", "imaging__acquired_s", {}),
    ("frames-lost", "imaging__acquired_s", {}),
    ("in-range", "range_clock__out_since_s", RUNNING),
    ("cooling-time", "beam__cooling_since_s", COOLING),
]
QUANTITIES = [
    ("clock", "jumped_s", {}),
    ("transducer-output", "equipment__transducer__power_W", {}),
    ("pump-link", "equipment__pump__watchdog_s", {}),
    ("pump-conduct", "equipment__pump__pumped_ml", RUNNING),
    ("pump-volume", "ledger__patient_ml", {}),
    ("drift", "thermometry__thermal__drift_degC", {}),
    ("drift", "thermometry__thermal__residual_degC", {}),
    ("heating-time", "beam__heating_s", {}),
]


@pytest.mark.verifies("SRS-703", "SRS-409", "RC-09")
@pytest.mark.parametrize(("name", "path", "with_it"), STAMPS, ids=[f"{n} {p}" for n, p, _ in STAMPS])
@pytest.mark.parametrize("stamp_s", [nan, -inf])
def test_a_moment_that_is_no_number_never_passes(well, made, name, path, with_it, stamp_s):
    state = made.put(well, **with_it)
    assert passes(name, state)
    assert not passes(name, made.put(state, **{path: stamp_s}))
    assert not passes(name, made.put(state, **{path: T_S - 1.0}, at_s=nan))


@pytest.mark.verifies("SRS-703")
@pytest.mark.parametrize(("name", "path", "with_it"), QUANTITIES, ids=[f"{n} {p}" for n, p, _ in QUANTITIES])
@pytest.mark.parametrize("value", [nan, inf])
def test_a_quantity_that_is_no_number_never_passes(well, made, name, path, with_it, value):
    state = made.put(well, **with_it)
    assert passes(name, state)
    assert not passes(name, made.put(state, **{path: value}))


@pytest.mark.verifies("SRS-306", "SRS-304", "RC-08")
@pytest.mark.parametrize("name", ["pump-counter", "pump-link", "pump-conduct"])
def test_a_count_that_is_no_number_never_passes(well, made, name):
    state = made.put(well, **RUNNING)
    assert passes(name, state)
    for field in ("pumped_ml", "syringe_ml") if name == "pump-link" else ("pumped_ml",):
        for value in (nan, -inf):
            assert not passes(name, made.put(state, **{f"equipment__pump__{field}": value}))


@pytest.mark.verifies("SRS-303", "RC-08")
@pytest.mark.parametrize("pumped_ml", [nan, inf, -inf])
def test_a_session_answers_a_count_that_is_no_number(bench, pumped_ml):
    drive = bench.at("infusing")
    drive.poll()
    seen = drive.room.look(drive.at_s + 1.0)
    drive.feed(attrs.evolve(seen, pump=attrs.evolve(seen.pump, pumped_ml=pumped_ml)))
    assert not all(verdict.may_continue for verdict in drive.last.records[0].verdicts.values())
    assert drive.state.equipment.granted_infusion is None


@pytest.mark.verifies("SRS-405", "SRS-404", "RC-06")
@given(value=st.sampled_from([nan, inf]), share=st.floats(0.5, 1.0))
def test_precision_that_is_no_number_never_passes(well, made, value, share):
    """Of half of the voxels: fewer leave a median that is one."""
    thermal, target = well.thermometry.thermal, well.layout.target.voxels
    uncertainty = thermal.uncertainty_degC.copy()
    uncertainty[target[: int(np.ceil(share * len(target))) + 1]] = value
    changed = made.put(well, thermometry__thermal__uncertainty_degC=uncertainty)
    verdict = ALL["precision"](changed)
    assert not verdict.may_start and verdict.may_continue


@pytest.mark.verifies("SRS-410", "SRS-411", "SRS-406", "RC-10")
@pytest.mark.parametrize("bounds", [(-inf, inf), (40.0, inf), (-inf, 42.0)])
def test_a_temperature_without_a_bound_never_passes(well, made, bounds):
    hottest = Bounded(41.0, *bounds)
    target = made.put(well, thermometry__target__hottest=hottest)
    assert not passes("target-hot", target) and not passes("target-seen", target)
    guards = tuple(attrs.evolve(guard, hottest=hottest) for guard in well.thermometry.guards)
    for which in range(len(guards)):
        mixed = tuple(guards[i] if i == which else each for i, each in enumerate(well.thermometry.guards))
        assert not passes("guards-seen", made.put(well, thermometry__guards=mixed))
    assert not passes("guards-hot", made.put(well, thermometry__guards=guards))


@pytest.mark.verifies("SRS-411", "RC-10")
@given(voxel=st.integers(0, 1000), value=st.sampled_from([nan, inf]))
def test_a_dose_that_is_no_number_never_passes(well, made, voxel, value):
    upper = well.thermometry.dose.upper_min.copy()
    first = well.layout.guards[0].voxels
    upper[first[voxel % len(first)]] = value
    assert not passes("guards-dose", made.put(well, thermometry__dose__upper_min=upper))


@pytest.mark.verifies("SRS-703")
def test_a_check_never_answers_that_energy_may_start_and_not_go_on(bench):
    for place in bench.places:
        for verdict in examine(bench.at(place).state).values():
            assert verdict.may_continue or not verdict.may_start
            assert (verdict.code is None) is verdict.may_continue
            assert (verdict.detail == "") is verdict.may_start


# ---------------------------------------------------------------------------- worse never passes where better failed
WORSE = [
    *((name, path, -1.0, with_it) for name, path, with_it in STAMPS),
    *((name, path, 1.0, with_it) for name, path, with_it in QUANTITIES if name != "pump-conduct"),
    ("pump-link", "equipment__pump__syringe_ml", -1.0, {}),
    ("pump-counter", "equipment__pump__pumped_ml", -1.0, {"ledger__pumped_ml": 0.5}),
    ("pump-counter", "ledger__pumped_ml", 1.0, RUNNING),
]
spans = st.one_of(st.floats(0.0, 40.0), st.floats(0.0, 5000.0))


@pytest.mark.verifies("SRS-703")
@pytest.mark.parametrize(
    ("name", "path", "worse", "with_it"), WORSE, ids=[f"{name} {path}" for name, path, *_ in WORSE]
)
@given(spans, spans)
def test_worse_never_passes_where_better_failed(well, made, name, path, worse, with_it, one, other):
    """A longer age or time, a larger drift, power or volume, a smaller syringe, a count that fell further."""
    state = made.put(well, **with_it)
    zero = T_S if path.endswith("_s") and worse < 0.0 else 0.0
    near, far = sorted((one, other))
    if path.endswith("watchdog_s"):
        near, far = near + 1e-3, far + 1e-3
    better, bad = (ALL[name](made.put(state, **{path: zero + worse * by})) for by in (near, far))
    assert better.may_continue or not bad.may_continue
    assert better.may_start or not bad.may_start


temperatures = st.floats(36.0, 48.0)


@pytest.mark.verifies("SRS-410", "SRS-411", "SRS-406", "RC-01", "RC-10")
@given(upper=st.tuples(temperatures, temperatures), rise=st.floats(0.0, 5.0), which=st.integers(0, 1))
def test_a_hotter_bound_never_passes_where_a_cooler_one_failed(well, made, upper, rise, which):
    def at(*bounds):
        guards = tuple(
            attrs.evolve(guard, hottest=Bounded(30.0, 29.0, bound))
            for guard, bound in zip(well.thermometry.guards, bounds, strict=True)
        )
        return made.put(well, thermometry__guards=guards, thermometry__target__hottest=Bounded(30.0, 29.0, bounds[0]))

    hotter = tuple(bound + rise * (i == which) for i, bound in enumerate(upper))
    for name in ("guards-hot", "target-hot"):
        assert passes(name, at(*upper)) or not passes(name, at(*hotter))
    limits = [guard.max_degC for guard in well.plan.guard]
    assert passes("guards-hot", at(*upper)) is all(b <= limit for b, limit in zip(upper, limits, strict=True))


@pytest.mark.verifies("SRS-411", "SRS-407", "RC-10")
@given(minutes=st.tuples(st.floats(0.0, 6.0), st.floats(0.0, 6.0)), more=st.floats(0.0, 6.0), which=st.integers(0, 1))
def test_more_dose_never_passes_where_less_failed(well, made, minutes, more, which):
    def after(*used):
        upper = np.zeros_like(well.thermometry.dose.upper_min)
        for region, value in zip(well.layout.guards, used, strict=True):
            upper[region.voxels] = np.maximum(upper[region.voxels], np.float32(value))
        return made.put(well, thermometry__dose__upper_min=upper)

    grown = tuple(value + more * (i == which) for i, value in enumerate(minutes))
    assert passes("guards-dose", after(*minutes)) or not passes("guards-dose", after(*grown))
    limits = [guard.max_cem43_min for guard in well.plan.guard]
    within = all(np.float32(used) <= limit for used, limit in zip(minutes, limits, strict=True))
    assert passes("guards-dose", after(*minutes)) is within


@pytest.mark.verifies("SRS-404", "RC-09", "RC-10")
@given(seen=st.tuples(*[st.integers(0, 100)] * 3), fewer=st.integers(0, 100), which=st.integers(0, 2))
def test_fewer_seen_voxels_never_pass_where_more_failed(well, made, seen, fewer, which):
    def showing(target, *guards):
        summaries = tuple(
            attrs.evolve(guard, voxels=100, valid=valid)
            for guard, valid in zip(well.thermometry.guards, guards, strict=True)
        )
        target = attrs.evolve(well.thermometry.target, voxels=100, valid=target)
        return made.put(well, thermometry__target=target, thermometry__guards=summaries)

    less = tuple(max(valid - fewer * (i == which), 0) for i, valid in enumerate(seen))
    for name in ("target-seen", "guards-seen"):
        assert passes(name, showing(*seen)) or not passes(name, showing(*less))
    shares = [guard.min_valid_fraction for guard in well.plan.guard]
    enough = all(valid / 100 >= least for valid, least in zip(seen[1:], shares, strict=True))
    assert passes("guards-seen", showing(*seen)) is enough


@pytest.mark.verifies("SRS-306", "RC-08")
@given(st.floats(-1.0, 3.0), st.floats(0.0, 3.0), st.booleans())
def test_a_rate_further_off_never_passes_where_a_nearer_one_failed(well, made, off, further, faster):
    rate, off = well.plan.prescription.rate_ml_per_h, abs(off)

    def at(error):
        pumped_ml = rate * (1.0 + (error if faster else -error)) * 20.0 / 3600.0
        return made.put(
            well, **{**RUNNING, "equipment__pump": attrs.evolve(RUNNING["equipment__pump"], pumped_ml=pumped_ml)}
        )

    assert passes("pump-conduct", at(off)) or not passes("pump-conduct", at(off + further))


@pytest.mark.verifies("SRS-207", "RC-04")
@given(st.floats(0.0, 50.0), st.floats(0.0, 50.0), st.booleans(), st.floats(-3.0, 3.0))
def test_output_beyond_what_is_lent_never_passes(well, made, power_W, lent_W, flag, left_s):
    assume(abs(left_s + 0.5) > 1e-6)
    lease = GrantLease(T_S + left_s, (FocalPower((0.0, 0.0, 0.0), lent_W),))
    report = TransducerReport(True, flag, power_W)
    state = made.put(well, equipment__transducer=report, beam__lease=lease)
    sounds = flag or power_W > 0.5
    allowed = left_s >= -0.5 and power_W <= lent_W * 1.1 + 0.5
    assert passes("transducer-output", state) is (not sounds or allowed)
