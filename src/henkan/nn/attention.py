"""Attention (paper, section 3.2): the formula, its fused form, and the two modules that learn.

``scaled_dot_product_attention`` is the formula in matrix products and a softmax. ``fused_attention`` is for training
and decoding, where nobody asks for the weights. Tests hold the two equal, forward and backward.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from henkan.nn.cache import KeyValue
from henkan.nn.checks import check_heads, check_mask


def scaled_dot_product_attention(
    q: Float[Tensor, "*heads Tq D"],
    k: Float[Tensor, "*heads Tk D"],
    v: Float[Tensor, "*heads Tk Dv"],
    mask: Bool[Tensor, "..."] | None = None,
    *,
    dropout: float = 0.0,
) -> tuple[Float[Tensor, "*heads Tq Dv"], Float[Tensor, "*heads Tq Tk"]]:
    """Mix the values, each weighted by how well its key answers the query (paper, eq. 1).

    ``mask`` is True where a query may look and broadcasts to the weights. A query that may look nowhere gets a zero
    vector, not NaN, so one all-padding row cannot poison the rest of the batch. ``dropout`` is applied to the weights
    that mix, not to the weights that are returned.

    Returns the mixed values and the weights.
    """
    # Scaled before the product, whose sums could pass the largest number of float16.
    scores = (q / math.sqrt(q.size(-1))) @ k.transpose(-2, -1)  # (B, H, Tq, Tk)  # [eq-scores]
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)  # [eq-mask]
    weights = scores.softmax(dim=-1)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)  # a fully hidden row softmaxes to NaN
    return F.dropout(weights, dropout) @ v, weights  # [eq-sdpa]


def fused_attention(
    q: Float[Tensor, "*heads Tq D"],
    k: Float[Tensor, "*heads Tk D"],
    v: Float[Tensor, "*heads Tk Dv"],
    mask: Bool[Tensor, "..."] | None = None,
    *,
    dropout: float = 0.0,
) -> Float[Tensor, "*heads Tq Dv"]:
    """The mixed values of ``scaled_dot_product_attention``, the faster way.

    That is torch's fused kernel, except in half precision on a CPU, where plain matrix products take half its time
    (docs/decisions/0003-two-paths.md).
    """
    if q.device.type == "cpu" and q.dtype in (torch.bfloat16, torch.float16):
        return scaled_dot_product_attention(q, k, v, mask, dropout=dropout)[0]
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropout)


def split_heads(x: Float[Tensor, "B T d_model"], num_heads: int) -> Float[Tensor, "B H T D"]:
    """Head h gets columns h * D to (h + 1) * D - 1 of every token."""
    batch, length, d_model = x.shape
    return x.view(batch, length, num_heads, d_model // num_heads).transpose(1, 2)  # (B, T, d_model) -> (B, H, T, D)


def merge_heads(x: Float[Tensor, "B H T D"]) -> Float[Tensor, "B T d_model"]:
    """The inverse of ``split_heads``: the heads of each token side by side."""
    return x.transpose(1, 2).flatten(2)  # (B, H, T, D) -> (B, T, d_model)


class MultiHeadAttention(nn.Module):
    """Several attentions side by side, each over its own projection (paper, section 3.2.2).

    ``dropout`` acts on the attention weights while training. The paper has none there, so the model's layers pass
    their ``attention_dropout``, which is 0 unless asked for.
    """

    def __init__(self, d_model: int, num_heads: int, dropout: float = 0.1) -> None:
        super().__init__()
        check_heads(d_model, num_heads)
        self.num_heads = num_heads
        self.dropout = dropout
        self.query_projection = nn.Linear(d_model, d_model)
        self.key_projection = nn.Linear(d_model, d_model)
        self.value_projection = nn.Linear(d_model, d_model)
        self.output_projection = nn.Linear(d_model, d_model)

    def forward(
        self,
        query: Float[Tensor, "B Tq d_model"],
        key: Float[Tensor, "B Tk d_model"],
        value: Float[Tensor, "B Tk d_model"],
        mask: Bool[Tensor, "#B #H #Tq Tk"] | None = None,
    ) -> tuple[Float[Tensor, "B Tq d_model"], Float[Tensor, "B H Tq Tk"]]:
        """The attended values and, for every head, the weights that mixed them.

        ``mask`` is True where a query may look, (B or 1, H or 1, Tq or 1, Tk); another dtype or shape is a
        ``ValueError``.
        """
        q = self.project_queries(query)
        k = self._split(self.key_projection(key))
        v = self._split(self.value_projection(value))
        check_mask(mask, q, k)
        mixed, weights = scaled_dot_product_attention(q, k, v, mask, dropout=self._dropout_now())  # [eq-heads]
        return self.output_projection(merge_heads(mixed)), weights  # [eq-mha]

    def attend(
        self,
        query: Float[Tensor, "B Tq d_model"],
        memory: KeyValue,
        mask: Bool[Tensor, "#B #H #Tq Tk"] | None = None,
    ) -> Float[Tensor, "B Tq d_model"]:
        """The first result of ``forward``, by the fused kernel, from keys and values that are already projected."""
        q = self.project_queries(query)
        check_mask(mask, q, memory.keys)
        mixed = fused_attention(q, memory.keys, memory.values, mask, dropout=self._dropout_now())
        return self.output_projection(merge_heads(mixed))

    def project_queries(self, x: Float[Tensor, "B T d_model"]) -> Float[Tensor, "B H T D"]:
        """The queries of ``x``, by head."""
        return self._split(self.query_projection(x))

    def project_memory(self, x: Float[Tensor, "B T d_model"]) -> KeyValue:
        """The keys and values of ``x``, by head: all that later queries need of it."""
        return KeyValue(self._split(self.key_projection(x)), self._split(self.value_projection(x)))

    def is_watched(self) -> bool:
        """Whether somebody has hooked this module, and so must see a real call with real weights."""
        return bool(self._forward_hooks or self._forward_pre_hooks or self._backward_hooks or self._backward_pre_hooks)

    def _split(self, x: Tensor) -> Tensor:
        return split_heads(x, self.num_heads)

    def _dropout_now(self) -> float:
        return self.dropout if self.training else 0.0


def attend(
    attention: MultiHeadAttention,
    query: Float[Tensor, "B Tq d_model"],
    memory: Float[Tensor, "B Tk d_model"],
    mask: Bool[Tensor, "#B #H #Tq Tk"] | None = None,
) -> Float[Tensor, "B Tq d_model"]:
    """What ``query`` gathers from ``memory``: fused, or with weights if a hook on ``attention`` wants to see them."""
    if attention.is_watched():
        output, _ = attention(query, memory, memory, mask)
        return output
    return attention.attend(query, attention.project_memory(memory), mask)


class SelfAttention(nn.Module):
    """One head in which a sequence attends to itself (paper, section 3.2.1): attention at its smallest."""

    def __init__(self, d_model: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = dropout
        self.query_projection = nn.Linear(d_model, d_model)
        self.key_projection = nn.Linear(d_model, d_model)
        self.value_projection = nn.Linear(d_model, d_model)

    def forward(
        self, x: Float[Tensor, "B T d_model"], mask: Bool[Tensor, "#B 1 #T T"] | None = None
    ) -> tuple[Float[Tensor, "B T d_model"], Float[Tensor, "B T T"]]:
        """The attended sequence and the weights that mixed it. ``mask`` as for ``MultiHeadAttention``."""
        projections = (self.query_projection, self.key_projection, self.value_projection)
        q, k, v = (project(x).unsqueeze(1) for project in projections)  # (B, T, d_model) -> (B, 1, T, d_model)
        check_mask(mask, q, k)
        mixed, weights = scaled_dot_product_attention(q, k, v, mask, dropout=self.dropout if self.training else 0.0)
        return mixed.squeeze(1), weights.squeeze(1)
