"""``henkan train``."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from henkan.bundle import Bundle

from .conftest import TINY, Henkan, files_below


def settings(path: Path) -> dict[str, dict[str, object]]:
    """The settings in a bundle's record."""
    return json.loads((path / "training.json").read_text("utf-8"))["settings"]


def test_a_file_becomes_a_bundle_beside_it_and_the_next_command_is_named(henkan: Henkan, pairs: Path) -> None:
    result = henkan("train", pairs, *TINY)
    assert (result.status, result.err) == (0, "")
    assert "henkan predict runs/pairs" in result.out
    assert Bundle.load("runs/pairs").predict(["a日x"])


def test_only_what_was_given_is_called_asked_for(henkan: Henkan, pairs: Path) -> None:
    henkan("train", pairs, *TINY, "--seed", "7")
    reasons = json.loads(Path("runs/pairs/training.json").read_text("utf-8"))["reasons"]
    asked = {option for option, reason in reasons.items() if reason == "as you asked"}
    given = {word.removeprefix("--") for word in TINY if word.startswith(("--model.", "--training."))}
    assert asked == {*given, "training.seed"}


def test_an_existing_bundle_is_refused_and_replaced_on_request(henkan: Henkan, pairs: Path) -> None:
    henkan("train", pairs, *TINY)
    second = henkan("train", pairs, *TINY)
    assert second.status == 2
    assert "--overwrite" in second.err
    assert second.out == ""  # before any work is done
    assert henkan("train", pairs, *TINY, "--overwrite", "--seed", "2").status == 0
    assert settings(Path("runs/pairs"))["training"]["seed"] == 2


def test_options_win_over_the_file_and_the_file_over_the_rules(henkan: Henkan, pairs: Path, tmp_path: Path) -> None:
    text = "training: {max_steps: 3, learning_rate: 2e-4}\nmodel: {d_model: 8, dropout: 0.3}\n"
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    for arguments in ([*TINY, "--config", "config.yaml"], ["--config", "config.yaml", *TINY]):
        assert henkan("train", pairs, *arguments, "--overwrite").status == 0
        chosen = settings(Path("runs/pairs"))
        assert chosen["training"]["max_steps"] == 4
        assert chosen["training"]["learning_rate"] == 2e-4
        assert (chosen["model"]["d_model"], chosen["model"]["dropout"]) == (16, 0.3)


def test_a_training_record_is_a_configuration_file(henkan: Henkan, pairs: Path) -> None:
    henkan("train", pairs, *TINY, "--out", "first")
    assert henkan("train", pairs, "--config", "first/training.json", "--out", "again").status == 0
    assert settings(Path("again")) == settings(Path("first"))
    assert Path("again/model.safetensors").read_bytes() == Path("first/model.safetensors").read_bytes()


def test_a_task_has_its_options_under_short_and_long_names(henkan: Henkan) -> None:
    short = henkan("train", "addition", "--digits", "1", "--answer", "reversed", *TINY)
    long = henkan("train", "addition", "--task.digits", "1", "--task.answer", "reversed", *TINY, "--out", "long")
    assert (short.status, long.status) == (0, 0)
    assert settings(Path("runs/addition")) == settings(Path("long"))
    assert settings(Path("long"))["task"]["answer"] == "reversed"


def test_options_may_stand_before_the_target(henkan: Henkan) -> None:
    assert henkan("train", *TINY, "--digits=1", "addition").status == 0


def test_every_setting_is_an_option_with_a_help_text(henkan: Henkan) -> None:
    from dataclasses import fields

    from henkan.workflow.wishes import SECTIONS

    text = henkan("train", "addition", "--help").out
    for section, config in SECTIONS.items():
        for field in fields(config):
            assert f"--{section}.{field.name}" in text
    for option in ("--seed", "--max-minutes", "--digits", "--answer", "--out", "--overwrite", "--config"):
        assert option in text


def test_a_time_budget_ends_the_training(henkan: Henkan, pairs: Path) -> None:
    result = henkan("train", pairs, *TINY, "--max-minutes", "0.005")
    assert result.status == 0
    assert "The time is used up" in result.out


def test_blank_lines_and_duplicates_are_reported_and_left_out(henkan: Henkan, tmp_path: Path) -> None:
    rows = [f"{n}\t{n}" for n in range(50)]
    (tmp_path / "pairs.tsv").write_text("\n".join([*rows, "", "  ", *rows[:3]]) + "\r\n", encoding="utf-8")
    result = henkan("train", "pairs.tsv", *TINY)
    assert result.status == 0
    assert "2 blank lines (first: line 51), 3 repeats of a pair" in result.out


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_real_signal_leaves_a_usable_bundle(pairs: Path, tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-u", "-m", "henkan", "train", "pairs.tsv", *TINY, "--training.max_steps", "1000000"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "step 1 " in line:
                break
        os.kill(process.pid, number)
        rest = process.stdout.read()
    assert process.returncode == 0
    assert "Interrupted" in rest
    bundle = Bundle.load(tmp_path / "runs" / "pairs")
    assert bundle.record["stopped_by"] == "interrupted"
    assert "test" in bundle.record
    assert bundle.predict(["a日x"])
    assert {path.name for path in files_below(tmp_path / "runs") if path.name.startswith(".")} == set()


def test_options_without_a_value_may_stand_before_the_target(henkan: Henkan, pairs: Path) -> None:
    pytest.importorskip("tensorboard")
    at = TINY.index("--training.batch_tokens")
    result = henkan(
        "train", "--tensorboard", "--find-batch-size", pairs, "--lang", "ja", *TINY[:at], *TINY[at + 2 :]
    )  # fmt: skip
    assert (result.status, result.err) == (0, "")
    assert "chosen" in result.out
    assert {path.name for path in Path("runs/pairs").iterdir()} >= {"curves.png", "metrics.csv", "tensorboard"}
    both = henkan("train", pairs, "--find-batch-size", "--training.batch_tokens", 512, "--out", "other")
    assert (both.status, both.err.count("\n")) == (2, 1)
    assert "--find-batch-size chooses batch_tokens: leave one of them out" in both.err


def test_the_language_of_the_curves_is_that_of_the_option_or_of_the_environment(
    henkan: Henkan, pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from henkan.plotting import language, use_language

    try:
        monkeypatch.setenv("HENKAN_LANG", "ja")
        henkan("train", pairs, *TINY)
        assert language() == "ja"
        henkan("train", pairs, *TINY, "--overwrite", "--lang", "en")
        assert language() == "en"
        refused = henkan("train", pairs, *TINY, "--lang", "fr")
        assert (refused.status, refused.err.count("\n")) == (2, 1)
    finally:
        use_language("en")
