"""The metrics of a training as a picture and for TensorBoard."""

import builtins
import csv
import resource
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from henkan.bundle import Bundle
from henkan.training import DevReport, StepReport
from henkan.workflow import event_file
from henkan.workflow.curves import CurvesFile, figure_of
from henkan.workflow.event_file import EventFile
from henkan.workflow.train import train
from henkan.workflow.wishes import Overrides

ROWS = [
    {"step": 1, "epoch": 1, "seconds": 1.0, "loss": 4.0, "rate": 1e-3, "tokens_per_second": 100},
    {"step": 1, "epoch": 1, "seconds": 1.5, "n": 7, "error": 0.5},
    {"step": 2, "epoch": 1, "seconds": 2.0, "loss": 3.0, "rate": 5e-4, "tokens_per_second": 110},
    {"step": 2, "epoch": 1, "seconds": 2.5, "n": 7, "error": 0.4},
    {"step": 2, "epoch": 1, "seconds": 3.0, "n": 7, "error": 0.3, "weights": "average"},
]
PNG = b"\x89PNG\r\n\x1a\n"


class Killed(BaseException):
    """Nothing of the process is left but what is on the disk."""


class Watcher:
    def __init__(self, at_step: int = 0) -> None:
        self.at_step = at_step

    def on_step(self, report: StepReport) -> None:
        if report.step == self.at_step:
            raise Killed

    def on_evaluation(self, report: DevReport) -> None: ...


def without(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """As if the package were not installed."""
    real = builtins.__import__

    def fake(name: str, *arguments: Any, **options: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return real(name, *arguments, **options)

    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", fake)


# curves.png


def test_the_picture_stands_beside_the_weights(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    pytest.importorskip("matplotlib")
    result = train(str(pairs), overrides=quick, out=tmp_path / "out", observer=Watcher())
    assert (result.path / "curves.png").read_bytes().startswith(PNG)
    assert Bundle.load(result.path).record["steps"] == 6


def test_without_matplotlib_a_line_says_what_to_install_and_nothing_fails(
    pairs: Path, tmp_path: Path, quick: Overrides, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "matplotlib")
    lines: list[str] = []
    result = train(str(pairs), overrides=quick, out=tmp_path / "out", say=lines.append, observer=Watcher())
    assert [line.strip() for line in lines if "curves.png" in line] == [
        'curves.png is not drawn: figures need matplotlib: pip install "henkan[plot]"'
    ]
    assert not (result.path / "curves.png").exists()
    assert (result.path / "metrics.csv").exists()


def test_the_figure_shows_the_rows_and_averages_apart() -> None:
    pytest.importorskip("matplotlib")
    top, middle, _ = figure_of(ROWS, "error", lower_is_better=True).axes
    assert top.lines[0].get_xydata().tolist() == [[1, 4.0], [2, 3.0]]
    assert middle.lines[0].get_xydata().tolist() == [[1, 0.5], [2, 0.4]]
    assert middle.lines[1].get_xydata().tolist() == [[2, 0.3]]


def test_long_trainings_are_drawn_at_evaluations_and_not_too_often(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    now = [0.0]
    curves = CurvesFile(tmp_path / "curves.png", "error", lower_is_better=True, clock=lambda: now[0])

    def is_drawn(seconds: float, rows: int) -> bool:
        now[0] = seconds
        curves.path.unlink(missing_ok=True)
        curves.on_rows(ROWS[:rows])
        return curves.path.exists()

    assert not is_drawn(29.0, 2)
    assert is_drawn(31.0, 2)
    assert not is_drawn(60.0, 4)
    assert not is_drawn(62.0, 3), "the last row is no evaluation"
    assert is_drawn(63.0, 4)
    assert list(tmp_path.iterdir()) == [curves.path]


# TensorBoard


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Every scalar of every event file, as it was written: TensorBoard's own clearing-up of doubles is off."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder), {"tensors": 0}, purge_orphaned_data=False).Reload()
    from tensorboard.util import tensor_util

    return {
        tag: [(event.step, tensor_util.make_ndarray(event.tensor_proto).item()) for event in events.Tensors(tag)]
        for tag in events.Tags()["tensors"]
    }


def test_the_event_file_has_every_figure(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    events = EventFile(tmp_path / "events", "2026-01-01T00:00:00+00:00", print)
    for count in (1, 2, 4):
        events.on_rows(ROWS[:count])
    events.copy(tmp_path / "copy", ROWS)
    for folder in (tmp_path / "events", tmp_path / "copy"):
        written = scalars(folder)
        assert written == {
            "training/loss": [(1, 4.0), (2, 3.0)],
            "training/rate": [(1, pytest.approx(1e-3)), (2, pytest.approx(5e-4))],
            "training/tokens_per_second": [(1, 100), (2, 110)],
            "dev/error": [(1, 0.5), (2, pytest.approx(0.4))],
            "dev/n": [(1, 7), (2, 7)],
            "dev_averaged/error": [(2, pytest.approx(0.3))],
            "dev_averaged/n": [(2, 7)],
        }


def test_a_resumed_training_has_every_point_once(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    pytest.importorskip("tensorboard")
    longer = {**quick, "training": {**quick["training"], "max_steps": 12, "checkpoint_seconds": 0.0001}}
    options: dict[str, Any] = {"overrides": longer, "out": tmp_path / "out", "tensorboard": True}
    with pytest.raises(Killed):
        train(str(pairs), observer=Watcher(8), **options)
    assert scalars(tmp_path / "out.partial" / "tensorboard")["training/loss"][-1][0] == 8, "it is written on the way"
    result = train(str(pairs), observer=Watcher(), resume=True, **options)
    written = scalars(result.path / "tensorboard")
    with (result.path / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for name in ("loss", "rate", "tokens_per_second"):
        expected = [(int(row["step"]), pytest.approx(float(row[name]), rel=1e-5)) for row in rows if row[name]]
        assert written[f"training/{name}"] == expected
    for name in ("character_error_rate", "exact_match", "n"):
        expected = [(int(row["step"]), pytest.approx(float(row[name]), rel=1e-5)) for row in rows if row[name]]
        assert written[f"dev/{name}"] == expected
    assert max(Counter(step for step, _ in written["training/loss"]).values()) == 1
    assert not (tmp_path / "out.partial").exists()


def test_without_tensorboard_it_is_said_at_once_what_to_install(
    pairs: Path, tmp_path: Path, quick: Overrides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_file, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r'--tensorboard needs TensorBoard: pip install "henkan\[tensorboard\]"'):
        train(str(pairs), overrides=quick, out=tmp_path / "out", tensorboard=True)
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.tsv"]


def test_a_full_disk_costs_the_events_and_not_the_training(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    pytest.importorskip("tensorboard")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    class FullDisk(Watcher):
        def on_step(self, report: StepReport) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (10 if report.step in (2, 3, 4) else soft, hard))

    lines: list[str] = []
    try:
        result = train(
            str(pairs), overrides=quick, out=tmp_path / "out", observer=FullDisk(), say=lines.append, tensorboard=True
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert result.fit.steps == 6
    assert len([line for line in lines if "tensorboard cannot be written" in line]) == 1
    assert len((result.path / "metrics.csv").read_text("utf-8").splitlines()) == 9
