"""It learns: the published settings of the tutorial, on fresh sequences."""

import pytest
import torch
from torch import Tensor, nn

from henkan import Transformer, evaluate, train_epoch

START, END = 1, 2


def five_symbols(count: int) -> tuple[Tensor, Tensor]:
    src = torch.randint(3, 13, (count, 5))
    return src, torch.cat([torch.full((count, 1), START), src, torch.full((count, 1), END)], dim=1)


@pytest.mark.slow
def test_the_tutorials_copy_task_is_learned_in_500_batches_of_64() -> None:
    model = Transformer(15, 15, d_model=64, num_layers=2, num_heads=4, d_ff=256)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss(ignore_index=0)
    train_epoch(model, (five_symbols(64) for _ in range(500)), optimizer, criterion, "cpu")
    result = evaluate(model, [five_symbols(500)], criterion, "cpu")
    assert result.exact_match >= 0.99
    src, tgt = five_symbols(1)
    assert torch.equal(model.greedy_decode(src, 7, START, END), tgt)
