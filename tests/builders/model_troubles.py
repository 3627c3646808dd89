"""What can go wrong in a session of `model_bench.py`, by name."""

from collections.abc import Callable, Mapping

import attrs
import numpy as np
from model_bench import DARK, PICTURES, WARM, Session

from syntherm.core.events import Channel, ChannelFailed, EquipmentPolled, StopLoopReport


def _spoilt(**changed: object) -> Callable[[Session], None]:
    return lambda session: session.image(session.fitting(), **changed)


def _looked(change: Callable[[EquipmentPolled], dict[str, object]]) -> Callable[[Session], None]:
    def look(session: Session) -> None:
        looked = session.room.look(session.at_s + 1)
        session.feed(attrs.evolve(looked, **change(looked)))

    return look


def _pump(**changed: object) -> Callable[[Session], None]:
    return _looked(lambda looked: {"pump": attrs.evolve(looked.pump, **changed)})


def _counts(more_ml: float) -> Callable[[Session], None]:
    return _looked(lambda looked: {"pump": attrs.evolve(looked.pump, pumped_ml=looked.pump.pumped_ml + more_ml)})


def _generator(**changed: object) -> Callable[[Session], None]:
    return _looked(lambda looked: {"transducer": attrs.evolve(looked.transducer, **changed)})


def _frozen(session: Session) -> None:
    volume = session.state.imaging.volume
    session.image(WARM, **({} if volume is None else {"volume": volume}))


def _not_finite(session: Session) -> None:
    session.image(WARM, volume=np.full(session.state.plan.scanner.matrix, np.nan, dtype=np.complex64))


def _dosed(session: Session) -> None:
    session.image(PICTURES["guards dosed"])
    session.image(PICTURES["guards dosed"])


def _failed(channel: Channel, *, falling: bool) -> Callable[[Session], object]:
    return lambda session: session.feed(ChannelFailed(session.at_s, channel, "no answer", falling))


TROUBLES: Mapping[str, Callable[[Session], object]] = {
    **{f"an image of what is {name}": _spoilt(dark=name) for name in DARK},
    "a drifted image": _spoilt(drift_degC=30.0),
    "an image of another echo time": _spoilt(echo_time_ms=1.0),
    "an image of another field": _spoilt(field_T=1.5),
    "an image's number again": _spoilt(sequence=0),
    "an image from the future": _spoilt(delay=-1),
    "an image as late as allowed": _spoilt(delay=2),
    "an image too late": _spoilt(delay=3),
    "the same image": _frozen,
    "no numbers": _not_finite,
    "guards with their dose": _dosed,
    "the stop pressed": _looked(lambda looked: {"stop_loop": StopLoopReport(False)}),
    "no stop read": _looked(lambda _: {"stop_loop": None}),
    "a silent generator": _looked(lambda _: {"transducer": None}),
    "a generator that sounds": _generator(output_on=True, power_W=80.0),
    "a generator without leases": _generator(ends_leases=False),
    "a silent pump": _looked(lambda _: {"pump": None}),
    "a pump in alarm": _pump(infusing=False, alarm="occlusion"),
    "a pump that runs": _pump(infusing=True),
    "a pump without watchdog": _pump(watchdog_s=60.0),
    "a count that fell": _counts(-1.0),
    "a count too high": _counts(2.0),
    "energy not ended": _failed(Channel.TRANSDUCER, falling=True),
    "a lease not taken": _failed(Channel.TRANSDUCER, falling=False),
    "drug not taken": _failed(Channel.PUMP, falling=False),
    "a new start": lambda session: session.restart(0),
    "a new start after a while": lambda session: session.restart(4),
    "a fat map of no fractions": lambda session: session.fat_map(2.0),
}
