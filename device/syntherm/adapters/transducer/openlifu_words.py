"""The words of the OpenLIFU protocol that the controller uses: kinds of frames and commands."""

from enum import IntEnum, unique


@unique
class Kind(IntEnum):
    """What a frame is."""

    COMMAND = 0xE2
    REPLY = 0xE3
    DATA = 0xE4
    CHIP = 0xE6
    CONTROLLER = 0xEA
    POWER = 0xEB
    ERROR = 0xEF


@unique
class Command(IntEnum):
    """What is asked. Numbers are unique among those listed."""

    VERSION = 0x02
    ECHO = 0x03
    HARDWARE_ID = 0x05
    ASYNC = 0x09
    SET_TRIGGER = 0x13
    GET_TRIGGER = 0x14
    START = 0x15
    STOP = 0x16
    MODULES = 0x1A
    SET_CYCLE = 0x1F
    CHIPS = 0x21
    WRITE_BLOCK = 0x24
    READ_BLOCK = 0x27
    SET_HV = 0x31
    GET_HV = 0x32
    HV_ON = 0x33
    HV_OFF = 0x34
    GET_HV_ON = 0x3D
