"""The Bland-Altman picture, as an SVG that needs nothing beside it."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from syntherm.qa.agreement import Agreement, Comparison, Limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("#1f5fa8", "#b8500f", "#2f7d3b", "#7b3fa0", "#5a5a5a")


def draw(
    path: Path, title: str, comparisons: Sequence[Comparison], regions: Sequence[Agreement], limits: Limits
) -> None:
    """Write the picture of all measured runs: error over mean, by region bias and limits of agreement.

    Raises `OSError` where it cannot be written.
    """
    # Imported here: only the picture needs it, and it takes longer to import than the fits take to run.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Text as paths needs no font at the reader's; a fixed salt makes the same picture the same file.
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "syntherm", "font.size": 9}):
        figure = Figure(figsize=(7.0, 4.5), layout="constrained")
        axes = figure.add_subplot()
        axes.axhspan(-limits.bias_degC, limits.bias_degC, color="#e8efe8", label=f"bias limit ±{limits.bias_degC:g} °C")
        axes.axhline(0.0, color="black", linewidth=0.8)
        for index, region in enumerate(regions):
            own = [c for c in comparisons if c.region == region.region and isfinite(c.error_degC)]
            _draw_region(axes, own, region, _COLOURS[index % len(_COLOURS)], "os^Dv"[index % 5])
        axes.set_xlabel("mean of measured and fibre-optic temperature / °C")
        axes.set_ylabel("measured − fibre-optic / °C")
        axes.set_title(f"{title}\nbars: standard uncertainty; dashed: limits of agreement (bias ± 1.96 SD)", fontsize=9)
        axes.legend(fontsize=8)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _draw_region(axes: "Axes", own: Sequence[Comparison], region: Agreement, colour: str, marker: str) -> None:
    bars = axes.errorbar(
        [c.mean_degC for c in own],
        [c.error_degC for c in own],
        yerr=[c.uncertainty_degC for c in own],
        fmt=marker,
        color=colour,
        capsize=2,
        elinewidth=0.6,
        label=f"region {region.region}: bias {region.bias_degC:+.2f} °C, SD {region.sd_degC:.2f} °C",
    )
    bars.lines[0].set_gid(f"region-{region.region}")
    if isfinite(region.bias_degC):
        axes.axhline(region.bias_degC, color=colour, linewidth=1.0)
    for limit in region.limits_of_agreement_degC:
        if isfinite(limit):
            axes.axhline(limit, color=colour, linewidth=0.8, linestyle="--")
