"""The mistakes of phase2/multi_head_attention: the library's class with another ``forward``."""

import math
from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from henkan.nn.attention import MultiHeadAttention, merge_heads, scaled_dot_product_attention, split_heads

Class = type[MultiHeadAttention]
Result = tuple[Tensor, Tensor]  # output and weights
Mask = Tensor | None


def _as_forward(forward: Callable[..., Result]) -> Class:
    """The library's class with this ``forward`` in place of its own."""
    return type(forward.__name__, (MultiHeadAttention,), {"forward": forward})


def _as_formula(mix: Callable[..., Result]) -> Class:
    """The library's class in which ``mix`` attends from the queries, keys and values of all heads."""

    def forward(self: MultiHeadAttention, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> Result:
        mixed, weights = mix(self, *_projected(self, query, key, value), mask)
        return self.output_projection(merge_heads(mixed)), weights

    return _as_forward(forward)


def _projected(self: MultiHeadAttention, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    projected = self.query_projection(query), self.key_projection(key), self.value_projection(value)
    q, k, v = (split_heads(x, self.num_heads) for x in projected)
    return q, k, v


def _attended(self: MultiHeadAttention, q: Tensor, k: Tensor, v: Tensor, mask: Mask) -> Result:
    return scaled_dot_product_attention(q, k, v, mask, dropout=self.dropout if self.training else 0.0)


@_as_forward
def no_output_projection(
    self: MultiHeadAttention, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None
) -> Result:
    mixed, weights = _attended(self, *_projected(self, query, key, value), mask)
    return merge_heads(mixed), weights


@_as_forward
def value_from_key(self: MultiHeadAttention, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None) -> Result:
    return MultiHeadAttention.forward(self, query, key, key, mask)


@_as_forward
def shared_qk_projection(
    self: MultiHeadAttention, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None
) -> Result:
    q, _, v = _projected(self, query, key, value)
    mixed, weights = _attended(self, q, split_heads(self.query_projection(key), self.num_heads), v, mask)
    return self.output_projection(merge_heads(mixed)), weights


@_as_forward
def view_without_transpose(
    self: MultiHeadAttention, query: Tensor, key: Tensor, value: Tensor, mask: Mask = None
) -> Result:
    batch, _, d_model = query.shape
    projected = self.query_projection(query), self.key_projection(key), self.value_projection(value)
    q, k, v = (x.reshape(batch, self.num_heads, -1, d_model // self.num_heads) for x in projected)
    mixed, weights = _attended(self, q, k, v, mask)
    return self.output_projection(mixed.reshape(batch, -1, d_model)), weights


@_as_formula
def softmax_over_heads(self: MultiHeadAttention, q: Tensor, k: Tensor, v: Tensor, mask: Mask) -> Result:
    weights = (q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))).softmax(dim=1)
    return weights @ v, weights


@_as_formula
def scale_sqrt_d_model(self: MultiHeadAttention, q: Tensor, k: Tensor, v: Tensor, mask: Mask) -> Result:
    return _attended(self, q / math.sqrt(self.num_heads), k, v, mask)  # √D · √H = √d_model


@_as_formula
def mask_dropped(self: MultiHeadAttention, q: Tensor, k: Tensor, v: Tensor, mask: Mask) -> Result:
    return _attended(self, q, k, v, None)


@_as_formula
def dropout_on_scores(self: MultiHeadAttention, q: Tensor, k: Tensor, v: Tensor, mask: Mask) -> Result:
    scores = F.dropout(q @ k.transpose(-2, -1) / math.sqrt(q.size(-1)), self.dropout, self.training)
    weights = (scores if mask is None else scores.masked_fill(~mask, -math.inf)).softmax(dim=-1)
    return weights @ v, weights


@_as_formula
def dropout_in_evaluation(self: MultiHeadAttention, q: Tensor, k: Tensor, v: Tensor, mask: Mask) -> Result:
    return scaled_dot_product_attention(q, k, v, mask, dropout=self.dropout)
