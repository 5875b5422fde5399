"""Greedy decoding, and the walk that it shares with sampling: one path per row, one token at a time."""

from collections.abc import Callable

import torch
from torch import Tensor

from henkan.decoding.hypothesis import Hypothesis
from henkan.decoding.rules import Rules
from henkan.decoding.state import State

Choose = Callable[[Tensor, Tensor, int], Tensor]


def walk(state: State, rules: Rules, choose: Choose) -> list[list[Hypothesis]]:
    """One hypothesis per row; ``choose(allowed log-probabilities, rows, length)`` decides each next token.

    A row that has ended leaves the batch, so ``rows`` says which of the sources are still there.
    """
    rows = torch.arange(rules.prefix.size(0), device=rules.prefix.device)
    last = torch.full_like(rows, rules.bos_idx)
    tokens = rows.new_zeros((len(rows), rules.max_len))  # what stands behind an end token is cut off in the end
    log_probs = torch.zeros(len(rows), dtype=state.dtype, device=rows.device)
    for length in range(rules.max_len):
        next_log_probs, state = state.step(last)
        allowed = rules.forbid(next_log_probs, rows, length)
        last = choose(allowed, rows, length)
        tokens[rows, length] = last
        log_probs[rows] += allowed.gather(1, last.unsqueeze(1)).squeeze(1)
        going_on = (last != rules.eos_idx).nonzero().squeeze(1)  # note: this waits for the device
        if len(going_on) == 0:
            break
        if len(going_on) < len(rows):
            state, rows, last = state.select(going_on), rows[going_on], last[going_on]
    return [
        [Hypothesis.cut(ids, rules.eos_idx, log_prob=log_prob, score=log_prob)]
        for ids, log_prob in zip(tokens.tolist(), log_probs.tolist(), strict=True)
    ]
