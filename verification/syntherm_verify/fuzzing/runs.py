"""One target in a child process, and what libFuzzer says of it."""

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import attrs

from syntherm_verify.fuzzing.registry import target

RSS_MIB: Final = 1024
_BESIDE_MIB: Final = 64
_HANGS_S: Final = 60
"""An input that takes so long, on a machine that does other things, and perhaps measured, is kept as a failure."""
_GRACE_S: Final = 120.0
"""For start, replay of the corpus and the last report, on a machine that does other things."""
_MOST_SHOWN: Final = 12
_COVERED: Final = re.compile(r"cov: (\d+) ft: (\d+)")
_EXECUTED: Final = re.compile(r"stat::number_of_executed_units: +(\d+)")
_PEAK: Final = re.compile(r"VmHWM:\s+(\d+) kB")
_LOOK_S: Final = 0.25
_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


@attrs.frozen
class Run:
    """How one target did. `covered` and `features`: as libFuzzer counts them; `kept`: files of inputs that failed."""

    name: str
    executions: int
    covered: int
    features: int
    peak_rss_mib: int
    seconds: float
    kept: tuple[Path, ...]
    said: str
    """The last lines of a run that failed."""

    @property
    def holds(self) -> bool:
        """Whether it ran, and no input failed."""
        return not self.said

    def line(self) -> str:
        """The run as a row."""
        ended = "holds" if self.holds else "FAILS"
        return (
            f"{self.name:18} {self.executions:>10,} runs {self.covered:>6,} edges {self.features:>7,} features "
            f"{self.peak_rss_mib:>5,} MiB {self.seconds:>6.0f} s  {ended}"
        )


def lay_seeds(name: str, folder: Path) -> Path:
    """The target's seeds as files of a new folder."""
    seeds = folder / "seeds" / name
    seeds.mkdir(parents=True, exist_ok=True)
    longest = target(name).longest
    for number, data in enumerate(target(name).seeds()):
        (seeds / f"{number:04d}").write_bytes(data[:longest])
    return seeds


def fuzzed(name: str, seconds: int, folder: Path, seed: int) -> Run:
    """Fuzz one target for so many seconds. `folder` keeps seeds, what was found on the way, and what failed."""
    seeds, found, kept = lay_seeds(name, folder), folder / "corpus" / name, folder / "failures" / name
    found.mkdir(parents=True, exist_ok=True)
    kept.mkdir(parents=True, exist_ok=True)
    before = set(kept.iterdir())
    options = [
        str(found), str(seeds), f"-max_total_time={seconds}", f"-rss_limit_mb={_limit_mib()}", f"-timeout={_HANGS_S}",
        f"-max_len={target(name).longest}", f"-artifact_prefix={kept}/", "-print_final_stats=1",
        f"-seed={seed}", f"-report_slow_units={_HANGS_S}",
    ]  # fmt: skip
    began_s = time.monotonic()
    code, said, peak_mib = _ended(name, options, seconds)
    return _told(name, code, said, peak_mib, time.monotonic() - began_s, sorted(set(kept.iterdir()) - before))


def _limit_mib() -> int:
    """libFuzzer's own limit. Its number begins with what the process that starts it has held; see `_held_mib`."""
    return max(RSS_MIB, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 + _BESIDE_MIB)


def _ended(name: str, options: Iterable[str], seconds: int) -> tuple[int | None, str, int]:
    """Exit code, None for one that had to be ended; what it said; the most memory that it was seen to hold, in MiB."""
    command = [sys.executable, "-m", "syntherm_verify.fuzzing.child", name, *options]
    environment = {**os.environ, **dict.fromkeys(_THREADS, "1")}
    until_s, peak_mib = time.monotonic() + seconds + _GRACE_S, 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True, errors="replace"
    ) as child:
        while True:
            peak_mib = max(peak_mib, _held_mib(child.pid))
            try:
                said, _ = child.communicate(timeout=_LOOK_S)
                return child.returncode, said, peak_mib
            except subprocess.TimeoutExpired:
                if time.monotonic() > until_s:
                    child.kill()
                    return None, child.communicate()[0], peak_mib


def _held_mib(process: int) -> int:
    """The most that a process has held since it began; libFuzzer's own number counts its parent's, too."""
    try:
        found = _PEAK.search(Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace"))
    except OSError:
        return 0
    return 0 if found is None else int(found[1]) // 1024


def _told(name: str, code: int | None, said: str, peak_mib: int, seconds: float, kept: list[Path]) -> Run:
    covered = _COVERED.findall(said) or [("0", "0")]
    counted = _EXECUTED.search(said)
    executions = 0 if counted is None else int(counted[1])
    failed = code != 0 or bool(kept) or executions == 0 or peak_mib > RSS_MIB
    return Run(
        name=name,
        executions=executions,
        covered=int(covered[-1][0]),
        features=int(covered[-1][1]),
        peak_rss_mib=peak_mib,
        seconds=seconds,
        kept=tuple(kept),
        said=_last_words(code, said) if failed else "",
    )


def _last_words(code: int | None, said: str) -> str:
    """From the exception or libFuzzer's own word on: why a run ended."""
    lines = said.splitlines()
    marks = [at for at, line in enumerate(lines) if "Uncaught Python exception" in line or "ERROR: libFuzzer" in line]
    shown = lines[marks[0] :][:_MOST_SHOWN] if marks else lines[-_MOST_SHOWN:]
    ended = "did not end in time" if code is None else f"exit code {code}"
    return "\n".join([ended, *shown])
