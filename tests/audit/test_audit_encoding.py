"""One text for one value, and back: events come out of the record equal, arrays bit for bit."""

import json
import math
import struct
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syntherm.audit.arrays import digest_of
from syntherm.audit.encoding import Encoder, Undecodable, decode
from syntherm.core.bounds import UNKNOWN, Bounded
from syntherm.core.decision import KeyMoment
from syntherm.core.events import (
    EVENTS,
    Channel,
    ChannelFailed,
    EquipmentPolled,
    FatMapReceived,
    FrameReceived,
    Geometry,
    OperatorActed,
    PumpReport,
    Restarted,
    StopLoopReport,
    TransducerReport,
)
from syntherm.core.later import LATER
from syntherm.core.thermometry.summary import Summary
from syntherm.core.thermometry.thermometer import Thermal
from syntherm.core.vocabulary import SetupItem, Trigger

floats = st.floats(allow_nan=True, allow_infinity=True)
words = st.text(st.characters(exclude_categories=()), max_size=20)
shapes = st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(1, 3))


@st.composite
def arrays(draw: st.DrawFn, dtype: str) -> np.ndarray:
    """Any bits at all: minus zero, infinities and every payload of not-a-number."""
    shape = draw(shapes)
    size = math.prod(shape) * np.dtype(dtype).itemsize
    return np.frombuffer(draw(st.binary(min_size=size, max_size=size)), dtype).reshape(shape)


geometries = st.builds(
    Geometry,
    st.tuples(*[st.integers()] * 3),
    st.tuples(*[floats] * 3),
    st.tuples(*[floats] * 3),
)
events = st.one_of(
    st.builds(FrameReceived, floats, st.integers(), floats, floats, floats, geometries, arrays("<c8")),
    st.builds(FatMapReceived, floats, geometries, arrays("<f4")),
    st.builds(
        EquipmentPolled,
        floats,
        st.none() | st.builds(TransducerReport, st.booleans(), st.booleans(), floats),
        st.none() | st.builds(PumpReport, st.booleans(), floats, floats, floats, floats, st.none() | words),
        st.none() | st.builds(StopLoopReport, st.booleans()),
    ),
    st.builds(OperatorActed, floats, st.sampled_from(Trigger), words, st.none() | st.sampled_from(SetupItem), words),
    st.builds(ChannelFailed, floats, st.sampled_from(Channel), words),
    st.builds(Restarted, floats, words),
)


