"""The live terminal view: what the operators would see, drawn from the session's state alone."""

import time
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from syntherm.core.bounds import Bounded
from syntherm.core.faults import Priority
from syntherm.core.guidance import guide
from syntherm.core.plan.values import Plan
from syntherm.core.state import SessionState
from syntherm.core.thermometry.summary import Summary
from syntherm.core.vocabulary import Session

DRAW_EVERY_S: Final = 0.15
"""Wall time between two pictures: the session runs far faster than anybody can read."""
LINE_EVERY_MIN: Final = 10.0
"""Simulated time between two lines where there is no terminal to draw on."""
COLOURS: Final = {
    Session.HEATING: "dark_orange3",
    Session.DRUG_INFUSION_SYNC: "magenta",
    Session.COOLING: "deep_sky_blue3",
    Session.COMPLETE: "green4",
    Session.ABORT: "red3",
}
PRIORITIES: Final = {Priority.HIGH: "bold white on red3", Priority.MEDIUM: "black on yellow3", Priority.LOW: "cyan"}


def _clock(at_s: float | None) -> str:
    minutes, seconds = divmod(int(at_s or 0.0), 60)
    return f"{minutes // 60:d}:{minutes % 60:02d}:{seconds:02d}"


def _bounded(value: Bounded) -> str:
    if not value.known:
        return "not known"
    return f"{value.estimate:6.2f}  ({value.lower:.2f} to {value.upper:.2f})"


def _temperatures(state: SessionState) -> Table:
    table = Table.grid(padding=(0, 2))
    target = state.thermometry.target
    if target is None:
        table.add_row("target", "no temperature yet")
        return table
    for name, value in (("hot10", target.hot10), ("mean", target.mean), ("cold90", target.cold90)):
        table.add_row(f"target {name}", f"{_bounded(value)} degC")
    for guard, limit in zip(state.thermometry.guards, state.plan.guard, strict=False):
        table.add_row(guard.name, _guard(guard, limit.max_degC))
    return table


def _guard(guard: Summary, limit_degC: float) -> str:
    hottest = f"at most {guard.hottest.upper:6.2f} degC" if guard.hottest.known else "not known"
    return f"{hottest}, limit {limit_degC:.1f} degC, {guard.valid_fraction:.0%} seen"


def _bar(done: float, total: float, text: str) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_row(ProgressBar(total=total, completed=min(done, total), width=30), text)
    return grid


def _treatment(state: SessionState) -> Table:
    table = Table.grid(padding=(0, 2))
    lease, plan, clock, ledger = state.beam.lease, state.plan, state.range_clock, state.ledger
    now_s = state.at_s or 0.0
    live = lease is not None and lease.until_s > now_s
    power = lease.power_W if live and lease is not None else 0.0
    left_s = lease.until_s - now_s if live and lease is not None else 0.0
    table.add_row("power", f"{power:5.1f} W of {plan.sonication.max_power_W:.0f} W, lease ends in {left_s:.1f} s")
    needed = plan.heating.prescribed_in_range_min
    done = clock.total_s / 60.0
    table.add_row(
        "in range", _bar(done, needed, f"{done:.1f} of {needed:.0f} min, now {'in' if clock.in_range else 'out'}")
    )
    volume = plan.prescription.volume_ml
    table.add_row("infusion", _bar(ledger.patient_ml, volume, f"{ledger.patient_ml:.2f} of {volume:.1f} mL"))
    pump = state.phases.infusion.value
    table.add_row("pump", f"{pump}, {ledger.heated_ml:.2f} mL heated, {ledger.unheated_ml:.2f} mL unheated")
    return table


def _alarms(state: SessionState) -> RenderableType:
    if not state.faults:
        return Text("no alarms", style="dim")
    worst = sorted(state.faults, key=lambda fault: -fault.code.value.priority)
    return Group(
        *(
            Text(f"{fault.code.value.code}: {fault.code.value.text}", style=PRIORITIES[fault.code.value.priority])
            for fault in worst
        )
    )


