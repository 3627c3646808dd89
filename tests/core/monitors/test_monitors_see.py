"""Each monitor, fed with steps that no sound core makes: it sees its property broken, and is silent just beside."""

from math import nan

import attrs
import pytest
from made_looks import (
    ABORTED,
    HEAT,
    OFF,
    PEOPLE,
    SEEN,
    SETUP,
    SYNC,
    TEST,
    act,
    image,
    lease,
    look,
    poll,
    release,
    summary,
    watching,
)  # fmt: skip

from syntherm.core.bounds import UNKNOWN
from syntherm.core.commands import EnergyOff, HoldInfusion
from syntherm.core.events import Restarted
from syntherm.core.faults import Code
from syntherm.core.monitors.registry import MONITORS, judge_refusal
from syntherm.core.properties import Property
from syntherm.core.vocabulary import Calibration, Energy, Infusion, Session, SetupItem, Trigger
from syntherm.core.watch import DrugSeen, EnergySeen, ImagesSeen, PeopleSeen

P, T = Property, Trigger
HELD = attrs.evolve(SYNC, infusion=Infusion.HELD)
PAUSED = attrs.evolve(HEAT, energy=Energy.PAUSED)
BASELINE = attrs.evolve(SETUP, session=Session.CALIBRATION, calibration=Calibration.BASELINE)
REVIEW = attrs.evolve(BASELINE, calibration=Calibration.REVIEW)
COMPLETE = attrs.evolve(ABORTED, session=Session.COMPLETE, infusion=Infusion.DONE)
UNFORGOTTEN = attrs.evolve(ABORTED, session=Session.SETUP)
COOLING = attrs.evolve(HEAT, session=Session.COOLING, energy=Energy.OFF)
NOBODY = PeopleSeen()
AGAIN = attrs.evolve(PEOPLE, aborted=True, resets=("ana",))
RELEASE, GIVE, BEGIN = act(T.RELEASE_INFUSION), act(T.RESET, reason="checked"), act(T.BEGIN_CALIBRATION)
DARK = attrs.evolve(summary(), mean=UNKNOWN, hot10=UNKNOWN, cold90=UNKNOWN, hottest=UNKNOWN)


def shown(event=None, before=HEAT, after=None, *commands, **changes):
    """An accepted image in range."""
    return look(event or image(), before, after, *commands, **{"target": summary(), **changes})


def well(name, was, seen):
    return pytest.param(name, was, seen, False, id=f"{name.value.name}-well")


def ill(name, was, seen):
    return pytest.param(name, was, seen, True, id=f"{name.value.name}-broken")


