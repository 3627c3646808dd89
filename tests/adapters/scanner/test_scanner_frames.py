"""Every bad image is recognised and named, on both wires; what is unusable does not go on."""

from collections.abc import Callable

import attrs
import numpy as np
import pytest
import scanner_wire as bench
from hypothesis import given
from hypothesis import strategies as st

from syntherm.adapters.scanner.frames import Expected, Judge, Place, Told
from syntherm.adapters.scanner.remarks import Remarks
from syntherm.adapters.scanner.stream import MessageRefused
from syntherm.core.events import Geometry
from syntherm_sim.wire.scanner_faults import FrameFault

pytestmark = pytest.mark.verifies("SRS-905", "RC-09")

WIRES: dict[str, Callable[[], bench.Wire]] = {
    "mrd": bench.mrd_wire,
    "igtl 1": lambda: bench.igtl_wire(bench.IGTL_1, 1),
    "igtl 2": bench.igtl_wire,
}


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> bench.Wire:
    return WIRES[request.param]()


def run(wire: bench.Wire, fault: FrameFault | None, count: int = 4) -> tuple[list[int], list[str]]:
    """The numbers that went on, and what was said, of a run that shows a fault from its second image on."""
    found = wire.feed([wire.hello()])
    wire.said.take()
    for number in range(1, count + 1):
        wire.hands.at_s += 3.0
        wire.sender.frame_fault = fault if number > 1 else None
        found += wire.feed([wire.sender.frame(wire.frame(number, seed=number))])
    return [image.sequence for image in found], list(wire.said.take())


def test_good_images_go_on_without_a_word(wire: bench.Wire) -> None:
    assert run(wire, None) == ([1, 2, 3, 4], [])


@pytest.mark.parametrize(
    ("fault", "passed", "named"),
    [
        (FrameFault.DUPLICATE, [1, 2, 3, 4], "image 2: came again (duplicate)"),
        (FrameFault.REORDERED, [1, 3], "image 2: came after image 3 (reordered)"),
        (FrameFault.GAPPED, [1, 3], "gap: image 3 came after image 1"),
        (FrameFault.LATE, [1], "image 2: was acquired 62.000 s ago (late); the plan's limit is 9 s"),
        (FrameFault.FUTURE, [1], "image 2: was acquired 58.000 s in the future"),
        (FrameFault.SHIFTED, [1], "image 2: wrong geometry: voxels of 6 mm from -1.1 mm along z"),
        (FrameFault.CROPPED, [1], "image 2: matrix (5, 3, 3); the plan's is (5, 4, 3)"),
        (FrameFault.WRONG_SCALE, [1], "image 2: wrong scale: its brightest value is"),
        (FrameFault.NOT_A_NUMBER, [1], "image 2: values that are not finite"),
        (FrameFault.ALL_ZERO, [1], "image 2: all values are zero"),
        # That an image equals the one before it is for the core to find.
        (FrameFault.STUCK, [1, 2, 3, 4], None),
    ],
)
def test_each_fault_is_named(wire: bench.Wire, fault: FrameFault, passed: list[int], named: str | None) -> None:
    numbers, said = run(wire, fault)
    assert numbers == passed
    if named is None:
        assert said == []
    else:
        assert any(named in line for line in said), said
    assert all(line.isascii() and "\n" not in line for line in said)


def test_an_image_that_was_acquired_before_the_one_before_it_is_reordered(wire: bench.Wire) -> None:
    wire.feed([wire.hello(), wire.sender.frame(wire.frame(1, 2.0)), wire.sender.frame(wire.frame(2, 2.5))])
    assert any("image 2: was acquired 0.500 s before image 1" in line for line in wire.said.take())


def test_what_was_refused_is_a_gap_for_the_next(wire: bench.Wire) -> None:
    wire.feed([wire.hello(), wire.sender.frame(wire.frame(1, 5.0))])
    wire.sender.frame_fault = FrameFault.ALL_ZERO
    wire.feed([wire.sender.frame(wire.frame(2, 4.0))])
    wire.sender.frame_fault = None
    assert [image.sequence for image in wire.feed([wire.sender.frame(wire.frame(3, 3.0))])] == [3]
    assert any("gap: image 3 came after image 1" in line for line in wire.said.take())


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan, np.inf])
def test_a_fat_map_that_holds_no_fractions_is_refused(wire: bench.Wire, value: float) -> None:
    map_ = bench.fat_map()
    map_.fat_fraction[1, 2, 0] = value
    assert wire.feed([wire.hello(), wire.sender.fat_map(map_)]) == []
    assert any("fat map: values from" in line for line in wire.said.take())


def test_a_fat_map_elsewhere_is_refused(wire: bench.Wire) -> None:
    aside = attrs.evolve(bench.GEOMETRY, first_voxel_mm=(-4.3, -3.75, -5.9))
    assert wire.feed([wire.sender.fat_map(attrs.evolve(bench.fat_map(), geometry=aside))]) == []
    assert any("fat map: wrong geometry" in line for line in wire.said.take())


