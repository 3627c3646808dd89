"""Registers of the TX7332 transmitter chip, as OpenLIFU uses it: 32 channels, 16 delay profiles, one pulse form.

Where each field lies was read in openlifu_sdk 2.0 (openlifu_sdk/io/LIFUTXDevice.py), and is tested against it.
"""

from collections.abc import Sequence
from typing import Final

CHANNELS: Final = 32
PROFILES: Final = 16
CHIPS_PER_MODULE: Final = 2
CLOCK_Hz: Final = 10_000_000
"""The beamformer's clock: delays and pulse lengths are counts of it."""
MAX_DELAY: Final = (1 << 13) - 1
CLOCKS_PER_UNIT: Final = 16
"""Long pulses are counted in units of 16 clocks."""
MAX_UNITS: Final = (1 << 16) - 1
MODE: Final = 0x18
MODE_MASK: Final = 0x0FFFFFFF
"""The upper bits of the mode register read back as they like."""
_DELAY_SELECT: Final = 0x16
_REPEAT: Final = 0x19
_APODIZATION: Final = 0x1B
_PATTERN_SELECT: Final = (0x1E, 0x1F)
_ZERO: Final = (0x00, 0x01, 0x06, 0x0B, 0x0C, 0x0F, 0x14, 0x15, 0x1A)
_DELAYS: Final = 0x20
_PATTERNS: Final = 0x120
_UPPER: Final = tuple(16 * (row // 8) + 4 * (row % 4) + row % 8 // 4 for row in range(16))
"""The channel (from 0) in the upper half of each of a profile's delay registers; the lower has the next but one."""
_MODE_VALUE: Final = 0x02000003
_TAIL_CLOCKS: Final = 29
_LONG: Final = 1 << 11
_ON_SHARE: Final = 0.66
_PLUS, _MINUS, _GROUND, _END = 0b10, 0b01, 0b11, 0b111

Registers = dict[int, int]


def pulse_form(frequency_Hz: float) -> tuple[int, int, int, int]:
    """One cycle in clocks: plus, ground, minus, ground. Raises ValueError if it does not fit the registers."""
    cycle = int(CLOCK_Hz / frequency_Hz)
    first, second = cycle // 2, cycle - cycle // 2
    plus, minus = int(first * _ON_SHARE), int(second * _ON_SHARE)
    form = (plus, first - plus, minus, second - minus)
    if not all(2 <= clocks <= 32 for clocks in form):
        raise ValueError(f"frequency {frequency_Hz:g} Hz: its cycle of {cycle} clocks does not fit the pulse pattern")
    return form


def pattern_registers(profile: int, form: tuple[int, int, int, int]) -> Registers:
    """One cycle of the pulse; profiles count from 1."""
    word = 0
    for at, (clocks, level) in enumerate(zip(form, (_PLUS, _GROUND, _MINUS, _GROUND), strict=True)):
        word |= (level | (clocks - 2) << 3) << 8 * at
    address = _PATTERNS + 4 * (profile - 1)
    return {address: word, address + 1: _END}


def delay_registers(profile: int, clocks: Sequence[int]) -> Registers:
    """The delays of a chip's 32 channels, two to a register; profiles count from 1."""
    first = _DELAYS + 16 * (profile - 1)
    return {first + row: clocks[upper] << 16 | clocks[upper + 2] for row, upper in enumerate(_UPPER)}


def control_registers(profile: int, units: int) -> Registers:
    """Which profile sounds first, and for how many units of 16 clocks each pulse lasts; all channels on."""
    found = dict.fromkeys(_ZERO, 0)
    select = (profile - 1) << 12 | (profile - 1) << 28
    found |= {_DELAY_SELECT: select, _APODIZATION: 0, MODE: _MODE_VALUE}
    found |= {_REPEAT: _TAIL_CLOCKS << 6 | _LONG | units << 12}
    found |= dict.fromkeys(_PATTERN_SELECT, profile - 1)
    return found


def elements_of(chip: int) -> slice:
    """Which elements a chip drives: the first chip of a module has the upper half."""
    module, second = divmod(chip, CHIPS_PER_MODULE)
    first = (module * CHIPS_PER_MODULE + (1 - second)) * CHANNELS
    return slice(first, first + CHANNELS)


def blocks(registers: Registers, longest: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Registers as runs of neighbours: first address and values, none longer than asked."""
    runs: list[tuple[int, list[int]]] = []
    for address in sorted(registers):
        if runs and address == runs[-1][0] + len(runs[-1][1]) and len(runs[-1][1]) < longest:
            runs[-1][1].append(registers[address])
        else:
            runs.append((address, [registers[address]]))
    return tuple((address, tuple(values)) for address, values in runs)


def spans(registers: Registers, longest: int) -> tuple[range, ...]:
    """What to read to see all of them, in few pieces, none longer than asked.

    The rest of a pulse form's memory is read along; registers of whose meaning nothing is known are not.
    """
    found: list[range] = []
    for address in sorted(registers):
        joins = bool(found) and (address == found[-1].stop or found[-1].start >= _PATTERNS)
        if joins and address - found[-1].start < longest:
            found[-1] = range(found[-1].start, address + 1)
        else:
            found.append(range(address, address + 1))
    return tuple(found)
