"""How well the published settings and henkan's own recipes learn. Each claim is a function; name those to run.

    python benchmarks/it_learns.py notes-copy notes-copy-fresh own-copy tutorial-copy notes-lightning
    python benchmarks/it_learns.py addition-2 addition-2-reversed addition-3

``notes-copy``, ``notes-lightning`` and ``tutorial-copy`` use nothing but the published interface, with the settings of
the notes. The others are what ``henkan train`` does. Test data is drawn apart from training data, or held out by hash.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from record import save
from torch import Tensor, nn
from torch.utils.data import DataLoader

from henkan import (
    CopyTaskDataset,
    LabelSmoothingCrossEntropy,
    LitTransformer,
    NoamScheduler,
    Transformer,
    collate_fn,
    evaluate,
    greedy_decode_lightning,
    train_epoch,
)
from henkan.config import TrainingConfig
from henkan.data import PAD_IDX, Batch
from henkan.training import make_optimizer, rate_at, train_step
from henkan.workflow.train import train

Result = dict[str, Any]
NOTES_SIZES = {"d_model": 128, "num_layers": 2, "num_heads": 4, "d_ff": 512, "max_len": 22}


def notes_copy(seed: int, *, fresh: bool = False, **options: float) -> Result:
    """The copy task of the notes: 1,000 samples of lengths 1 to 20, 100 epochs of 32 batches, 3,200 updates.

    With ``fresh``, each epoch has 1,000 new samples. ``options`` are further ones of the model.
    """
    torch.manual_seed(seed)
    model = Transformer(100, 102, **NOTES_SIZES, dropout=0.1, **options)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.xavier_uniform_(parameter)
    loader = DataLoader(CopyTaskDataset(1000, 20, 100, fresh=fresh), 32, shuffle=True, collate_fn=collate_fn)
    adam = torch.optim.Adam(model.parameters(), lr=0, betas=(0.9, 0.98), eps=1e-9)
    optimizer, criterion = NoamScheduler(adam, 128, 1000), LabelSmoothingCrossEntropy(0.1)
    for _ in range(100):
        train_epoch(model, loader, optimizer, criterion, "cpu")
    return {"updates": optimizer.num_steps, "seed": seed, "fresh": fresh, **options, **_judge_copies(model)}


DROPOUT_EVERYWHERE = {"attention_dropout": 0.1, "activation_dropout": 0.1}  # the defaults of the published layers


def notes_lightning(seed: int = 42) -> Result:
    """The same task on Lightning, as phase 7 of the notes has it: 2,000 samples, 30 epochs of 63 batches."""
    import lightning

    lightning.seed_everything(seed)
    module = LitTransformer(100, 102, **NOTES_SIZES, dropout=0.1, warmup_steps=1000)
    loader = DataLoader(CopyTaskDataset(2000, 20, 100), 32, shuffle=True, collate_fn=collate_fn)
    trainer = lightning.Trainer(max_epochs=30, accelerator="auto", devices=1, enable_checkpointing=False, logger=False)
    trainer.fit(module, loader)
    module.eval()
    source = torch.tensor([[1, 2, 3, 4, 5]])
    decoded = greedy_decode_lightning(module, source, 20, 100, 101, "cpu").tolist()
    return {"updates": trainer.global_step, "seed": seed, "decoded": decoded, **_judge_copies(module.transformer)}


def own_copy(seed: int = 42) -> Result:
    """The same model, the same 1,000 samples and as many updates, by henkan's recipe.

    Pre-norm, no dropout, no smoothing, weight decay, a rate that falls to zero, and every sequence glued together from
    pieces of the samples: a copy of two pieces is the two copies, and hardly a sequence is seen twice.
    """
    torch.manual_seed(seed)
    model = Transformer(100, 102, **NOTES_SIZES, **OWN_COPY_MODEL)
    dataset = CopyTaskDataset(1000, 20, 100)
    optimizer = make_optimizer(model, OWN_COPY)
    criterion = LabelSmoothingCrossEntropy(OWN_COPY.label_smoothing)
    model.train()
    for step in range(1, OWN_COPY.max_steps + 1):
        src, tgt = _glued(dataset, 32)
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step, (step - 1) / OWN_COPY.max_steps, OWN_COPY)
        train_step(model, [Batch(src, tgt)], optimizer, criterion, max_norm=OWN_COPY.max_norm)
    return {"updates": OWN_COPY.max_steps, "seed": seed, "recipe": asdict(OWN_COPY), **_judge_copies(model)}


OWN_COPY = TrainingConfig(
    max_steps=3200, learning_rate=1.5e-3, warmup_steps=100, label_smoothing=0.0, optimizer="adamw", weight_decay=0.1
)
OWN_COPY_MODEL: dict[str, Any] = {"dropout": 0.0, "norm_first": True}


def _glued(dataset: CopyTaskDataset, rows: int) -> tuple[Tensor, Tensor]:
    """A batch of sequences of random lengths, each of random pieces of the samples, as the data set lays them out."""
    width = dataset.src.size(1)
    src, tgt = torch.zeros(rows, width, dtype=torch.long), torch.zeros(rows, width, dtype=torch.long)
    for row in range(rows):
        length = int(torch.randint(1, width - 1, ()))
        symbols = torch.cat(list(_pieces(dataset, length)))
        src[row, :length] = symbols
        tgt[row, : length + 2] = torch.tensor([dataset.start_token, *symbols, dataset.end_token])
    return src, tgt


def _pieces(dataset: CopyTaskDataset, length: int) -> Iterator[Tensor]:
    """Random pieces of random samples, ``length`` symbols in all."""
    while length > 0:
        sample = dataset.src[torch.randint(len(dataset), ())]
        sample = sample[sample != PAD_IDX]
        size = min(length, int(torch.randint(1, len(sample) + 1, ())))
        start = int(torch.randint(len(sample) - size + 1, ()))
        yield sample[start : start + size]
        length -= size


def _judge_copies(model: Transformer) -> Result:
    """What the model makes of [1, 2, 3, 4, 5], and of 1,000 fresh sequences."""
    torch.manual_seed(1234)
    fresh = DataLoader(CopyTaskDataset(1000, 20, 100), 100, collate_fn=collate_fn)
    result = evaluate(model, fresh, LabelSmoothingCrossEntropy(0.0), "cpu")
    demo = model.greedy_decode(torch.tensor([[1, 2, 3, 4, 5]]), 22, 100, 101).tolist()
    return {"demo": demo, "exact_match": result.exact_match, "token_accuracy": result.token_accuracy, "n": 1000}


def tutorial_copy(seed: int = 0) -> Result:
    """The copy task of the tutorial: 500 batches of 64 sequences of five symbols, Adam at 1e-3."""
    torch.manual_seed(seed)
    model = Transformer(15, 15, 64, 2, 4, 256, 100)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batches = [_five_symbols() for _ in range(500)]
    train_epoch(model, batches, optimizer, nn.CrossEntropyLoss(ignore_index=0), "cpu")
    fresh = [_five_symbols() for _ in range(16)]
    result = evaluate(model, fresh, nn.CrossEntropyLoss(ignore_index=0), "cpu")
    return {"updates": 500, "seed": seed, "exact_match": result.exact_match, "n": 1024}


def _five_symbols() -> tuple[Tensor, Tensor]:
    """64 sources of five symbols, and start token 1, the same symbols, end token 2."""
    src = torch.randint(3, 13, (64, 5))
    return src, torch.cat([torch.full((64, 1), 1), src, torch.full((64, 1), 2)], dim=1)


def addition(digits: int, answer: str, seed: int) -> Result:
    """``henkan train addition`` with its recipe, judged on the held-out operand pairs."""
    overrides = {"task": {"digits": digits, "answer": answer}, "training": {"seed": seed}}
    with tempfile.TemporaryDirectory() as folder:
        result = train("addition", overrides=overrides, out=Path(folder) / "addition")
    assert result.test is not None
    return {
        "answer": answer,
        "seed": seed,
        "updates": result.fit.steps,
        "training_seconds": round(result.fit.seconds),
        **result.test,
    }


CLAIMS: dict[str, Callable[[], list[Result]]] = {
    "notes-copy": lambda: [notes_copy(seed) for seed in (42, 43, 44)],
    "notes-copy-fresh": lambda: [notes_copy(seed, fresh=True, **DROPOUT_EVERYWHERE) for seed in (42, 43, 44)],
    "notes-lightning": lambda: [notes_lightning(seed) for seed in (42, 43, 44)],
    "own-copy": lambda: [own_copy(seed) for seed in (42, 43, 44)],
    "tutorial-copy": lambda: [tutorial_copy(seed) for seed in (0, 1, 2)],
    "addition-2": lambda: [addition(2, "plain", seed) for seed in (1, 2, 3)],
    "addition-2-reversed": lambda: [addition(2, "reversed", seed) for seed in (1, 2, 3)],
    "addition-3": lambda: [addition(3, "reversed", 1)],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("claims", nargs="*", choices=list(CLAIMS), default=list(CLAIMS))
    for claim in parser.parse_args().claims:
        start = time.perf_counter()
        results = [{"claim": claim, **result} for result in CLAIMS[claim]()]
        seconds = round(time.perf_counter() - start)
        for result in results:
            print(result, flush=True)
        save(claim, [*results, {"seconds_in_all": seconds}])


if __name__ == "__main__":
    main()
