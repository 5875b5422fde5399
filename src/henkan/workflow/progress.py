"""How far a long piece of work is: a bar on a terminal, a line now and then everywhere else, nothing if it is short."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, TextIO, TypeVar

from henkan.workflow.report import minutes

if TYPE_CHECKING:
    from rich.progress import Progress

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
    stream = stream or sys.stderr
    is_terminal = stream.isatty()  # it takes long to ask for millions of items
    begun, started = done, clock()
    next_look = started + (QUIET_SECONDS if is_terminal else LINE_SECONDS)
    with ExitStack() as stack:
        bar: Progress | None = None
        for item in items:
            done += size_of(item)
            if (now := clock()) >= next_look:
                text = _describe(done, total, unit, (done - begun) / max(now - started, 1e-9))
                if not is_terminal:
                    print(f"  {text}", file=stream, flush=True)
                else:
                    bar = bar or stack.enter_context(_make_bar(stream, total))
                    bar.update(bar.task_ids[0], completed=done, description=text)
                next_look = now + (BAR_SECONDS if is_terminal else LINE_SECONDS)
            yield item


def _make_bar(stream: TextIO, total: int | None) -> "Progress":
    from rich.console import Console  # here, because short work shows none
    from rich.progress import BarColumn, Progress, TextColumn

    columns = BarColumn(bar_width=24), TextColumn("{task.description}")
    bar = Progress(*columns, console=Console(file=stream), refresh_per_second=4, transient=True)
    bar.add_task("", total=total)
    return bar


def _describe(done: int, total: int | None, unit: str, per_second: float) -> str:
    speed = f"{per_second:,.0f} {unit}/s"
    if total is None:
        return f"{done:,} {unit}  {speed}"
    left = minutes((total - done) / max(per_second, 1e-9))
    return f"{done:,} of {total:,} {unit}  {speed}  {left} left"