def plan_card(plan: Plan, fingerprint: str) -> RenderableType:
    """What the operators compare before they confirm the plan and the pump."""
    drug = plan.prescription
    table = Table.grid(padding=(0, 2))
    table.add_row("plan", plan.identity.title)
    table.add_row("fingerprint", f"{fingerprint[:16]} (first 16 digits of the file's SHA-256)")
    table.add_row("patient", f"{plan.identity.patient_pseudonym}, protocol {plan.identity.protocol}")
    table.add_row("drug", f"{drug.drug}, {drug.dose_mg_per_m2:g} mg/m2, {drug.concentration_mg_per_ml:g} mg/mL")
    pumped = f"{drug.volume_ml:g} mL at {drug.rate_ml_per_h:g} mL/h, line {drug.line_dead_volume_ml:g} mL"
    table.add_row("pump", f"{pumped}, syringe {drug.syringe_volume_ml:g} mL")
    heat = plan.heating
    band = f"{heat.range_cold90_min_degC:g} degC (cold90) to {heat.range_hot10_max_degC:g} degC (hot10)"
    table.add_row("heat", f"{heat.prescribed_in_range_min:g} min within {band}")
    return Panel(table, title="Treatment plan", subtitle="research software, not cleared for clinical use")


def picture(state: SessionState, record_head: str) -> RenderableType:
    """One picture of the session. The head of its record lets people see later that nothing was cut off."""
    session = state.phases.session
    colour = COLOURS.get(session, "grey62")
    head = Text.assemble(
        (f" {session.value.upper()} ", f"bold white on {colour}"),
        f"  {_clock(state.at_s)}  calibration {state.phases.calibration.value}, energy {state.phases.energy.value}",
    )
    body = Group(
        head, Text(), Text(guide(state).text, style="bold"), Text(), _temperatures(state), Text(), _treatment(state),
        Text(), _alarms(state), Text(), Text(f"record {record_head[:16]}", style="dim"),
    )  # fmt: skip
    return Panel(body, title="Syntherm, virtual patient", subtitle="research software, not cleared for clinical use")


class LiveView:
    """Draws on a terminal; else, or where asked not to draw, writes a line at each change and now and then."""

    def __init__(self, console: Console, *, draws: bool = True) -> None:
        self._console = console
        draws = draws and console.is_terminal
        self._live = Live(console=console, auto_refresh=False, transient=False) if draws else None
        self._drawn = 0.0
        self._told: tuple[object, ...] = ()
        self._told_s = 0.0

    def __enter__(self) -> "LiveView":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, state: SessionState, head: str) -> None:
        """Take in a state; draw it if it is time."""
        if self._live is None:
            self._tell(state, head)
            return
        now = time.monotonic()
        if now - self._drawn >= DRAW_EVERY_S or state.phases.session is Session.COMPLETE:
            self._drawn = now
            self._live.update(picture(state, head), refresh=True)

    def _tell(self, state: SessionState, head: str) -> None:
        at_s = state.at_s or 0.0
        news = (state.phases.session, state.phases.infusion, tuple(fault.code for fault in state.faults))
        if news == self._told and at_s - self._told_s < LINE_EVERY_MIN * 60.0:
            return
        self._told, self._told_s = news, at_s
        target = state.thermometry.target
        degrees = "" if target is None or not target.mean.known else f"  target {target.mean.estimate:.1f} degC"
        alarms = "".join(f"  {fault.code.value.code}" for fault in state.faults)
        self._console.print(
            f"{_clock(at_s)}  {state.phases.session.value:18} infusion {state.phases.infusion.value:8}"
            f" in range {state.range_clock.total_s / 60.0:4.1f} min{degrees}{alarms}  record {head[:8]}",
            highlight=False,
            soft_wrap=True,
        )
