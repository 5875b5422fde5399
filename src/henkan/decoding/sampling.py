"""Sampling: each token is drawn from the model's distribution, by numbers that belong to the row."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from henkan.decoding.greedy import walk
from henkan.decoding.hypothesis import Hypothesis
from henkan.decoding.rules import Rules
from henkan.decoding.state import State
from henkan.decoding.strategies import Sampling


def sample(strategy: Sampling, state: State, rules: Rules, seeds: Sequence[int] | None) -> list[list[Hypothesis]]:
    """One hypothesis per row, decided by the row's seed; without seeds torch's global generator gives them."""
    if seeds is None:
        seeds = torch.randint(2**32, (rules.prefix.size(0),)).tolist()
    # Drawn up front, so that a row's numbers do not depend on how long its neighbours last.
    uniform = torch.stack([uniform_numbers(seed, rules.max_len) for seed in seeds]).to(rules.prefix.device)
    return walk(
        state,
        rules,
        lambda log_probs, rows, length: draw(probabilities(strategy, log_probs), uniform[rows, length]),
    )


def probabilities(strategy: Sampling, log_probs: Float[Tensor, "N V"]) -> Float[Tensor, "N V"]:
    """The probabilities to draw from, up to a factor, in float64: zero where a filter or a rule forbids."""
    # The largest becomes 0 before the division, so that no temperature is too small.
    sharpened = (log_probs - log_probs.amax(-1, keepdim=True)).double() / strategy.temperature
    everything = sharpened.softmax(-1)
    if strategy.top_k is None and strategy.top_p is None:
        return everything
    vocab_size = log_probs.size(-1)
    kept, tokens = everything.topk(min(strategy.top_k or vocab_size, vocab_size))  # likeliest first
    if strategy.top_p is not None:
        before = kept.cumsum(-1) - kept  # what the likelier tokens hold
        kept = kept.masked_fill(before >= strategy.top_p * kept.sum(-1, keepdim=True), 0.0)
    return torch.zeros_like(everything).scatter(-1, tokens, kept)


def uniform_numbers(seed: int, count: int) -> Float[Tensor, " count"]:
    """``count`` numbers from [0, 1) that belong to ``seed``; fewer of them are their beginning."""
    return torch.rand(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def draw(probs: Float[Tensor, "N V"], uniform: Float[Tensor, " N"]) -> Int[Tensor, " N"]:
    """The token at which the running sum of each row first exceeds the row's number, a share of the whole."""
    running_sum = probs.cumsum(-1)
    threshold = uniform.unsqueeze(1) * running_sum[:, -1:]
    drawn = torch.searchsorted(running_sum, threshold, right=True).squeeze(1)
    return drawn.clamp(max=probs.size(1) - 1)  # only NaN, which is reported in the end, comes past the last token
