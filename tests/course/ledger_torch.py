"""The examples of the ledger by torch's own functions and autograd, without henkan."""

from collections.abc import Callable, Mapping

import ledger_torch_lesson0 as lesson0
import torch
import torch.nn.functional as F
from ledger_torch_lesson0 import K, Numbers, Q, V, double, numbers, weights
from torch import Tensor, nn

ROW, SCORES = double([0.5, -0.25, 0.0, 1.0]), double([1.0, 2.0, 3.0])


def eq_emb() -> Numbers:
    row = F.embedding(torch.tensor(0), ROW[None])
    scaled, width = row * double(4.0).sqrt(), double(512.0)
    entries = {f"e{column}": number for column, number in enumerate(scaled)}
    wrong = {"unscaled": row[3], "by_d": row[3] * 4, "divided": row[3].div(2)}
    return numbers(**entries, **wrong, scale=width.sqrt(), std=width.rsqrt())


def waves(position: int, width: int) -> Tensor:
    """Sines and cosines as the parts of complex numbers of length 1."""
    frequency = torch.logspace(0, -4 * (width - 2) / width, width // 2, base=10.0, dtype=torch.float64)
    turned = torch.polar(torch.ones_like(frequency), position * frequency)
    return torch.stack([turned.imag, turned.real], dim=1).flatten()


def eq_pe() -> Numbers:
    one, wide = waves(1, 4), waves(7, 512)
    slowest = torch.logspace(0, -4 * 510 / 512, 256, base=10.0, dtype=torch.float64)[-1]
    lengths = {"squared_length": wide.square().sum(), "rms": wide.square().mean().sqrt()}
    wavelengths = {"shortest": 2 * torch.pi, "longest": 2 * torch.pi / slowest, "limit": 2e4 * torch.pi}
    entries = {"sin_fast": one[0], "cos_fast": one[1], "sin_slow": one[2], "cos_slow": one[3]}
    wrong = double(0.1).sin()
    return numbers(**entries, **lengths, **wavelengths, dot3=waves(5, 4) @ waves(8, 4), exponent_i=wrong)


def eq_in() -> Numbers:
    entries = {f"x{column}": number for column, number in enumerate(2 * ROW + waves(1, 4))}
    wave = waves(1, 4)[0]
    wrong = {"unscaled": ROW[0] + wave, "encoding_scaled": 2 * (ROW[0] + wave), "product": 2 * ROW[0] * wave}
    return numbers(**entries, **wrong)


def eq_scores() -> Numbers:
    scores = torch.baddbmm(torch.zeros(1, 2, 2).double(), Q[None], K.T[None], alpha=2**-0.5)[0]
    plain = weights(Q, K, scale=1.0)[0]
    (s11, s12), (s21, s22) = scores
    by_d_k = (Q[0] * K[0]).mean()
    return numbers(s11=s11, s12=s12, s21=s21, s22=s22, by_d_k=by_d_k, unscaled1=plain[0], unscaled2=plain[1])


def eq_softmax() -> Numbers:
    scores = double([0.8, 0.0]) / 2**0.5
    alpha, halves = F.softmax(scores, dim=0), F.softmax(torch.zeros(2), dim=0)
    exponentials = scores.exp()
    parts = {"exp1": exponentials[0], "exp2": exponentials[1], "sum": scores.logsumexp(0).exp()}
    return numbers(**parts, alpha1=alpha[0], alpha2=alpha[1], halves=halves[0])


def eq_sdpa() -> Numbers:
    alpha, beta = weights(Q, K)
    z1, z2 = F.scaled_dot_product_attention(Q[None], K[None], V[None, :, None])[0, :, 0]
    unscaled = F.scaled_dot_product_attention(Q[None], K[None], V[None, :, None], scale=1.0)[0, 0, 0]
    shares = {"alpha1": alpha[0], "alpha2": alpha[1], "beta1": beta[0], "beta2": beta[1]}
    return numbers(**shares, z1=z1, z2=z2, unscaled=unscaled, mean=V.mean())


def eq_mask() -> Numbers:
    def hidden(mask: Tensor | None, scores: Tensor = SCORES) -> Tensor:
        query, values = torch.ones(1, 1, 1).double(), torch.eye(3).double()[None]
        return F.scaled_dot_product_attention(query, scores[None, :, None], values, attn_mask=mask)[0, 0]

    seen, late = hidden(torch.tensor([[[True, True, False]]])), hidden(None)
    zeroed, inverted = hidden(None, double([1.0, 2.0, 0.0])), hidden(torch.tensor([[[False, False, True]]]))
    wrong = {"late2": late[1], "zeroed2": zeroed[1], "inverted2": inverted[1]}
    return numbers(alpha1=seen[0], alpha2=seen[1], late_sum=late[:2].sum(), **wrong)


def eq_heads() -> Numbers:
    output, shares = two_heads(output_scale=1.0)
    (alpha, beta), values = shares[:, 0], torch.stack([V, V])
    blended = shares.mean(dim=0)[0] @ V
    named = {"alpha1": alpha[0], "alpha2": alpha[1], "beta1": beta[0], "beta2": beta[1], "blended": blended}
    return numbers(**named, z_first=output[0], z_second=output[2], nothing=(0 * values).sum())


def eq_mha() -> Numbers:
    output, _ = two_heads(output_scale=2.0)
    module = nn.MultiheadAttention(128, 8)

    def count(module: nn.Module) -> int:
        return sum(parameter.numel() for parameter in module.parameters())

    wrong = {"no_output": count(module) - count(module.out_proj), "times_heads": 8 * count(module)}
    no_bias = count(nn.MultiheadAttention(128, 8, bias=False))
    sizes = {"parameters": count(module), "no_bias": no_bias, **wrong}
    return {**eq_heads(), **numbers(y_first=output[0], y_second=output[2], **sizes)}


def two_heads(output_scale: float) -> tuple[Tensor, Tensor]:
    """torch's module of two heads, each two wide, whose projections are the identity: output and weights."""
    module = nn.MultiheadAttention(4, 2, batch_first=True).double()
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.eye(4).repeat(3, 1))
        module.out_proj.weight.copy_(output_scale * torch.eye(4))
        query = double([[[1.0, 0.0, 1.0, 0.0]]])
        key = torch.cat([K, torch.zeros_like(K)], dim=1)[None]
        value = torch.stack([V, 0 * V, V, 0 * V], dim=1)[None]
        output, shares = module(query, key, value, average_attn_weights=False)
    return output[0, 0], shares[0]


TORCH: Mapping[str, Callable[[], Numbers]] = {
    name.replace("_", "-"): function
    for name, function in [*vars(lesson0).items(), *globals().items()]
    if name.startswith(("eq_", "num_"))
}
