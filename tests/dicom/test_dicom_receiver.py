"""Objects to volumes for the session: what is sound comes through whole, and all else is named and kept back."""

import attrs
import dicom_bench as bench
import numpy as np
import pytest
import scanner_wire as wire
from hypothesis import given, settings
from hypothesis import strategies as st

from syntherm.adapters.scanner.moments import Axes
from syntherm.dicom.facts import Facts, ObjectRefused, Status, moment_s
from syntherm_sim.faults.wire import WireFault
from syntherm_sim.wire.dicom_scanner import DicomScanner, ObjectFault
from syntherm_sim.wire.scanner_faults import FrameFault


@pytest.mark.verifies("SRS-913")
def test_real_and_imaginary_parts_come_through_as_they_are() -> None:
    made = bench.bench()
    frames = [made.frame(number, age_s=4.0 - number) for number in (1, 2, 3)]
    for frame in frames:
        assert set(made.push(made.scanner.frame(frame))) == {Status.STORED}
    found = made.passed()
    assert len(found) == 3 and all(bench.same(a, b) for a, b in zip(found, frames, strict=True))
    assert made.remarks() == [] and made.session.said.take() == ()


@pytest.mark.verifies("SRS-913")
def test_magnitude_and_phase_in_declared_units_are_the_same_image() -> None:
    made = bench.bench(phase=True)
    frame = made.frame(1)
    made.push(made.scanner.frame(frame))
    (found,) = made.passed()
    # One stored step of the phase is 1/4096 of a turn, and of the magnitude 1.
    assert bench.same(found, frame, within=2829.0 * np.pi / 4096.0 + 1.0)


def test_the_fat_map_comes_through() -> None:
    made = bench.bench()
    map_ = wire.fat_map()
    made.push(made.scanner.fat_map(map_))
    (found,) = made.passed()
    assert found.geometry == wire.GEOMETRY and np.abs(found.fat_fraction - map_.fat_fraction).max() <= 5.01e-4


def test_a_plan_in_other_axes_has_its_images_turned() -> None:
    made = bench.bench(attrs.evolve(bench.MRD, axes=Axes.RAS), images={"axes": "RAS"})
    frame, first_mm = made.frame(1), wire.GEOMETRY.first_voxel_mm
    objects = made.scanner.frame(frame)
    for each in objects:
        each.ImageOrientationPatient = [-1, 0, 0, 0, -1, 0]
        each.ImagePositionPatient = [-first_mm[0], -first_mm[1], each.ImagePositionPatient[2]]
    made.push(objects)
    (found,) = made.passed()
    assert bench.same(found, frame)


NAMED = {
    FrameFault.DUPLICATE: "came again (duplicate)", FrameFault.REORDERED: "came after image 2 (reordered)",
    FrameFault.LATE: "(late)", FrameFault.FUTURE: "in the future; the clocks differ",
    FrameFault.GAPPED: "gap: image 3 came after image 1", FrameFault.SHIFTED: "wrong geometry: a slice at",
    FrameFault.CROPPED: "wrong geometry: matrix (5, 3)", FrameFault.WRONG_SCALE: "wrong scale: slope 1e+06",
    FrameFault.ALL_ZERO: "all values are zero",
}  # fmt: skip
LEFT = {
    FrameFault.DUPLICATE: [1, 2, 3, 4], FrameFault.REORDERED: [2, 4], FrameFault.GAPPED: [1, 3], FrameFault.STUCK: [1]
}  # fmt: skip


@pytest.mark.verifies("SRS-913")
@pytest.mark.parametrize("fault", NAMED)
def test_each_fault_of_the_images_is_named_and_not_passed_on(fault: FrameFault) -> None:
    made = bench.bench()
    made.scanner.frame_fault = fault
    for number in (1, 2, 3, 4):
        made.push(made.scanner.frame(made.frame(number, age_s=2.0 - number * 0.1)))
    assert any(NAMED[fault] in line for line in made.remarks())
    assert [image.sequence for image in made.passed()] == LEFT.get(fault, [])


OBJECTS = {
    ObjectFault.LOST: "gap: 1 of 6 objects are missing: first component of slice 0",
    ObjectFault.CHANGED: "came twice, and differs", ObjectFault.TURNED: "wrong geometry: axis x along",
    ObjectFault.SLOPE: "wrong scale: slope 4; declared is 1", ObjectFault.OTHER_STUDY: "mixes studies",
    ObjectFault.NO_MOMENT: "0 values of AcquisitionDateTime", ObjectFault.SHORT: "38 bytes of pixels; expected 40",
    ObjectFault.FRAMES_OF_MANY: "NumberOfFrames is '9'",
}  # fmt: skip


