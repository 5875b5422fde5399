"""Other right ways to write phase2/cross_attention."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

Result = tuple[Tensor, Tensor]
Mask = Tensor | None


def by_hand(x: Tensor, memory: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Mask = None) -> Result:
    scores = (x @ w_q) @ (memory @ w_k).mT / math.sqrt(w_q.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = scores.softmax(dim=-1)
    return weights @ (memory @ w_v), weights


def one_product(x: Tensor, memory: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Mask = None) -> Result:
    keys_and_values = memory @ torch.cat([w_k, w_v], dim=-1)
    keys, values = keys_and_values.split([w_k.size(-1), w_v.size(-1)], dim=-1)
    scores = torch.einsum("btd,bsd->bts", x @ w_q, keys) * w_q.size(-1) ** -0.5
    if mask is not None:
        scores = torch.where(mask, scores, -torch.inf)
    weights = F.softmax(scores, dim=-1)
    return torch.bmm(weights, values), weights


def mixed_before_projected(
    x: Tensor, memory: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Mask = None
) -> Result:
    eye = torch.eye(memory.size(1), dtype=memory.dtype).expand(memory.size(0), -1, -1)
    weights = F.scaled_dot_product_attention(x @ w_q, memory @ w_k, eye, attn_mask=mask)
    return (weights @ memory) @ w_v, weights  # mixing and projecting may change places


def root_in_single_precision(
    x: Tensor, memory: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Mask = None
) -> Result:
    scores = (x @ w_q) @ (memory @ w_k).mT / torch.sqrt(torch.tensor(w_q.size(-1)))
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = scores.softmax(dim=-1)
    return weights @ (memory @ w_v), weights


ALTERNATIVES = {
    "by hand": (by_hand,),
    "one product": (one_product,),
    "mixed before projected": (mixed_before_projected,),
    "root in single precision": (root_in_single_precision,),
}
