"""What the chips hold is read for every lease; only what is otherwise is written. Nothing is taken for held."""

import struct

import pytest

from syntherm.adapters.transducer.openlifu_codec import FrameReader
from syntherm.adapters.transducer.openlifu_words import Command
from syntherm.adapters.transducer.tx7332 import spans
from syntherm.core.commands import FocalPower, GrantLease
from syntherm.ports.equipment import PortError
from syntherm_sim.faults.wire import WireFault

pytestmark = pytest.mark.verifies("SRS-902", "SRS-903", "RC-04")

CONTROLS = {0x00, 0x01, 0x06, 0x0B, 0x0C, 0x0F, 0x14, 0x15, 0x16, 0x18, 0x19, 0x1A, 0x1B, 0x1E, 0x1F}


def lease(watts: float, *depths_mm: float) -> GrantLease:
    return GrantLease(3.0, tuple(FocalPower((0.0, 0.0, depth), watts) for depth in depths_mm))


def asked(rig, command: Command) -> list[tuple[int, range]]:
    """Chip and registers of each request since the last look."""
    found = []
    for frame in FrameReader().feed(b"".join(rig.transmitter.sent)):
        if frame.command == command:
            address, count = struct.unpack_from("<HB", frame.data)
            found.append((frame.address, range(address, address + count)))
    return found


def addresses(requests: list[tuple[int, range]]) -> set[tuple[int, int]]:
    return {(chip, address) for chip, span in requests for address in span}


def test_the_same_lease_again_is_read_whole_and_not_written(lifu) -> None:
    lifu.client.grant(lease(2.0, 50.0, 60.0))
    written = addresses(asked(lifu, Command.WRITE_BLOCK))
    assert len(written) == 2 * (len(CONTROLS) + 2 * 16 + 2 * 2)
    lifu.transmitter.sent.clear()
    lifu.client.grant(lease(2.0, 50.0, 60.0))
    assert not asked(lifu, Command.WRITE_BLOCK)
    assert addresses(asked(lifu, Command.READ_BLOCK)) >= written and len(lifu.sounds()) == 2


def test_another_power_writes_the_pulse_and_leaves_the_delays(lifu) -> None:
    lifu.client.grant(lease(2.0, 50.0, 60.0))
    before_W = sum(point.power_W for point in lifu.sounds())
    lifu.transmitter.sent.clear()
    lifu.client.grant(lease(1.0, 50.0, 60.0))
    assert asked(lifu, Command.WRITE_BLOCK) == [(0, range(0x18, 0x1C)), (1, range(0x18, 0x1C))]
    assert sum(point.power_W for point in lifu.sounds()) < 0.6 * before_W


def test_other_focal_points_are_written_and_sound(lifu) -> None:
    lifu.client.grant(lease(2.0, 50.0, 60.0))
    lifu.client.grant(lease(2.0, 40.0, 70.0))
    assert sorted(point.aim_mm[2] for point in lifu.sounds()) == pytest.approx([40.0, 70.0], abs=2.0)


def test_no_register_is_read_of_which_nothing_is_known(lifu) -> None:
    """Reading may have effects of its own. Delays and pulse forms are memory."""
    lifu.client.grant(lease(0.5, *(30.0 + 2.0 * at for at in range(16))))
    read = {address for _, address in addresses(asked(lifu, Command.READ_BLOCK))}
    assert {address for address in read if address < 0x20} == CONTROLS
    assert max(read) < 0x160


def test_reads_are_few_and_none_is_longer_than_the_line_takes() -> None:
    wanted = dict.fromkeys((0, 1, 6, *range(0x1E, 0x40), 0x120, 0x121, 0x124, 0x125, 0x15C, 0x15D), 0)
    assert spans(wanted, 62) == (range(2), range(6, 7), range(0x1E, 0x40), range(0x120, 0x15E))
    assert spans(wanted, 8)[-3:] == (range(0x3E, 0x40), range(0x120, 0x126), range(0x15C, 0x15E))
    assert spans({}, 8) == ()


