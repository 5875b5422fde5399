"""Figures of positions: the table of encodings, how alike its rows are, its waves, and how long its vectors are."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from henkan.plotting.language import L
from henkan.plotting.style import LINES, MEDIUM, SMALL, Numbers, new_figure, print_cells, to_array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BASE = 10000.0  # of the paper's wavelengths


def encoding_map(encoding: Numbers, title: str = "") -> "Figure":
    """The (length, d_model) table as colours: a row for each position, a column for each dimension, -1 to 1."""
    return _map(encoding, L("次元", "dimension"), L("値", "value"), title, limits=(-1.0, 1.0))


def similarity_map(encoding: Numbers, title: str = "") -> "Figure":
    """PE·PEᵀ, the dot product of every position with every other: bright where two positions are alike."""
    table = to_array(encoding)
    return _map(table @ table.T, L("位置", "position"), L("内積", "dot product"), title)


def frequency_curves(encoding: Numbers, pairs: Sequence[int]) -> "Figure":
    """One panel for each pair of columns: dots from the table, the waves they lie on, and how long these are."""
    table = to_array(encoding)
    length, d_model = table.shape
    figure = new_figure(width=7.5, height=0.6 + 1.35 * len(pairs))
    panels = figure.subplots(len(pairs), 1, sharex=True, squeeze=False)[:, 0]
    between = np.linspace(0, length - 1, 40 * length)
    for axes, pair in zip(panels, pairs, strict=True):
        angle = between * 2 * math.pi / wavelength(pair, d_model)
        axes.plot(between, np.sin(angle), color=LINES[0], label="sin")
        axes.plot(between, np.cos(angle), color=LINES[1], linestyle="--", label="cos")
        for column, color, marker in ((2 * pair, LINES[0], "o"), (2 * pair + 1, LINES[1], "s")):
            axes.plot(table[:, column], linestyle="", marker=marker, markersize=4, color=color)
        text = L(
            f"組 i = {pair}（列 {2 * pair}, {2 * pair + 1}）", f"pair i = {pair} (columns {2 * pair}, {2 * pair + 1})"
        )
        axes.set_title(f"{text}   {L('波長', 'wavelength')} {_short(wavelength(pair, d_model))}", fontsize=MEDIUM)
        axes.set_ylim(-1.25, 1.25)
        axes.tick_params(labelsize=SMALL)
    panels[0].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=SMALL, frameon=False)
    panels[-1].set_xlabel(L("位置", "position"), fontsize=MEDIUM)
    return figure


def vector_lengths(groups: Mapping[str, Numbers]) -> "Figure":
    """A bar for each group of row vectors: their mean length, with a line from the shortest to the longest."""
    norms = {label: np.linalg.norm(to_array(rows), axis=1) for label, rows in groups.items()}
    longest = max(float(norm.max()) for norm in norms.values())
    figure = new_figure(width=7.0, height=1.0 + 0.55 * len(groups))
    axes = figure.add_subplot()
    for row, norm in enumerate(norms.values()):
        axes.barh(row, norm.mean(), height=0.6, color=LINES[row % len(LINES)])
        axes.plot([norm.min(), norm.max()], [row, row], color="black", linewidth=1.5, marker="|", markersize=9)
        axes.text(norm.max() + 0.02 * longest, row, f"{norm.mean():.2f}", va="center", fontsize=MEDIUM)
    axes.set_yticks(range(len(norms)), list(norms), fontsize=MEDIUM)
    axes.invert_yaxis()
    axes.set_xlim(0.0, 1.15 * longest)
    axes.set_xlabel(L("ベクトルの長さ", "length of the vectors"), fontsize=MEDIUM)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def wavelength(pair: int, d_model: int) -> float:
    """After how many positions columns 2i and 2i + 1 repeat: 2π · 10000^(2i / d_model)."""
    return float(2 * math.pi * BASE ** (2 * pair / d_model))


def _map(
    numbers: Numbers, across: str, meaning: str, title: str, limits: tuple[float | None, float | None] = (None, None)
) -> "Figure":
    table = to_array(numbers)
    rows, columns = table.shape
    cell = min(0.6, 5.0 / max(rows, columns))  # inches
    figure = new_figure(width=2.2 + cell * columns, height=1.2 + cell * rows)
    axes = figure.add_subplot()
    image = axes.imshow(table, cmap="viridis", vmin=limits[0], vmax=limits[1], aspect="equal", interpolation="nearest")
    axes.set_xlabel(across, fontsize=MEDIUM)
    axes.set_ylabel(L("位置", "position"), fontsize=MEDIUM)
    axes.tick_params(labelsize=SMALL)
    if max(rows, columns) <= 16:
        axes.set_xticks(range(columns))
        axes.set_yticks(range(rows))
    print_cells(axes, image, ".2f")
    if title:
        axes.set_title(title, fontsize=MEDIUM)
    figure.colorbar(image, ax=axes, shrink=0.8).set_label(meaning, fontsize=MEDIUM)
    return figure


def _short(number: float) -> str:
    return f"{number:.2f}" if number < 100 else f"{number:,.0f}"
