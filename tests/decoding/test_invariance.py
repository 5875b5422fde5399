"""A row's result depends on that row alone."""  # T10

import pytest
import torch

from henkan.decoding import BeamSearch, Greedy, Hypothesis, Sampling, Strategy, generate
from henkan.nn import Transformer

from .models import BOS, EOS, SRC, assert_same, random_model

STRATEGIES = [Greedy(), BeamSearch(3, 0.6, 3), BeamSearch(4, -0.6, 2), Sampling(), Sampling(1.3, top_k=4, top_p=0.9)]
PREFIXES = [[], [3], [], [5, 4], [], []]
SEEDS = [11, 12, 13, 14, 15, 16]

pytestmark = [pytest.mark.parametrize("strategy", STRATEGIES, ids=str), pytest.mark.usefixtures("unchecked_shapes")]


@pytest.fixture
def model() -> Transformer:
    return random_model(1, num_layers=2)


def decode(
    model: Transformer, strategy: Strategy, rows: list[int], src: torch.Tensor | None = None
) -> list[list[Hypothesis]]:
    """These rows of ``SRC`` as one batch, each with its prefix and its seed."""
    return generate(
        model,
        SRC[rows] if src is None else src,
        bos_idx=BOS,
        eos_idx=EOS,
        max_len=8,
        strategy=strategy,
        prefix=[PREFIXES[row] for row in rows],
        seeds=[SEEDS[row] for row in rows],
    )


def test_a_row_alone_and_without_padding_is_the_row_in_its_batch(model, strategy):
    batch = decode(model, strategy, list(range(6)))
    for row, found in enumerate(batch):
        length = max(1, int((SRC[row] != 0).sum()))  # the source that is all padding keeps one
        assert_same(decode(model, strategy, [row], SRC[row : row + 1, :length])[0], found)


def test_the_order_and_the_size_of_the_batch_change_nothing(model, strategy):
    batch = decode(model, strategy, list(range(6)))
    for rows in [5, 4, 3, 2, 1, 0], [2, 0], [1, 1, 4, 1], [3, 5, 0, 2, 4, 1, 0, 2]:
        for row, found in zip(rows, decode(model, strategy, rows), strict=True):
            assert_same(found, batch[row])


def test_more_padding_changes_nothing(model, strategy):
    rows = list(range(6))
    padded = torch.cat([SRC, torch.zeros(6, 7, dtype=torch.long)], dim=1)
    for found, expected in zip(decode(model, strategy, rows, padded), decode(model, strategy, rows), strict=True):
        assert_same(found, expected)


def test_an_empty_source_has_a_finite_result_like_any_other(model, strategy):  # T44
    (found,) = decode(model, strategy, [3])
    assert all(torch.tensor([hypothesis.log_prob, hypothesis.score]).isfinite().all() for hypothesis in found)
    assert all(hypothesis.tokens[:2] == (5, 4) for hypothesis in found)
