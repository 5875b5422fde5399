"""Layer normalisation (paper, section 3.1; Ba et al. 2016): the formula, and the module that learns."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


def layer_norm(
    x: Float[Tensor, "*batch d_model"],
    weight: Float[Tensor, " d_model"],
    bias: Float[Tensor, " d_model"],
    eps: float = 1e-5,
) -> Float[Tensor, "*batch d_model"]:
    """Every vector shifted to mean 0 and scaled to variance 1, then scaled and shifted by what was learned.

    The variance is the biased one (divided by ``d_model``), and ``eps`` stands inside the root.
    """
    mean = x.mean(dim=-1, keepdim=True)
    variance = (x - mean).square().mean(dim=-1, keepdim=True)
    return (x - mean) / (variance + eps).sqrt() * weight + bias


class LayerNorm(nn.Module):
    """``layer_norm`` with a learned scale and shift, by torch's fused kernel; tests hold kernel and formula equal."""

    def __init__(self, d_model: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch d_model"]:
        """``layer_norm(x, weight, bias, eps)``."""
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)
