"""How dropout of the weights that mix shows in what they mix."""

import math

import torch
from torch import Tensor

from henkan.nn.attention import MultiHeadAttention


def drops_weights(output: Tensor, num_keys: int, rate: float) -> bool:
    """Whether ``output`` shows dropout of single weights, at ``rate``, with what is kept scaled up.

    ``output`` (..., Tq, Dv) is what dozens of queries make of ``num_keys`` values of 1 that all weigh the same. The
    columns of a query lose the same weights; every query loses others; and what is left adds up to about 1.
    """
    sums = output.detach()[..., 0]
    spread = math.sqrt(rate / (1 - rate) / num_keys)  # the standard deviation of the sum of what is kept
    same_in_every_column = bool((output - sums.unsqueeze(-1)).abs().max() < 1e-5)
    around_one = bool((sums - 1).abs().max() < 6 * spread)
    return same_in_every_column and around_one and spread / 2 < float(sums.std()) < 2 * spread


def even_attention() -> MultiHeadAttention:
    """One head of width 2 that weighs all values the same and hands their mean on."""
    attention = MultiHeadAttention(2, 1).double()
    with torch.no_grad():
        for name, parameter in attention.named_parameters():
            is_identity = name in ("value_projection.weight", "output_projection.weight")
            parameter.copy_(torch.eye(2) if is_identity else torch.zeros_like(parameter))
    return attention
