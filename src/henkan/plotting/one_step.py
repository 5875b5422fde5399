"""Figures of one attention and one update by hand: plain numbers in, no torch needed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from henkan.plotting.language import L
from henkan.plotting.style import LINES, MEDIUM, SMALL, minus, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DASHES = ("-", "--", ":", "-.")


def weight_bars(weights: Sequence[float], labels: Sequence[str]) -> "Figure":
    """A bar for each attention weight, from 0 to 1, with its number beside it."""
    figure = new_figure(width=6.0, height=0.9 + 0.45 * len(weights))
    axes = figure.add_subplot()
    axes.barh(range(len(weights)), weights, height=0.6, color=LINES[1])
    for row, weight in enumerate(weights):
        axes.text(weight + 0.02, row, f"{weight:.6f}", va="center", fontsize=MEDIUM)
    axes.set_yticks(range(len(labels)), labels, fontsize=MEDIUM)
    axes.invert_yaxis()
    axes.set_xlim(0.0, 1.2)
    axes.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0])
    axes.tick_params(labelsize=MEDIUM)
    axes.set_xlabel(L("アテンションの重み", "attention weight"), fontsize=MEDIUM)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def number_line(
    points: Mapping[str, float], limits: tuple[float, float], meaning: str, arrows: Sequence[tuple[str, str]] = ()
) -> "Figure":
    """Where numbers lie on a line, each marked with its name and value; labels take turns above and below.

    ``arrows`` lead from one point to another, both by name; a point that is left behind is hollow.
    """
    figure = new_figure(width=7.5, height=2.2)
    axes = figure.add_subplot()
    axes.axhline(0.0, color="black", linewidth=1.0)
    left = {start for start, _ in arrows}
    for start, end in arrows:
        arrow = {"arrowstyle": "-|>", "color": LINES[1], "linewidth": 2.0, "shrinkA": 3.5, "shrinkB": 3.5}
        axes.annotate("", (points[end], 0.0), (points[start], 0.0), arrowprops=arrow)
    for index, (name, value) in enumerate(points.items()):
        side = 1 if index % 2 == 0 else -1
        fill = "white" if name in left else LINES[1]
        axes.plot([value], [0.0], "o", markersize=7, color=LINES[1], markerfacecolor=fill, zorder=3)
        axes.annotate(
            f"{name}\n{minus(f'{value:.6f}')}",
            (value, 0.0),
            (value, 0.45 * side),
            ha="center",
            va="bottom" if side > 0 else "top",
            fontsize=SMALL,
            arrowprops={"arrowstyle": "-", "color": "#888888", "shrinkB": 4},
        )
    axes.set_xlim(*limits)
    axes.set_ylim(-1.6, 1.6)
    axes.set_yticks([])
    axes.tick_params(labelsize=SMALL)
    axes.spines[["left", "top", "right"]].set_visible(False)
    axes.set_xlabel(meaning, fontsize=MEDIUM)
    return figure


def loss_against_rate(
    rates: Sequence[float], losses: Mapping[str, Sequence[float]], marks: Mapping[str, float] | None = None
) -> "Figure":
    """The loss after one step for each learning rate, one curve for each entry of ``losses``.

    ``marks`` are learning rates to point out, each by a vertical line with its name.
    """
    figure = new_figure(width=7.0, height=3.8)
    axes = figure.add_subplot()
    for index, (name, curve) in enumerate(losses.items()):
        color, dashes = LINES[index % len(LINES)], DASHES[index % len(DASHES)]
        axes.plot(rates, curve, label=name, linewidth=2.0, color=color, linestyle=dashes)
    for name, rate in (marks or {}).items():
        axes.axvline(rate, color="#888888", linewidth=1.0)
        axes.annotate(
            f"{name} {rate:.2f}", (rate, 1.0), (3, -3), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="left", va="top", fontsize=SMALL,
        )  # fmt: skip
    axes.set_xlabel(L("学習率", "learning rate"), fontsize=MEDIUM)
    axes.set_ylabel(L("1 回の更新のあとの損失", "loss after one step"), fontsize=MEDIUM)
    axes.tick_params(labelsize=SMALL)
    axes.set_ylim(top=axes.get_ylim()[1] + 0.12 * (axes.get_ylim()[1] - axes.get_ylim()[0]))
    axes.legend(fontsize=SMALL, frameon=False, loc="best")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
