"""What becomes of characters that training never shows: unknown, bytes, or copied? Japanese inflection decides.

    python benchmarks/unseen_characters.py [WAY ...]

Half of the test words of the task inflection-ja hold a kanji that no training word has. The same small model is trained
in each way for the same number of updates. Every tenth test example is decoded, greedily, kanji seen and unseen apart.
With "bytes", training itself has no use for them, because it knows all its characters; with "bytes-rare" they are
learned from the characters of fewer than 50 training pairs, which are about those that "copy" learns from.
"""

import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import torch
from record import save

from henkan.config import DataConfig
from henkan.tasks.japanese_inflection import holds_unseen_kanji
from henkan.workflow.evaluate import evaluate_examples
from henkan.workflow.target import load_target
from henkan.workflow.train import train

TASK, EVERY = "inflection-ja", 10
SEEDS = (1, 2)
WAYS: dict[str, dict[str, Any]] = {
    "copy": {"unseen": "copy"},
    "bytes": {"unseen": "bytes"},
    "bytes-rare": {"unseen": "bytes", "min_count": 50},
    "unknown": {"unseen": "unknown"},
}
MODEL = {"d_model": 64, "num_encoder_layers": 2, "num_decoder_layers": 2, "d_ff": 256}
TRAINING = {
    "max_steps": 1500,
    "batch_tokens": 2048,
    "warmup_steps": 150,
    "precision": "float32",
    "evaluations": 3,
    "dev_size": 300,
}


def measure(way: str, seed: int) -> dict[str, Any]:
    """The share of the test examples that come out right, one training."""
    overrides = {"data": WAYS[way], "model": MODEL, "training": {**TRAINING, "seed": seed}}
    splits = load_target(TASK, DataConfig(), {}).splits
    with tempfile.TemporaryDirectory() as folder:
        trained = train(TASK, overrides=overrides, out=Path(folder) / "bundle", test=False)
    if trained.fit.stopped_by != "steps":  # Ctrl-C ends a training like any other, with weights that say nothing
        raise KeyboardInterrupt
    chosen = splits.test[::EVERY]
    flags = holds_unseen_kanji(chosen, splits.train)
    result: dict[str, Any] = {"unseen": way, "seed": seed}
    for name, wanted in (("kanji never seen", True), ("kanji seen", False)):
        examples = [example for example, is_unseen in zip(chosen, flags, strict=True) if is_unseen == wanted]
        metrics = evaluate_examples(trained.bundle, examples).metrics
        result[name] = {"examples": len(examples), "right": round(metrics["exact_match"], 4)}
    print(result, flush=True)
    return result


if __name__ == "__main__":
    torch.set_num_threads(1)
    ways = sys.argv[1:] or list(WAYS)
    results: list[dict[str, Any]] = []
    for seed, way in product(SEEDS, ways):
        results.append(measure(way, seed))
        save("-".join(["unseen_characters", *sys.argv[1:]]), results)  # each time: a run is long
