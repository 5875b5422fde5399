"""The result as lines to read."""

from collections.abc import Sequence
from typing import Any

from henkan.bench.floor import Floor
from henkan.bench.phases import PHASES
from henkan.bench.summary import Row
from henkan.workflow.report import indented, table

HEADINGS = ("", "", "tokens/s", "", "ratio", "", "of the bound", "peak MiB")


def describe_floor(floor: Floor) -> list[str]:
    """What the machine can do."""
    lines = []
    for name, speeds in floor.products.items():
        sizes = ", ".join(f"{speed:,.3g} at {size}" for size, speed in speeds.items())
        lines.append(f"matrix products in {name}: {sizes} GFLOP/s")
    threads = f"{floor.threads} thread{'s' if floor.threads > 1 else ''}"
    return indented([*lines, f"reading memory: {floor.memory_gb_per_second:.1f} GB/s", threads])


def describe_rows(rows: Sequence[Row]) -> list[str]:
    """The table of one case, and below it who was left out and why."""
    found = [_cells(row) for row in rows if "left_out" not in row]
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if "left_out" in row:
            reasons.setdefault(row["left_out"], []).append(f"{row['entrant']} {row['precision']}")
    lines = table([HEADINGS, *found]) if found else []
    return lines + indented(f"left out: {', '.join(names)}: {reason}" for reason, names in reasons.items())


def _cells(row: Row) -> tuple[str, ...]:
    share = f"{row['share_of_bound']:.0%}" if "share_of_bound" in row else ""
    ratio = (f"{row['ratio']:.2f} x", _range(row["ratio_range"], ".2f")) if "ratio" in row else ("", "")
    speed = (f"{row['tokens_per_second']:,.0f}", _range(row["tokens_per_second_range"], ",.0f"))
    memory = f"{row['peak_mib']:>8,}" if row.get("peak_mib") else ""
    return (row["entrant"], row["precision"], *speed, *ratio, share, memory)


def _range(values: Sequence[float], form: str) -> str:
    low, high = values
    return f"[{low:{form}} .. {high:{form}}]"


def describe_phases(rows: Sequence[Row]) -> list[str]:
    """Where the time of a step goes, in milliseconds and in shares of the step."""
    return table([("", *PHASES, "step"), *(_phases(row) for row in rows)])


def _phases(row: dict[str, Any]) -> tuple[str, ...]:
    parts = [f"{row[phase]:,.1f} ({row[phase] / row['step']:.0%})" for phase in PHASES]
    return (row["entrant"], *parts, f"{row['step']:,.1f} ms")
