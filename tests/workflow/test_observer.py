"""Watching a training."""

import io
import math

import pytest
from rich.console import Console

from henkan.training import DevReport, RunState, StepReport
from henkan.workflow.observer import PlainLines, ProgressBar, Recorder, remaining


def step(number: int, progress: float, seconds: float = 10.0) -> StepReport:
    return StepReport(number, 1, progress, loss=1.234, rate=0.001, tokens_per_second=12_345.6, seconds=seconds)


DEV = DevReport(7, 12.0, {"word_error_rate": 0.314}, is_best=True)


def test_the_time_left_is_in_proportion() -> None:
    assert remaining(step(1, 0.25, seconds=30.0)) == "1:30"
    assert remaining(step(1, 1.0)) == "0:00"


def test_plain_lines_come_every_tenth_of_the_way() -> None:
    lines: list[str] = []
    plain = PlainLines(lines.append, "word_error_rate", clock=lambda: 0.0)
    for number in range(1, 1001):
        plain.on_step(step(number, number / 1000))
    assert 9 <= len(lines) <= 11
    assert "step 1 " in lines[0]


def test_plain_lines_come_every_half_minute_of_a_slow_training() -> None:
    lines: list[str] = []
    now = [0.0]
    plain = PlainLines(lines.append, "word_error_rate", clock=lambda: now[0])
    for second in range(301):
        now[0] = float(second)
        plain.on_step(step(second + 1, second * 1e-6))
    assert len(lines) == 11


def test_a_plain_line_says_what_one_wants_to_know() -> None:
    lines: list[str] = []
    plain = PlainLines(lines.append, "word_error_rate")
    plain.on_step(step(50, 0.5))
    plain.on_evaluation(DEV)
    for part in ("50%", "step 50", "loss 1.234", "rate 1.0e-03", "12,346 tokens/s", "0:10 left"):
        assert part in lines[0]
    for part in ("step 7", "word_error_rate 31.40%", "best"):
        assert part in lines[1]


def test_the_bar_says_the_same_and_leaves_the_evaluations_behind() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    with ProgressBar(console, "word_error_rate") as bar:
        bar.on_step(step(50, 0.5))
        bar.progress.refresh()
        bar.on_evaluation(DEV)
    shown = screen.getvalue()
    for part in ("50%", "loss 1.234", "rate 1.0e-03", "12,346 tokens/s", "0:10 left", "word_error_rate 31.40%"):
        assert part in shown
    after_the_evaluation = shown[shown.index("31.40%") :]
    assert "50%" in after_the_evaluation  # the bar goes on below it


def test_the_recorder_passes_everything_on_and_remembers_it() -> None:
    lines: list[str] = []
    recorder = Recorder(PlainLines(lines.append, "word_error_rate"))
    assert recorder.interrupted(0.0).steps == 0
    recorder.on_step(step(50, 0.5))
    recorder.on_evaluation(DEV)
    assert len(lines) == 2
    result = recorder.interrupted(3.0)
    assert (result.stopped_by, result.steps, result.seconds, result.best) == ("interrupted", 50, 3.0, DEV)


def test_an_observer_without_a_metric_of_that_name_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        PlainLines(print, "blue").on_evaluation(DEV)


def test_a_skipped_update_is_always_said() -> None:
    lines: list[str] = []
    plain = PlainLines(lines.append, "word_error_rate", clock=lambda: 0.0)
    skipped = StepReport(7, 1, 0.07, loss=math.nan, rate=0.001, tokens_per_second=1.0, seconds=1.0)
    for report in (step(1, 0.01), skipped, skipped):
        plain.on_step(report)
    assert lines[1:] == ["  after step 7: the loss of an update was not a number, so it was skipped"] * 2
    screen = io.StringIO()
    with ProgressBar(Console(file=screen, force_terminal=True, width=120), "word_error_rate") as bar:
        bar.on_step(skipped)
    assert "so it was skipped" in screen.getvalue()


def test_the_result_of_a_resumed_training_has_its_whole_history() -> None:
    recorder = Recorder(begun=RunState(step=40, seconds=5.0, history=(DEV,), skipped=2))
    recorder.on_step(step(50, 0.5))
    result = recorder.interrupted(3.0)
    assert (result.steps, result.seconds, result.best, result.skipped) == (50, 8.0, DEV, 2)
