"""What an evaluation leaves for other programs."""

import json
from pathlib import Path

import pytest
from bundles import random_bundle

from henkan.data import Example
from henkan.workflow.evaluate import EvaluationResult, evaluate_examples
from henkan.workflow.evaluation_files import HEADER, check_place, write_metrics, write_outputs
from henkan.workflow.evaluation_progress import CountedLines

TAGGED = "abc\tV;PST"


@pytest.fixture
def result() -> EvaluationResult:
    bundle = random_bundle()
    output = bundle.predict(["h"])[0][0].text
    return evaluate_examples(bundle, [Example(TAGGED, ("x\\y", "z")), Example("h", (output or "-",))])


def test_every_output_is_a_line_of_columns(result: EvaluationResult, tmp_path: Path) -> None:
    write_outputs(tmp_path / "outputs.tsv", result)
    header, *lines = (tmp_path / "outputs.tsv").read_text("utf-8").split("\n")[:-1]
    assert header.split("\t") == list(HEADER)
    rows = [line.split("\t") for line in lines]
    assert [row[0] for row in rows] == [r"abc\tV;PST", "h"]
    assert [row[2] for row in rows] == ["no" if not right else "yes" for right in result.behaviour.right]
    assert rows[0][5:] == [r"x\\y", "z"]
    assert float(rows[1][3]) == pytest.approx(result.predictions[1].log_prob, abs=1e-4)


def test_json_lines_have_every_text_as_it_is(result: EvaluationResult, tmp_path: Path) -> None:
    write_outputs(tmp_path / "outputs.jsonl", result)
    rows = [json.loads(line) for line in (tmp_path / "outputs.jsonl").read_text("utf-8").split("\n")[:-1]]
    assert [row["source"] for row in rows] == [TAGGED, "h"]
    assert rows[0]["references"] == ["x\\y", "z"]
    assert [row["output"] for row in rows] == result.outputs
    assert list(rows[0]) == list(HEADER)


def test_figures_are_written_with_what_they_are(result: EvaluationResult, tmp_path: Path) -> None:
    write_metrics(tmp_path / "metrics.json", result, {"bundle": "b"})
    data = json.loads((tmp_path / "metrics.json").read_text("utf-8"))
    assert data["metrics"] == result.metrics
    assert data["margins"] == result.figures.margins
    assert data["bundle"] == "b"
    assert data["chosen_for"].startswith("short texts")


def test_a_place_that_cannot_be_written_is_known_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a folder: name a file"):
        check_place(tmp_path)
    with pytest.raises(ValueError, match="there is no folder"):
        check_place(tmp_path / "none" / "report.html")


def test_progress_is_a_line_each_half_minute_and_none_for_what_is_quick() -> None:
    now, lines = [0.0], []
    progress = CountedLines(lines.append, clock=lambda: now[0])
    for done, seconds in ((10, 1.0), (20, 31.0), (30, 40.0), (40, 62.0), (50, 90.0), (100, 120.0)):
        now[0] = seconds
        progress(done, 100)
    assert lines == [
        "  20 of 100 sources decoded, at most 2:04 left",
        "  40 of 100 sources decoded, at most 1:33 left",
    ]


def test_progress_reaches_the_end_once_and_changes_no_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("henkan.workflow.evaluate.CHUNK_ROWS", 3)
    bundle = random_bundle()
    examples = [Example("abcdefgh"[: 1 + place % 5], ("A",), place + 1) for place in range(10)]
    heard: list[tuple[int, int]] = []
    found = evaluate_examples(bundle, examples, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(0, 10), (3, 10), (6, 10), (9, 10), (10, 10)]
    assert found.outputs == [outputs[0].text for outputs in bundle.predict([one.source for one in examples])]
