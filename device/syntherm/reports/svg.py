"""From a matplotlib figure to SVG text that can stand inside a page, with text that stays text.

matplotlib is imported by the figures only when one is drawn: the command's own errors need not wait for it.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK: Final = "#22303c"
QUIET: Final = "#6b7883"
RULE: Final = "#d5dbe0"
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_IDENTITY: Final = re.compile(r'\bid="([^"]+)"')
_IMAGE: Final = re.compile(r'(<image\b[^>]*?) id="[^"]*"')
_REFERENCE: Final = re.compile(r'(url\(#|href="#)')
_SIZE: Final = re.compile(r'(<svg [^>]*?)width="[^"]*pt" height="[^"]*pt"')


@contextmanager
def style() -> Iterator[None]:
    """Small calm type. Nothing that people entered is read as mathematics."""
    import matplotlib as mpl

    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "syntherm",
        "text.parse_math": False,
        "font.size": 7.5,
        "axes.labelsize": 7.5,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "axes.linewidth": 0.6,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "axes.edgecolor": QUIET,
        "axes.labelcolor": INK,
        "xtick.color": QUIET,
        "ytick.color": QUIET,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "text.color": INK,
        "hatch.linewidth": 0.5,
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        # A plan may name regions in letters that the measuring font lacks; the reader's own font draws them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def inline(figure: "Figure", prefix: str, description: str) -> str:
    """The figure as an `svg` element; all its identities begin with `prefix`, so that many fit on one page."""
    target = io.StringIO()
    figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    text = target.getvalue()
    text = _METADATA.sub("", text[text.index("<svg") :])
    # Equal images get equal identities, which nothing refers to.
    text = _IMAGE.sub(r"\1", text)
    text = _IDENTITY.sub(rf'id="{prefix}-\1"', text)
    text = _REFERENCE.sub(rf"\g<1>{prefix}-", text)
    return _SIZE.sub(rf'\1role="img" aria-label="{description}"', text, count=1)
