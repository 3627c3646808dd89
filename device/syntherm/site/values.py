"""The site file as frozen values. Each field declares its unit and its hard bounds; nothing has a default.

What a vendor's protocol leaves open, and what is measured when a device is commissioned, stands here: ports, scales,
limits. What belongs to a patient or a drug stands in the plan.
"""

from collections.abc import Mapping
from typing import Annotated, Final

import attrs

from syntherm.core.plan.values import Position, Quantity, Text

Word = Annotated[str, Text()]
Port = Annotated[int, Quantity("1", 1, 65535)]
Baud = Annotated[int, Quantity("Bd", 1200, 921600)]


@attrs.frozen
class Place:
    """Which site this is."""

    name: Word
    research_only: Annotated[str, Text(("not cleared for clinical use",))]


@attrs.frozen
class Paths:
    """Files of this site; a relative one lies beside the site file."""

    site_key: Word
    people: Word
    desk_socket: Word


@attrs.frozen
class Scanner:
    """Where images come in, and what a site declares of any scanner's stream.

    `way`: whether we listen there, or connect to it and again `retry_s` after that ended.

    `axes`: the patient axes that plans of this site are written in. `brightest_low`, `brightest_high`: between which
    the largest real or imaginary part of a volume lies; it tells a wrong scale.
    """

    protocol: Annotated[str, Text(("mrd", "openigtlink"))]
    way: Annotated[str, Text(("listen", "connect"))]
    host: Word
    port: Port
    retry_s: Annotated[float, Quantity("s", 0.5, 60.0)]
    bytes_per_call: Annotated[int, Quantity("1", 65536, 268435456)]
    whole_within_s: Annotated[float, Quantity("s", 0.1, 10.0)]
    axes: Annotated[str, Text(("LPS", "RAS"))]
    brightest_low: Annotated[float, Quantity("1", 1e-12, 1e12)]
    brightest_high: Annotated[float, Quantity("1", 1e-12, 1e12)]
    stamp_to_centre_s: Annotated[float, Quantity("s", -10.0, 10.0)]


@attrs.frozen
class Mrd:
    """What is declared of a scanner that sends MRD version 1."""

    tick_ms: Annotated[float, Quantity("ms", 0.001, 1000.0)]
    midnight_offset_h: Annotated[float, Quantity("h", -12.0, 14.0)]
    numbered: Annotated[str, Text(("image_index", "repetition"))]
    frame_series: Annotated[int, Quantity("1", 0, 65535)]
    fat_map_series: Annotated[int, Quantity("1", 0, 65535)]
    largest_bytes: Annotated[int, Quantity("1", 65536, 268435456)]


@attrs.frozen
class OpenIgtLink:
    """What is declared of a bridge that sends OpenIGTLink.

    `number`: the metadata key or the device that carries the number of a dynamic. Field and echo time are declared
    here, for a bridge that does not tell them.
    """

    frame_device: Word
    fat_map_device: Word
    numbered: Annotated[str, Text(("metadata", "string"))]
    number: Word
    field_T: Annotated[float, Quantity("T", 0.2, 7.0)]
    echo_time_ms: Annotated[float, Quantity("ms", 1.0, 60.0)]
    largest_bytes: Annotated[int, Quantity("1", 65536, 268435456)]


@attrs.frozen
class Transducer:
    """Which protocol the generator speaks."""

    protocol: Annotated[str, Text(("openlifu", "tpo"))]


@attrs.frozen
class Pump:
    """The infusion pump and the syringe that it is set to."""

    protocol: Annotated[str, Text(("ne-1000",))]
    port: Word
    baud: Baud
    address: Annotated[int, Quantity("1", 0, 99)]
    syringe_diameter_mm: Annotated[float, Quantity("mm", 0.1, 50.0)]


@attrs.frozen
class StopLoop:
    """The patient's stop: a port whose control lines pass through the contact."""

    protocol: Annotated[str, Text(("control-lines",))]
    port: Word