CASES = [
    well(P.REFUSAL_CHANGES_NOTHING, watching(), look(poll())),
    ill(P.REFUSAL_CHANGES_NOTHING, watching(PAUSED), look(poll())),
    well(P.REFUSAL_CHANGES_NOTHING, watching(SYNC), look(RELEASE, SYNC, ABORTED, *OFF, refused="no")),
    ill(P.REFUSAL_CHANGES_NOTHING, watching(), look(RELEASE, HEAT, SYNC, refused="no")),
    ill(P.REFUSAL_CHANGES_NOTHING, watching(), look(act(T.PAUSE), HEAT, HEAT, lease(), refused="no")),
    ill(P.REFUSAL_CHANGES_NOTHING, watching(SETUP), look(act(T.SIGN), SETUP, BASELINE, refused="no")),
    ill(P.REFUSAL_CHANGES_NOTHING, watching(REVIEW),
        look(act(T.SIGN), REVIEW, attrs.evolve(REVIEW, calibration=Calibration.ACCEPTED), refused="no")),
    well(P.REFUSAL_CHANGES_NOTHING, watching(TEST),
         look(act(T.SIGN), TEST, attrs.evolve(TEST, energy=Energy.PAUSED, calibration=Calibration.REFUSED), EnergyOff(),
              refused="no")),

    well(P.ENERGY_IN_ITS_STATES, watching(), shown(None, HEAT, HEAT, lease())),
    well(P.ENERGY_IN_ITS_STATES, watching(TEST), shown(None, TEST, TEST, lease())),
    ill(P.ENERGY_IN_ITS_STATES, watching(PAUSED), shown(None, PAUSED, PAUSED, lease())),
    ill(P.ENERGY_IN_ITS_STATES, watching(REVIEW), look(poll(), REVIEW, attrs.evolve(REVIEW, energy=Energy.TEST))),
    ill(P.ENERGY_IN_ITS_STATES, watching(), look(poll(), HEAT, attrs.evolve(HEAT, calibration=Calibration.REFUSED))),
    ill(P.ENERGY_IN_ITS_STATES, watching(), look(poll(), HEAT, attrs.evolve(HEAT, session=Session.COOLING))),

    well(P.LEASE_FROM_IMAGE, watching(), shown(None, HEAT, HEAT, lease())),
    ill(P.LEASE_FROM_IMAGE, watching(), look(poll(), HEAT, HEAT, lease())),
    ill(P.LEASE_FROM_IMAGE, watching(), shown(None, HEAT, HEAT, lease(), failing=(Code.FRAME_REFUSED,))),
    ill(P.LEASE_FROM_IMAGE, watching(), shown(None, HEAT, HEAT, lease(), failing=(Code.FRAME_FROZEN,))),
    ill(P.LEASE_FROM_IMAGE, watching(), shown(image(sequence=10), HEAT, HEAT, lease())),
    ill(P.LEASE_FROM_IMAGE, watching(), shown(image(acquired_s=98.5), HEAT, HEAT, lease())),
    ill(P.LEASE_FROM_IMAGE, watching(), shown(image(acquired_s=100.1), HEAT, HEAT, lease())),
    ill(P.LEASE_FROM_IMAGE, watching(images=ImagesSeen()), shown(image(acquired_s=92.4), HEAT, HEAT, lease())),
    well(P.LEASE_FROM_IMAGE, watching(images=ImagesSeen()), shown(image(acquired_s=92.5), HEAT, HEAT, lease())),
    ill(P.LEASE_FROM_IMAGE, watching(), look(image(), HEAT, HEAT, lease())),
    ill(P.LEASE_FROM_IMAGE, watching(images=attrs.evolve(SEEN, shown=(summary(),))), shown(None, HEAT, HEAT, lease())),
    well(P.LEASE_FROM_IMAGE, watching(images=attrs.evolve(SEEN, shown=(DARK,))),
         shown(None, HEAT, HEAT, lease(), target=DARK)),
    ill(P.LEASE_FROM_IMAGE, watching(), shown(None, HEAT, HEAT, lease(103.001))),
    ill(P.LEASE_FROM_IMAGE, watching(), shown(None, HEAT, HEAT, lease(100.0))),
    ill(P.LEASE_FROM_IMAGE, watching(), shown(None, HEAT, HEAT, lease(nan))),
    ill(P.LEASE_FROM_IMAGE, watching(), shown(None, HEAT, HEAT, lease(), lease())),

    well(P.HAZARD_ENDS_ENERGY, watching(SYNC), look(act(T.STOP), SYNC, ABORTED, *OFF)),
    ill(P.HAZARD_ENDS_ENERGY, watching(SYNC), look(act(T.STOP), SYNC, ABORTED, EnergyOff())),
    ill(P.HAZARD_ENDS_ENERGY, watching(SYNC), look(act(T.STOP), SYNC, ABORTED, HoldInfusion())),
    ill(P.HAZARD_ENDS_ENERGY, watching(SYNC), look(act(T.STOP), SYNC, attrs.evolve(ABORTED, infusion=Infusion.INFUSING),
                                                   *OFF)),
    ill(P.HAZARD_ENDS_ENERGY, watching(), look(Restarted(100.0, "killed"), HEAT, ABORTED)),
    well(P.HAZARD_ENDS_ENERGY, watching(), look(poll(), HEAT, PAUSED, EnergyOff(), failing=(Code.DRIFT,))),
    ill(P.HAZARD_ENDS_ENERGY, watching(), look(poll(), HEAT, PAUSED, failing=(Code.DRIFT,))),
    ill(P.HAZARD_ENDS_ENERGY, watching(), look(poll(), HEAT, HEAT, EnergyOff(), failing=(Code.DRIFT,))),
    ill(P.HAZARD_ENDS_ENERGY, watching(), shown(None, HEAT, PAUSED, EnergyOff(), lease(), failing=(Code.DRIFT,))),
    well(P.HAZARD_ENDS_ENERGY, watching(SETUP), look(poll(), SETUP, failing=(Code.DRIFT,))),
    well(P.HAZARD_ENDS_ENERGY, watching(PAUSED), look(poll(), PAUSED, failing=(Code.DRIFT,))),
    well(P.HAZARD_ENDS_ENERGY, watching(SYNC), look(poll(), SYNC, HELD, HoldInfusion(), failing=(Code.OUT_OF_RANGE,))),
    ill(P.HAZARD_ENDS_ENERGY, watching(SETUP), look(poll(), SETUP, failing=(Code.OFF_NOT_CONFIRMED,))),
    ill(P.HAZARD_ENDS_ENERGY, watching(), look(poll(), HEAT, failing=(Code.HEATING_TOO_LONG,))),

    well(P.STOP_FROM_EVERYWHERE, watching(COMPLETE), look(act(T.STOP, ""), COMPLETE, COMPLETE, *OFF)),
    ill(P.STOP_FROM_EVERYWHERE, watching(COMPLETE), look(act(T.STOP), COMPLETE, ABORTED, *OFF)),
    ill(P.STOP_FROM_EVERYWHERE, watching(), look(act(T.STOP), HEAT, COOLING, *OFF)),
    ill(P.STOP_FROM_EVERYWHERE, watching(), look(act(T.STOP), HEAT, ABORTED, *OFF, refused="not here")),
    ill(P.STOP_FROM_EVERYWHERE, watching(), look(act(T.STOP), HEAT, attrs.evolve(ABORTED, energy=Energy.PAUSED), *OFF)),

    well(P.WAY_BACK, watching(PAUSED), look(act(T.RESUME), PAUSED, HEAT)),
    ill(P.WAY_BACK, watching(PAUSED, people=AGAIN), look(act(T.RESUME), PAUSED, HEAT)),
    ill(P.WAY_BACK, watching(people=attrs.evolve(PEOPLE, accepted=("ana",))), shown(None, HEAT, HEAT, lease())),
    well(P.WAY_BACK, watching(TEST, people=attrs.evolve(PEOPLE, accepted=())), shown(None, TEST, TEST, lease())),
    ill(P.WAY_BACK, watching(TEST, people=attrs.evolve(PEOPLE, stop_opened=False)), shown(None, TEST, TEST, lease())),
    *(
        ill(P.WAY_BACK, watching(people=attrs.evolve(PEOPLE, confirmed=tuple(c for c in PEOPLE.confirmed if c != one))),
            shown(None, HEAT, HEAT, lease()))
        for one in PEOPLE.confirmed
    ),
    well(P.WAY_BACK, watching(ABORTED, people=AGAIN), look(act(T.RESET, "ben", reason="so"), ABORTED, SETUP)),
    ill(P.WAY_BACK, watching(ABORTED, people=AGAIN), look(act(T.RESET, " ANA ", reason="so"), ABORTED, SETUP)),
    ill(P.WAY_BACK, watching(ABORTED, people=AGAIN), look(act(T.RESET, "ben", reason=" \t"), ABORTED, SETUP)),
    ill(P.WAY_BACK, watching(ABORTED, people=AGAIN), look(act(T.RESET, " ", reason="so"), ABORTED, SETUP)),
    ill(P.WAY_BACK, watching(ABORTED, people=AGAIN), look(poll(), ABORTED, SETUP)),

    well(P.NOTHING_SURVIVES, watching(ABORTED, people=AGAIN), look(GIVE, ABORTED, SETUP)),
    ill(P.NOTHING_SURVIVES, watching(ABORTED, people=AGAIN), look(GIVE, ABORTED, UNFORGOTTEN)),
    ill(P.NOTHING_SURVIVES, watching(ABORTED, people=AGAIN), look(GIVE, ABORTED, SETUP, target=summary())),
    ill(P.NOTHING_SURVIVES, watching(ABORTED, people=AGAIN), look(GIVE, ABORTED, SETUP, guards=(summary(),))),
    well(P.NOTHING_SURVIVES, watching(SETUP), look(BEGIN, SETUP, BASELINE)),
    ill(P.NOTHING_SURVIVES, watching(SETUP), look(BEGIN, SETUP, BASELINE, target=summary())),
    ill(P.NOTHING_SURVIVES, watching(SETUP, people=NOBODY), look(BEGIN, SETUP, BASELINE)),
    ill(P.NOTHING_SURVIVES, watching(SETUP, people=attrs.evolve(PEOPLE, stop_opened=False)),
        look(BEGIN, SETUP, BASELINE)),
    well(P.NOTHING_SURVIVES, watching(REVIEW, people=attrs.evolve(PEOPLE, accepted=("ben",))),
         look(act(T.ACCEPT_CALIBRATION), REVIEW, attrs.evolve(REVIEW, calibration=Calibration.ACCEPTED))),
    ill(P.NOTHING_SURVIVES, watching(REVIEW, people=attrs.evolve(PEOPLE, accepted=("ana",))),
        look(act(T.ACCEPT_CALIBRATION), REVIEW, attrs.evolve(REVIEW, calibration=Calibration.ACCEPTED))),

    well(P.INFUSION_AFTER_DWELL, watching(), look(RELEASE, HEAT, SYNC)),
    ill(P.INFUSION_AFTER_DWELL, watching(images=attrs.evolve(SEEN, dwell_s=11.99)), look(RELEASE, HEAT, SYNC)),
    ill(P.INFUSION_AFTER_DWELL, watching(images=attrs.evolve(SEEN, in_range=False)), look(RELEASE, HEAT, SYNC)),
    ill(P.INFUSION_AFTER_DWELL, watching(), look(RELEASE, HEAT, SYNC, ready=False)),
    ill(P.INFUSION_AFTER_DWELL, watching(), look(RELEASE, HEAT, attrs.evolve(SYNC, energy=Energy.PAUSED))),
    ill(P.INFUSION_AFTER_DWELL, watching(), look(act(T.RELEASE_INFUSION, ""), HEAT, SYNC)),
    ill(P.INFUSION_AFTER_DWELL, watching(), shown(None, HEAT, SYNC)),

    well(P.INFUSION_IN_HEAT, watching(SYNC), look(poll(), SYNC, HELD, HoldInfusion())),
    ill(P.INFUSION_IN_HEAT, watching(SYNC), look(poll(), SYNC, HELD)),
    ill(P.INFUSION_IN_HEAT, watching(SYNC), look(poll(), SYNC, attrs.evolve(SYNC, session=Session.HEATING))),
    ill(P.INFUSION_IN_HEAT, watching(SYNC), look(poll(), SYNC, attrs.evolve(SYNC, energy=Energy.PAUSED))),
    well(P.INFUSION_IN_HEAT, watching(SYNC, images=attrs.evolve(SEEN, out_since_s=94.0)), look(poll(), SYNC)),
    ill(P.INFUSION_IN_HEAT, watching(SYNC, images=attrs.evolve(SEEN, out_since_s=93.99)), look(poll(), SYNC)),

    well(P.NEVER_MORE, watching(SYNC), look(poll(counted_ml=0.6), SYNC, patient_ml=0.5)),
    ill(P.NEVER_MORE, watching(SYNC), look(poll(counted_ml=0.6), SYNC, patient_ml=0.49)),
    ill(P.NEVER_MORE, watching(SYNC), look(poll(counted_ml=0.6), SYNC, patient_ml=nan)),

    well(P.INFUSION_ONCE, watching(COMPLETE, drug=DrugSeen(ended=Infusion.DONE)), look(poll(), COMPLETE)),
    ill(P.INFUSION_ONCE, watching(drug=DrugSeen(ended=Infusion.DONE)), look(poll(), HEAT)),
    ill(P.INFUSION_ONCE, watching(drug=DrugSeen(ended=Infusion.FAILED)),
        look(poll(), HEAT, attrs.evolve(HEAT, infusion=Infusion.DONE))),

    well(P.NOTHING_BY_ITSELF, watching(PAUSED), look(act(T.RESUME), PAUSED, HEAT)),
    ill(P.NOTHING_BY_ITSELF, watching(PAUSED), look(act(T.RESUME), PAUSED, HEAT, ready=False)),
    ill(P.NOTHING_BY_ITSELF, watching(PAUSED), look(act(T.RESUME, ""), PAUSED, HEAT)),
    ill(P.NOTHING_BY_ITSELF, watching(PAUSED), look(act(T.RESUME), PAUSED, HEAT, refused="no")),
    ill(P.NOTHING_BY_ITSELF, watching(PAUSED), look(act(T.PAUSE), PAUSED, HEAT)),
    ill(P.NOTHING_BY_ITSELF, watching(PAUSED), shown(None, PAUSED, HEAT)),
    ill(P.NOTHING_BY_ITSELF, watching(PAUSED), shown(None, PAUSED, PAUSED, lease())),
    well(P.NOTHING_BY_ITSELF, watching(), look(RELEASE, HEAT, SYNC)),
    ill(P.NOTHING_BY_ITSELF, watching(), look(poll(), HEAT, SYNC)),
    ill(P.NOTHING_BY_ITSELF, watching(), look(RELEASE, HEAT, SYNC, ready=False)),

    ill(P.LATCHED, watching(PAUSED, latched=(Code.GUARD_DOSE,)), look(act(T.RESUME), PAUSED, HEAT)),
    ill(P.LATCHED, watching(latched=(Code.PATIENT_STOP,)), shown(None, HEAT, HEAT, lease())),
    ill(P.LATCHED, watching(latched=(Code.PUMP_ALARM,)), look(RELEASE, HEAT, SYNC)),
    well(P.LATCHED, watching(PAUSED, latched=(Code.PUMP_ALARM,)), look(act(T.RESUME), PAUSED, HEAT)),
    well(P.LATCHED, watching(latched=(Code.GUARD_DOSE,)), look(poll())),

    well(P.RESTART_SAFE, watching(SYNC), look(Restarted(100.0, "killed"), SYNC, ABORTED, *OFF)),
    ill(P.RESTART_SAFE, watching(PAUSED), look(Restarted(100.0, "killed"), PAUSED, PAUSED, *OFF)),
    well(P.RESTART_SAFE, watching(), shown(None, HEAT, HEAT, lease())),
    ill(P.RESTART_SAFE, watching(), shown(None, HEAT, HEAT, lease(103.1))),
    ill(P.RESTART_SAFE, watching(), shown(None, HEAT, HEAT, lease(nan))),

    well(P.HEATING_BOUNDED, watching(energy=EnergySeen(heating_s=359.0)), look(poll())),
    ill(P.HEATING_BOUNDED, watching(energy=EnergySeen(heating_s=359.1)), look(poll())),
    ill(P.HEATING_BOUNDED, watching(energy=EnergySeen(heating_s=359.1)), shown(None, HEAT, PAUSED, lease())),
    well(P.HEATING_BOUNDED, watching(energy=EnergySeen(heating_s=359.1)), look(poll(), HEAT, COOLING, *OFF)),
    well(P.HEATING_BOUNDED, watching(TEST, energy=EnergySeen(heating_s=359.9)), look(poll(), TEST)),

    well(P.IMAGES_NEEDED, watching(), shown(None, HEAT, HEAT, lease())),
    ill(P.IMAGES_NEEDED, watching(), look(poll(), HEAT, HEAT, lease())),
    ill(P.IMAGES_NEEDED, watching(images=ImagesSeen()), look(poll(), HEAT, HEAT, lease())),
    well(P.IMAGES_NEEDED, watching(images=attrs.evolve(SEEN, acquired_s=40.0)), look(poll(), PAUSED)),
    ill(P.IMAGES_NEEDED, watching(images=attrs.evolve(SEEN, acquired_s=39.9)), look(poll(), PAUSED)),
    ill(P.IMAGES_NEEDED, watching(images=ImagesSeen(), energy=EnergySeen()), look(poll(), PAUSED)),
    well(P.IMAGES_NEEDED, watching(images=ImagesSeen(), energy=EnergySeen()), look(poll(), PAUSED, ABORTED, *OFF)),

    well(P.FALLING_WINS, watching(SYNC), look(poll(), SYNC, ABORTED, *OFF)),
    ill(P.FALLING_WINS, watching(), shown(None, HEAT, HEAT, EnergyOff(), lease())),
    ill(P.FALLING_WINS, watching(SYNC), shown(None, SYNC, SYNC, lease(), HoldInfusion())),
    ill(P.FALLING_WINS, watching(), look(act(T.PAUSE), HEAT, PAUSED)),
    well(P.FALLING_WINS, watching(), look(act(T.PAUSE), HEAT, PAUSED, EnergyOff())),
    ill(P.FALLING_WINS, watching(PAUSED), shown(None, PAUSED, PAUSED, lease())),

    well(P.TISSUE_SETTLED, watching(SETUP, energy=EnergySeen(40.0, 40.0)), look(BEGIN, SETUP, BASELINE)),
    ill(P.TISSUE_SETTLED, watching(SETUP, energy=EnergySeen(40.1, 40.1)), look(BEGIN, SETUP, BASELINE)),
    well(P.TISSUE_SETTLED, watching(SETUP, energy=EnergySeen()), look(BEGIN, SETUP, BASELINE)),
    well(P.TISSUE_SETTLED, watching(BASELINE), look(poll(), BASELINE)),

    well(P.END_IS_FINAL, watching(COMPLETE), look(poll(), COMPLETE)),
    ill(P.END_IS_FINAL, watching(COMPLETE), look(poll(), COMPLETE, SETUP)),
]  # fmt: skip


