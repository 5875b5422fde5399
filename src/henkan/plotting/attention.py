"""Maps of attention weights."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from henkan.plotting.language import L
from henkan.plotting.style import MEDIUM, hatch_cells, new_figure, print_cells, to_array, visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

CELL = 0.42  # inches


def attention_map(
    weights: "Tensor",
    source_symbols: Sequence[str],
    target_symbols: Sequence[str],
    title: str = "",
    *,
    mask: "Tensor | None" = None,
) -> "Figure":
    """Who looked where: a row for each target symbol, a column for each source symbol, (T, S) weights from 0 to 1.

    Cells where ``mask`` is False, which were not to be looked at, are hatched.
    """
    if weights.shape != (len(target_symbols), len(source_symbols)):
        raise ValueError(
            f"weights of shape {tuple(weights.shape)} do not fit {len(target_symbols)} target and "
            f"{len(source_symbols)} source symbols: they must be (target, source)"
        )
    figure = new_figure(width=1.8 + CELL * len(source_symbols), height=1.4 + CELL * len(target_symbols))
    axes = figure.add_subplot()
    hidden = to_array(~mask.expand(weights.shape) if mask is not None else weights.new_zeros(weights.shape))
    drawn = np.ma.masked_array(to_array(weights), hidden)
    image = axes.imshow(drawn, cmap="viridis", vmin=0.0, vmax=1.0, aspect="equal")
    axes.set_xticks(range(len(source_symbols)), [visible(symbol) for symbol in source_symbols])
    axes.set_yticks(range(len(target_symbols)), [visible(symbol) for symbol in target_symbols])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=MEDIUM)
    print_cells(axes, image)
    hatch_cells(axes, hidden)
    if title:
        axes.set_title(title, fontsize=MEDIUM)
    figure.colorbar(image, ax=axes, label=L("重み", "weight"))
    return figure
