"""How fast implementations are beside each other: bars of ratios with their spread, a panel for each comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from henkan.plotting.language import L
from henkan.plotting.style import LINES, MEDIUM, SMALL, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 2
BAR_INCHES, FRAME_INCHES = 0.27, 0.95  # the height of a bar with its gap, and of what is around the bars of a panel


@dataclass(frozen=True)
class Bar:
    """A ratio, the lowest and the highest of the rounds, and what stands behind the bar."""

    name: str
    ratio: float
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True)
class Panel:
    """One comparison; ``reference`` names whose speed is 1."""

    title: str
    reference: str
    bars: Sequence[Bar]


def speed_bars(panels: Sequence[Panel], highlight: str = "henkan") -> "Figure":
    """A panel for each comparison, the fastest on top; names that begin with ``highlight`` have their own colour."""
    rows = -(-len(panels) // COLUMNS)
    heights = [
        FRAME_INCHES + BAR_INCHES * max(len(panel.bars) for panel in panels[row * COLUMNS : (row + 1) * COLUMNS])
        for row in range(rows)
    ]
    columns = min(COLUMNS, len(panels))
    figure = new_figure(width=6.4 * columns, height=sum(heights))
    grid = figure.subplots(rows, columns, squeeze=False, height_ratios=heights)
    for axes, panel in zip(grid.flat, panels, strict=False):
        _panel(axes, panel, highlight)
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    return figure


def _panel(axes: "Axes", panel: Panel, highlight: str) -> None:
    bars = sorted(panel.bars, key=lambda bar: bar.ratio)  # the first bar stands at the bottom
    ratios = [bar.ratio for bar in bars]
    spread = [[bar.ratio - bar.low for bar in bars], [bar.high - bar.ratio for bar in bars]]
    colors = [LINES[2] if bar.name.startswith(highlight) else LINES[1] for bar in bars]
    axes.barh(range(len(bars)), ratios, height=0.7, color=colors, xerr=spread, ecolor="#333333", capsize=3)
    axes.axvline(1.0, color="#333333", linestyle="--", linewidth=1)
    for place, bar in enumerate(bars):
        words = f"{bar.ratio:.2f} ×" + (f"  ({bar.note})" if bar.note else "")
        axes.annotate(words, (bar.high, place), (5, 0), textcoords="offset points", va="center", fontsize=SMALL)
    axes.set_yticks(range(len(bars)), [bar.name for bar in bars], fontsize=SMALL)
    axes.set_xlim(0, 1.45 * max(1.0, *(bar.high for bar in bars)))
    axes.set_title(panel.title, fontsize=MEDIUM)
    axes.set_xlabel(L(f"{panel.reference} を 1 とした速さ", f"speed, {panel.reference} = 1"), fontsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)
