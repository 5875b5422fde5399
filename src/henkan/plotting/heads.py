"""Figures of several heads: which part of each matrix is theirs, and what is lost without one of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from henkan.plotting.language import L
from henkan.plotting.style import MEDIUM, Numbers, new_figure, print_cells, to_array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL = 0.2  # inches


def head_slices(query_weight: Numbers, output_weight: Numbers, num_heads: int) -> "Figure":
    """Which rows of the query projection and which columns of the output projection belong to each head.

    Both are (d_model, d_model), as ``torch.nn.Linear`` keeps them.
    """
    query, output = to_array(query_weight), to_array(output_weight)
    size = len(query)
    figure = new_figure(width=4.4 + 2 * CELL * size, height=1.6 + CELL * size)
    panels = figure.subplots(1, 2)
    limit = float(max(abs(query).max(), abs(output).max()))
    middles = [(head + 0.5) * size / num_heads - 0.5 for head in range(num_heads)]
    names = [L(f"ヘッド {head}", f"head {head}") for head in range(num_heads)]
    for axes, matrix in zip(panels, (query, output), strict=True):
        image = axes.imshow(matrix, cmap="cividis", vmin=-limit, vmax=limit, aspect="equal")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.tick_params(length=0, labelsize=MEDIUM)
    for head in range(1, num_heads):
        edge = head * size / num_heads - 0.5
        panels[0].axhline(edge, color="white", linewidth=2.5)
        panels[1].axvline(edge, color="white", linewidth=2.5)
    panels[0].set_yticks(middles, names)
    panels[1].set_xticks(middles, [name.replace(" ", "\n") for name in names])
    panels[0].set_title(L("クエリの射影：行を分ける", "query projection: split by rows"), fontsize=MEDIUM)
    panels[1].set_title(L("出力の射影：列を分ける", "output projection: split by columns"), fontsize=MEDIUM)
    figure.colorbar(image, ax=list(panels), shrink=0.85).set_label(L("値", "value"), fontsize=MEDIUM)
    return figure


def accuracy_table(accuracies: Numbers, rows: Sequence[str], columns: Sequence[str]) -> "Figure":
    """Accuracies from 0 to 1 as colours and numbers: a row for each variant of a model, a column for each question."""
    table = to_array(accuracies)
    if table.shape != (len(rows), len(columns)):
        raise ValueError(f"{table.shape} accuracies do not fit {len(rows)} rows and {len(columns)} columns")
    figure = new_figure(width=2.6 + 1.5 * len(columns), height=0.9 + 0.45 * len(rows))
    axes = figure.add_subplot()
    image = axes.imshow(table, cmap="viridis", vmin=0.0, vmax=1.0, aspect="auto")
    print_cells(axes, image, ".2f", size=MEDIUM)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=MEDIUM)
    figure.colorbar(image, ax=axes).set_label(L("正答率", "accuracy"), fontsize=MEDIUM)
    return figure
