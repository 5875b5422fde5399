"""The rows of a result as a picture."""

from collections.abc import Sequence
from pathlib import Path

from henkan.bench.entrants import Case
from henkan.bench.summary import Row
from henkan.plotting.speeds import Bar, Panel, speed_bars


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write the picture of all comparisons with a reference to ``path``; a ``ValueError`` if there is nothing to draw
    with, or nothing to draw."""
    panels = make_panels(rows)
    if not panels:
        raise ValueError("there is no picture, because nothing was measured beside its reference")
    speed_bars(panels).savefig(path)


def make_panels(rows: Sequence[Row]) -> list[Panel]:
    """A panel for each case in which several entrants have a ratio, in the order of the rows."""
    cases: dict[tuple[str, Case], list[Row]] = {}
    for row in rows:
        if "ratio" in row:
            case = Case(row["work"], row.get("batch", 0), row.get("beam", 1))
            cases.setdefault((row["shape"], case), []).append(row)
    return [
        Panel(f"{shape}: {case.title}", _name(found[0]), [_bar(row) for row in found])
        for (shape, case), found in cases.items()
        if len(found) > 1
    ]


def _bar(row: Row) -> Bar:
    low, high = row["ratio_range"]
    return Bar(_name(row), row["ratio"], low, high, f"{row['tokens_per_second']:,.0f}/s")


def _name(row: Row) -> str:
    return f"{row['entrant']}, {row['precision']}"
