"""Other right ways to write phase2/masked_sdpa."""

import torch
import torch.nn.functional as F
from torch import Tensor

Result = tuple[Tensor, Tensor]
Mask = Tensor | None


def by_einsum(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    scores = torch.einsum("...qd,...kd->...qk", q * q.shape[-1] ** -0.5, k)
    if mask is None:
        weights = F.softmax(scores, dim=-1)
    else:
        scores = torch.where(mask, scores, float("-inf"))
        weights = torch.where(mask, F.softmax(scores, dim=-1), 0.0)
    return torch.einsum("...qk,...kd->...qd", F.dropout(weights, p=dropout), v), weights


def by_smallest_number(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    scores = (q / q.size(-1) ** 0.5) @ k.mT
    if mask is None:
        mask = torch.ones_like(scores, dtype=torch.bool)
    weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(dim=-1) * mask
    return torch.dropout(weights, dropout, True) @ v, weights


def by_torch(q: Tensor, k: Tensor, v: Tensor, mask: Mask = None, *, dropout: float = 0.0) -> Result:
    identity = torch.eye(k.size(-2), dtype=v.dtype).expand(*k.shape[:-1], k.size(-2))
    weights = F.scaled_dot_product_attention(q, k, identity, attn_mask=mask)
    return F.dropout(weights, dropout) @ v, weights


ALTERNATIVES = {
    "einsum": (by_einsum,),
    "smallest number": (by_smallest_number,),
    "torch": (by_torch,),
}