@pytest.mark.verifies("SRS-913")
@pytest.mark.parametrize("fault", OBJECTS)
def test_each_fault_of_an_object_is_named_and_its_volume_kept_back(fault: ObjectFault) -> None:
    made = bench.bench()
    made.scanner.object_fault = fault
    made.push(made.scanner.frame(made.frame(1)))
    made.hands.at_s += 4.0
    assert any(OBJECTS[fault] in line for line in made.remarks())
    assert made.passed() == []
    # The next one is well, and its number tells the session that one is missing.
    made.scanner.object_fault = None
    made.push(made.scanner.frame(made.frame(2)))
    assert [image.sequence for image in made.passed()] == [2]


@pytest.mark.parametrize("fault", [ObjectFault.TWICE, ObjectFault.SHUFFLED])
def test_what_does_no_harm_lets_the_volume_through(fault: ObjectFault) -> None:
    made = bench.bench()
    made.scanner.object_fault = fault
    made.push(made.scanner.frame(made.frame(1)))
    assert len(made.passed()) == 1
    assert [line for line in made.remarks() if "duplicate" not in line] == []


@pytest.mark.parametrize("fault", [WireFault.MUTE, WireFault.HALF])
def test_what_does_not_come_is_not_made_up(fault: WireFault) -> None:
    made = bench.bench()
    made.scanner.fault = fault
    made.push(made.scanner.frame(made.frame(1)))
    made.hands.at_s += 4.0
    assert any("gap: 3 of 6" in line for line in made.remarks()) is (fault is WireFault.HALF)
    assert made.passed() == []


@pytest.mark.filterwarnings("ignore:Invalid value")
@pytest.mark.parametrize(
    ("attribute", "value", "named"),
    [
        ("PixelSpacing", ["2.5", "2.1"], "wrong geometry: voxels of 2.1 mm"),
        ("RescaleIntercept", "1", "wrong scale: intercept 1; declared is 0"),
        ("TemporalPositionIdentifier", "70000", "expected a whole number from 0 to 65535"),
        ("TemporalPositionIdentifier", None, "0 values of TemporalPositionIdentifier"),
        ("AcquisitionDateTime", "20260105", "expected year to second"),
        ("AcquisitionDateTime", "20261305080000", "a day and time that exist"),
        ("BitsAllocated", 8, "BitsAllocated is '8'"),
        ("BitsStored", 12, "HighBit is '15'"),
        ("SamplesPerPixel", 3, "SamplesPerPixel is '3'"),
        ("PhotometricInterpretation", "MONOCHROME1", "expected MONOCHROME2"),
        ("ImageType", ["R", "I"], "has both 'R' and 'I'; expected one"),
        ("ImagePositionPatient", ["1", "2"], "expected 3 numbers"),
        ("MagneticFieldStrength", None, "MagneticFieldStrength is ''"),
        ("StudyInstanceUID", None, "0 values of StudyInstanceUID"),
    ],
)  # fmt: skip
def test_an_attribute_that_is_not_as_declared_refuses_the_object(attribute: str, value: object, named: str) -> None:
    made = bench.bench()
    objects = made.scanner.frame(made.frame(1))
    for each in objects:
        setattr(each, attribute, value)
    assert made.push(objects) == [Status.DOES_NOT_MATCH] * 6
    lines = made.remarks()
    assert lines and all(named in line for line in lines), lines
    assert made.passed() == []


def test_phases_of_another_unit_than_declared_are_refused() -> None:
    """Milliradians within the bounds of the declared units: -3142 to 3141 of -4096 to 4095."""
    made = bench.bench(phase=True)
    objects = made.scanner.frame(made.frame(1))
    for each in objects:
        if each.ImageType[2] == "P":
            turned = np.frombuffer(each.PixelData, "<u2").astype(float) * 2.0 - 4096.0
            milliradians = turned * (2.0 * np.pi * 1000.0 / 8192.0)
            each.PixelData = np.rint((milliradians + 4096.0) / 2.0).astype("<u2").tobytes()
    made.push(objects)
    assert made.passed() == [] and any("wrong scale: its phases span 0.7" in line for line in made.remarks())


