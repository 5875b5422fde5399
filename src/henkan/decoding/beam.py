"""Beam search: the K likeliest beginnings of each sentence, extended together."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from henkan.decoding.hypothesis import Hypothesis
from henkan.decoding.rules import Rules
from henkan.decoding.state import State
from henkan.decoding.strategies import BeamSearch, length_penalty


def beam_search(strategy: BeamSearch, state: State, rules: Rules) -> list[list[Hypothesis]]:
    """The best hypotheses of each row, best first."""
    beams = Beams.start(rules, strategy.width, state.dtype)
    state = state.select(beams.owners)
    aside: list[list[Hypothesis]] = [[] for _ in rules.prefix]
    to_beat = beams.log_probs.new_full((len(aside), strategy.n_best), -torch.inf)  # the best scores set aside
    for length in range(1, rules.max_len + 1):
        log_probs, state = state.step(beams.last.flatten())
        beams, parents = beams.extend(rules.forbid(log_probs, beams.owners, length - 1))

        ended = beams.alive if length == rules.max_len else beams.alive & (beams.last == rules.eos_idx)
        penalty = length_penalty(length, strategy.length_penalty)
        for sentence, ids, log_prob in beams.read(ended):
            aside[sentence].append(Hypothesis.cut(ids, rules.eos_idx, log_prob=log_prob, score=log_prob / penalty))
        scores = (beams.log_probs / penalty).masked_fill(~ended, -torch.inf)
        to_beat = torch.cat([to_beat, scores], dim=1).topk(strategy.n_best).values

        beams = beams.without(ended)
        going_on = within_reach(strategy, beams.log_probs.amax(1), length, rules.max_len) > to_beat[:, -1]
        if going_on.all():  # note: this waits for the device
            state = state.reorder(parents.flatten())
        elif going_on.any():
            state = state.select(parents[going_on].flatten())
            beams, to_beat = beams.select(going_on), to_beat[going_on]
        else:
            break
    return [sorted(found, key=lambda h: h.score, reverse=True)[: strategy.n_best] for found in aside]


def within_reach(
    strategy: BeamSearch, log_probs: Float[Tensor, " B"], length: int, max_len: int
) -> Float[Tensor, " B"]:
    """The best scores that sequences of ``length`` tokens may still come to, if they have not ended.

    More tokens only lower a log-probability. What it is divided by is kindest at the length limit if the penalty
    is positive, and at the very next token if it is negative.
    """
    return log_probs / length_penalty(max_len if strategy.length_penalty > 0 else length + 1, strategy.length_penalty)


@dataclass(frozen=True)
class Beams:
    """The K sequences of each sentence that are being extended, all of one length, likeliest first.

    A log-probability of -inf marks a place without a sequence. The row of beam k of sentence b is b * K + k, in the
    state and wherever beams stand in one axis.
    """

    sentences: Int[Tensor, " B"]  # which of the sources these are
    tokens: Int[Tensor, "B K T"]
    log_probs: Float[Tensor, "B K"]

    @classmethod
    def start(cls, rules: Rules, width: int, dtype: torch.dtype) -> "Beams":
        """The start token, once for each sentence: K equal beams would find everything K times."""
        sentences = torch.arange(rules.prefix.size(0), device=rules.prefix.device)
        tokens = torch.full((len(sentences), width, 1), rules.bos_idx, device=sentences.device)
        log_probs = torch.full(tokens.shape[:2], -torch.inf, dtype=dtype, device=sentences.device)
        log_probs[:, 0] = 0.0
        return cls(sentences, tokens, log_probs)

    @property
    def last(self) -> Int[Tensor, "B K"]:
        """The last token of each beam."""
        return self.tokens[:, :, -1]

    @property
    def alive(self) -> Bool[Tensor, "B K"]:
        """True where there is a sequence."""
        return self.log_probs > -torch.inf

    @property
    def owners(self) -> Int[Tensor, " N"]:
        """The source of each row."""
        return self.sentences.repeat_interleave(self.log_probs.size(1))

    def extend(self, allowed: Float[Tensor, "N V"]) -> tuple["Beams", Int[Tensor, "B K"]]:
        """The K likeliest of all that each sentence's beams and one more token make, and the row each comes from.

        ``allowed`` is overwritten.
        """
        num_sentences, width = self.log_probs.shape
        totals = allowed.add_(self.log_probs.view(-1, 1))
        log_probs, best = totals.view(num_sentences, -1).topk(width)  # (B * K, V) -> (B, K * V) -> (B, K)
        first_rows = torch.arange(0, num_sentences * width, width, device=best.device).unsqueeze(1)
        parents, last = best // allowed.size(1) + first_rows, best % allowed.size(1)
        tokens = torch.cat([self.tokens.flatten(0, 1)[parents], last.unsqueeze(2)], dim=2)
        return Beams(self.sentences, tokens, log_probs), parents

    def read(self, where: Bool[Tensor, "B K"]) -> Iterator[tuple[int, list[int], float]]:
        """Source, tokens behind the start token, and log-probability of the beams where ``where`` is True."""
        sentences = self.owners.view_as(where)[where]
        return zip(sentences.tolist(), self.tokens[where][:, 1:].tolist(), self.log_probs[where].tolist(), strict=True)

    def without(self, where: Bool[Tensor, "B K"]) -> "Beams":
        """These, with the places where ``where`` is True emptied."""
        return replace(self, log_probs=self.log_probs.masked_fill(where, -torch.inf))

    def select(self, kept: Bool[Tensor, " B"]) -> "Beams":
        """These, with only the sentences where ``kept`` is True."""
        return Beams(self.sentences[kept], self.tokens[kept], self.log_probs[kept])
