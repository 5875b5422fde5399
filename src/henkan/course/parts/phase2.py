"""Phase 2: the softmax inside attention, attention from one sequence to another, and why scores are divided."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from henkan.nn.attention import scaled_dot_product_attention


def softmax(x: Float[Tensor, "*shape"], dim: int = -1) -> Float[Tensor, "*shape"]:
    """The numbers of ``x`` along ``dim`` as probabilities: exp(x) over the sum of all exp(x) (paper, eq. 1).

    The largest number is subtracted first. It cancels in the quotient, and no exponential can overflow.
    """
    exponentials = (x - x.amax(dim=dim, keepdim=True)).exp()
    return exponentials / exponentials.sum(dim=dim, keepdim=True)  # [eq-softmax]


def cross_attention(
    x: Float[Tensor, "B T d_model"],
    memory: Float[Tensor, "B S d_model"],
    w_q: Float[Tensor, "d_model D"],
    w_k: Float[Tensor, "d_model D"],
    w_v: Float[Tensor, "d_model D"],
    mask: Bool[Tensor, "#B #T S"] | None = None,
) -> tuple[Float[Tensor, "B T D"], Float[Tensor, "B T S"]]:
    """What every position of ``x`` gathers from ``memory``, with one head (paper, section 3.2.3).

    Queries are made from ``x``, keys and values from ``memory``. ``mask`` is True where a position may look.

    Returns the mixed values and the weights that mixed them.
    """
    return scaled_dot_product_attention(x @ w_q, memory @ w_k, memory @ w_v, mask)


def softmax_saturation(d_k: int, *, scaled: bool, draws: int = 200, num_keys: int = 10) -> tuple[float, float]:
    """How one-sided attention is among random keys, and how much gradient is left (paper, section 3.2.1).

    Each draw has one query and ``num_keys`` keys, all standard normal. Returns two means over the draws: the largest
    weight, and the norm of that weight's gradient with respect to the numbers that went into the softmax.
    """
    query = torch.randn(draws, 1, d_k, dtype=torch.float64)
    keys = torch.randn(draws, num_keys, d_k, dtype=torch.float64)
    scores = (query @ keys.transpose(-2, -1)).squeeze(1)  # (draws, 1, num_keys) -> (draws, num_keys)
    if scaled:
        scores = scores / math.sqrt(d_k)
    scores.requires_grad_()
    largest = scores.softmax(dim=-1).amax(dim=-1)
    (gradient,) = torch.autograd.grad(largest.sum(), scores)
    return float(largest.detach().mean()), float(gradient.norm(dim=-1).mean())