def test_phases_beyond_the_declared_bounds_are_refused() -> None:
    made = bench.bench(phase=True, second_scale={"low": (-3142.0, "1"), "high": (3142.0, "1")})
    made.push(made.scanner.frame(made.frame(1)))
    assert made.passed() == [] and any("declared are -3142 to 3142" in line for line in made.remarks())


def test_brightness_tells_a_wrong_scale_that_the_slope_does_not() -> None:
    made = bench.bench(frames={"brightest_high": (100.0, "1")})
    made.push(made.scanner.frame(made.frame(1)))
    assert made.passed() == [] and any("wrong scale: its brightest value" in line for line in made.remarks())


def test_after_the_first_volume_no_other_study_is_taken() -> None:
    made = bench.bench()
    made.push(made.scanner.frame(made.frame(1)))
    other = DicomScanner(made.hands.now_s, made.hands.utc)
    assert made.push(other.frame(made.frame(2))) == [Status.DOES_NOT_MATCH] * 6
    assert "image 2: another study or frame of reference" in made.remarks()[0]
    assert [image.sequence for image in made.passed()] == [1]


def test_objects_of_other_series_are_passed_over_and_remarked_once() -> None:
    made = bench.bench()
    objects = made.scanner.frame(made.frame(1))
    for each in objects[:3]:
        each.ProtocolName = "localiser"
    for each in objects[3:]:
        each.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    assert set(made.push(objects)) == {Status.STORED} and made.passed() == []
    assert made.remarks() == ["objects that are neither dynamics nor fat map came and are not used (6 times)"]


def test_a_repeat_is_answered_by_a_warning_so_that_it_is_not_sent_again() -> None:
    made = bench.bench()
    objects = made.scanner.frame(made.frame(1))
    made.push(objects)
    assert set(made.push(objects)) == {Status.NOT_USED}


@settings(max_examples=40)
@given(st.binary(max_size=400))
def test_any_bytes_are_answered(data: bytes) -> None:
    made = bench.bench()
    for implicit in (False, True):
        answer = made.receiver.store(data, implicit=implicit)
        assert len(answer.comment) <= 64 and answer.comment.isascii() and answer.comment.isprintable()
    assert made.box.put_ == []


PUSHED = [bench.encoded(each) for each in bench.bench().scanner.frame(bench.bench().frame(1))]


@settings(max_examples=40)
@given(st.integers(0, 5), st.integers(0, len(PUSHED[0]) - 41), st.binary(min_size=1, max_size=4), st.booleans())
def test_changed_bytes_never_crash_it_and_never_pass_a_half(which: int, at: int, new: bytes, cut: bool) -> None:
    made = bench.bench()
    objects = list(PUSHED)
    objects[which] = objects[which][:at] + (b"" if cut else new + objects[which][at + len(new) :])
    for each in objects:
        made.receiver.store(each, implicit=False)
    # What is passed on then is whole: the change lay in an attribute that is not read.
    assert len(made.passed()) <= 1
    assert all(line.isascii() and line.isprintable() for line in made.remarks())


def test_sequences_nested_without_end_are_refused() -> None:
    item = b"\x08\x00\x10\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    made = bench.bench()
    assert made.receiver.store(item * 20_000, implicit=False).status == Status.CANNOT_UNDERSTAND


@pytest.mark.parametrize(
    ("text", "offset_h", "expected_s"),
    [
        ("20260105080000", 0.0, 1_767_600_000.0),
        ("20260105080000.25", 1.0, 1_767_596_400.25),
        ("20260105080000+0200", 1.0, 1_767_592_800.0),
        ("20260105080000.5-0130", 0.0, 1_767_605_400.5),
    ],
)
def test_a_moment_is_read_with_its_zone_or_the_declared_one(text: str, offset_h: float, expected_s: float) -> None:
    assert moment_s(text, offset_h) == expected_s


def test_one_value_is_expected_where_one_is_meant() -> None:
    with pytest.raises(ObjectRefused, match="2 values of Name; expected one"):
        Facts({1: ("a", "b")}, b"").text(1, "Name")


@pytest.mark.parametrize("text", ["nan", "inf", "1" * 65, "one", "", "\u0661"])
def test_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(ObjectRefused, match="expected 1 numbers"):
        Facts({1: (text,)}, b"").numbers(1, "RescaleSlope", 1)
