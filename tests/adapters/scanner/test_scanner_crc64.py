"""The fast CRC-64 against its definition and against a library of others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyigtl.messages import CRC64

from syntherm.adapters.scanner.crc64 import crc64
from syntherm_sim.wire.igtl_scanner import check_of


@given(st.binary(max_size=700))
def test_it_is_the_check_as_it_is_defined(body: bytes) -> None:
    assert crc64(body) == check_of(body)


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 128, 129, 64 * 1024, 64 * 1024 + 1, 64 * 3000 - 1, 786_504])
def test_any_length_gives_what_others_compute(length: int) -> None:
    body = bytes(index * 37 % 251 for index in range(length))
    assert crc64(body) == CRC64(body)


@pytest.mark.parametrize("at", [0, 1, 100_000, 199_999])
def test_a_changed_bit_changes_it(at: int) -> None:
    body = bytearray(200_000)
    before = crc64(body)
    body[at] = 1
    assert crc64(memoryview(body)) != before
