"""A model that is trained with products in bfloat16 is as good as one trained in float32."""

import pytest
import torch
from processors import multiplies_bfloat16
from torch import Tensor, nn

from henkan import Transformer, evaluate
from henkan.data import Batch
from henkan.training import LabelSmoothingCrossEntropy, train_step

START, END = 1, 2
SEEDS = (1, 2, 3)


def reversals(count: int) -> tuple[Tensor, Tensor]:
    """Five symbols, and the same backwards."""
    src = torch.randint(3, 13, (count, 5))
    return src, torch.cat([torch.full((count, 1), START), src.flip(1), torch.full((count, 1), END)], dim=1)


def exact_match(seed: int, autocast: torch.dtype | None) -> float:
    """The share of 500 fresh sequences that are decoded without a fault, after training from ``seed``."""
    torch.manual_seed(seed)
    model = Transformer(13, 13, d_model=32, num_layers=1, num_heads=4, d_ff=64, dropout=0.05)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, betas=(0.9, 0.98), fused=True)
    criterion = LabelSmoothingCrossEntropy(0.1)
    for _ in range(150):
        train_step(model, [Batch(*reversals(64))], optimizer, criterion, autocast=autocast)
    torch.manual_seed(0)
    return evaluate(model, [reversals(500)], nn.CrossEntropyLoss(ignore_index=0), "cpu").exact_match


@pytest.mark.slow
@pytest.mark.skipif(not multiplies_bfloat16(), reason="henkan train does not choose bfloat16 on this processor")
def test_three_seeds_learn_as_much_in_bfloat16_as_in_float32() -> None:
    single = [exact_match(seed, None) for seed in SEEDS]
    half = [exact_match(seed, torch.bfloat16) for seed in SEEDS]
    assert min(single) > 0.9, "too little was learned for a comparison"
    assert half == pytest.approx(single, abs=0.03), "one precision learned more than the other"
