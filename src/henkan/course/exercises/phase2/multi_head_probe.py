"""What tells the mistakes of phase2/multi_head_attention apart."""

from typing import Any

import torch

from henkan.course.expect import copy_weights
from henkan.course.random_input import normal
from henkan.course.recognise import probe_in_stages
from henkan.nn.attention import MultiHeadAttention

Class = type[MultiHeadAttention]

PAST = torch.ones(5, 5, dtype=torch.bool).tril()[None, None]


def build(attention_class: Class, d_model: int = 6, num_heads: int = 3, dropout: float = 0.0) -> MultiHeadAttention:
    """The learner's module with weights that depend on the sizes alone."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        reference = MultiHeadAttention(d_model, num_heads, dropout).double()
        yours = attention_class(d_model, num_heads, dropout).double()
    copy_weights(yours, reference)
    return yours


def probe(attention_class: Class) -> list[Any]:
    # As many queries as keys, so that a mistake in the axes has a result, too.
    query, key, value = normal(2, 5, 6), normal(2, 5, 6, seed=1), normal(2, 5, 6, seed=2)

    def in_training(attention_class: Class) -> list[float]:
        attention = build(attention_class, dropout=0.5)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            first, second = attention(query, key, value)[1], attention(query, key, value)[1]
            attention.eval()
            evaluated = [attention(query, key, value)[0] for _ in range(2)]
        return [float(torch.equal(first, second)), float(torch.equal(*evaluated))]

    return probe_in_stages(
        [attention_class],
        [MultiHeadAttention],
        lambda attention_class: build(attention_class)(query, key, value),
        lambda attention_class: build(attention_class)(query, key, value, PAST.clone()),
        in_training,
    )
