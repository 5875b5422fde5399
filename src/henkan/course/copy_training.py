"""A short training on the copy task with a learner's parts in the model: does it learn to say the same again?

    python -m henkan.course.copy_training --swap phase2/sdpa=exercises/phase2/sdpa.py --report FILE

Everything is seeded. The model is small, its attention is computed in the readable form, and it writes from its own
tokens without a cache, so that each step goes through the learner's code. ``--report`` gets a line of JSON for every
twenty updates and one for the result.
"""

import argparse
import functools
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules.module import register_module_forward_hook

import henkan.nn
from henkan.course.exam_runs import FRESH, STEPS, Training
from henkan.course.exercise import Part, load_card
from henkan.course.solved import from_options, load_all
from henkan.course.swap import swapped
from henkan.tasks import CopyTaskDataset

SYMBOLS, MAX_LENGTH, BATCH = 8, 6, 64
PEAK_RATE, WARMUP = 0.01, 50

Say = Callable[[int, float], None]


def train(parts: Mapping[str, Sequence[Part]], say: Say = lambda step, loss: None, steps: int = STEPS) -> Training:
    """Train with ``parts``, given by exercise, in place of the library's. ``say`` hears of the loss now and then."""
    calls: Counter[str] = Counter()
    with torch.random.fork_rng(), _counting(parts, calls) as counted, swapped(counted):
        torch.manual_seed(1)
        model = _small_model()
        losses = list(_updates(model, steps, say))
        torch.manual_seed(2)
        exact_match = _share_copied(model.eval(), CopyTaskDataset(FRESH, MAX_LENGTH, SYMBOLS + 1))
    return Training(losses[0], losses[-1], exact_match, dict(calls))


def _small_model() -> nn.Module:
    size = SYMBOLS + 3  # padding, start and end
    model = henkan.nn.Transformer(
        size, size, d_model=32, num_layers=1, num_heads=4, d_ff=64, max_len=MAX_LENGTH + 2, dropout=0.0
    )
    for module in model.modules():
        if isinstance(module, henkan.nn.MultiHeadAttention):
            module.register_forward_hook(lambda *_: None)  # watched, it takes the readable path
    return model


def _updates(model: nn.Module, steps: int, say: Say) -> Iterator[float]:
    """The loss of each update. The rate rises to its peak and falls to zero."""
    optimizer = torch.optim.Adam(model.parameters(), lr=PEAK_RATE)
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * min(1.0, step / WARMUP) * (1 - step / (steps + 1))
        batch = CopyTaskDataset(BATCH, MAX_LENGTH, SYMBOLS + 1)
        logits = model(batch.src, batch.tgt[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), batch.tgt[:, 1:].flatten(), ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 20 == 0:
            say(step, loss.item())
        yield loss.item()


@torch.no_grad()
def _share_copied(model: nn.Module, fresh: CopyTaskDataset) -> float:
    """The share of rows that the model writes as they should be, each token from its own tokens before."""
    written = fresh.tgt[:, :1]
    for _ in range(fresh.tgt.size(1) - 1):
        written = torch.cat([written, model(fresh.src, written)[:, -1:].argmax(dim=-1)], dim=1)
    is_right = (written == fresh.tgt) | (fresh.tgt == 0)  # what comes behind the end token does not count
    return is_right.all(dim=1).float().mean().item()


@contextmanager
def _counting(parts: Mapping[str, Sequence[Part]], calls: Counter[str]) -> Iterator[dict[str, tuple[Part, ...]]]:
    """``parts`` whose calls are counted: functions in a wrapper, modules as torch calls them."""
    classes: dict[type, str] = {}

    def counted(name: str, part: Part) -> Part:
        calls[name] = 0
        if isinstance(part, type):
            classes[part] = name
            return part

        @functools.wraps(part)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            calls[name] += 1
            return part(*args, **kwargs)

        return wrapper

    def count(module: nn.Module, _inputs: Any, _output: Any) -> None:
        for name in [name for part, name in classes.items() if isinstance(module, part)]:
            calls[name] += 1

    wrapped = {
        exercise_id: tuple(map(counted, load_card(exercise_id).part_names, own)) for exercise_id, own in parts.items()
    }
    hook = register_module_forward_hook(count)
    try:
        yield wrapped
    finally:
        hook.remove()


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write the report; what the learner's code raises is part of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--swap", action="append", default=[])
    parser.add_argument("--report", type=Path, required=True)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # for matrices as small as these, more threads are slower
    with options.report.open("w", encoding="utf-8", buffering=1) as report:

        def write(**entries: Any) -> None:
            report.write(json.dumps(entries) + "\n")

        try:
            result = train(load_all(from_options(options.swap)), lambda step, loss: write(step=step, loss=loss))
        except Exception as error:  # whatever it is, it is the learner's, and they should read it
            result = Training(broken=f"{type(error).__name__}: {error}")
        write(**asdict(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
