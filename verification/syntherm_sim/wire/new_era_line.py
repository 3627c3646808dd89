"""A line in memory to a simulated device: no port, no waiting, so a client can be tested in virtual time."""

from syntherm.adapters.line import LineFailed
from syntherm_sim.wire.pty import Device


class MemoryLine:
    """Implements Line. `cut` is a cable pulled out: nothing arrives on either side. `gone` is a port that vanished."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._coming = b""
        self.cut = False
        self.gone = False
        self.sent: list[bytes] = []

    def send(self, data: bytes, within_s: float) -> None:
        """The device answers while it is sent."""
        self._here()
        self.sent.append(data)
        if not self.cut:
            self._coming += self._device.unasked() + self._device.answer(data)

    def receive(self, within_s: float) -> bytes:
        """What has come; nothing at once, where a real line would wait."""
        self._here()
        if not self.cut:
            self._coming += self._device.unasked()
        came, self._coming = self._coming, b""
        return came

    def _here(self) -> None:
        if self.gone:
            raise LineFailed("memory: the port is gone")
