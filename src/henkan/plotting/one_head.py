"""Figures of a single head: how one weight comes about, and what each token gathers."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from henkan.plotting.language import L
from henkan.plotting.style import LINES, MEDIUM, Numbers, minus, new_figure, print_cells, to_array, visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL = 0.62  # inches
RED, BLUE = np.array([0.84, 0.15, 0.16]), np.array([0.12, 0.35, 0.75])


def weight_from_terms(
    query: Numbers, key: Numbers, weights: Numbers, key_symbols: Sequence[str], chosen: int
) -> "Figure":
    """One query and the ``chosen`` key: their products entry by entry, and the weight among those of all keys."""
    q, k = to_array(query), to_array(key)
    products = q * k
    figure = new_figure(width=1.6 + CELL * len(q), height=4.6)
    upper, lower = figure.subplots(2, 1, height_ratios=[3.2, 2.2])
    limit = max(1.0, float(np.abs([q, k, products]).max()))
    image = upper.imshow([q, k, products], cmap="cividis", vmin=-limit, vmax=limit, aspect="auto")
    print_cells(upper, image, ".2f")
    upper.set_yticks(range(3), ["q", "k", "q × k"], fontsize=MEDIUM)
    upper.set_xticks(range(len(q)))
    upper.tick_params(length=0, labelsize=MEDIUM)
    upper.set_xlabel(L("成分", "entry"), fontsize=MEDIUM)
    total, score = products.sum(), products.sum() / math.sqrt(len(q))
    summed = L("積の和", "sum of the products")
    upper.set_title(f"{summed} {minus(f'{total:.2f}')}   ÷ √{len(q)} = {minus(f'{score:.2f}')}", fontsize=MEDIUM)
    shares = to_array(weights)
    colors = [LINES[2] if place == chosen else LINES[1] for place in range(len(shares))]
    bars = lower.bar(range(len(shares)), shares, width=0.6, color=colors)
    bars[chosen].set_hatch("//")
    for place, share in enumerate(shares):
        lower.text(place, share + 0.03, f"{share:.3f}", ha="center", va="bottom", fontsize=MEDIUM)
    lower.set_xticks(range(len(shares)), [visible(symbol) for symbol in key_symbols], fontsize=MEDIUM)
    lower.set_ylim(0.0, 1.25)
    lower.set_yticks([0.0, 0.5, 1.0])
    lower.tick_params(labelsize=MEDIUM)
    lower.set_ylabel(L("重み", "weight"), fontsize=MEDIUM)
    lower.spines[["top", "right"]].set_visible(False)
    return figure


def gathered_colours(weights: Numbers, red_and_blue: Numbers, symbols: Sequence[str]) -> "Figure":
    """The weights of a self-attention, (T, T), and beside each row the colour its token gathered, (T, 2)."""
    shares, amounts = to_array(weights), to_array(red_and_blue)
    size = len(symbols)
    figure = new_figure(width=4.4 + CELL * size, height=1.5 + CELL * size)
    left, right = figure.subplots(1, 2, width_ratios=[size, 3.2])
    image = left.imshow(shares, cmap="viridis", vmin=0.0, vmax=1.0, aspect="equal")
    print_cells(left, image, ".2f")
    names = [visible(symbol) for symbol in symbols]
    left.set_xticks(range(size), names)
    left.set_xlabel(L("見られるトークン（キー）", "token looked at (key)"), fontsize=MEDIUM)
    left.set_ylabel(L("見るトークン（クエリ）", "token that looks (query)"), fontsize=MEDIUM)
    left.set_title(L("重み", "weights"), fontsize=MEDIUM)
    right.imshow(_swatches(amounts), aspect="auto", extent=(0, 1, size - 0.5, -0.5))
    right.set_xlim(0.0, 3.2)
    for row, (red, blue) in enumerate(amounts):
        words = L(f"赤 {red:.2f}  青 {blue:.2f}", f"red {red:.2f}  blue {blue:.2f}")
        right.text(1.12, row, words, va="center", fontsize=MEDIUM)
    right.set_ylim(size - 0.5, -0.5)
    right.set_xticks([])
    right.spines[:].set_visible(False)
    right.set_title(L("集めた色（出力）", "colour gathered (output)"), fontsize=MEDIUM)
    for axes in (left, right):
        axes.set_yticks(range(size), names)
        axes.tick_params(length=0, labelsize=MEDIUM)
    return figure


def _swatches(amounts: Numbers) -> Numbers:
    """A colour for each row of red and blue amounts: white for none, the mixture for both."""
    shares = np.clip(amounts, 0.0, 1.0)
    ink = shares[:, :1] * (1 - RED) + shares[:, 1:] * (1 - BLUE)
    return np.clip(1 - ink, 0.0, 1.0)[:, None, :]
