"""Images of a scanner's size as each protocol has them, and the settings of the session's end."""

from typing import Final

import attrs

from syntherm.adapters.scanner.igtl_source import IgtlSettings, NumberInMetadata
from syntherm.adapters.scanner.moments import Axes
from syntherm.adapters.scanner.mrd_source import MrdSettings, Numbered
from syntherm.core.events import FrameReceived
from syntherm.core.thermometry.regions import geometry_of
from syntherm_sim.puppet.images import Painter
from syntherm_sim.wire import igtl_scanner, mrd_scanner
from syntherm_verify.bench.frames_moment import wire_plan
from syntherm_verify.recording.day import WARM, whole

BRIGHTEST: Final = (1000.0, 32768.0)
_LARGEST: Final = 8_388_608
_SEED: Final = 7
_AGE_S: Final = 0.02
"""A little more than the ticks of a scanner's stamp, so that no image is of the future."""
MRD: Final = MrdSettings(
    tick_s=mrd_scanner.TICK_s, midnight_offset_s=0.0, stamp_to_centre_s=0.0, numbered=Numbered.IMAGE_INDEX,
    frame_series=mrd_scanner.FRAMES, fat_map_series=mrd_scanner.FAT_MAP, axes=Axes.LPS, largest_bytes=_LARGEST,
)  # fmt: skip
IGTL: Final = IgtlSettings(
    frame_device=igtl_scanner.FRAMES, fat_map_device=igtl_scanner.FAT_MAP,
    numbering=NumberInMetadata(igtl_scanner.NUMBER), field_T="MagneticFieldStrength", echo_time_ms="EchoTime",
    stamp_to_centre_s=0.0, axes=Axes.LPS, largest_bytes=_LARGEST,
)  # fmt: skip


class Camera:
    """Images of the target in range. A few are painted once, and sent in turn with one voxel changed."""

    def __init__(self, count: int) -> None:
        plan = wire_plan()
        painter = Painter(plan, _SEED)
        scanner, geometry = plan.scanner, geometry_of(plan)
        self._frames = [
            whole(
                FrameReceived(0.0, 0, 0.0, scanner.field_T, scanner.echo_time_ms, geometry, painter.paint(WARM, number))
            )
            for number in range(count)
        ]
        self.sent = 0

    def frame(self, now_s: float) -> FrameReceived:
        """The next image, acquired just now."""
        self.sent += 1
        kept = self._frames[self.sent % len(self._frames)]
        # Never the same twice: of equal images the record keeps one.
        volume = kept.volume.copy()
        volume[0, 0, 0] += self.sent
        return attrs.evolve(kept, at_s=now_s, sequence=self.sent, acquired_s=now_s - _AGE_S, volume=volume)

    def hello(self, sender: mrd_scanner.MrdScanner) -> bytes:
        """What comes before the first image of the format that has a header."""
        scanner = wire_plan().scanner
        return sender.hello(scanner.field_T, scanner.echo_time_ms)
