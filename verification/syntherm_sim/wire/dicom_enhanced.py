"""One Enhanced MR object of the slices of a volume, by the standard's own words (PS3.3, A.36.2)."""

from collections.abc import Sequence
from typing import Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import generate_uid
from pynetdicom.sop_class import EnhancedMRImageStorage  # type: ignore[attr-defined]

_COMPONENTS: Final = {"R": "REAL", "I": "IMAGINARY", "M": "MAGNITUDE", "P": "PHASE"}
_OUTSIDE: Final = (
    "StudyInstanceUID", "FrameOfReferenceUID", "SeriesInstanceUID", "Modality", "PatientName", "PatientID", "StudyID",
    "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
    "ProtocolName", "SeriesNumber", "InstanceNumber", "MagneticFieldStrength", "Rows", "Columns",
)  # fmt: skip


def enhanced(slices: Sequence[Dataset]) -> Dataset:
    """The same slices as frames of one object. All share what the first one says outside of groups."""
    first = slices[0]
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = EnhancedMRImageStorage, generate_uid()
    for name in _OUTSIDE:
        setattr(made, name, first[name].value)
    made.ImageType = ["ORIGINAL", "PRIMARY", "OTHER", "NONE"]
    made.AcquisitionDateTime = first.AcquisitionDateTime
    made.NumberOfFrames = len(slices)
    echo = _of(EffectiveEchoTime=float(first.EchoTime))
    pixels = _of(PixelSpacing=list(first.PixelSpacing))
    shared = _of(
        MREchoSequence=Items([echo]), PixelMeasuresSequence=Items([pixels]),
        PlaneOrientationSequence=Items([_of(ImageOrientationPatient=list(first.ImageOrientationPatient))]),
    )  # fmt: skip
    made.SharedFunctionalGroupsSequence = Items([shared])
    made.PerFrameFunctionalGroupsSequence = Items([_frame(each, at) for at, each in enumerate(slices)])
    made.PixelData = b"".join(each.PixelData for each in slices)
    return made


def _frame(plane: Dataset, at: int) -> Dataset:
    content = _of(
        FrameAcquisitionDateTime=plane.AcquisitionDateTime, TemporalPositionIndex=plane.TemporalPositionIdentifier,
        InStackPositionNumber=at // 2 + 1,
    )  # fmt: skip
    kind = _of(FrameType=["ORIGINAL", "PRIMARY", "OTHER", "NONE"])
    kind.ComplexImageComponent = _COMPONENTS.get(plane.ImageType[-1], "MAGNITUDE")
    scale = _of(RescaleSlope=plane.RescaleSlope, RescaleIntercept=plane.RescaleIntercept, RescaleType="US")
    return _of(
        FrameContentSequence=Items([content]), MRImageFrameTypeSequence=Items([kind]),
        PlanePositionSequence=Items([_of(ImagePositionPatient=list(plane.ImagePositionPatient))]),
        PixelValueTransformationSequence=Items([scale]),
    )  # fmt: skip


def _of(**values: object) -> Dataset:
    made = Dataset()
    for name, value in values.items():
        setattr(made, name, value)
    return made