@attrs.frozen
class OpenLifu:
    """One OpenLIFU transmitter with its console, as measured when it was commissioned.

    `reference_W` of acoustic power at `reference_V`, unpulsed. `elements_file`: a text file beside the site file with
    one element a line, `x,y,z` in mm in the plan's axes; `elements_sha256` is its hash. `start_s` is taken off each
    lease for the way of the last commands.
    """

    transmitter_port: Word
    console_port: Word
    baud: Baud
    transmitter_id: Word
    console_id: Word
    elements_file: Word
    elements_sha256: Word
    aim_min_mm: Position
    aim_max_mm: Position
    sound_speed_m_per_s: Annotated[float, Quantity("m/s", 1300.0, 1700.0)]
    frequency_Hz: Annotated[float, Quantity("Hz", 100e3, 10e6)]
    reference_V: Annotated[float, Quantity("V", 5.0, 100.0)]
    reference_W: Annotated[float, Quantity("W", 0.01, 10000.0)]
    voltage_V: Annotated[float, Quantity("V", 5.0, 65.0)]
    voltage_tolerance_V: Annotated[float, Quantity("V", 0.01, 5.0)]
    settle_s: Annotated[float, Quantity("s", 0.0, 2.0)]
    max_duty: Annotated[float, Quantity("1", 0.001, 0.5)]
    pulse_rate_Hz: Annotated[int, Quantity("Hz", 10, 1000)]
    max_lease_s: Annotated[float, Quantity("s", 0.2, 8.0)]
    start_s: Annotated[float, Quantity("s", 0.0, 1.0)]


@attrs.frozen
class Tpo:
    """One TPO and its transducer, as measured when it was commissioned; axes are the plan's.

    `acoustic_per_electrical` is what comes out as sound of each watt. The beam leaves `origin_mm` along `axis`.
    """

    port: Word
    baud: Baud
    greeting: Word
    greeting_s: Annotated[float, Quantity("s", 0.1, 20.0)]
    frequency_Hz: Annotated[int, Quantity("Hz", 100_000, 10_000_000)]
    acoustic_per_electrical: Annotated[float, Quantity("1", 0.01, 1.0)]
    max_power_mW: Annotated[int, Quantity("mW", 1, 500_000)]
    burst_us: Annotated[int, Quantity("us", 10, 10_000_000)]
    period_us: Annotated[int, Quantity("us", 10, 10_000_000)]
    timer_unit_us: Annotated[int, Quantity("us", 1, 1000)]
    max_lease_s: Annotated[float, Quantity("s", 0.2, 8.0)]
    start_s: Annotated[float, Quantity("s", 0.0, 1.0)]
    origin_mm: Position
    axis: Annotated[tuple[float, float, float], Quantity("1", -1.0, 1.0)]
    focus_min_mm: Annotated[float, Quantity("mm", 1.0, 300.0)]
    focus_max_mm: Annotated[float, Quantity("mm", 1.0, 300.0)]
    off_axis_mm: Annotated[float, Quantity("mm", 0.0, 20.0)]


@attrs.frozen
class Guardian:
    """The guardian beside the session. It has a configuration of its own; this is how the session reaches it.

    `mirror_port`: a port whose CTS shows the generator's enable. `heartbeat_s`: the guardian's own limit for a missing
    heartbeat, which its proof waits out.
    """

    link_path: Word
    mirror_port: Word
    heartbeat_s: Annotated[float, Quantity("s", 0.05, 10.0)]


@attrs.frozen
class Always:
    """The tables of every site file."""

    site: Place
    paths: Paths
    scanner: Scanner
    transducer: Transducer
    pump: Pump
    stop_loop: StopLoop
    guardian: Guardian


@attrs.frozen
class ByProtocol:
    """The tables of which a site has those that its protocols ask for, and no others."""

    mrd: Mrd
    openigtlink: OpenIgtLink
    openlifu: OpenLifu
    tpo: Tpo


@attrs.frozen
class Site:
    """A whole site file that passed every check."""

    site: Place
    paths: Paths
    scanner: Scanner
    transducer: Transducer
    pump: Pump
    stop_loop: StopLoop
    guardian: Guardian
    mrd: Mrd | None = None
    openigtlink: OpenIgtLink | None = None
    openlifu: OpenLifu | None = None
    tpo: Tpo | None = None


PROTOCOLS: Final[Mapping[str, Mapping[str, str]]] = {
    "scanner": {"mrd": "mrd", "openigtlink": "openigtlink"},
    "transducer": {"openlifu": "openlifu", "tpo": "tpo"},
}
"""For each device that speaks one of several protocols: the table that each protocol asks for."""
