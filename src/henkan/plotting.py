"""Figures, as functions from data to a ``matplotlib.figure.Figure``. Nothing global is changed, except by request."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_PRINTED = 8  # up to this many rows and columns, every weight is printed into its cell
CELL = 0.42  # inches


def attention_map(
    weights: Tensor, source_symbols: Sequence[str], target_symbols: Sequence[str], title: str = ""
) -> "Figure":
    """Who looked where: a row for each target symbol, a column for each source symbol, (T, S) weights from 0 to 1."""
    if weights.shape != (len(target_symbols), len(source_symbols)):
        raise ValueError(
            f"weights of shape {tuple(weights.shape)} do not fit {len(target_symbols)} target and "
            f"{len(source_symbols)} source symbols: they must be (target, source)"
        )
    figure = _new_figure(width=1.8 + CELL * len(source_symbols), height=1.4 + CELL * len(target_symbols))
    axes = figure.add_subplot()
    image = axes.imshow(weights.detach().cpu().numpy(), cmap="viridis", vmin=0.0, vmax=1.0, aspect="equal")
    axes.set_xticks(range(len(source_symbols)), [_visible(symbol) for symbol in source_symbols])
    axes.set_yticks(range(len(target_symbols)), [_visible(symbol) for symbol in target_symbols])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=11)
    if max(weights.shape) <= MAX_PRINTED:
        for (row, column), weight in zip(_cells(weights), weights.flatten().tolist(), strict=True):
            color = "black" if weight > 0.6 else "white"
            axes.text(column, row, f"{weight:.1f}", ha="center", va="center", color=color, fontsize=10)
    if title:
        axes.set_title(title, fontsize=11)
    figure.colorbar(image, ax=axes, label="weight")
    return figure


def use_language(language: Literal["en", "ja"]) -> None:
    """Let figures made from here on show text of this language: Japanese needs a font that matplotlib has not got."""
    if language not in ("en", "ja"):
        raise ValueError(f"language={language!r} is unknown: choose en or ja")
    matplotlib = _matplotlib()
    if language == "en":
        matplotlib.rcParams["font.family"] = ["DejaVu Sans"]
        return
    try:
        import matplotlib_fontja  # noqa: F401 - registers the font
    except ImportError:
        raise ValueError('Japanese in figures needs a font: pip install "henkan[plot]"') from None
    # DejaVu first: it has the marks that the Japanese font lacks, and matplotlib looks up each character in turn.
    matplotlib.rcParams["font.family"] = ["DejaVu Sans", "IPAexGothic"]


def _new_figure(width: float, height: float) -> "Figure":
    _matplotlib()
    from matplotlib.figure import Figure  # not pyplot, which keeps every figure and may want a screen

    return Figure(figsize=(width, height), layout="compressed", dpi=150)


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise ValueError('figures need matplotlib: pip install "henkan[plot]"') from None
    return matplotlib


def _cells(weights: Tensor) -> list[tuple[int, int]]:
    return [(row, column) for row in range(weights.size(0)) for column in range(weights.size(1))]


def _visible(symbol: str) -> str:
    return "␣" if symbol == " " else symbol.replace("$", r"\$")  # a pair of dollars would start a formula
