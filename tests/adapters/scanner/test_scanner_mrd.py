"""MRD streams: what is sent arrives whatever the split; what cannot be is refused and named."""

import io
import struct
from itertools import pairwise

import attrs
import ismrmrd
import numpy as np
import pytest
import scanner_wire as bench
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syntherm.adapters.scanner.moments import Axes
from syntherm.adapters.scanner.mrd_header import read_header
from syntherm.adapters.scanner.mrd_source import Numbered
from syntherm.adapters.scanner.stream import MessageRefused, StreamRefused

pytestmark = pytest.mark.verifies("SRS-901")

XML = (
    '<?xml version="1.0"?><ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD"><experimentalConditions>'
    "<H1resonanceFrequency_Hz>63866217</H1resonanceFrequency_Hz></experimentalConditions>{}</ismrmrdHeader>"
)


def stream(wire: bench.Wire) -> bytes:
    sender = wire.sender
    images = sender.fat_map(bench.fat_map()) + sender.frame(wire.frame(1, 5.0)) + sender.frame(wire.frame(2, 2.0, 2))
    return wire.hello() + images + sender.bye()


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(edges)]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_any_split_gives_the_same_images(cuts: list[int]) -> None:
    wire = bench.mrd_wire()
    found = wire.feed(pieces(stream(wire), cuts))
    for image, sent in zip(found, (bench.fat_map(), wire.frame(1, 5.0), wire.frame(2, 2.0, 2)), strict=True):
        assert bench.same(image, sent)
    assert not wire.source.midway


def test_bytes_one_by_one_give_the_same_images() -> None:
    wire = bench.mrd_wire()
    assert len(wire.feed(bytes((byte,)) for byte in stream(wire))) == 3


@given(st.integers(1, 65535), st.floats(0.01, 8.0), st.integers(0, 10**6))
def test_number_and_moment_come_through(number: int, age_s: float, seed: int) -> None:
    wire = bench.mrd_wire()
    sent = wire.frame(number, age_s, seed)
    (found,) = wire.feed([wire.hello(), wire.sender.frame(sent)])
    assert bench.same(found, sent)


@pytest.mark.parametrize(("at_s", "age_s"), [(57_600.5, 2.0), (57_600.0, 0.5), (57_599.5, 0.1)])
def test_a_dynamic_over_midnight_is_as_old_as_it_is(at_s: float, age_s: float) -> None:
    wire = bench.mrd_wire()
    wire.hands.at_s = at_s
    (found,) = wire.feed([wire.hello(), wire.sender.frame(wire.frame(1, age_s))])
    assert at_s - found.acquired_s == pytest.approx(age_s, abs=2e-3)


def test_declared_time_zone_and_offset_are_applied() -> None:
    wire = bench.mrd_wire(attrs.evolve(bench.MRD, midnight_offset_s=3600.0, stamp_to_centre_s=0.25))
    (found,) = wire.feed([wire.hello(), wire.sender.frame(wire.frame(1, 2.0 - 3600.0))])
    assert wire.hands.at_s - found.acquired_s == pytest.approx(1.75, abs=2e-3)


def test_axes_of_the_plan_are_not_those_of_the_format_by_chance() -> None:
    wire = bench.mrd_wire(attrs.evolve(bench.MRD, axes=Axes.RAS))
    assert wire.feed([wire.hello(), wire.sender.frame(wire.frame())]) == []
    assert any("axis x along (-1" in line for line in wire.said.take())


def test_the_repetition_may_number_the_dynamics() -> None:
    wire = bench.mrd_wire(attrs.evolve(bench.MRD, numbered=Numbered.REPETITION))
    (found,) = wire.feed([wire.hello(), wire.sender.frame(wire.frame(7))])
    assert found.sequence == 7


# ------------------------------------------------------------------------------------------------------ what is refused
def patched(data: bytes, offset: int, form: str, *values: float) -> bytes:
    changed = bytearray(data)
    struct.pack_into(form, changed, 2 + offset, *values)
    return bytes(changed)


@pytest.mark.parametrize(
    ("offset", "form", "values", "named"),
    [
        (0, "<H", (2,), "header of version 2"),
        (34, "<H", (2,), "2 channels"),
        (100, "<H", (1,), "contrast 1"),
        (124, "<H", (0,), "type 0 in series 1"),
        (36, "<f", (float("nan"),), "wrong geometry"),
        (24, "<f", (11.0,), "wrong geometry"),
        (48, "<3f", (0.9962, 0.0872, 0.0), "axis x along (0.9962, 0.0872, 0)"),
        (2, "<H", (5,), "values of type float32"),
    ],
)
def test_a_header_that_is_not_as_planned_is_named(
    offset: int, form: str, values: tuple[float, ...], named: str
) -> None:
    wire = bench.mrd_wire()
    data = patched(wire.sender.frame(wire.frame()), offset, form, *values)
    # Where the header announces more or fewer bytes, they come.
    body = len(data) - 222
    size = {(34,): body * 2, (2,): body // 2}.get((offset,), body)
    assert wire.feed([wire.hello(), (data + bytes(body))[: 222 + size]]) == []
    assert any(named in line for line in wire.said.take())


def test_an_image_before_the_header_is_refused() -> None:
    wire = bench.mrd_wire()
    assert wire.feed([wire.sender.frame(wire.frame())]) == []
    assert wire.said.take() == ("refused: image 1: came before a header that could be read",)


def test_another_header_that_cannot_be_read_leaves_none() -> None:
    wire = bench.mrd_wire()
    broken = struct.pack("<HI", 3, 4) + b"<xml"
    assert wire.feed([wire.hello(), broken, wire.sender.frame(wire.frame())]) == []
    refused = [line for line in wire.said.take() if line.startswith("refused")]
    assert "cannot be read" in refused[0] and "before a header" in refused[1]


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (struct.pack("<H", 1030), "message number 1030"),
        (struct.pack("<H", 0), "message number 0"),
        (struct.pack("<HI", 3, 2**31), f"a part of {2**31} bytes"),
        (patched(struct.pack("<H", 1022) + bytes(206), 2, "<H", 9), "data type 9"),
        # At once, and not only when its attributes are there.
        (struct.pack("<HHHQI3H3fH", 1022, 1, 7, 0, 0, 512, 512, 512, 1, 1, 1, 1) + b"\1" * 172, "1073741824 bytes"),
        (struct.pack("<HHHQI3H3fH", 1022, 1, 7, 0, 0, 1, 1, 1, 1, 1, 1, 1) + bytes(164) + b"\xff" * 8, "a part of"),
    ],
)
def test_what_cannot_be_a_message_ends_the_stream(data: bytes, named: str) -> None:
    with pytest.raises(StreamRefused, match=named):
        bench.mrd_wire().feed([data])


