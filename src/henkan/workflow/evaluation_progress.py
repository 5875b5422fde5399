"""How far a long decoding has come: a bar on a terminal, a line now and then everywhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from henkan.workflow.report import Say, minutes

LINE_EVERY_SECONDS = 30.0


class CountedLines:
    """A line every half minute, none for what is quick."""

    def __init__(self, say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self.say, self.clock = say, clock
        self.started = clock()
        self.next_time = self.started + LINE_EVERY_SECONDS

    def __call__(self, done: int, total: int) -> None:
        now = self.clock()
        if now < self.next_time or done in (0, total):
            return
        self.next_time = now + LINE_EVERY_SECONDS
        left = (now - self.started) * (total - done) / done
        self.say(f"  {done:,} of {total:,} sources decoded, at most {minutes(left)} left")  # the longest came first


@contextmanager
def counting(console: Console) -> Iterator[Callable[[int, int], None]]:
    """What hears how many of how many sources are done, and shows it on ``console``."""
    if not console.is_terminal:
        yield CountedLines(lambda line: console.print(line, highlight=False, markup=False))
        return
    columns = (BarColumn(bar_width=24), TextColumn("{task.completed:,.0f} of {task.total:,.0f}"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda done, total: bar.update(task, completed=done, total=total)
