"""Drawn data of which some values are held out, whatever the seed of the draw."""

import math
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from henkan.data import Example, Splits, split_by_source

TEST_SHARE, DEV_SHARE = 0.1, 0.02
MAX_TEST, MAX_DEV = 10_000, 1_000


def draw_count(num_train: int, max_test: int = MAX_TEST) -> int:
    """How many examples to draw for ``hold_out`` to fill all three splits: a tenth more than the shares ask for."""
    return math.ceil(1.1 * max(num_train / (1 - TEST_SHARE - DEV_SHARE), max_test / TEST_SHARE, MAX_DEV / DEV_SHARE))


def hold_out(
    examples: Iterable[Example],
    num_train: int,
    max_test: int = MAX_TEST,
    *,
    key: Callable[[Example], str] = attrgetter("source"),
) -> Splits:
    """The examples split by a hash of their key: 10 % for the test, 2 % for development, and no more than asked for."""
    splits = split_by_source(examples, dev=DEV_SHARE, test=TEST_SHARE, key=key)
    return Splits(list(splits.train)[:num_train], splits.dev[:MAX_DEV], splits.test[:max_test])


def exact_recipe() -> dict[str, dict[str, Any]]:
    """Settings for answers that rules decide: nothing is dropped or smoothed, and decay finds the rules sooner."""
    return {
        "model": {
            "d_model": 128,
            "num_heads": 4,
            "num_encoder_layers": 3,
            "num_decoder_layers": 2,
            "d_ff": 512,
            "dropout": 0.0,
            "norm_first": True,
        },
        "training": {
            "optimizer": "adamw",
            "weight_decay": 1.0,
            "learning_rate": 1e-3,
            "warmup_steps": 100,
            "label_smoothing": 0.0,
            "batch_tokens": 1024,
            "max_minutes": 4.5,
        },
    }
