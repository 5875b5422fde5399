"""Other right ways to write phase2/sdpa."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def by_einsum(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    scores = torch.einsum("...qd,...kd->...qk", q, k) * q.shape[-1] ** -0.5
    weights = F.softmax(scores, dim=-1)
    return torch.einsum("...qk,...kd->...qd", weights, v), weights


def by_torch(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, *, dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    identity = torch.eye(k.size(-2), dtype=v.dtype).expand(*k.shape[:-1], k.size(-2))
    output = F.scaled_dot_product_attention(q, k, v)
    return output, F.scaled_dot_product_attention(q, k, identity)  # with the identity as values, the weights come out


def scaled_first(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    root = math.sqrt(math.sqrt(k.size(-1)))  # half of the division for each factor
    weights = torch.matmul(q / root, (k / root).mT).softmax(-1)
    return torch.matmul(weights, v), weights


def query_by_query(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    rows = []
    for query in q.unbind(dim=-2):
        scores = (query.unsqueeze(-2) * k).sum(dim=-1) / math.sqrt(query.size(-1))
        rows.append(scores.softmax(dim=-1))
    weights = torch.stack(rows, dim=-2)
    return weights @ v, weights


ALTERNATIVES = {
    "einsum": (by_einsum,),
    "torch": (by_torch,),
    "scaled first": (scaled_first,),
    "query by query": (query_by_query,),
}
