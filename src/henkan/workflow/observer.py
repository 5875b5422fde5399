"""Watching a training: a progress bar on a terminal, plain lines everywhere else."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from henkan.training import DevReport, FitResult, Observer, RunState, StepReport
from henkan.workflow.report import Say, figure, minutes

LINE_EVERY_SECONDS = 30.0
LINE_EVERY_PROGRESS = 0.1


class Recorder:
    """Passes everything on and remembers the last of it, for a training that ends without a result.

    ``begun`` is where the training goes on from.
    """

    def __init__(self, *observers: Observer, begun: RunState | None = None) -> None:
        self.observers = observers
        self.begun = begun if begun is not None else RunState()
        self.last_step: StepReport | None = None
        self.history = list(self.begun.history)

    def on_step(self, report: StepReport) -> None:
        self.last_step = report
        for observer in self.observers:
            observer.on_step(report)

    def on_evaluation(self, report: DevReport) -> None:
        self.history.append(report)
        for observer in self.observers:
            observer.on_evaluation(report)

    def interrupted(self, seconds: float) -> FitResult:
        """The result of a training that was broken off here, so many seconds after it was begun or resumed."""
        steps, epochs = (self.last_step.step, self.last_step.epoch) if self.last_step else (self.begun.step, 0)
        return FitResult("interrupted", steps, epochs, self.begun.seconds + seconds, self.history, self.begun.skipped)


class PlainLines:
    """A line about every tenth of the way or every half minute, and one for each evaluation."""

    def __init__(self, say: Say, metric: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.say, self.metric, self.clock = say, metric, clock
        self.next_progress, self.next_time = 0.0, -1.0

    def on_step(self, report: StepReport) -> None:
        if not math.isfinite(report.loss):
            self.say(f"  {describe_skipped(report)}")
            return
        if report.progress < self.next_progress and self.clock() < self.next_time:
            return
        self.next_progress = report.progress + LINE_EVERY_PROGRESS
        self.next_time = self.clock() + LINE_EVERY_SECONDS
        self.say(
            f"  {report.progress:4.0%}  step {report.step:,}  epoch {report.epoch:,}  {describe_step(report)}  "
            f"{remaining(report)} left"
        )

    def on_evaluation(self, report: DevReport) -> None:
        self.say(f"        step {report.step:,}  dev {describe_dev(report, self.metric)}")


class ProgressBar:
    """One line that is drawn anew, and one that stays for each evaluation. Use it in a ``with`` statement."""

    def __init__(self, console: Console, metric: str) -> None:
        self.metric = metric
        self.progress = Progress(
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:3.0f}%  {task.description}"),
            console=console,
            refresh_per_second=4,
            transient=True,
        )
        self.task = self.progress.add_task("starting", total=1.0)

    def __enter__(self) -> "ProgressBar":
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    def on_step(self, report: StepReport) -> None:
        if not math.isfinite(report.loss):
            self.progress.console.print(f"  {describe_skipped(report)}", highlight=False)
            return
        text = f"step {report.step:,}  {describe_step(report)}  {remaining(report)} left"
        self.progress.update(self.task, completed=report.progress, description=text)

    def on_evaluation(self, report: DevReport) -> None:
        self.progress.console.print(
            f"  {minutes(report.seconds):>7}  step {report.step:,}  dev {describe_dev(report, self.metric)}",
            highlight=False,
        )


@contextmanager
def watching(metric: str, say: Say) -> Iterator[Observer]:
    """The observer that fits where the output goes."""
    console = Console()
    if console.is_terminal:
        with ProgressBar(console, metric) as bar:
            yield bar
    else:
        yield PlainLines(say, metric)


def describe_step(report: StepReport) -> str:
    """Loss, rate and speed."""
    return f"loss {report.loss:.3f}  rate {report.rate:.1e}  {report.tokens_per_second:,.0f} tokens/s"


def describe_skipped(report: StepReport) -> str:
    """That there was an update that could not be made."""
    return f"after step {report.step:,}: the loss of an update was not a number, so it was skipped"


def describe_dev(report: DevReport, metric: str) -> str:
    """The metric by which the best weights are chosen, whether these are they, and if they are averaged."""
    whose = {"own": "", "ema": "  (EMA)", "average": "  (averaged weights)"}[report.weights]
    return f"{metric} {figure(metric, report.metrics[metric])}{whose}{'  best so far' if report.is_best else ''}"


def remaining(report: StepReport) -> str:
    """The time left, if all goes on as before."""
    return minutes(report.seconds * (1 - report.progress) / max(report.progress, 1e-9))
