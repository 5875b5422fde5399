"""The mistakes of phase2/masked_sdpa: what is done with the mask, and when."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from henkan.nn.attention import scaled_dot_product_attention

Result = tuple[Tensor, Tensor]  # output and weights
Mask = Tensor | None
Attention = Callable[..., Result]


def _scores(q: Tensor, k: Tensor) -> Tensor:
    return (q / math.sqrt(q.size(-1))) @ k.transpose(-2, -1)


def mask_ignored(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    return scaled_dot_product_attention(q, k, v, dropout=dropout)


def mask_after_softmax(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    weights = _scores(q, k).softmax(dim=-1)
    if mask is not None:
        weights = weights * mask
    return F.dropout(weights, dropout) @ v, weights


def mask_times_scores(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    scores = _scores(q, k) if mask is None else _scores(q, k) * mask
    weights = scores.softmax(dim=-1)
    return F.dropout(weights, dropout) @ v, weights


def mask_inverted(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    return scaled_dot_product_attention(q, k, v, None if mask is None else ~mask, dropout=dropout)


def additive_bool_mask(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    scores = _scores(q, k) if mask is None else _scores(q, k) + mask
    weights = scores.softmax(dim=-1)
    return F.dropout(weights, dropout) @ v, weights


def _filled(fill: Callable[[Tensor], float]) -> Attention:
    """Attention whose hidden scores get the number ``fill`` of them, and nothing more."""

    def attention(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
        scores = _scores(q, k)
        if mask is not None:
            scores = scores.masked_fill(~mask, fill(scores))
        weights = scores.softmax(dim=-1)
        return F.dropout(weights, dropout) @ v, weights

    return attention


blind_row_is_nan = _filled(lambda scores: -math.inf)
blind_row_is_uniform = _filled(lambda scores: -1e9)


def fill_overflows_half(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    weights = blind_row_is_uniform(q, k, v, mask)[1]
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)
    return F.dropout(weights, dropout) @ v, weights


def nan_in_gradient(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    scores = _scores(q, k)
    if mask is not None:
        scores = scores + torch.zeros(mask.shape, dtype=scores.dtype).masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-1).nan_to_num(0.0)
    return F.dropout(weights, dropout) @ v, weights
