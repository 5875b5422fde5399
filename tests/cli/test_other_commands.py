"""``henkan evaluate``, ``score``, ``tasks`` and ``demo``."""

from pathlib import Path

import pytest
from bundles import random_bundle

from henkan.tasks import TASKS, pronunciation

from .conftest import TINY, Henkan


def test_evaluate_measures_what_training_held_out(henkan: Henkan, pairs: Path) -> None:
    trained = henkan("train", pairs, *TINY)
    result = henkan("evaluate", "runs/pairs")
    assert (result.status, result.err) == (0, "")
    for name in ("sources", "exact_match", "word_error_rate", "character_error_rate"):
        line = next(line for line in result.out.splitlines() if line.strip().startswith(name))
        assert line in trained.out
    assert "decoded greedily" in result.out
    assert "beam of 3" in henkan("evaluate", "runs/pairs", "--beam", "3").out


def test_evaluate_says_when_the_pairs_are_not_new(henkan: Henkan, pairs: Path, tmp_path: Path) -> None:
    henkan("train", pairs, *TINY)
    assert "trained on this file" in henkan("evaluate", "runs/pairs", pairs).out
    (tmp_path / "new.tsv").write_text("a日?\tx\n", encoding="utf-8")
    result = henkan("evaluate", "runs/pairs", "new.tsv")
    assert "trained on this file" not in result.out
    assert "1 symbol never seen in training, read as <unk>: '?' (1)" in result.out
    assert "a日?" in result.out.partition("wrong")[2]


def test_evaluate_refuses_a_file_that_has_changed(henkan: Henkan, pairs: Path) -> None:
    henkan("train", pairs, *TINY)
    pairs.write_text("a\tb\n", encoding="utf-8")
    result = henkan("evaluate", "runs/pairs")
    assert (result.status, result.out) == (2, "")
    assert "has changed since" in result.err


def test_score_prints_a_line_for_each_line(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("abc\tAB\n\n日\tZ\n", encoding="utf-8")
    result = henkan("score", bundle, "pairs.tsv", "--header")
    lines = result.out.splitlines()
    assert lines[0] == "log_prob\tper_token\tsource\ttarget"
    assert [len(line.split("\t")) for line in lines[1:]] == [4, 1, 4]
    assert result.err == "henkan score: note: targets: 1 symbol never seen in training, read as <unk>: 'Z' (1)\n"
    henkan("score", bundle, "pairs.tsv", "--out", "scores.tsv")
    assert (tmp_path / "scores.tsv").read_text("utf-8").splitlines() == lines[1:]


def test_tasks_are_listed_with_their_options(henkan: Henkan) -> None:
    result = henkan("tasks")
    assert (result.status, result.err) == (0, "")
    for name, task in TASKS.items():
        assert name in result.out
        assert task.description in result.out
    for option in ("--digits N", "--answer {plain,reversed}", "--max-length N", "--task.seed N"):
        assert option in result.out


@pytest.fixture
def few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """One word of a hundred."""
    lines = pronunciation._dictionary_lines()[::100]
    monkeypatch.setattr(pronunciation, "_dictionary_lines", lambda: lines)


@pytest.mark.slow
def test_the_demo_shows_words_a_picture_and_what_to_type_next(henkan: Henkan, few_words: None) -> None:
    pytest.importorskip("matplotlib")
    random_bundle().save("runs/demo")  # left by an earlier demo, and replaced
    result = henkan("demo", "--minutes", "0.02", "--device", "cpu")
    assert (result.status, result.err) == (0, "")
    words = result.out.partition("words it has never seen")[2].partition("Where the model looks")[0].splitlines()
    assert len([line for line in words if " right " in line or " WRONG " in line]) == 12
    assert Path("runs/demo/attention.png").read_bytes().startswith(b"\x89PNG")
    assert "runs/demo/attention.png" in result.out
    for command in ("henkan predict runs/demo", "henkan train pairs.tsv"):
        assert command in result.out