@pytest.mark.verifies("SRS-114", "RC-16")
@pytest.mark.parametrize(("name", "was", "seen", "broken"), CASES)
def test_a_property_is_seen_broken_and_only_then(court, name, was, seen, broken):
    assert (name in court.broken(was, seen)) is broken


def test_every_monitor_has_a_case_of_each_kind():
    for broken in (True, False):
        assert {case.values[0] for case in CASES if case.values[3] is broken} == set(MONITORS)


@pytest.mark.verifies("SRS-114", "SRS-303", "RC-08", "RC-16")
def test_the_pump_is_fed_by_images_within_its_limit_and_only_while_it_counts_on(court):
    def feed(event, was=None, **changes):
        return court.broken(was or watching(SYNC), shown(event, SYNC, SYNC, release(court.plan, **changes)))

    assert feed(image()) == set()
    assert P.INFUSION_IN_HEAT in feed(poll())
    assert P.INFUSION_IN_HEAT in feed(image(sequence=9))
    assert P.NEVER_MORE in feed(image(), volume_limit_ml=1.101)
    assert P.NEVER_MORE in feed(image(), volume_limit_ml=nan)
    assert P.RESTART_SAFE in feed(image(), until_s=105.001)
    assert P.NEVER_MORE in feed(image(), watching(SYNC, drug=DrugSeen(0.5, 0.4)))
    assert P.NEVER_MORE in feed(image(), watching(SYNC, drug=DrugSeen(0.0, nan)))
    assert feed(image(), watching(SYNC, drug=DrugSeen(0.0, None))) == set()
    assert P.FALLING_WINS in court.broken(watching(), shown(None, HEAT, HEAT, release(court.plan)))
    assert P.FALLING_WINS in court.broken(watching(SYNC), shown(None, SYNC, SYNC, HoldInfusion(), release(court.plan)))
    assert P.INFUSION_AFTER_DWELL in court.broken(watching(HELD), shown(None, HELD, HELD, release(court.plan)))
    assert P.LATCHED in court.broken(
        watching(SYNC, latched=(Code.PUMP_OVER,)), shown(None, SYNC, SYNC, release(court.plan))
    )
    done = watching(attrs.evolve(HEAT, infusion=Infusion.DONE), drug=DrugSeen(ended=Infusion.DONE))
    assert P.INFUSION_ONCE in court.broken(done, shown(None, done.phases, done.phases, release(court.plan)))


@pytest.mark.verifies("SRS-114", "SRS-102", "SRS-105", "RC-01", "RC-16")
def test_nothing_is_said_of_a_refusal_unless_a_stop_was_refused():
    assert judge_refusal(act(T.RESUME), "nothing is paused") == ()
    assert judge_refusal(poll(), "never") == ()
    (violation,) = judge_refusal(act(T.STOP), "not now")
    assert violation.property is P.STOP_FROM_EVERYWHERE and "not now" in violation.detail


def test_an_item_is_confirmed_by_name(court):
    was = watching(SETUP, people=NOBODY)
    for event in (act(T.CONFIRM, "ana"), act(T.CONFIRM, "", SetupItem.PLAN), act(T.PAUSE, "ana", SetupItem.PLAN)):
        assert court.after(was, look(event, SETUP)).people == NOBODY
    twice = [look(act(T.CONFIRM, person, SetupItem.PLAN), SETUP) for person in ("ana", "Ana ")]
    assert court.after(was, *twice).people.confirmed == ((SetupItem.PLAN, "ana"),)
