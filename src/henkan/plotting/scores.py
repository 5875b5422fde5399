"""From scores to outputs: the steps of attention, heads side by side, and how one-sided softmax becomes."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from henkan.plotting.language import L
from henkan.plotting.style import LINES, MEDIUM, Array, Numbers, hatch_cells, new_figure, print_cells, to_array
from henkan.plotting.style import visible as shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

CELL, SMALL_CELL = 0.62, 0.34  # inches; the wider one has room for three decimals
PAGE = 8.4  # inches of heads side by side that a notebook shows without making the text smaller
DASHES = ("-", "--", ":", "-.")


def attention_steps(
    scores: Numbers,
    weights: Numbers,
    output: Numbers,
    query_symbols: Sequence[str],
    key_symbols: Sequence[str],
    *,
    mask: Numbers | None = None,
) -> "Figure":
    """Scores, weights and output of one attention side by side, with their numbers.

    Scores and weights are (Tq, Tk), the output is (Tq, Dv). Cells where ``mask`` is False are hatched.
    """
    hidden = _hidden(mask, query_symbols, key_symbols)
    columns = len(key_symbols), len(key_symbols), to_array(output).shape[1]
    figure = new_figure(width=4.1 + CELL * sum(columns), height=1.7 + CELL * len(query_symbols))
    left, middle, right = figure.subplots(1, 3, width_ratios=[max(count, 1.6) for count in columns])
    keys = [shown(symbol) for symbol in key_symbols]
    image = _matrix(left, scores, query_symbols, keys, hidden=hidden)
    print_cells(left, image, ".3f")
    left.set_title(L("スコア", "scores") + "\n" + r"$QK^\top\!/\sqrt{d_k}$", fontsize=MEDIUM)
    left.set_ylabel(L("クエリ", "query"), fontsize=MEDIUM)
    image = _matrix(middle, weights, query_symbols, keys, hidden=hidden, limits=(0.0, 1.0))
    print_cells(middle, image, ".3f")
    middle.set_title(L("重み", "weights") + "\n" + r"$\alpha=\mathrm{softmax}$", fontsize=MEDIUM)
    for axes in (left, middle):
        axes.set_xlabel(L("キー", "key"), fontsize=MEDIUM)
    image = _matrix(right, output, query_symbols, [str(column) for column in range(columns[2])])
    print_cells(right, image, ".3f")
    right.set_title(L("出力", "output") + "\n" + r"$\alpha V$", fontsize=MEDIUM)
    right.set_xlabel(L("バリューの成分", "value component"), fontsize=MEDIUM)
    return figure


def head_grid(
    weights: Numbers, query_symbols: Sequence[str], key_symbols: Sequence[str], *, mask: Numbers | None = None
) -> "Figure":
    """The weights of every head, (H, Tq, Tk), in one scale of colours, as many in a row as a page holds."""
    hidden, heads = _hidden(mask, query_symbols, key_symbols), to_array(weights)
    width, height = 0.7 + SMALL_CELL * len(key_symbols), 0.9 + SMALL_CELL * len(query_symbols)
    columns = max(1, min(4, len(heads), int(PAGE / width)))
    rows = math.ceil(len(heads) / columns)
    figure = new_figure(width=1.0 + columns * width, height=rows * height)
    grid = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    keys = [shown(symbol) for symbol in key_symbols]
    for number, (axes, head) in enumerate(zip(grid, heads, strict=False)):
        image = _matrix(axes, head, query_symbols, keys, hidden=hidden, limits=(0.0, 1.0))
        axes.set_title(L(f"ヘッド {number}", f"head {number}"), fontsize=MEDIUM)
    for axes in grid[len(heads) :]:
        axes.set_axis_off()
    figure.colorbar(image, ax=list(grid), label=L("重み", "weight"))
    return figure


def saturation_curves(
    widths: Sequence[int], unscaled: Sequence[tuple[float, float]], scaled: Sequence[tuple[float, float]]
) -> "Figure":
    """Largest weight and norm of its gradient against the width d_k, with and without division by its root.

    ``unscaled`` and ``scaled`` hold both numbers for every width.
    """
    figure = new_figure(width=8.2, height=3.4)
    left, right = figure.subplots(1, 2)
    for part, axes in enumerate((left, right)):
        for style, (runs, label) in enumerate(
            ((unscaled, L("そのまま", "as they are")), (scaled, L("√d_k で割る", "divided by √d_k")))
        ):
            numbers = [run[part] for run in runs]
            axes.plot(widths, numbers, DASHES[style], marker="os"[style], color=LINES[style], label=label)
        axes.set_xscale("log", base=2)
        axes.set_xticks(widths, [str(width) for width in widths])
        axes.set_xlabel("$d_k$", fontsize=MEDIUM)
        axes.set_ylim(bottom=0.0)
        axes.grid(alpha=0.3)
    left.set_ylim(0.0, 1.05)
    left.set_title(L("最大の重み（平均）", "largest weight (mean)"), fontsize=MEDIUM)
    right.set_title(L("softmax を通る勾配のノルム（平均）", "gradient through softmax: norm (mean)"), fontsize=MEDIUM)
    left.legend(fontsize=MEDIUM, loc="center right")
    return figure


def entropy_histogram(entropies: Mapping[str, Numbers], num_keys: int) -> "Figure":
    """How evenly queries spread their weights: a histogram for each label, up to ln(num_keys), where all is even."""
    figure = new_figure(width=6.8, height=3.4)
    axes = figure.add_subplot()
    highest = math.log(num_keys)
    for style, (label, values) in enumerate(entropies.items()):
        axes.hist(
            to_array(values).ravel().clip(0.0, highest),  # rounding may pass the ends, and bins leave out what does
            bins=[highest * edge / 30 for edge in range(31)],
            histtype="step",
            linewidth=1.8,
            linestyle=DASHES[style % len(DASHES)],
            color=LINES[style % len(LINES)],
            label=label,
        )
    axes.axvline(highest, color="#666666", linewidth=1.0)
    axes.set_xlim(0.0, highest * 1.02)
    axes.set_xlabel(
        L(f"重みのエントロピー（右端は ln {num_keys}：均等）", f"entropy of the weights (all even: ln {num_keys})"),
        fontsize=MEDIUM,
    )
    axes.set_ylabel(L("クエリの数", "number of queries"), fontsize=MEDIUM)
    axes.legend(fontsize=MEDIUM)
    return figure


def _matrix(
    axes: "Axes",
    numbers: Numbers,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    hidden: Array | None = None,
    limits: tuple[float, float] | None = None,
) -> "AxesImage":
    """The numbers in colours with their labels; ``hidden`` cells are hatched and have neither colour nor number."""
    drawn = np.ma.masked_array(to_array(numbers), False if hidden is None else hidden)
    if drawn.shape != (len(rows), len(columns)):
        raise ValueError(f"{drawn.shape} numbers do not fit {len(rows)} rows and {len(columns)} columns")
    low, high = limits or (float(drawn.min()), float(drawn.max()))
    image = axes.imshow(drawn, cmap="viridis", vmin=low, vmax=high if high > low else low + 1.0, aspect="equal")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), [shown(symbol) for symbol in rows])
    axes.tick_params(length=0, labelsize=MEDIUM)
    if hidden is not None:
        hatch_cells(axes, hidden)
    return image


def _hidden(mask: Numbers | None, rows: Sequence[str], columns: Sequence[str]) -> Array | None:
    """True where ``mask`` is False, for every row and column."""
    return None if mask is None else ~np.broadcast_to(to_array(mask).astype(bool), (len(rows), len(columns)))
