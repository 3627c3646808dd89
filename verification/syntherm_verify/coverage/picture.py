"""Share of the truth inside the bounds against their nominal level, as an SVG that needs nothing beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

from syntherm_verify.coverage.scores import LEVELS, Flat, held

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: Final = ("#1f5fa8", "#b8500f", "#2f7d3b", "#7b3fa0", "#5a5a5a", "#c0392b", "#2a9d9d", "#a8862a")
_BAR: Final = (93.0, 97.0)


def draw(path: Path, panels: Mapping[str, Mapping[str, Flat]], whole: Flat) -> None:
    """Write it: for each panel its lines, once as shares and once as differences from nominal; then the histogram.

    `whole`: scores whose histogram is shown. Raises OSError where it cannot be written.
    """
    # Imported here: only the picture needs it.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Text as paths needs no font at the reader's; a fixed salt makes the same picture the same file.
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "syntherm", "font.size": 8}):
        figure = Figure(figsize=(4.2 * len(panels), 7.6), layout="constrained")
        axes = figure.subplots(2, len(panels), squeeze=False)
        for column, (title, lines) in enumerate(panels.items()):
            _draw_shares(axes[0][column], lines)
            axes[0][column].set_title(title, fontsize=9)
            if column < len(panels) - 1:
                _draw_differences(axes[1][column], lines)
        _draw_histogram(axes[1][len(panels) - 1], whole)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _shares(scores: Flat) -> Sequence[float]:
    return [100.0 * held(scores, level) for level in LEVELS]


def _nominal() -> Sequence[float]:
    return [100.0 * level for level in LEVELS]


def _draw_shares(axes: "Axes", lines: Mapping[str, Flat]) -> None:
    axes.plot([50.0, 100.0], [50.0, 100.0], color="black", linewidth=0.8, linestyle="--")
    axes.vlines(95.0, *_BAR, color="#9fbf9f", linewidth=6.0)
    for index, (name, scores) in enumerate(lines.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        label = f"{name}: {100.0 * held(scores, 0.95):.1f} % at 95"
        axes.plot(_nominal(), _shares(scores), "os^Dvx+*"[index % 8] + "-", color=colour, ms=3, lw=0.8, label=label)
    axes.set_xlabel("nominal level / %")
    axes.set_ylabel("truth inside the bounds / %")
    axes.legend(fontsize=6, loc="upper left")


def _draw_differences(axes: "Axes", lines: Mapping[str, Flat]) -> None:
    axes.axhline(0.0, color="black", linewidth=0.8, linestyle="--")
    axes.vlines(95.0, _BAR[0] - 95.0, _BAR[1] - 95.0, color="#9fbf9f", linewidth=6.0)
    for index, scores in enumerate(lines.values()):
        more = [share - level for share, level in zip(_shares(scores), _nominal(), strict=True)]
        colour = _COLOURS[index % len(_COLOURS)]
        axes.plot(_nominal(), more, "os^Dvx+*"[index % 8] + "-", color=colour, ms=3, lw=0.8)
    axes.set_xlabel("nominal level / %")
    axes.set_ylabel("more than nominal / points")


def _draw_histogram(axes: "Axes", scores: Flat) -> None:
    edges = np.linspace(-4.0, 4.0, 81)
    axes.hist(scores, bins=edges.tolist(), density=True, color="#c9d6e8", edgecolor="#1f5fa8", linewidth=0.3)
    middle = (edges[1:] + edges[:-1]) / 2.0
    axes.plot(middle, [NormalDist().pdf(float(at)) for at in middle], color="black", linewidth=0.8)
    axes.set_xlabel("error over stated standard uncertainty, target of all patients")
    axes.set_ylabel("density; line: standard normal")
