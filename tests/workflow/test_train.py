"""From a file to a bundle."""

import json
import math
import os
import signal
from pathlib import Path

import pytest
import torch

from henkan.bundle import Bundle
from henkan.bundle import bundle as bundle_module
from henkan.training import DevReport, StepReport
from henkan.workflow import train as train_module
from henkan.workflow.train import train
from henkan.workflow.wishes import Overrides


class Watcher:
    """An observer that does something at an update."""

    def __init__(self, at_step: int = 0, error: BaseException | None = None) -> None:
        self.at_step, self.error = at_step, error
        self.steps: list[StepReport] = []
        self.evaluations: list[DevReport] = []

    def on_step(self, report: StepReport) -> None:
        self.steps.append(report)
        if report.step == self.at_step and self.error is not None:
            raise self.error

    def on_evaluation(self, report: DevReport) -> None:
        self.evaluations.append(report)


def same_weights(one: Bundle, other: Bundle) -> bool:
    """Whether two bundles hold the same model."""
    pairs = zip(one.model.parameters(), other.model.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_a_training_leaves_a_bundle_that_is_the_model_it_trained(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    watcher = Watcher()
    result = train(str(pairs), overrides=quick, out=tmp_path / "out", observer=watcher)
    assert [report.step for report in watcher.steps] == [1, 2, 3, 4, 5, 6]
    assert [report.step for report in watcher.evaluations] == [3, 6]
    saved = Bundle.load(result.path)
    assert same_weights(saved, result.bundle)
    assert saved.limits.source == 3
    assert saved.limits.output == 2 * len("another") + 10
    assert len(saved.predict(["aあx"])) == 1


def test_the_record_says_what_was_run(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    result = train(str(pairs), overrides=quick, out=tmp_path / "out", observer=Watcher())
    record = json.loads((result.path / "training.json").read_text("utf-8"))
    assert record["target"] == str(pairs)
    assert set(record["data"]) == {"file", "sha256", "dev_share", "test_share"}
    assert sum(record["sources"].values()) == 80
    assert record["settings"]["training"]["max_steps"] == 6
    assert record["reasons"]["training.max_steps"] == "as you asked"
    assert "characters" in record["reasons"]["data.source_tokenizer"]
    assert (record["steps"], record["stopped_by"], record["metric"]) == (6, "steps", "character_error_rate")
    assert [entry["step"] for entry in record["history"]] == [3, 6]
    assert record["best_step"] in (3, 6)
    assert set(record["versions"]) == {"henkan", "torch", "python"}
    assert record["test"]["n"] == record["sources"]["test"]
    assert record["test"] == pytest.approx(dict(result.test or {}))


def test_the_settings_of_a_record_train_the_same_again(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    first = train(str(pairs), overrides=quick, out=tmp_path / "first", observer=Watcher())
    again = train(str(pairs), overrides=first.bundle.record["settings"], out=tmp_path / "again", observer=Watcher())
    assert same_weights(first.bundle, again.bundle)
    other = {**quick, "training": {**quick["training"], "seed": 2}}
    assert not same_weights(first.bundle, train(str(pairs), overrides=other, out=tmp_path / "other").bundle)


def test_every_setting_is_in_the_record(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    settings = train(str(pairs), overrides=quick, out=tmp_path / "out").bundle.record["settings"]
    assert settings["model"]["d_model"] == 16
    assert settings["data"]["source_tokenizer"] == "characters"  # not "auto"
    assert settings["training"]["precision"] == "float32"
    assert settings["training"]["warmup_steps"] == 1  # a tenth of the updates


def test_a_task_is_trained_by_its_name_and_options(
    tmp_path: Path, quick: Overrides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = train("addition", overrides={**quick, "task": {"digits": 1}}, observer=Watcher())
    assert result.path == Path("runs/addition")
    assert result.bundle.data["options"]["digits"] == 1
    assert result.bundle.record["metric"] == "exact_match"


def test_a_recipe_wins_over_the_rules_and_the_user_over_the_recipe(
    tmp_path: Path, quick: Overrides, monkeypatch: pytest.MonkeyPatch
) -> None:
    from henkan.tasks import AdditionTask

    recipe = {"model": {"d_model": 24, "dropout": 0.25}, "training": {"label_smoothing": 0.0, "max_steps": 9}}
    monkeypatch.setattr(AdditionTask, "recipe", lambda _: recipe)
    result = train("addition", overrides={**quick, "task": {"digits": 1}}, out=tmp_path / "out", observer=Watcher())
    record = result.bundle.record
    assert (record["settings"]["model"]["d_model"], record["settings"]["model"]["dropout"]) == (16, 0.25)
    assert (record["settings"]["training"]["max_steps"], record["settings"]["training"]["label_smoothing"]) == (6, 0.0)
    assert record["reasons"]["model.dropout"] == "the recipe of the task addition"


def test_one_vocabulary_serves_both_sides_if_all_embeddings_are_tied(
    pairs: Path, tmp_path: Path, quick: Overrides
) -> None:
    tied = {**quick, "model": {**quick["model"], "tie_embeddings": "all"}}
    bundle = train(str(pairs), overrides=tied, out=tmp_path / "out", observer=Watcher()).bundle
    assert bundle.source_tokenizer.vocabulary == bundle.target_tokenizer.vocabulary
    different = {**tied, "data": {"target_tokenizer": "separator"}}
    with pytest.raises(ValueError, match=r"--model\.tie_embeddings target"):
        train(str(pairs), overrides=different, out=tmp_path / "other")


def test_the_report_says_what_was_found_and_chosen(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    lines: list[str] = []
    train(str(pairs), overrides=quick, out=tmp_path / "out", say=lines.append, observer=Watcher())
    report = " ".join(" ".join(lines).split())  # where a line is wrapped depends on the path
    for part in (
        "81 pairs of 80 different sources, 1 with several references",
        "1 blank line (first: line 81)",
        "1 row with one side empty",
        "1 repeat of a pair",
        "as you asked",
        "parameters",
        "All updates made: 6 updates",
        f"Saved: {tmp_path / 'out'}",
        "character_error_rate",
    ):
        assert part in report


# What is refused, and when


def test_the_report_says_how_much_of_the_batches_is_padding(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    lines: list[str] = []
    overrides = {**quick, "training": {**quick["training"], "batch_tokens": 5 * 8}}
    pairs.write_text("ab\tx\nabcd\txyzxyz\nacbd\txyzxyz\n", encoding="utf-8")  # acbd is held out
    train(str(pairs), overrides=overrides, out=tmp_path / "out", say=lines.append)
    [line] = [line for line in lines if "is padding" in line]
    # Side by side 2 x (5 + 8) places, of which ab and x with their marks fill 3 + 3, and the others 5 + 8.
    assert line == f"  Batches in an epoch: 1; {1 - (6 + 13) / 26:.1%} of what they hold is padding."


def test_an_existing_bundle_is_refused_before_anything_is_trained(
    pairs: Path, tmp_path: Path, quick: Overrides, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(str(pairs), overrides=quick, out=tmp_path / "out", observer=Watcher())
    before = (tmp_path / "out" / "training.json").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(train_module, "plan_training", lambda *_: pytest.fail("something was planned"))
        with pytest.raises(ValueError, match=r"--out.*--overwrite"):
            train(str(pairs), overrides=quick, out=tmp_path / "out")
    assert (tmp_path / "out" / "training.json").read_bytes() == before
    train(str(pairs), overrides=quick, out=tmp_path / "out", overwrite=True, observer=Watcher())
    assert (tmp_path / "out" / "training.json").read_bytes() != before


def test_a_sequence_longer_than_the_model_is_named(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    short = {**quick, "model": {**quick["model"], "max_len": 6}}
    with pytest.raises(ValueError, match="line 1 has 8 symbols with its end token, more than max_len=6"):
        train(str(pairs), overrides=short, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_loss_that_is_no_number_leaves_nothing_and_says_what_to_do(
    pairs: Path, tmp_path: Path, quick: Overrides
) -> None:
    wild = {**quick, "training": {**quick["training"], "learning_rate": 1e30, "evaluations": 1}}
    with pytest.raises(ValueError, match=r"try a lower rate, --training\.learning_rate 3e"):
        train(str(pairs), overrides=wild, out=tmp_path / "out", observer=Watcher())
    assert not (tmp_path / "out").exists()


# Ctrl-C


def test_ctrl_c_leaves_a_usable_bundle(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    watcher = Watcher(at_step=2, error=KeyboardInterrupt())
    result = train(str(pairs), overrides=quick, out=tmp_path / "out", observer=watcher)
    assert (result.fit.stopped_by, result.fit.steps) == ("interrupted", 2)
    assert [report.step for report in watcher.evaluations] == [2]  # measured as they were
    saved = Bundle.load(result.path)
    assert same_weights(saved, result.bundle)
    assert saved.record["stopped_by"] == "interrupted"
    assert not math.isnan(saved.record["test"]["character_error_rate"])


def test_a_second_ctrl_c_skips_the_measuring_and_leaves_a_usable_bundle(
    pairs: Path, tmp_path: Path, quick: Overrides
) -> None:
    class Impatient(Watcher):
        def on_evaluation(self, report: DevReport) -> None:
            super().on_evaluation(report)
            raise KeyboardInterrupt

    watcher = Impatient(at_step=5, error=KeyboardInterrupt())
    result = train(str(pairs), overrides=quick, out=tmp_path / "out", observer=watcher)
    assert result.fit.stopped_by == "interrupted"
    assert len(Bundle.load(result.path).predict(["aあx"])) == 1


def test_ctrl_c_while_the_test_split_is_measured_keeps_the_bundle(
    pairs: Path, tmp_path: Path, quick: Overrides, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train_module, "evaluate_examples", interrupt)
    lines: list[str] = []
    result = train(str(pairs), overrides=quick, out=tmp_path / "out", say=lines.append, observer=Watcher())
    assert result.test is None
    assert "test" not in Bundle.load(result.path).record
    assert any(f"henkan evaluate {result.path}" in line for line in lines)


def test_a_signal_while_the_bundle_is_saved_waits(
    pairs: Path, tmp_path: Path, quick: Overrides, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = bundle_module._write_json

    def write_interrupted(path: Path, data: dict[str, object]) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        write(path, data)

    monkeypatch.setattr(bundle_module, "_write_json", write_interrupted)
    result = train(str(pairs), overrides=quick, out=tmp_path / "out", observer=Watcher())
    assert same_weights(Bundle.load(result.path), result.bundle)


def test_ctrl_c_before_the_training_leaves_nothing(
    pairs: Path, tmp_path: Path, quick: Overrides, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train_module, "plan_training", interrupt)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        train(str(pairs), overrides=quick, out=tmp_path / "runs" / "out")
    assert sorted(tmp_path.iterdir()) == before


# Averages, and updates that cannot be made


@pytest.mark.parametrize(
    ("average", "said"), [("last", "the average of the last 5"), ("best", "the average of the best 5")]
)
def test_an_average_that_is_better_is_the_bundle_and_is_said(
    pairs: Path, tmp_path: Path, quick: Overrides, average: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = iter([0.5, 0.4, 0.3])
    monkeypatch.setattr(train_module, "dev_evaluator", lambda *_: lambda: {"character_error_rate": next(errors)})
    averaged = {**quick, "training": {**quick["training"], "average": average}}
    lines: list[str] = []
    result = train(str(pairs), overrides=averaged, out=tmp_path / "out", say=lines.append)
    assert any(f"the best weights are {said}." in line for line in lines)
    assert any("30.00%  (averaged weights)  best so far" in line for line in lines)
    record = Bundle.load(result.path).record
    assert [entry.get("weights") for entry in record["history"]] == [None, None, "average"]
    assert record["settings"]["training"]["average"] == average
    last = (result.path / "metrics.csv").read_text("utf-8").splitlines()[-1]
    assert last.endswith(",average")


def test_the_exponential_mean_is_the_bundle_and_is_said(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    lines: list[str] = []
    ema = {**quick, "training": {**quick["training"], "average": "ema"}}
    result = train(str(pairs), overrides=ema, out=tmp_path / "out", say=lines.append)
    assert any("the best weights are the EMA of step" in line for line in lines)
    assert {entry["weights"] for entry in result.bundle.record["history"]} == {"ema"}
    assert not same_weights(result.bundle, train(str(pairs), overrides=quick, out=tmp_path / "plain").bundle)


def test_a_training_that_diverges_leaves_its_best_weights_as_a_bundle_and_a_sentence(
    pairs: Path, tmp_path: Path, quick: Overrides, monkeypatch: pytest.MonkeyPatch
) -> None:
    from henkan.training import fit

    real, calls = fit.__globals__["train_step"], []

    def explodes(*arguments: object, **options: object) -> tuple[torch.Tensor, int]:
        calls.append(1)
        if len(calls) > 4:
            return torch.tensor(math.nan), 1
        return real(*arguments, **options)

    monkeypatch.setitem(fit.__globals__, "train_step", explodes)
    lines: list[str] = []
    result = train(str(pairs), overrides=quick, out=tmp_path / "out", say=lines.append, observer=Watcher())
    said = " ".join(" ".join(lines).split())
    assert "The loss was not a number several times in a row: 4 updates" in said
    assert "the best weights are those of step 3" in said
    assert "Try a lower rate: --training.learning_rate 0.0003" in said
    saved = Bundle.load(result.path)
    assert all(parameter.isfinite().all() for parameter in saved.model.parameters())
    assert (saved.record["stopped_by"], saved.record["skipped"]) == ("diverged", 5)
    assert len(saved.predict(["aあx"])) == 1
    assert not (tmp_path / "out.partial").exists()


def test_decoding_the_dev_set_changes_nothing_that_is_learned(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    """With dropout on, and whatever is averaged (T36): the loss of every update is the same."""

    def losses(**training: object) -> list[float]:
        watcher = Watcher()
        settings = {
            **quick,
            "model": {**quick["model"], "dropout": 0.3},
            "training": {**quick["training"], "max_steps": 12, **training},
        }
        train(str(pairs), overrides=settings, out=tmp_path / "out", overwrite=True, observer=watcher)
        return [report.loss for report in watcher.steps]

    once = losses(evaluations=1)
    assert len(set(once)) > 6
    assert losses(evaluations=12) == once
    for average in ("last", "best", "ema"):
        assert losses(evaluations=6, average=average) == once
