"""The examples of phases 1 and 2 by henkan itself. Those of lesson 0 are computed by its library as they are."""

import math
from collections.abc import Callable, Mapping

import torch
from anchor_watch import watch
from ledger_torch_lesson0 import K, Numbers, Q, V, double, numbers

from henkan.course.parts import softmax
from henkan.nn import (
    MultiHeadAttention,
    PositionalEncoding,
    TokenEmbedding,
    count_parameters,
    scaled_dot_product_attention,
    sinusoidal_encoding,
)

ROW = double([0.5, -0.25, 0.0, 1.0])


def embedded(position: int) -> torch.Tensor:
    """The row at this position, behind tokens whose rows are 0."""
    embedding = TokenEmbedding(2, 4, pad_idx=1).double()
    with torch.no_grad():
        embedding.weight[0] = ROW
    ids = torch.ones(1, position + 1, dtype=torch.long)
    ids[0, -1] = 0
    return embedding(ids).detach()


def eq_emb() -> Numbers:
    entries = {f"e{column}": number for column, number in enumerate(embedded(0)[0, 0])}
    return numbers(**entries, scale=TokenEmbedding(2, 512).scale)


def eq_pe() -> Numbers:
    narrow, wide = sinusoidal_encoding(9, 4), sinusoidal_encoding(8, 512)
    (sin_fast, cos_fast, sin_slow, cos_slow), last = narrow[1], wide[1, -2:]
    entries = {"sin_fast": sin_fast, "cos_fast": cos_fast, "sin_slow": sin_slow, "cos_slow": cos_slow}
    lengths = {"squared_length": wide[7].square().sum(), "rms": wide.square().mean().sqrt()}
    first = wide[1, :2]
    waves = {"shortest": math.tau / torch.atan2(*first), "longest": math.tau / torch.atan2(*last)}
    return numbers(**entries, **lengths, **waves, dot3=narrow[5] @ narrow[8])


def eq_in() -> Numbers:
    entered = PositionalEncoding(4, dropout=0.0)(embedded(1))[0, 1]
    return numbers(**{f"x{column}": number for column, number in enumerate(entered)})


def eq_scores() -> Numbers:
    scores = watch("eq-scores", lambda: scaled_dot_product_attention(Q, K, V[:, None]))["scores"]
    _, unscaled = scaled_dot_product_attention(Q * math.sqrt(2), K, V[:, None])
    (s11, s12), (s21, s22) = scores
    return numbers(s11=s11, s12=s12, s21=s21, s22=s22, unscaled1=unscaled[0, 0], unscaled2=unscaled[0, 1])


def eq_softmax() -> Numbers:
    scores = watch("eq-scores", lambda: scaled_dot_product_attention(Q, K, V[:, None]))["scores"][0]
    alpha = softmax(scores)
    return numbers(alpha1=alpha[0], alpha2=alpha[1])


def eq_sdpa() -> Numbers:
    (z1, z2), ((alpha1, alpha2), (beta1, beta2)) = scaled_dot_product_attention(Q, K, V[:, None])
    return numbers(z1=z1, z2=z2, alpha1=alpha1, alpha2=alpha2, beta1=beta1, beta2=beta2)


def eq_mask() -> Numbers:
    scores = double([1.0, 2.0, 3.0])
    mask = torch.tensor([[True, True, False]])
    _, ((alpha1, alpha2, hidden),) = scaled_dot_product_attention(
        double([[1.0]]), scores[:, None], scores[:, None], mask
    )
    assert hidden == 0.0
    return numbers(alpha1=alpha1, alpha2=alpha2, late_sum=softmax(scores)[:2].sum())


def two_heads(output_scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Two heads, each two wide, whose projections are the identity: output and weights."""
    module = MultiHeadAttention(4, 2, dropout=0.0).double()
    with torch.no_grad():
        for layer in module.children():
            layer.weight.copy_(torch.eye(4))
            layer.bias.zero_()
        module.output_projection.weight.mul_(output_scale)
        query, key = double([[[1.0, 0.0, 1.0, 0.0]]]), torch.cat([K, torch.zeros_like(K)], dim=1)[None]
        output, weights = module(query, key, torch.stack([V, 0 * V, V, 0 * V], dim=1)[None])
    return output[0, 0], weights[0, :, 0]


def eq_heads() -> Numbers:
    output, ((alpha1, alpha2), (beta1, beta2)) = two_heads(1.0)
    return numbers(z_first=output[0], z_second=output[2], alpha1=alpha1, alpha2=alpha2, beta1=beta1, beta2=beta2)


def eq_mha() -> Numbers:
    output, _ = two_heads(2.0)
    (count,) = {count_parameters(MultiHeadAttention(128, num_heads)) for num_heads in (1, 2, 4, 8)}
    return {**eq_heads(), **numbers(y_first=output[0], y_second=output[2], parameters=count)}


LIBRARY: Mapping[str, Callable[[], Numbers]] = {
    name.replace("_", "-"): function for name, function in list(globals().items()) if name.startswith("eq_")
}
