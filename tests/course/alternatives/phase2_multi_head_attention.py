"""Other right ways to write phase2/multi_head_attention."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from henkan.nn.attention import MultiHeadAttention, split_heads
from henkan.nn.checks import check_mask

Result = tuple[Tensor, Tensor]
Mask = Tensor | None


class ByEinsum(MultiHeadAttention):
    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> Result:
        q, k, v = (
            projection(x).unflatten(-1, (self.num_heads, -1))
            for projection, x in (
                (self.query_projection, query),
                (self.key_projection, key),
                (self.value_projection, value),
            )
        )
        check_mask(mask, q.movedim(2, 1), k.movedim(2, 1))
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.size(-1) ** 0.5
        if mask is not None:
            scores = torch.where(mask, scores, -torch.inf)
        weights = scores.softmax(dim=-1)
        mixed = torch.einsum("bhqk,bkhd->bqhd", F.dropout(weights, self.dropout, self.training), v)
        return self.output_projection(mixed.flatten(2)), weights


class HeadByHead(MultiHeadAttention):
    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> Result:
        width = self.query_projection.out_features // self.num_heads
        outputs, all_weights = [], []
        check_mask(mask, split_heads(query, self.num_heads), split_heads(key, self.num_heads))
        for head in range(self.num_heads):
            columns = slice(head * width, (head + 1) * width)
            q = self.query_projection(query)[..., columns]
            k = self.key_projection(key)[..., columns]
            v = self.value_projection(value)[..., columns]
            scores = q @ k.mT / width**0.5
            if mask is not None:
                own = mask.expand(-1, self.num_heads, -1, -1)[:, head]
                scores = scores.masked_fill(~own, -torch.inf)
            weights = scores.softmax(dim=-1)
            outputs.append(F.dropout(weights, self.dropout, self.training) @ v)
            all_weights.append(weights)
        return self.output_projection(torch.cat(outputs, dim=-1)), torch.stack(all_weights, dim=1)


class BuiltInAnotherOrder(nn.Module):
    """No subclass of the library's; its layers are made in another order."""

    def __init__(self, d_model: int, num_heads: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.output_projection = nn.Linear(d_model, d_model)
        self.value_projection = nn.Linear(d_model, d_model)
        self.key_projection = nn.Linear(d_model, d_model)
        self.query_projection = nn.Linear(d_model, d_model)
        self.num_heads, self.dropout = num_heads, dropout

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> Result:
        q, k, v = (
            projection(x).unflatten(-1, (self.num_heads, -1)).movedim(2, 1)
            for projection, x in zip(
                (self.query_projection, self.key_projection, self.value_projection), (query, key, value), strict=True
            )
        )
        check_mask(mask, q, k)
        identity = torch.eye(k.size(-2), dtype=v.dtype).expand(*k.shape[:-1], k.size(-2))
        weights = F.scaled_dot_product_attention(q, k, identity, attn_mask=mask)
        mixed = F.dropout(weights, self.dropout if self.training else 0.0) @ v
        return self.output_projection(mixed.movedim(1, 2).flatten(2)), weights


ALTERNATIVES = {
    "einsum": (ByEinsum,),
    "head by head": (HeadByHead,),
    "another order": (BuiltInAnotherOrder,),
}
