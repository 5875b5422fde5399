"""Lightning trains the same model by the same rule."""

import logging
import warnings

import pytest
import torch
from torch.utils.data import DataLoader

from henkan import (
    CopyTaskDataset,
    LabelSmoothingCrossEntropy,
    NoamScheduler,
    Transformer,
    collate_fn,
    train_epoch,
)

lightning = pytest.importorskip("lightning", reason='needs pip install "henkan[lightning]"')
from henkan import LitTransformer, greedy_decode_lightning  # noqa: E402 - only where lightning is installed

SIZES = (9, 11, 16, 1, 2, 32, 7)


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")


def trainer(**options: object) -> "lightning.Trainer":
    return lightning.Trainer(
        accelerator="cpu", devices=1, logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, **options,
    )  # fmt: skip


class Recorder(lightning.Callback):
    """The rate and the loss of every update."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.losses: list[float] = []

    def on_before_optimizer_step(self, trainer: object, module: object, optimizer: torch.optim.Optimizer) -> None:
        self.rates.append(optimizer.param_groups[0]["lr"])

    def on_train_batch_end(
        self, trainer: object, module: object, outputs: dict[str, torch.Tensor], *rest: object
    ) -> None:
        self.losses.append(float(outputs["loss"]))


def test_plain_loop_and_lightning_see_the_same_losses_for_20_updates() -> None:  # T34
    dataset = CopyTaskDataset(80, 5, 9)
    torch.manual_seed(5)
    module = LitTransformer(*SIZES, dropout=0.0, warmup_steps=8)
    plain = Transformer(*SIZES, dropout=0.0)
    plain.load_state_dict(module.transformer.state_dict())
    optimizer = NoamScheduler(torch.optim.Adam(plain.parameters(), lr=0, betas=(0.9, 0.98), eps=1e-9), 16, 8)
    losses = [
        train_epoch(plain, [batch], optimizer, LabelSmoothingCrossEntropy(0.1), "cpu")
        for batch in DataLoader(dataset, 4, collate_fn=collate_fn)
    ]
    recorder = Recorder()
    trainer(max_epochs=1, callbacks=[recorder]).fit(module, DataLoader(dataset, 4, collate_fn=collate_fn))
    assert len(losses) == 20
    assert recorder.losses == pytest.approx(losses, abs=1e-6)


def test_every_update_has_the_rate_of_the_noam_scheduler() -> None:
    recorder = Recorder()
    module = LitTransformer(*SIZES, warmup_steps=5)
    loader = DataLoader(CopyTaskDataset(48, 5, 9), 4, collate_fn=collate_fn)
    trainer(max_epochs=1, callbacks=[recorder]).fit(module, loader)
    noam = NoamScheduler(torch.optim.SGD(module.parameters(), lr=0), 16, 5)
    expected = []
    for _ in range(12):
        noam.step()
        expected.append(noam.get_lr())
    assert recorder.rates == pytest.approx(expected)


def test_the_published_names_are_there() -> None:
    module = LitTransformer(*SIZES, label_smoothing=0.2)
    assert isinstance(module.transformer, Transformer)
    assert module.hparams["label_smoothing"] == 0.2
    assert module.hparams["warmup_steps"] == 4000
    src, tgt = torch.tensor([[1, 2]]), torch.tensor([[9, 1, 2]])
    memory = module.encode(src)
    assert module.decode(tgt, memory).shape == (1, 3, 16)
    module.eval()
    assert torch.equal(module(src, tgt), module.transformer(src, tgt))


def test_decoding_through_lightning_is_greedy_decoding() -> None:
    from henkan import greedy_decode

    module = LitTransformer(*SIZES).eval()
    src = torch.tensor([[9, 1, 2, 3, 10]]) % 9
    expected = greedy_decode(module.transformer, src, None, 6, 9, 10, "cpu")
    assert torch.equal(greedy_decode_lightning(module, src, 6, 9, 10, "cpu"), expected)
