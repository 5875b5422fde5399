"""The curves of all contestants in one picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from henkan.plotting.style import LINES, MEDIUM, SMALL, new_figure
from time_to_quality.contest import Curve
from time_to_quality.contestant import kind_of
from time_to_quality.crossing import seconds_to

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = {"henkan": "henkan", "torch": "torch.nn.Transformer", "marian": "Hugging Face Marian (post-norm)"}
VEIL = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.6}  # so that lines cross no words
DASHES = ("-", "--", "-.", ":")


def draw(curves: Sequence[Curve], targets: Sequence[float], title: str) -> "Figure":
    """Word error rate over seconds of training, a line for each contestant and seed, a ring where a target is met."""
    figure = new_figure(width=8.0, height=5.0 + 0.2 * len(curves))
    axes = figure.subplots()
    names = list(dict.fromkeys(curve.contestant for curve in curves))
    for curve in curves:
        number = names.index(curve.contestant)
        first = next(one for one in curves if one.contestant == curve.contestant)
        label = _name(curve.contestant) if curve is first else None
        xs, ys = [0.0, *(p.seconds for p in curve.points)], [1.0, *(p.word_error_rate for p in curve.points)]
        color = LINES[number % len(LINES)]
        dashes = DASHES[(number + number // len(LINES)) % len(DASHES)]
        axes.plot(xs, ys, dashes, color=color, linewidth=1.8, label=label)
        for target in targets:
            seconds = seconds_to(curve.points, target)
            if seconds is not None:
                axes.plot(seconds, target, "o", color=color, markerfacecolor="white", markersize=6)
                axes.annotate(
                    f"{seconds:.0f} s", (seconds, target), xytext=(6, 5), textcoords="offset points",
                    fontsize=SMALL, color=color, bbox=VEIL,
                )  # fmt: skip
    _dress(axes, curves, targets)
    axes.set_title(title, fontsize=MEDIUM)
    return figure


def _dress(axes: "Axes", curves: Sequence[Curve], targets: Sequence[float]) -> None:
    for target in targets:
        axes.axhline(target, color="#999999", linewidth=0.8, zorder=0)
        axes.annotate(
            f"{target:.0%}", (1.0, target), xycoords=("axes fraction", "data"), xytext=(4, 0),
            textcoords="offset points", va="center", fontsize=MEDIUM, color="#555555",
        )  # fmt: skip
    rates = [point.word_error_rate for curve in curves for point in curve.points]
    axes.set_ylim(max(0.0, min([*rates, *targets]) - 0.05), 1.02)
    axes.set_xlim(0.0, 1.1 * max(point.seconds for curve in curves for point in curve.points))
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    axes.set_xlabel("seconds of training (evaluation not counted)", fontsize=MEDIUM)
    axes.set_ylabel("words wrong, of the dev set", fontsize=MEDIUM)
    axes.grid(alpha=0.25)
    axes.legend(fontsize=SMALL, loc="upper center", bbox_to_anchor=(0.5, -0.13))  # below: no line is covered


def _name(contestant: str) -> str:
    kind = kind_of(contestant)
    rest = contestant.removeprefix(kind).removeprefix(":").replace(",", ", ").replace("@", ", seconds=")
    return NAMES[kind] + (f", {rest.removeprefix(', ')}" if rest else "")
