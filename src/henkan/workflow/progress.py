"""How far a long piece of work is: a bar on a terminal, a line now and then everywhere else, nothing if it is short."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from henkan.workflow.report import minutes

QUIET_SECONDS, LINE_SECONDS = 2.0, 30.0

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
    started = clock()
    begun, next_line = done, started + LINE_SECONDS
    with Progress(
        BarColumn(bar_width=24),
        TextColumn("{task.description}"),
        console=console,
        refresh_per_second=4,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("", total=total, visible=False, completed=done)
        for item in items:
            done += size_of(item)
            seconds = clock() - started
            text = _describe(done, total, unit, (done - begun) / max(seconds, 1e-9))
            progress.update(task, completed=done, description=text, visible=seconds > QUIET_SECONDS)
            if not console.is_terminal and clock() >= next_line:
                console.print(f"  {text}", highlight=False, soft_wrap=True)
                next_line = clock() + LINE_SECONDS
            yield item


def _describe(done: int, total: int | None, unit: str, per_second: float) -> str:
    speed = f"{per_second:,.0f} {unit}/s"
    if total is None:
        return f"{done:,} {unit}  {speed}"
    left = minutes((total - done) / max(per_second, 1e-9))
    return f"{done:,} of {total:,} {unit}  {speed}  {left} left"
