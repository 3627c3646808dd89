"""The two scanners, put together: a link around a protocol around a judge that knows the plan."""

from collections.abc import Callable
from datetime import datetime

import attrs

from syntherm.adapters.scanner.frames import Expected, Judge
from syntherm.adapters.scanner.igtl_source import IgtlSettings, IgtlSource
from syntherm.adapters.scanner.link import LinkSettings, ScannerLink
from syntherm.adapters.scanner.moments import Clocks
from syntherm.adapters.scanner.mrd_source import MrdSettings, MrdSource
from syntherm.adapters.scanner.remarks import Remarks
from syntherm.adapters.scanner.stream import Source
from syntherm.adapters.scanner.ways import Dialling, Listening, Way


@attrs.frozen
class At:
    """An address. `retry_s`: None where we listen there; else we connect to it, and again after so long."""

    host: str
    port: int
    retry_s: float | None = None


def scanner(
    at: At,
    link: LinkSettings,
    settings: MrdSettings | IgtlSettings,
    expected: Expected,
    now_s: Callable[[], float],
    utc: Callable[[], datetime],
) -> ScannerLink:
    """The scanner of a site, by the protocol that it speaks. Raises PortError if the address cannot be had."""
    remarks = Remarks()
    judge, clocks = Judge(expected, remarks), Clocks(now_s, utc)
    source: Source
    if isinstance(settings, MrdSettings):
        source = MrdSource(settings, judge, clocks, remarks)
    else:
        source = IgtlSource(settings, judge, clocks, remarks)
    way: Way
    if at.retry_s is None:
        way = Listening(at.host, at.port, remarks)
    else:
        way = Dialling(at.host, at.port, at.retry_s, now_s, remarks)
    return ScannerLink(link, way, source, remarks, now_s)
