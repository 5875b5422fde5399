"""Sampling: each token is drawn from the model's distribution, by numbers that belong to the row."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from henkan.decoding.greedy import walk
from henkan.decoding.hypothesis import Hypothesis
from henkan.decoding.rules import Rules
from henkan.decoding.state import State


@dataclass(frozen=True)
class Sampling:
    """Draw each token. Among the allowed tokens three filters are applied, in this order:

    1. ``temperature`` flattens (> 1) or sharpens (< 1) the distribution; towards 0 it becomes greedy.
    2. ``top_k`` keeps the k likeliest tokens; 1 is greedy.
    3. ``top_p`` keeps the fewest likeliest of these that together hold this share of their probability: the token that
       crosses the threshold stays, and so there is always one.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            raise ValueError(
                f"temperature={self.temperature} must be above 0: for the likeliest token use Greedy or top_k=1"
            )
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k={self.top_k} keeps no token: it must be at least 1, or None for all")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top_p={self.top_p} must be above 0 and at most 1: it is a share of probability")

    def decode(self, state: State, rules: Rules, seeds: Sequence[int] | None = None) -> list[list[Hypothesis]]:
        """One hypothesis per row, decided by the row's seed; without seeds torch's global generator gives them."""
        if seeds is None:
            seeds = torch.randint(2**32, (rules.prefix.size(0),)).tolist()
        # Drawn up front, so that a row's numbers do not depend on how long its neighbours last.
        uniform = torch.stack([uniform_numbers(seed, rules.max_len) for seed in seeds]).to(rules.prefix.device)
        return walk(
            state,
            rules,
            lambda log_probs, rows, length: draw(self.probabilities(log_probs), uniform[rows, length]),
        )

    def probabilities(self, log_probs: Float[Tensor, "N V"]) -> Float[Tensor, "N V"]:
        """The probabilities to draw from, up to a factor, in float64: zero where a filter or a rule forbids."""
        # The largest becomes 0 before the division, so that no temperature is too small.
        sharpened = (log_probs - log_probs.amax(-1, keepdim=True)).double() / self.temperature
        everything = sharpened.softmax(-1)
        if self.top_k is None and self.top_p is None:
            return everything
        vocab_size = log_probs.size(-1)
        kept, tokens = everything.topk(min(self.top_k or vocab_size, vocab_size))  # likeliest first
        if self.top_p is not None:
            before = kept.cumsum(-1) - kept  # what the likelier tokens hold
            kept = kept.masked_fill(before >= self.top_p * kept.sum(-1, keepdim=True), 0.0)
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
