"""Drawn data of which some values are held out, whatever the seed of the draw."""

import math
from collections.abc import Callable, Iterable
from operator import attrgetter

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
