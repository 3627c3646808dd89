"""One object with many frames: the same images as of single slices, and whatever does not fit is refused as a whole."""

import struct
from collections.abc import Callable
from copy import deepcopy

import dicom_bench as bench
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from syntherm.dicom.facts import Status
from syntherm_sim.wire.dicom_enhanced import enhanced

FRAMES = {
    "number": "TemporalPositionIndex", "component": "ComplexImageComponent", "first_is": "REAL",
    "second_is": "IMAGINARY",
}  # fmt: skip
PHASES = FRAMES | {"first_is": "MAGNITUDE", "second_is": "PHASE"}


@pytest.mark.verifies("SRS-913")
@pytest.mark.parametrize("implicit", [False, True])
def test_real_and_imaginary_frames_come_through_as_they_are(implicit: bool) -> None:
    made = bench.bench(frames=FRAMES)
    frames = [made.frame(number, age_s=4.0 - number) for number in (1, 2, 3)]
    for frame in frames:
        data = bench.encoded(enhanced(made.scanner.frame(frame)), implicit=implicit)
        assert made.receiver.store(data, implicit=implicit).status == Status.STORED
    found = made.passed()
    assert len(found) == 3 and all(bench.same(a, b) for a, b in zip(found, frames, strict=True))
    assert made.remarks() == [] and made.session.said.take() == ()


def test_magnitude_and_phase_in_declared_units_are_the_same_image() -> None:
    made = bench.bench(phase=True, frames=PHASES)
    frame = made.frame(1)
    assert made.push([enhanced(made.scanner.frame(frame))]) == [Status.STORED]
    (found,) = made.passed()
    assert bench.same(found, frame, within=2829.0 * np.pi / 4096.0 + 1.0)


def test_frames_of_another_kind_are_passed_over() -> None:
    """A scanner that stores magnitudes besides."""
    made = bench.bench(frames=FRAMES)
    frame = made.frame(1)
    slices = made.scanner.frame(frame)
    more = deepcopy(slices[::2])
    for each in more:
        each.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    assert made.push([enhanced([*slices, *more])]) == [Status.STORED]
    assert bench.same(made.passed()[0], frame)


def _item(made: Dataset, at: int, group: str) -> Dataset:
    return made.PerFrameFunctionalGroupsSequence[at][group].value[0]


def _another_slope(made: Dataset) -> None:
    _item(made, 3, "PixelValueTransformationSequence").RescaleSlope = "4"


def _no_moment(made: Dataset) -> None:
    # That of the whole object is none of a frame's.
    del _item(made, 2, "FrameContentSequence").FrameAcquisitionDateTime


def _another_dynamic(made: Dataset) -> None:
    _item(made, 5, "FrameContentSequence").TemporalPositionIndex = 2


def _one_group_less(made: Dataset) -> None:
    del made.PerFrameFunctionalGroupsSequence[-1]


def _fewer_pixels(made: Dataset) -> None:
    made.PixelData = made.PixelData[:-2]


def _many_more(made: Dataset) -> None:
    made.PerFrameFunctionalGroupsSequence = Sequence([*made.PerFrameFunctionalGroupsSequence] * 3)
    made.NumberOfFrames, made.PixelData = 18, made.PixelData * 3


def _said_twice(made: Dataset) -> None:
    again = Dataset()
    again.RescaleSlope = "2"
    made.PerFrameFunctionalGroupsSequence[0].MRMetaboliteMapSequence = Sequence([again])


def _groups_of_nothing(made: Dataset) -> None:
    made.PerFrameFunctionalGroupsSequence = Sequence([])
    made.NumberOfFrames = 0


REFUSED: dict[str, Callable[[Dataset], None]] = {
    "image 1: wrong scale: slope 4; declared is 1": _another_slope,
    "image 1: 0 values of AcquisitionDateTime": _no_moment,
    "one object has image 1 and image 2; set the scanner to send each as an object of its own": _another_dynamic,
    "NumberOfFrames and 5 groups of frames differ": _one_group_less,
    "238 bytes of pixels in 6 frames": _fewer_pixels,
    "set the scanner to send each dynamic as an object of its own": _many_more,
    "attribute 00281053 stands in two groups of a frame, and differs": _said_twice,
    "240 bytes of pixels in 0 frames": _groups_of_nothing,
}


@pytest.mark.verifies("SRS-913")
@pytest.mark.parametrize("named", REFUSED)
def test_an_object_with_one_bad_frame_is_refused_whole(named: str) -> None:
    made = bench.bench(frames=FRAMES)
    spoilt = enhanced(made.scanner.frame(made.frame(1)))
    REFUSED[named](spoilt)
    assert made.push([spoilt]) == [Status.DOES_NOT_MATCH]
    assert any(named in line for line in made.remarks())
    made.hands.at_s += 4.0
    assert made.remarks() == [] and made.passed() == [], "none of its frames was taken"


def test_an_object_that_comes_again_is_a_duplicate() -> None:
    made = bench.bench(frames=FRAMES)
    whole = enhanced(made.scanner.frame(made.frame(1)))
    assert made.push([whole, whole]) == [Status.STORED, Status.NOT_USED]
    assert len(made.passed()) == 1
    assert any("came again (duplicate)" in line for line in made.remarks())


def test_groups_that_are_no_sequence_cannot_be_read() -> None:
    made = bench.bench(frames=FRAMES)
    (spoilt, *_) = made.scanner.frame(made.frame(1))
    del spoilt.PixelData
    data = bench.encoded(spoilt) + struct.pack("<HH2sH8s", 0x5200, 0x9230, b"LO", 8, b"nothing ")
    answer = made.receiver.store(data, implicit=False)
    assert answer.status == Status.CANNOT_UNDERSTAND and "groups that are no sequence" in answer.comment
