"""What the figures share: their making, numbers in cells, hatched cells. Nothing smaller than 10 points."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

SMALL, MEDIUM = 10, 11  # points
MAX_PRINTED = 8  # up to this many rows and columns, every number is printed into its cell
LINES = ("#440154", "#2a788e", "#d1495b", "#7a5195")
"""Line colours that stay apart in grey and for the colour-blind; vary the dashes, too."""

Numbers = Any  # a tensor, an array, or nested lists of numbers
Array = Any  # of numpy, whose annotations say nothing about the shape


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of this size in inches; a ``ValueError`` without matplotlib."""
    try:
        import matplotlib  # noqa: F401 - the package first: a part of it may be loaded where the whole is not to be had
        from matplotlib.figure import Figure  # not pyplot, which keeps every figure and may want a screen
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError:
        raise ValueError('figures need matplotlib: pip install "henkan[plot]"') from None
    layout = ConstrainedLayoutEngine(compress=True, w_pad=0.08, h_pad=0.08)  # inches around each panel
    return Figure(figsize=(width, height), layout=layout, dpi=150)


def to_array(numbers: Numbers) -> Array:
    """The numbers as an array of float64, off the accelerator and out of autograd."""
    if hasattr(numbers, "detach"):
        numbers = numbers.detach().cpu().double().numpy()
    return np.asarray(numbers, dtype=np.float64)


def print_cells(axes: "Axes", image: "AxesImage", form: str = ".1f", size: int = SMALL) -> None:
    """Print every number of ``image`` into its cell, if it has at most 8 rows and 8 columns. Masked ones stay empty."""
    numbers: Array = np.ma.asarray(image.get_array())
    if max(numbers.shape) > MAX_PRINTED:
        return
    for row, column in cells(numbers):
        number = numbers[row, column]
        if np.ma.is_masked(number):
            continue
        color = "black" if _brightness(image, number) > 0.45 else "white"
        axes.text(column, row, minus(f"{number:{form}}"), ha="center", va="center", color=color, fontsize=size)


def hatch_cells(axes: "Axes", hidden: Numbers) -> None:
    """Cover the cells where ``hidden`` is true with grey hatching: no weight, not a small one."""
    from matplotlib.patches import Rectangle

    hidden = to_array(hidden)
    for row, column in cells(hidden):
        if hidden[row, column]:
            corner = (column - 0.5, row - 0.5)
            axes.add_patch(Rectangle(corner, 1, 1, facecolor="#eeeeee", edgecolor="#888888", hatch="////", linewidth=0))


def cells(numbers: Array) -> Iterator[tuple[int, int]]:
    """Row and column of every cell, row by row."""
    return ((row, column) for row in range(numbers.shape[0]) for column in range(numbers.shape[1]))


def minus(text: str) -> str:
    """The text with a true minus sign, as matplotlib writes it on axes; -0.0 loses its sign."""
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def visible(symbol: str) -> str:
    """The symbol as a label: a space that can be seen, and no dollar that would start a formula."""
    return "␣" if symbol == " " else symbol.replace("$", r"\$")


def _brightness(image: "AxesImage", number: float) -> float:
    red, green, blue, _ = image.to_rgba(np.array([[number]]))[0, 0]
    return float(0.299 * red + 0.587 * green + 0.114 * blue)
