"""How far the measuring is: a bar on a terminal, a plain line now and then in a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

LINE_SECONDS = 30.0


@contextmanager
def telling(
    title: str, total: int, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[str], None]]:
    """What is to be called with a few words before each of ``total`` pieces of work; they go to the error output."""
    console = Console(file=stream or sys.stderr)
    if console.is_terminal:
        columns = BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("{task.description}")
        with Progress(*columns, console=console, refresh_per_second=4, transient=True) as bar:
            task = bar.add_task(title, total=total, completed=-1)
            yield lambda words: bar.update(task, advance=1, description=f"{title}: {words}")
        return
    started, next_line, done = clock(), clock(), 0

    def tell(words: str) -> None:
        nonlocal next_line, done
        if (now := clock()) >= next_line:
            text = f"{title}: {words} ({done} of {total} done, {now - started:.0f} s)"
            console.print(text, highlight=False, soft_wrap=True, markup=False)
            next_line = now + LINE_SECONDS
        done += 1

    yield tell
