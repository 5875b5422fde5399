"""How far a long piece of work is: a bar on a terminal, a line now and then everywhere else, nothing if it is short."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import TextIO, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from henkan.workflow.report import minutes

QUIET_SECONDS, BAR_SECONDS, LINE_SECONDS = 2.0, 0.25, 30.0

Item = TypeVar("Item")


def showing_progress(
    items: Iterable[Item],
    size_of: Callable[[Item], int],
    total: int | None,
    unit: str,
    *,
    done: int = 0,
    stream: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Item]:
    """The items as they are; on the error output, how many of ``total`` units are done, ``done`` of them before."""
    console = Console(file=stream or sys.stderr)
    is_terminal = console.is_terminal  # it takes long to ask for millions of items
    begun, started = done, clock()
    next_look = started + (QUIET_SECONDS if is_terminal else LINE_SECONDS)
    with ExitStack() as stack:
        bar: Progress | None = None
        for item in items:
            done += size_of(item)
            if (now := clock()) >= next_look:
                text = _describe(done, total, unit, (done - begun) / max(now - started, 1e-9))
                if not is_terminal:
                    console.print(f"  {text}", highlight=False, soft_wrap=True)
                else:
                    bar = bar or stack.enter_context(_make_bar(console, total))
                    bar.update(TaskID(0), completed=done, description=text)
                next_look = now + (BAR_SECONDS if is_terminal else LINE_SECONDS)
            yield item


def _make_bar(console: Console, total: int | None) -> Progress:
    columns = BarColumn(bar_width=24), TextColumn("{task.description}")
    bar = Progress(*columns, console=console, refresh_per_second=4, transient=True)
    bar.add_task("", total=total)
    return bar


def _describe(done: int, total: int | None, unit: str, per_second: float) -> str:
    speed = f"{per_second:,.0f} {unit}/s"
    if total is None:
        return f"{done:,} {unit}  {speed}"
    left = minutes((total - done) / max(per_second, 1e-9))
    return f"{done:,} of {total:,} {unit}  {speed}  {left} left"
