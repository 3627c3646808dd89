"""From an Enhanced (multi-frame) object to facts of its single frames, as if each had been pushed as one object.

What stands in the groups of a frame goes before what all frames share, and that before what stands outside of groups.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from syntherm.dicom.facts import Facts, ObjectRefused
from syntherm.dicom.slices import ACQUISITION_DATE_TIME, ECHO_TIME, FRAMES

Texts = Mapping[int, tuple[str, ...]]
EFFECTIVE_ECHO_TIME: Final = 0x00189082
FRAME_ACQUISITION: Final = 0x00189074
NAMES: Final[Mapping[int, int]] = {ECHO_TIME: EFFECTIVE_ECHO_TIME, ACQUISITION_DATE_TIME: FRAME_ACQUISITION}
"""What stands in the groups of a frame under another name than in an object of one slice."""
_KINDS: Final = 4
"""Magnitude, phase, real and imaginary parts of each slice: no image has more frames."""


def facts_of(common: Texts, shared: Texts, frames: Sequence[Texts], pixels: bytes, slices: int) -> tuple[Facts, ...]:
    """The frames in their order. `slices`: of one image. Raises ObjectRefused for more than one image can have."""
    count = len(frames)
    told = [text.strip(" \0") for text in common.get(FRAMES, ())]
    if len(told) != 1 or not re.fullmatch(r"\d{1,9}", told[0], re.ASCII) or int(told[0]) != count:
        raise ObjectRefused(f"NumberOfFrames and {count} groups of frames differ; expected one group for each frame")
    if count > _KINDS * slices:
        raise ObjectRefused(
            f"{count} frames, an image of {slices} slices has {_KINDS * slices} at most; "
            "set the scanner to send each dynamic as an object of its own"
        )
    size, over = divmod(len(pixels), max(1, count))
    if over or not count:
        raise ObjectRefused(f"{len(pixels)} bytes of pixels in {count} frames; expected as many in each")
    # The moment and echo of the whole object are not a frame's.
    whole = {tag: texts for tag, texts in common.items() if tag not in (FRAMES, *NAMES)}
    return tuple(
        Facts(_renamed({**whole, **shared, **each}), pixels[at * size : (at + 1) * size])
        for at, each in enumerate(frames)
    )


def _renamed(texts: Texts) -> Texts:
    return {**texts, **{usual: texts[name] for usual, name in NAMES.items() if name in texts}}
