"""Other right ways to write phase2/why_sqrt."""

import math

import torch


def by_jacobian(d_k: int, *, scaled: bool, draws: int = 200, num_keys: int = 10) -> tuple[float, float]:
    """The gradient of p_i is p_i (e_i - p): no autograd needed. Another order of drawing, in single precision."""
    keys, query = torch.randn(draws, num_keys, d_k), torch.randn(draws, d_k)
    scores = torch.einsum("nkd,nd->nk", keys, query) / (math.sqrt(d_k) if scaled else 1.0)
    weights = scores.softmax(dim=-1)
    largest, index = weights.max(dim=-1)
    one_hot = torch.nn.functional.one_hot(index, num_keys)
    gradient = largest[:, None] * (one_hot - weights)
    return largest.mean().item(), gradient.norm(dim=-1).mean().item()


def draw_by_draw(d_k: int, *, scaled: bool, draws: int = 200, num_keys: int = 10) -> tuple[float, float]:
    """A loop over the draws."""
    probabilities, norms = [], []
    for _ in range(draws):
        scores = torch.randn(num_keys, d_k) @ torch.randn(d_k)
        if scaled:
            scores = scores / d_k**0.5
        scores.requires_grad_()
        largest = scores.softmax(dim=0).max()
        largest.backward()
        probabilities.append(largest.item())
        norms.append(scores.grad.norm().item())
    return sum(probabilities) / draws, sum(norms) / draws


ALTERNATIVES = {"jacobian": (by_jacobian,), "draw by draw": (draw_by_draw,)}
