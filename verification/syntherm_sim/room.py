"""The virtual treatment room: patient and equipment on one timeline."""

from syntherm.core.plan.values import Plan
from syntherm_sim.equipment.generator import Generator
from syntherm_sim.equipment.pump import SyringePump
from syntherm_sim.equipment.scanner import VirtualScanner
from syntherm_sim.equipment.stop_loop import StopButton
from syntherm_sim.patient import Patient
from syntherm_sim.timeline import Timeline


class Room:
    """Everything that goes on whether or not a controller watches."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.timeline = Timeline(self._live)
        self.seed = seed
        self.patient = Patient(seed)
        self.generator = Generator(self.timeline.now_s)
        self.pump = SyringePump(self.timeline.now_s, plan.prescription.syringe_volume_ml, plan.pump.watchdog_s)
        self.scanner = VirtualScanner(self.timeline, self.patient, plan)
        self.stop_button = StopButton(self.timeline.wake)

    def _live(self, from_s: float, to_s: float) -> None:
        self.pump.live(from_s, to_s)
        while from_s < to_s:
            points, until_s = self.generator.sounding(from_s, to_s)
            self.patient.live(points, until_s - from_s)
            self.generator.delivered_J += sum(point.power_W for point in points) * (until_s - from_s)
            from_s = until_s
