"""The fast step and a step by the formulas learn the same, from one seed and without dropout."""

import copy

import pytest
import torch
from torch import Tensor, nn

from henkan.data import Batch
from henkan.nn import MultiHeadAttention, Transformer
from henkan.training import LabelSmoothingCrossEntropy, train_step

UPDATES = 20


def batches() -> list[Batch]:
    """Rows of 3 to 9 tokens, padded: each target says its source backwards."""
    made = []
    for _ in range(UPDATES):
        src, tgt = torch.zeros(16, 10, dtype=torch.long), torch.zeros(16, 11, dtype=torch.long)
        for row in range(16):
            words = torch.randint(4, 30, (int(torch.randint(3, 10, ())),))
            src[row, : len(words) + 1] = torch.cat([words, torch.tensor([2])])
            tgt[row, : len(words) + 2] = torch.cat([torch.tensor([1]), words.flip(0), torch.tensor([2])])
        made.append(Batch(src, tgt))
    return made


class ByTheFormulas(nn.Module):
    """The model with every attention watched, so computed by eq. 1, and its embeddings tied by hand."""

    def __init__(self, model: Transformer) -> None:
        super().__init__()
        self.model = copy.deepcopy(model)
        for module in self.model.modules():
            if isinstance(module, MultiHeadAttention):
                module.register_forward_hook(lambda *_: None)

    def forward(self, src: Tensor, tgt: Tensor) -> Tensor:
        logits = (
            self.model.decode(tgt, self.model.encode(src), (src != 0)[:, None, None])
            @ self.model.tgt_embedding.weight.T
        )
        logits[..., 0] = 0.0
        return logits


def smoothed(logits: Tensor, labels: Tensor) -> Tensor:
    """Section 5.4, with the smoothed target laid out."""
    own = logits.new_full((len(labels), 1), 0.9)
    target = torch.full_like(logits, 0.1 / logits.size(-1)).scatter_add_(1, labels[:, None], own)
    losses = -(target * logits.log_softmax(-1)).sum(-1)
    return losses[labels != 0].mean()


# Adam divides a gradient by its own size: with the paper's eps, 1e-9, an error in the last digit of a gradient that
# should be zero, as that of the keys' bias, becomes a whole step.
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-10), (torch.float32, 1e-5)], ids=["double", "single"])
@pytest.mark.parametrize("norm_first", [False, True], ids=["post-norm", "pre-norm"])
def test_twenty_fast_updates_and_twenty_by_the_formulas_have_one_loss(
    norm_first: bool, dtype: torch.dtype, bound: float
) -> None:
    model = Transformer(30, 30, 16, 2, 2, 32, 16, dropout=0.0, tie_embeddings="all", norm_first=norm_first).to(dtype)
    plain = ByTheFormulas(model)
    fast_adam = torch.optim.Adam(model.parameters(), lr=3e-3, betas=(0.9, 0.98), eps=1e-6, fused=True)
    plain_adam = torch.optim.Adam(plain.parameters(), lr=3e-3, betas=(0.9, 0.98), eps=1e-6, foreach=False)
    losses = []
    for batch in batches():
        loss_sum, tokens = train_step(model, [batch], fast_adam, LabelSmoothingCrossEntropy(0.1))
        plain_adam.zero_grad()
        loss = smoothed(plain(batch.src, batch.tgt_in).flatten(0, 1), batch.tgt_out.flatten())
        loss.backward()
        plain_adam.step()
        losses.append((float(loss_sum) / tokens, loss.item()))
    assert losses[-1][0] < losses[0][0] - 0.2, "too little was learned for a comparison"
    for fast, by_formula in losses:
        assert fast == pytest.approx(by_formula, abs=bound)
    assert not model.tgt_embedding.weight[0].any()