@pytest.mark.parametrize(
    ("expected", "named"),
    [
        (attrs.evolve(bench.EXPECTED, field_T=3.0), "field strength 1.5 T; the plan's is 3 T"),
        (attrs.evolve(bench.EXPECTED, echo_time_ms=20.03), "echo time 20 ms; the plan's is 20.03 ms"),
        (attrs.evolve(bench.EXPECTED, brightest=(1e5, 1e6)), "wrong scale"),
        (attrs.evolve(bench.EXPECTED, brightest=(1.0, 100.0)), "wrong scale"),
    ],
)
@pytest.mark.parametrize("make", [bench.mrd_wire, bench.igtl_wire])
def test_what_differs_from_the_plan_is_refused(make: Callable[..., bench.Wire], expected: Expected, named: str) -> None:
    wire = make(expected=expected)
    assert wire.feed([wire.hello(), wire.sender.frame(wire.frame())]) == []
    assert any(named in line for line in wire.said.take())


# ----------------------------------------------------------------------------------------------------- the judge itself
PLACE = Place(
    bench.GEOMETRY.matrix, bench.GEOMETRY.voxel_mm, (-0.3, 0.0, -0.1), ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0))
)


def told(**other: object) -> Told:
    return attrs.evolve(Told(1, 98.0, 1.5, 20.0, PLACE, bench.volume()), **other)


def judged(image: Told) -> str:
    try:
        Judge(bench.EXPECTED, Remarks()).frame(image, 100.0)
    except MessageRefused as refused:
        return str(refused)
    return ""


def test_the_plan_is_met() -> None:
    assert judged(told()) == ""


NUMBERS = st.sampled_from([np.nan, np.inf, -np.inf])


@given(NUMBERS, st.integers(0, 14))
def test_what_is_no_number_is_never_as_planned(number: float, where: int) -> None:
    flat = [*PLACE.voxel_mm, *PLACE.centre_mm, *(part for vector in PLACE.directions for part in vector)]
    flat[where] = number
    x, y, z = tuple(flat[6:9]), tuple(flat[9:12]), tuple(flat[12:15])
    assert "wrong geometry" in judged(told(place=Place(PLACE.matrix, tuple(flat[:3]), tuple(flat[3:6]), (x, y, z))))
    for name in ("acquired_s", "field_T", "echo_time_ms"):
        assert judged(told(**{name: number})) != ""


@given(st.floats(-0.09, 0.09), st.integers(0, 2))
def test_rounding_of_the_wire_is_taken_for_the_plan(off_mm: float, axis: int) -> None:
    centre = list(PLACE.centre_mm)
    centre[axis] += off_mm
    frame = Judge(bench.EXPECTED, Remarks()).frame(told(place=attrs.evolve(PLACE, centre_mm=tuple(centre))), 100.0)
    assert frame.geometry == bench.GEOMETRY


@given(st.floats(0.11, 50.0), st.sampled_from([-1.0, 1.0]), st.integers(0, 2))
def test_more_than_rounding_is_another_place(off_mm: float, sign: float, axis: int) -> None:
    centre, size = list(PLACE.centre_mm), list(PLACE.voxel_mm)
    centre[axis] += sign * off_mm
    size[axis] += off_mm
    assert "wrong geometry" in judged(told(place=attrs.evolve(PLACE, centre_mm=tuple(centre))))
    assert "wrong geometry" in judged(told(place=attrs.evolve(PLACE, voxel_mm=tuple(size))))


def test_a_single_slice_has_a_thickness() -> None:
    one = Geometry((5, 4, 1), (2.0, 2.5, 6.0), (-4.3, -3.75, 0.0))
    expected = attrs.evolve(bench.EXPECTED, geometry=one)
    place = attrs.evolve(PLACE, matrix=(5, 4, 1), centre_mm=(-0.3, 0.0, 0.0), voxel_mm=(2.0, 2.5, 5.0))
    with pytest.raises(MessageRefused, match="voxels of 5 mm"):
        Judge(expected, Remarks()).frame(told(place=place, values=bench.volume()[..., :1]), 100.0)


@pytest.mark.parametrize("values", [bench.volume().astype(np.complex128), bench.volume()[:4]])
def test_other_types_and_shapes_are_refused(values: np.ndarray) -> None:
    assert "values of" in judged(told(values=values))


def test_remarks_are_counted_and_bounded() -> None:
    said = Remarks()
    for number in range(1000):
        said.add(f"line {number % 40} " + "x" * 1000)
    lines = said.take()
    assert len(lines) == 33 and lines[-1] == "200 remarks more"
    assert lines[0].endswith("(25 times)") and max(map(len, lines)) < 260
    assert said.take() == ()
