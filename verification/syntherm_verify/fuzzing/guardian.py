"""What the guardian reads: its copy of the scanner's stream, the session's words, its configuration."""

import contextlib
import struct
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Final
from unittest import mock

import numpy as np

from syntherm.guardian import config, messages, mrd
from syntherm.guardian.causes import Cause
from syntherm.guardian.facts import Facts, Limits, Seen, failing
from syntherm.guardian.view import Box, View, ViewSettings
from syntherm.session.guarding_link import read_state
from syntherm_verify.fuzzing import extremes, scanner_seeds
from syntherm_verify.fuzzing.streams import Kind, judge
from syntherm_verify.fuzzing.target import Target, demand, one_line

_LONGEST, _LONGEST_TEXT, _HEADS = 1 << 13, 1 << 11, 2 + 340
_VIEW: Final = ViewSettings(
    matrix=(4, 3, 2), baseline_frames=1, degC_per_radian=-12.0, start_degC=37.0, target=Box((1, 1, 0), (2, 2, 1)),
    reference=Box((0, 0, 0), (3, 0, 1)), percentile=95.0, least_signal=0.2,
)  # fmt: skip
_LIMITS: Final = Limits(heartbeat_s=1.0, frame_age_s=9.0, temperature_degC=44.0, proof_s=60.0)
_MOST_REFUSED: Final = 400


class _Guarded:
    """The guardian's reader with the temperature behind it."""

    def __init__(self) -> None:
        self._reader, self._view = mrd.Reader(), View(_VIEW)

    @property
    def held(self) -> int:
        return len(self._reader._buffer)

    def feed(self, piece: bytes) -> list[object]:
        found: list[object] = []
        for image in self._reader.feed(piece):
            found.append(image)
            seen = self._view.take(image, may_learn=True)
            if seen is not None:
                _judged(seen)
                found.append(seen)
        return found


def _judged(seen: Seen) -> None:
    """What an image showed takes the enable away unless it is a temperature within the limit. Raises Broken."""
    facts = Facts(False, True, False, 0.0, True, True, 0.0, seen)
    found = failing(facts, _LIMITS, 0.0, images=True)
    degC = seen.temperature_degC
    well = degC is not None and isfinite(degC) and degC <= _LIMITS.temperature_degC
    demand(bool(found) is not (well and seen.readable and not seen.frozen), f"{seen}: fails {found}")
    demand(degC is None or degC <= _LIMITS.temperature_degC or Cause.TEMPERATURE in found, f"{seen}: not too hot")


# An image that ends in the piece in which the stream is lost is not given: what is lost drops the enable by itself.
_STREAM: Final = Kind(_Guarded, _LONGEST + _LONGEST_TEXT + _HEADS, (mrd.StreamLost,), values_before_end=False)


@contextlib.contextmanager
def _small() -> Iterator[None]:
    """Limits that an input can reach: those of the shipped reader are hundreds of MiB."""
    with mock.patch.object(mrd, "LONGEST", _LONGEST), mock.patch.object(mrd, "LONGEST_TEXT", _LONGEST_TEXT):
        yield


def _mrd(data: bytes) -> None:
    with _small():
        judge(_STREAM, data)


def _words(data: bytes) -> None:
    try:
        found = messages.read(data)
    except messages.NoMessage as error:
        one_line(str(error))
        refusal = messages.refusal("message", str(error))
        demand(len(refusal) <= _MOST_REFUSED and refusal.isascii(), f"refuses with {refusal!a:.200}")
    else:
        demand(len(data) <= messages.LONGEST and _again(found) in (None, data), f"{found} from {data!a:.200}")
    state = read_state(data)
    if state is not None:
        dropped = state.dropped or ""
        text = messages.state(
            state.number, state.mode, state.enabled, dropped, sorted(state.tripped), sorted(state.failing)
        )
        demand(read_state(text) == state, f"{state!s:.300}: reads back as another")


def _again(found: messages.Heartbeat | messages.Try | messages.Order) -> bytes | None:
    """The words of a message; those of a heartbeat are what they were only as numbers."""
    if isinstance(found, messages.Heartbeat):
        demand(found.counter >= 0 and isfinite(found.verdict_s), f"{found}")
        return None
    return (f"try {found.cause.value}" if isinstance(found, messages.Try) else found.word).encode("ascii")


def _config(data: bytes) -> None:
    try:
        found = config.read_config(data, "guardian.toml")
    except config.ConfigRefused as refused:
        for line in str(refused).split("\n"):
            one_line(line)
        return
    limits = found.limits
    demand(37.5 <= limits.temperature_degC <= 60.0 and 0.05 <= limits.heartbeat_s <= 10.0, f"{limits}")
    demand(0 < found.view.baseline_frames <= 100 and all(0 < n <= 1024 for n in found.view.matrix), f"{found.view}")


def _image(values: np.ndarray, slice_number: int = 0) -> bytes:
    nz, ny, nx = values.shape
    head = struct.pack("<HHQI3H3fH", 1, 7, 0, 0, nx, ny, nz, 1.0, 1.0, 1.0, 1)
    head = (head + bytes(60) + struct.pack("<HH", 0, slice_number)).ljust(198, b"\0")
    return struct.pack("<H", 1022) + head + struct.pack("<Q", 0) + values.tobytes()


def _mrd_seeds() -> Iterable[bytes]:
    yield from scanner_seeds.mrd()
    cold = (100.0 + np.random.default_rng(1).standard_normal((2, 3, 4))).astype("<c8")
    hot = cold * np.exp(1j * 0.9).astype("<c8")
    hot[:, 0, :] = cold[:, 0, :]
    yield _image(cold) + _image(hot) + _image(hot)
    yield b"".join(_image(each[at : at + 1], at) for each in (cold, hot) for at in range(2))
    yield _image(cold) + _image(np.full((2, 3, 4), np.nan, "<c8"))


def _word_seeds() -> Iterable[bytes]:
    yield b"heartbeat 12 123456.123456"
    yield from (word.encode("ascii") for word in sorted(messages.ORDERS))
    yield from (f"try {cause.value}".encode("ascii") for cause in Cause)
    yield messages.state(7, "armed", True, "", [], ["heartbeat", "stop"])
    yield messages.state(8, "idle", False, "operator", ["link"], [])


def _config_seeds() -> Iterable[bytes]:
    from syntherm_sim.wire.guardian_file import Wires, guardian_text
    from syntherm_verify.recording.day import demonstration

    text = guardian_text(demonstration(), Wires("guardian.sock", "/dev/ttyA", "/dev/ttyB", 9002, 9003)).encode("utf-8")
    yield text
    yield from extremes.swollen(text, extremes.TOML)
    yield b"[times]\nheartbeat_s = 2.5\n[link]\npath = 1979-05-27\n[images]\nmatrix = [1, 2, [3]]\n"


TARGETS: Final = {
    "guardian-mrd": Target(_mrd, _mrd_seeds, longest=8192),
    "guardian-words": Target(_words, _word_seeds, longest=600),
    "guardian-config": Target(_config, _config_seeds, longest=8192),
}
