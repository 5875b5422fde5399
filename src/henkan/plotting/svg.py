"""Charts as SVG, for pages that stand alone: readers' own fonts, no image files, no matplotlib.

Colours are classes (``line0``, ``bar``, ``cell`` and so on) that the style sheet of the page fills.
"""

import html
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 520, 300
LEFT, RIGHT, TOP, BOTTOM = 68, 14, 14, 46
CELL, LABEL = 26, 15  # of heat maps: the side of a cell, the width given to a character of a label
MIN_SHOWN = 0.02  # weights below are left out: nobody could see them

Point = tuple[float, float]
Write = Callable[[float], str]


@dataclass(frozen=True)
class Series:
    """A line of points with its name; ``is_dots`` draws them, too, where they are measurements."""

    name: str
    points: Sequence[Point]
    is_dots: bool = False


@dataclass(frozen=True)
class Axis:
    """What an axis is called, where it begins and ends, and how its numbers are written."""

    label: str
    low: float
    high: float
    write: Write = "{:g}".format

    def share(self, value: float) -> float:
        """How far along the axis ``value`` lies, from 0 to 1."""
        return (value - self.low) / (self.high - self.low or 1.0)

    def ticks(self) -> list[float]:
        """About five round numbers along the axis."""
        span = self.high - self.low or 1.0
        raw = span / 5
        unit = 10.0 ** math.floor(math.log10(raw))
        step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [number * step for number in range(first, math.floor(self.high / step + 1e-9) + 1)]


def line_chart(series: Sequence[Series], x: Axis, y: Axis, title: str, *, diagonal: bool = False) -> str:
    """Lines over a grid; ``diagonal`` draws where both axes are equal. ``title`` is read by those who do not see it."""
    parts = [*_grid(x, y)]
    if diagonal:
        parts.append(_path([(x.low, y.low), (x.high, y.high)], x, y, "ideal"))
    for number, one in enumerate(series):
        parts.append(_path(one.points, x, y, f"line line{number}"))
        if one.is_dots:
            parts += [_dot(point, x, y, f"dot dot{number}") for point in one.points]
    if len(series) > 1:
        parts += _legend([one.name for one in series])
    return _svg(WIDTH, HEIGHT, title, parts)


def bar_chart(labels: Sequence[str], values: Sequence[float], x_label: str, y: Axis, title: str) -> str:
    """A bar for each label, its value above it."""
    step = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    x = Axis(x_label, 0, 1)
    parts = [*_grid(x, y, with_x=False)]
    for number, (label, value) in enumerate(zip(labels, values, strict=True)):
        middle, top = LEFT + step * (number + 0.5), _y(value, y)
        width = min(step * 0.64, 64)
        height = HEIGHT - BOTTOM - top
        parts.append(f'<rect class="bar" x="{middle - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" {_h(height)}/>')
        parts.append(_text(middle, top - 5, y.write(value), "middle", "value"))
        parts.append(_text(middle, HEIGHT - BOTTOM + 17, label, "middle"))
    return _svg(WIDTH, HEIGHT, title, parts)


def heat_map(weights: Sequence[Sequence[float]], rows: Sequence[str], columns: Sequence[str], title: str) -> str:
    """Weights from 0 to 1 as ink: a row for each of ``rows``, a column for each of ``columns``."""
    left = 12 + LABEL * max((_columns_of(label) for label in rows), default=1) * 0.62
    top = 12 + LABEL * max((_columns_of(label) for label in columns), default=1) * 0.62
    parts = []
    for row, label in enumerate(rows):
        parts.append(_text(left - 6, top + CELL * (row + 0.5) + 4, label, "end"))
        for column, weight in enumerate(weights[row]):
            if weight >= MIN_SHOWN:
                place = f'x="{left + CELL * column:.0f}" y="{top + CELL * row:.0f}"'
                parts.append(
                    f'<rect class="cell" {place} width="{CELL - 1}" {_h(CELL - 1)} fill-opacity="{weight:.2f}"/>'
                )
    for column, label in enumerate(columns):
        x, y = left + CELL * (column + 0.5) + 4, top - 6
        is_wide = _columns_of(label) > 2
        turned = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if is_wide else ""
        parts.append(_text(x if is_wide else x - 4, y, label, "start" if is_wide else "middle", extra=turned))
    frame = f'<rect class="frame" x="{left:.0f}" y="{top:.0f}" width="{CELL * len(columns)}" {_h(CELL * len(rows))}/>'
    size = (round(left + CELL * len(columns) + 8), round(top + CELL * len(rows) + 8))
    return _svg(*size, title, [frame, *parts], is_fixed=True)


def _svg(width: int, height: int, title: str, parts: Iterable[str], *, is_fixed: bool = False) -> str:
    size = f' width="{width}" height="{height}"' if is_fixed else ""
    name = html.escape(title)
    start = f'<svg viewBox="0 0 {width} {height}"{size} role="img" aria-label="{name}">'
    return "".join([start, f"<title>{name}</title>", *parts, "</svg>"])


def _grid(x: Axis, y: Axis, *, with_x: bool = True) -> Iterable[str]:
    for value in y.ticks():
        place = _y(value, y)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{place:.1f}" y2="{place:.1f}"/>'
        yield _text(LEFT - 8, place + 4, y.write(value), "end")
    if with_x:
        for value in x.ticks():
            yield _text(_x(value, x), HEIGHT - BOTTOM + 17, x.write(value), "middle")
    yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM}"/>'
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x.label, "middle", "label")
    turned = f' transform="rotate(-90 14 {(TOP + HEIGHT - BOTTOM) / 2:.0f})"'
    yield _text(14, (TOP + HEIGHT - BOTTOM) / 2, y.label, "middle", "label", turned)


def _legend(names: Sequence[str]) -> Iterable[str]:
    for number, name in enumerate(names):
        y = TOP + 12 + 18 * number
        yield f'<line class="line line{number}" x1="{WIDTH - 170}" x2="{WIDTH - 146}" y1="{y - 4}" y2="{y - 4}"/>'
        yield _text(WIDTH - 140, y, name, "start")


def _path(points: Sequence[Point], x: Axis, y: Axis, style: str) -> str:
    if not points:
        return ""
    places = " L".join(f"{_x(a, x):.1f} {_y(b, y):.1f}" for a, b in points)
    return f'<path class="{style}" d="M{places}"/>'


def _dot(point: Point, x: Axis, y: Axis, style: str) -> str:
    return f'<circle class="{style}" cx="{_x(point[0], x):.1f}" cy="{_y(point[1], y):.1f}" r="4"/>'


def _x(value: float, axis: Axis) -> float:
    return LEFT + axis.share(value) * (WIDTH - LEFT - RIGHT)


def _y(value: float, axis: Axis) -> float:
    return HEIGHT - BOTTOM - axis.share(value) * (HEIGHT - BOTTOM - TOP)


def _h(height: float) -> str:
    return f'height="{max(height, 0):.1f}"'


def _text(x: float, y: float, text: str, anchor: str, style: str = "tick", extra: str = "") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{html.escape(text)}</text>'


def _columns_of(label: str) -> int:
    """How wide a label is, in Latin letters: others count twice."""
    return sum(1 if ord(character) < 0x1100 else 2 for character in label)