def same(one: Any, other: Any) -> bool:
    """Equal to the bit, down to the sign of zero; only one not-a-number is as good as another."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or struct.pack("d", one) == struct.pack("d", other)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if attrs.has(type(one)):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in attrs.fields(type(one)))
    return bool(one == other)


def there_and_back(event: Any) -> Any:
    encoder = Encoder()
    text = encoder.text(event)
    return decode(EVENTS, text, encoder.arrays.__getitem__)


@pytest.mark.verifies("SRS-504")
@given(events)
def test_every_event_is_read_back_equal(event: Any) -> None:
    assert same(there_and_back(event), event)


@pytest.mark.verifies("SRS-504")
@given(events)
def test_equal_values_have_one_text(event: Any) -> None:
    text = Encoder().text(event)
    assert Encoder().text(there_and_back(event)) == text
    assert text.isascii() and json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) == text


@pytest.mark.verifies("SRS-504")
@given(events, events)
def test_different_events_have_different_texts(one: Any, other: Any) -> None:
    assert (Encoder().text(one) == Encoder().text(other)) is same(one, other)


@pytest.mark.verifies("SRS-504")
@given(st.dictionaries(st.text(), st.integers()))
def test_the_order_of_a_mapping_makes_no_difference(mapping: dict[str, int]) -> None:
    backwards = dict(reversed(mapping.items()))
    assert Encoder().text(mapping) == Encoder().text(backwards)


@pytest.mark.verifies("SRS-504")
def test_numbers_that_are_not_finite_are_told_apart() -> None:
    texts = [Encoder().text(value) for value in (math.inf, -math.inf, math.nan, 0.0, -0.0)]
    assert texts == ['{"$float":"inf"}', '{"$float":"-inf"}', '{"$float":"nan"}', "0.0", "-0.0"]


@pytest.mark.verifies("SRS-504")
def test_a_whole_number_where_a_float_belongs_has_the_float_s_text() -> None:
    """Equal values: a pump that says 90 and, executed again, one that says 90.0."""
    whole, real = PumpReport(True, 1, 90, 5, 5, None), PumpReport(True, 1.0, 90.0, 5.0, 5.0, None)
    assert whole == real and Encoder().text(whole) == Encoder().text(real)
    place = Geometry((1, 1, 2), (1, 1, 1), (0, 0, 0))
    assert Encoder().text(place) == Encoder().text(FRAME.geometry)
    assert json.loads(Encoder().text(place))["matrix"] == [1, 1, 2]


@pytest.mark.verifies("SRS-504")
@pytest.mark.parametrize("value", [UNKNOWN, Bounded(1.0, -math.inf, 2.0)])
def test_open_bounds_are_recorded(value: Bounded) -> None:
    found = json.loads(Encoder().text(Summary("target", 9, 0, value, value, value, value)))
    assert found["mean"]["lower"] == {"$float": "-inf"} and found["mean"]["$type"] == "Bounded"


@pytest.mark.verifies("SRS-504")
def test_an_empty_tuple_and_no_value_differ() -> None:
    assert Encoder().text(()) == "[]" and Encoder().text(None) == "null"


@pytest.mark.verifies("SRS-504")
def test_a_key_moment_keeps_its_arrays_and_a_thermal_map_only_their_digests() -> None:
    map_ = np.arange(4, dtype=np.float32)
    none = np.zeros(4, dtype=np.uint8)
    encoder = Encoder()
    encoder.text(KeyMoment(1.0, "a to b", map_, map_, none, map_))
    assert set(encoder.arrays) == {digest_of(map_), digest_of(none)}
    encoder = Encoder()
    fields = {
        field.name: 0.0 if "drift" in field.name or "residual" in field.name else map_
        for field in attrs.fields(Thermal)
    }
    text = encoder.text(Thermal(**fields))
    assert encoder.arrays == {} and json.loads(text)["temperature_degC"] == {"$digest": digest_of(map_)}


@pytest.mark.verifies("SRS-504")
@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", np.float32(1.0)])
def test_what_has_no_canonical_text_is_not_recorded(value: object) -> None:
    with pytest.raises(TypeError, match="cannot put a"):
        Encoder().text(value)


POLL = EquipmentPolled(
    1.5, TransducerReport(True, False, 0.0), PumpReport(False, 0.0, 90.0, 5.0, 5.0, None), StopLoopReport(True)
)
FRAME = FrameReceived(
    1.5, 1, 1.0, 1.5, 20.0, Geometry((1, 1, 2), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)), np.ones((1, 1, 2), np.complex64)
)
ACT = OperatorActed(1.5, Trigger.CONFIRM, "operator-a", SetupItem.PLAN, "")
WRONG = {
    float: ["1.0", True, None, [1.0], {}, {"$float": "1.0"}, {"$float": 1.0}, {"$float": "x"}, 10**400],
    int: ["1", True, 1.0, None],
    bool: [1, 0, "true", None],
    str: [1, None, ["a"]],
}


def damaged() -> list[tuple[str, Any]]:
    """A poll, an act and a frame, each with one thing wrong; by a name for the report."""
    found: list[tuple[str, Any]] = []
    for event in (POLL, FRAME, ACT):
        raw = json.loads(Encoder().text(event))
        name = raw["$type"]
        found += [(f"{name} without {field}", {k: v for k, v in raw.items() if k != field}) for field in raw]
        found.append((f"{name} with another field", {**raw, "more": 1}))
        found += [(f"{name} at {value!r:.20}", {**raw, "at_s": value}) for value in WRONG[float]]
    frame, poll, act = (json.loads(Encoder().text(event)) for event in (FRAME, POLL, ACT))
    found += [(f"sequence {value!r}", {**frame, "sequence": value}) for value in WRONG[int]]
    found += [
        (f"closed {value!r}", {**poll, "stop_loop": {"$type": "StopLoopReport", "closed": value}})
        for value in WRONG[bool]
    ]
    found += [(f"person {value!r}", {**act, "person": value}) for value in WRONG[str]]
    found += [(f"act {value!r}", {**act, "act": value}) for value in ("confirm", "NONE", 1, None, [], {})]
    found += [(f"item {value!r}", {**act, "item": value}) for value in ("plan", 1, [], {})]
    found += [(f"geometry {value!r}", {**frame, "geometry": value}) for value in (None, 1, [], "Geometry", {})]
    found.append(("geometry of another type", {**frame, "geometry": {**frame["geometry"], "$type": "Guard"}}))
    for matrix in ([1, 1], [1, 1, 2, 2], "112", {"0": 1}, None, [1, 1, 2.0], []):
        found.append((f"matrix {matrix!r}", {**frame, "geometry": {**frame["geometry"], "matrix": matrix}}))
    for volume in (None, {}, {"$array": 1}, {"$digest": "0" * 64}, "0" * 64, {"$array": "0" * 64, "more": 1}):
        found.append((f"volume {volume!r:.30}", {**frame, "volume": volume}))
    found += [(f"a bare {value!r}", value) for value in (None, 1, "text", [], {})]
    found.append(("an unknown type", {**poll, "$type": "Explosion"}))
    found.append(("a type of no event", json.loads(Encoder().text(StopLoopReport(True)))))
    return found


@pytest.mark.verifies("SRS-504")
@pytest.mark.parametrize("raw", [pytest.param(raw, id=name) for name, raw in damaged()])
def test_what_does_not_fit_the_type_is_undecodable(raw: Any) -> None:
    with pytest.raises(Undecodable):
        decode(EVENTS, json.dumps(raw), {digest_of(FRAME.volume): FRAME.volume}.__getitem__)


@pytest.mark.verifies("SRS-504")
@pytest.mark.parametrize("text", ["", "{", '{"$type":"Restarted"', "NaN x", "[" * 5000])
def test_what_is_no_json_is_undecodable(text: str) -> None:
    with pytest.raises(Undecodable):
        decode(EVENTS, text, {}.__getitem__)


@pytest.mark.verifies("SRS-504")
def test_an_array_of_another_kind_is_undecodable() -> None:
    with pytest.raises(Undecodable):
        decode(EVENTS, Encoder().text(FRAME), lambda _: np.ones((1, 1, 2), np.float32))


@attrs.frozen
class _Grown:
    first: int
    second: int | None = attrs.field(default=None, metadata={LATER: True}, kw_only=True)


def test_what_came_later_is_left_out_while_it_has_no_value() -> None:
    assert Encoder().text(_Grown(1)) == '{"$type":"_Grown","first":1}'
    assert Encoder().text(_Grown(1, second=2)) == '{"$type":"_Grown","first":1,"second":2}'
