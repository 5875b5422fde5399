"""``metrics.csv``."""

import json
import math
from pathlib import Path

from henkan.training import DevReport, RunState, StepReport
from henkan.workflow.metrics_log import LogState, MetricsLog


def step(number: int, loss: float, progress: float) -> StepReport:
    return StepReport(number, 1, progress, loss, rate=0.001, tokens_per_second=99.6, seconds=number / 2)


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_a_row_has_the_mean_loss_since_the_row_before(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "metrics.csv", print)
    for number, loss in enumerate((4.0, 2.0, math.nan, 3.0), start=1):
        log.on_step(step(number, loss, number * 0.0025))
    log.on_evaluation(DevReport(4, 2.5, {"n": 7, "error": 0.25}, True))
    log.on_step(step(5, 1.0, 0.5))
    assert lines(log.path) == [
        "step,epoch,seconds,loss,rate,tokens_per_second,n,error",
        "4,1,2.0,3.0,0.001,100,,",
        "4,1,2.5,,,,7,0.25",
        "5,1,2.5,1.0,0.001,100,,",
    ]


def test_there_are_about_a_hundred_rows_however_long_the_run(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "metrics.csv", print)
    for number in range(1, 2001):
        log.on_step(step(number, 1.0, number / 2000))
    assert len(lines(log.path)) == 101


def test_its_state_goes_through_json_and_the_next_row_is_the_same(tmp_path: Path) -> None:
    one = MetricsLog(tmp_path / "one", print)
    one.on_step(step(1, 4.0, 0.004))
    other = MetricsLog(tmp_path / "other", print, LogState.from_dict(json.loads(json.dumps(one.to_dict()))))
    for log in (one, other):
        log.on_step(step(2, 2.0, 0.01))
    assert one.state == other.state
    assert lines(one.path) == lines(other.path)


def test_it_knows_whether_it_has_heard_of_everything(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "metrics.csv", print)
    log.on_step(step(1, 4.0, 0.1))
    log.on_step(step(1, math.inf, 0.1))
    assert log.agrees_with(RunState(step=1, skipped=1))
    assert not log.agrees_with(RunState(step=2, skipped=1))


def test_a_file_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    said: list[str] = []
    log = MetricsLog(tmp_path / "nowhere" / "metrics.csv", said.append)
    for number in (1, 2):
        log.on_step(step(number, 1.0, number / 2))
    assert len(said) == 1
    log.write(tmp_path / "metrics.csv")
    assert len(lines(tmp_path / "metrics.csv")) == 3
