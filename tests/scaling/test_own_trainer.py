"""henkan's module, data and callbacks in a trainer of one's own, and in Lightning's command line."""

import logging
import math
import sys
import warnings
from pathlib import Path

import pytest
import torch
import yaml

from henkan import Bundle
from henkan.cli import main
from henkan.config import ModelConfig, TrainingConfig
from henkan.training import DevReport

from .commands import write_pairs

lightning = pytest.importorskip("lightning", reason='needs pip install "henkan[lightning]"')
from lightning.pytorch.callbacks import ModelCheckpoint  # noqa: E402 - only where it is installed

from henkan.training.lightning import AttentionMaps, BundleExport, LitPairs, RunCallback  # noqa: E402
from henkan.workflow.lightning_data import PairsFile  # noqa: E402

SIZES = ModelConfig(16, 2, 1, 1, 32, max_len=64)
TRAINING = TrainingConfig(max_steps=24, evaluations=3, warmup_steps=4, batch_tokens=120, checkpoint_seconds=0)
STUCK = {"patience": 2, "evaluations": 6, "learning_rate": 1e-9}  # so that nothing improves


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")


@pytest.fixture
def pairs(tmp_path: Path) -> str:
    return str(write_pairs(tmp_path))


def trainer(*callbacks: object, **options: object) -> "lightning.Trainer":
    options = {"max_epochs": -1, "logger": False, "enable_progress_bar": False, **options}
    return lightning.Trainer(
        accelerator="cpu", devices=1, enable_model_summary=False, callbacks=list(callbacks),
        enable_checkpointing=any(isinstance(one, ModelCheckpoint) for one in callbacks), **options,
    )  # fmt: skip


def module_for(data: PairsFile) -> LitPairs:
    return LitPairs(data.src_vocab_size, data.tgt_vocab_size, SIZES, data.training_config)


def weights(module: LitPairs) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in module.model.parameters()]


def test_without_a_run_the_schedule_ends_with_the_trainers_steps(pairs: str) -> None:
    class Rates(lightning.Callback):
        seen: list[float] = []  # noqa: RUF012 - of one trainer

        def on_train_batch_end(self, trainer: object, pl_module: LitPairs, *rest: object) -> None:
            assert pl_module.update is not None
            self.seen.append(pl_module.update.rate)

    data = PairsFile(pairs, TRAINING)
    trainer(Rates(), max_steps=8).fit(module_for(data), data)
    falling = [1 - done / 8 for done in range(8)]
    warm = [min(1.0, (done + 1) / 4) for done in range(8)]
    assert Rates.seen == pytest.approx([TRAINING.learning_rate * a * b for a, b in zip(falling, warm, strict=True)])


def test_the_run_ends_by_itself_and_its_figures_are_logged(pairs: str) -> None:
    data = PairsFile(pairs, TRAINING)
    run = RunCallback()
    fitting = trainer(run)
    fitting.fit(module_for(data), data)
    assert run.result is not None
    assert (run.result.stopped_by, run.result.steps, len(run.result.history)) == ("steps", 24, 3)
    metric = data.make_keep().metric
    assert float(fitting.callback_metrics[f"dev_{metric}"]) == pytest.approx(run.result.history[-1].metrics[metric])


@pytest.mark.parametrize("changes", [{}, {"average": "ema"}, {"average": "best"}, STUCK], ids=str)
def test_a_checkpoint_of_lightnings_goes_on_as_if_nothing_had_happened(  # T33
    pairs: str, tmp_path: Path, changes: dict[str, object]
) -> None:
    config = TrainingConfig(**{**vars(TRAINING), **changes})

    def start() -> tuple[LitPairs, PairsFile, RunCallback]:
        data = PairsFile(pairs, config)
        return module_for(data), data, RunCallback()

    whole, data, whole_run = start()
    trainer(whole_run).fit(whole, data)
    broken, data, broken_run = start()
    saving = ModelCheckpoint(tmp_path / "saved", every_n_train_steps=11, save_top_k=-1)
    trainer(broken_run, saving, max_steps=15).fit(broken, data)
    (checkpoint,) = (tmp_path / "saved").iterdir()
    torch.rand(5)
    resumed, data, resumed_run = start()
    trainer(resumed_run).fit(resumed, data, ckpt_path=checkpoint, weights_only=False)
    assert all(torch.equal(a, b) for a, b in zip(weights(resumed), weights(whole), strict=True))
    assert whole_run.result is not None
    assert resumed_run.result is not None
    assert figures(resumed_run.result.history) == figures(whole_run.result.history)


def figures(history: object) -> list[object]:
    """An evaluation without its time."""
    return [(one.step, one.metrics, one.is_best, one.weights) for one in history if isinstance(one, DevReport)]


def test_the_bundle_has_the_best_weights_and_a_picture_follows_each_evaluation(pairs: str, tmp_path: Path) -> None:
    data = PairsFile(pairs, TRAINING)
    run = RunCallback()
    callbacks = (run, BundleExport(str(tmp_path / "bundle")), AttentionMaps(str(tmp_path / "maps")))
    trainer(*callbacks).fit(module_for(data), data)
    bundle = Bundle.load(tmp_path / "bundle")
    assert run.result is not None
    assert run.result.best is not None
    assert data.evaluate_dev(bundle.model) == run.result.best.metrics
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == [
        "attention-16.png", "attention-24.png", "attention-8.png",
    ]  # fmt: skip
    assert (tmp_path / "maps" / "attention-8.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("callback", [BundleExport, AttentionMaps])
def test_a_callback_without_a_run_says_what_it_needs(pairs: str, tmp_path: Path, callback: type) -> None:
    data = PairsFile(pairs, TRAINING)
    with pytest.raises(ValueError, match=f"{callback.__name__} needs a RunCallback before it"):
        trainer(callback(str(tmp_path)), max_steps=1).fit(module_for(data), data)


def test_a_loss_that_stays_no_number_ends_the_training_with_a_sentence(pairs: str) -> None:
    class Poison(lightning.Callback):
        def on_train_batch_start(self, trainer: object, pl_module: LitPairs, *rest: object) -> None:
            pl_module.criterion.smoothing = math.nan

    data = PairsFile(pairs, TRAINING)
    module = module_for(data)
    with pytest.raises(ValueError, match="not a number in 5 updates in a row"):
        trainer(Poison(), max_steps=9).fit(module, data)


def test_lightnings_command_line_trains_from_the_configuration_that_comes_along(
    pairs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = Path(__file__).parents[2] / "configs" / "lightning.yaml"
    monkeypatch.chdir(tmp_path)
    options = [
        "--config", str(example), "--data.target", pairs, "--data.training.max_steps", "6", "--trainer.max_steps", "6",
        "--model.config.d_model", "16", "--trainer.logger", "false", "--trainer.accelerator", "cpu",
        "--trainer.enable_checkpointing", "false", "--trainer.enable_progress_bar", "false",
    ]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["henkan", "lightning", "fit", *options])
    assert main(["lightning", "fit", *options]) == 0
    assert Bundle.load(tmp_path / "runs" / "lightning").model.d_model == 16
    assert list((tmp_path / "runs" / "lightning-attention").glob("*.png"))
    again = ["--config", "runs/lightning/training.json", "--training.max_steps", "2", "--out", "runs/again"]
    assert main(["train", pairs, *again]) == 0  # the record is a configuration, as that of any bundle
    assert Bundle.load(tmp_path / "runs" / "again").model.config == Bundle.load("runs/lightning").model.config
    assert yaml.safe_load(example.read_text(encoding="utf-8"))["trainer"]["max_steps"] == 2000