@pytest.mark.parametrize("address", [0x00, 0x16, 0x19, 0x2F, 0x120, 0x124])
def test_a_register_that_changed_since_the_last_lease_is_written_again(lifu, address: int) -> None:
    lifu.client.grant(lease(2.0, 50.0, 60.0))
    registers = lifu.device.pulser.chips[1].registers
    right = registers[address]
    registers[address] ^= 0x40
    lifu.client.grant(lease(2.0, 50.0, 60.0))
    assert registers[address] == right and len(lifu.sounds()) == 2


def test_a_device_that_was_reset_gets_all_again(lifu) -> None:
    lifu.client.grant(lease(2.0, 50.0, 60.0))
    before = [list(chip.registers) for chip in lifu.device.pulser.chips]
    lifu.device.transmitter.fault = WireFault.RESET
    lifu.client.grant(lease(2.0, 50.0, 60.0))
    assert [chip.registers for chip in lifu.device.pulser.chips] == before and len(lifu.sounds()) == 2


class Broken(list):
    """Registers of which one no longer takes what is written, whatever was there."""

    def __setitem__(self, at, words) -> None:
        keep = self[0x124]
        super().__setitem__(at, words)
        super().__setitem__(0x124, keep)


def test_a_register_that_broke_since_the_last_lease_starts_nothing(lifu) -> None:
    lifu.client.grant(lease(2.0, 50.0, 60.0))
    chip = lifu.device.pulser.chips[1]
    registers = list(chip.registers)
    registers[0x124] ^= 0x40
    chip.registers = Broken(registers)
    for _ in range(2):
        with pytest.raises(PortError, match="chip 1, registers from 0x124 read back as others"):
            lifu.client.grant(lease(2.0, 50.0, 60.0))
        assert not lifu.sounds() and lifu.device.supply.rail_V == 0.0


class Lazy(list):
    """Registers of which one takes a value only when it is written for the second time."""

    written = 0

    def __setitem__(self, at, words) -> None:
        keep = self[0x124]
        super().__setitem__(at, words)
        self.written += at.start <= 0x124 < at.stop
        if self.written == 1:
            super().__setitem__(0x124, keep)


def test_a_write_that_did_not_take_is_not_tried_until_it_does(lifu) -> None:
    chip = lifu.device.pulser.chips[1]
    chip.registers = Lazy(chip.registers)
    with pytest.raises(PortError, match="chip 1, registers from 0x124 read back as others"):
        lifu.client.grant(lease(2.0, 50.0, 60.0))
    assert not lifu.sounds()


def test_after_a_refused_lease_nothing_counts_as_seen(lifu) -> None:
    lifu.client.grant(lease(2.0, 50.0, 60.0))
    all_written = addresses(asked(lifu, Command.WRITE_BLOCK))
    good = lifu.transmitter.receive
    lifu.transmitter.receive = lambda within_s: b"" if len(asked(lifu, Command.READ_BLOCK)) > 3 else good(within_s)
    lifu.transmitter.sent.clear()
    with pytest.raises(PortError, match="READ_BLOCK not answered"):
        lifu.client.grant(lease(2.0, 50.0, 60.0))
    lifu.transmitter.receive = good
    lifu.transmitter.sent.clear()
    lifu.client.grant(lease(2.0, 50.0, 60.0))
    assert {pair for pair in all_written if pair[0] == 0} <= addresses(asked(lifu, Command.WRITE_BLOCK))
    assert len(lifu.sounds()) == 2


def test_a_read_of_another_length_starts_nothing(lifu) -> None:
    answer = lifu.device.pulser._chip

    def shortened(frame, reply):
        said = answer(frame, reply)
        return type(said)(said.number, said.kind, said.command, said.address, said.reserved, said.data[4:])

    lifu.device.pulser._chip = shortened
    with pytest.raises(PortError, match=r"READ_BLOCK of 4 bytes, expected 8"):
        lifu.client.grant(lease(2.0, 50.0))
    assert not lifu.sounds()
