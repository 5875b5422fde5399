"""How a training went: loss, the measure on the dev set and the learning rate, over the updates."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from henkan.plotting.language import L
from henkan.plotting.style import LINES, MEDIUM, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Points = Sequence[tuple[float, float]]

FEW = 25  # points up to which each is marked: one alone has no line
METRICS = {
    "exact_match": ("完全一致率", "exact match"),
    "character_error_rate": ("文字誤り率", "character error rate"),
    "word_error_rate": ("単語誤り率", "word error rate"),
    "phone_error_rate": ("音素誤り率", "phone error rate"),
    "symbol_error_rate": ("記号誤り率", "symbol error rate"),
}


def learning_curves(
    loss: Points, dev: Points, rate: Points, *, metric: str, average: Points = (), lower_is_better: bool = True
) -> "Figure":
    """Three panels, one above the other, of (update, value): training loss, ``metric`` on the dev set, learning rate.

    The best of ``dev`` and ``average``, measures of averaged weights, has a ring and is named. Without points a panel
    is empty.
    """
    figure = new_figure(width=7.2, height=7.4)
    top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=[3, 3, 2])
    _curve(top, loss, 0)
    top.set_ylabel(L("訓練の損失", "training loss"), fontsize=MEDIUM)
    _curve(middle, dev, 1, label=L("その時点の重み", "weights of that update"))
    if average:
        label = L("平均した重み", "averaged weights")
        middle.plot(*_columns(average), "D", color=LINES[2], label=label)
        middle.legend(fontsize=MEDIUM)
    _ring(middle, [*dev, *average], lower_is_better)
    middle.set_ylabel(_name(metric), fontsize=MEDIUM)
    middle.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")
    _curve(bottom, rate, 3)
    bottom.set_ylim(bottom=0.0)
    bottom.set_ylabel(L("学習率", "learning rate"), fontsize=MEDIUM)
    bottom.set_xlabel(L("更新回数", "updates"), fontsize=MEDIUM)
    bottom.xaxis.get_major_locator().set_params(integer=True)
    top.set_title(L("学習曲線", "learning curves"), fontsize=MEDIUM)
    for axes in (top, middle, bottom):
        axes.grid(alpha=0.3)
    figure.align_ylabels()
    return figure


def _curve(axes: "Axes", points: Points, style: int, label: str | None = None) -> None:
    axes.plot(
        *_columns(points), marker="o" if len(points) <= FEW else "", markersize=4, color=LINES[style], label=label
    )


def _ring(axes: "Axes", points: Points, lower_is_better: bool) -> None:
    """Around the best of the points; of equal ones the last, whose weights are kept."""
    if points:
        sign = 1 if lower_is_better else -1
        best = min(reversed(points), key=lambda point: sign * point[1])
        axes.plot(*best, "o", markersize=13, markerfacecolor="none", markeredgecolor="black")
        words = L(f"最良 {best[1]:.2%}（更新 {best[0]:,}）", f"best {best[1]:.2%} (update {best[0]:,})")
        axes.set_title(words, fontsize=MEDIUM, loc="right")


def _columns(points: Points) -> tuple[list[float], list[float]]:
    return [step for step, _ in points], [value for _, value in points]


def _name(metric: str) -> str:
    return L(*METRICS.get(metric, (metric.replace("_", " "),) * 2)) + L("（検証データ）", " (dev)")