@settings(deadline=None)
@given(st.binary(max_size=3000))
def test_garbage_is_refused_or_waits_for_more(data: bytes) -> None:
    wire = bench.mrd_wire()
    try:
        assert wire.feed([data]) == []
    except StreamRefused as refused:
        assert str(refused).isascii() and "\n" not in str(refused) and len(str(refused)) < 200
    assert all(line.isascii() and len(line) <= 260 for line in wire.said.take())


@pytest.mark.parametrize(
    ("xml", "named"),
    [
        ("<x", "cannot be read"),
        ("<!DOCTYPE a><a/>", "document type"),
        ("<a/>", "0 H1resonanceFrequency_Hz"),
        (XML.format("").replace("63866217", "-1"), "expected a positive number"),
        (XML.format("").replace("63866217", "nan"), "expected a positive number"),
        (XML.format("<sequenceParameters><TE>x</TE></sequenceParameters>"), "TE is 'x'"),
        ("<a>" * 40 + "</a>" * 40, "nested deeper"),
    ],
)
def test_a_header_without_the_facts_is_refused(xml: str, named: str) -> None:
    with pytest.raises(MessageRefused, match=named):
        read_header(xml.encode())


def test_the_header_gives_field_and_echo_times() -> None:
    header = read_header(XML.format("<sequenceParameters><TE>5.5</TE><TE>20</TE></sequenceParameters>").encode())
    assert header.field_T == pytest.approx(1.5, rel=1e-8) and header.echo_times_ms == (5.5, 20.0)


# ------------------------------------------------------------------------------------------- against ismrmrd, as a peer
def theirs(*items: object) -> bytes:
    out = io.BytesIO()
    with ismrmrd.ProtocolSerializer(out) as serializer:
        for item in items:
            serializer.serialize(item)
    return out.getvalue()


def their_image(wire: bench.Wire, number: int, age_s: float, values: np.ndarray) -> ismrmrd.Image:
    image = ismrmrd.Image.from_array(np.ascontiguousarray(values.T), image_index=number, image_series_index=1)
    image.image_type = 5
    image.field_of_view[:] = (10.0, 10.0, 18.0)
    image.position[:] = (-0.3, 0.0, -0.1)
    image.read_dir[:], image.phase_dir[:], image.slice_dir[:] = (1, 0, 0), (0, 1, 0), (0, 0, 1)
    image.acquisition_time_stamp = round((8 * 3600 + wire.hands.at_s - age_s) / 0.0025)
    image.attribute_string = "<ismrmrdMeta><meta><name>a</name><value>b</value></meta></ismrmrdMeta>"
    return image


def their_header() -> ismrmrd.xsd.ismrmrdHeader:
    xsd = ismrmrd.xsd
    conditions = xsd.experimentalConditionsType(H1resonanceFrequency_Hz=63866217)
    return xsd.ismrmrdHeader(
        experimentalConditions=conditions, sequenceParameters=xsd.sequenceParametersType(TE=[20.0])
    )


def test_what_the_reference_package_sends_is_understood() -> None:
    wire = bench.mrd_wire()
    raw = ismrmrd.Acquisition.from_array(np.ones((3, 17), np.complex64), np.ones((17, 2), np.float32))
    beats = ismrmrd.Waveform.from_array(np.ones((2, 31), np.uint32))
    data = theirs(
        ismrmrd.ConfigFile("thermometry"), ismrmrd.ConfigText("<c/>"), their_header(), "a text", raw,
        their_image(wire, 1, 5.0, bench.volume(1)), beats, their_image(wire, 2, 2.0, bench.volume(2)),
    )  # fmt: skip
    first, second = wire.feed(pieces(data, list(range(0, len(data), 97))))
    assert bench.same(first, wire.frame(1, 5.0, 1)) and bench.same(second, wire.frame(2, 2.0, 2))
    assert wire.said.take() == (
        "the scanner says 'a text'", "raw data came and is not used", "waveform came and is not used",
    )  # fmt: skip


def test_the_reference_package_understands_what_our_scanner_sends() -> None:
    wire = bench.mrd_wire()
    wire.sender.terminated = False
    config, header, text, map_, image, _ = ismrmrd.ProtocolDeserializer(io.BytesIO(stream(wire))).deserialize()
    assert config == "thermometry" and text.startswith("{")
    assert header.experimentalConditions.H1resonanceFrequency_Hz == 63866217
    assert header.sequenceParameters.TE == [20.0]
    assert np.array_equal(map_.data[0].T, bench.fat_map().fat_fraction)
    assert np.array_equal(image.data[0].T, bench.volume(1)) and image.image_index == 1
    assert tuple(image.position) == pytest.approx((-0.3, 0.0, -0.1), abs=1e-6)
