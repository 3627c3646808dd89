"""What can go wrong with a device, by name: each does it to the puppet, and all of it can be mended."""

from collections.abc import Callable, Mapping
from typing import Final

from syntherm.core.plan.values import Plan
from syntherm_sim.puppet.devices import PuppetPump, PuppetTransducer
from syntherm_sim.puppet.room import PuppetRoom

_FEIGNED_W: Final = 150.0


def _over(pump: PuppetPump) -> None:
    pump.pumped_ml += 2.0


GENERATOR: Final[Mapping[str, Callable[[PuppetTransducer], None]]] = {
    "silent": lambda device: setattr(device, "silent", True),
    "sounding": lambda device: setattr(device, "feigned_W", _FEIGNED_W),
    "without lease": lambda device: setattr(device, "ends_leases", False),
    "refusing": lambda device: setattr(device, "refuses", True),
    "deaf": lambda device: setattr(device, "deaf", True),
}
PUMP: Final[Mapping[str, Callable[[PuppetPump], None]]] = {
    "silent": lambda device: setattr(device, "silent", True),
    "alarm": lambda device: device.set_alarm("occlusion"),
    "refusing": lambda device: setattr(device, "refuses", True),
    "deaf": lambda device: setattr(device, "deaf", True),
    "running unasked": lambda device: setattr(device, "runs_unasked", True),
    "overdosing": _over,
    "counter falling": lambda device: setattr(device, "count_off_ml", -0.2),
    "watchdog too long": lambda device: setattr(device, "watchdog_s", 60.0),
    "syringe too small": lambda device: setattr(device, "missing_ml", 4.5),
}
DRUG_LIES: Final = ("running unasked", "overdosing", "counter falling", "deaf")
"""After these the room's pump may have given more than the session could know."""


def mend(room: PuppetRoom, plan: Plan) -> None:
    """Repair both devices; what has been pumped stays pumped."""
    generator, pump = room.transducer, room.pump
    generator.silent = generator.refuses = generator.deaf = False
    generator.feigned_W, generator.ends_leases, generator.loses = None, True, 0
    pump.silent = pump.refuses = pump.deaf = pump.runs_unasked = False
    pump.count_off_ml = pump.missing_ml = 0.0
    pump.watchdog_s, pump.loses = plan.pump.watchdog_s, 0
    pump.set_alarm(None)
