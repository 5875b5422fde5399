"""What one or several models remember of the targets they are decoding. State goes in and comes out."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import reduce

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from henkan.decoding.steps import Cache, Steps, steps_of
from henkan.nn import Transformer


@dataclass(frozen=True)
class State:
    """The caches of the models that decode together, each row one target. Several models are an ensemble."""

    models: tuple[Transformer, ...]
    steps: tuple[Steps, ...]  # how each model makes its steps
    caches: tuple[Cache, ...]

    @classmethod
    def start(
        cls, models: tuple[Transformer, ...], src: Int[Tensor, "B S"], src_mask: Bool[Tensor, "B 1 1 S"]
    ) -> "State":
        """The state before the first token; every source is encoded here, once."""
        steps = tuple(steps_of(model, src.size(0)) for model in models)
        return cls(models, steps, tuple(each.start_cache(src, src_mask) for each in steps))

    @property
    def dtype(self) -> torch.dtype:
        """Of the log-probabilities: single precision at least, whatever the models compute in."""
        return reduce(torch.promote_types, (model.tgt_embedding.weight.dtype for model in self.models), torch.float32)

    def step(self, tokens: Int[Tensor, " N"]) -> tuple[Float[Tensor, "N V"], "State"]:
        """The log-probabilities of what follows each row's next token, and the state with that token in it."""
        tgt = tokens.unsqueeze(1)
        steps = [each.decode_step(tgt, cache) for each, cache in zip(self.steps, self.caches, strict=True)]
        return mean_log_probs([logits for logits, _ in steps]), replace(self, caches=tuple(cache for _, cache in steps))

    def select(self, rows: Int[Tensor, " M"]) -> "State":
        """Row i of the result is row ``rows[i]`` of this."""
        return replace(self, caches=tuple(cache.select(rows) for cache in self.caches))

    def reorder(self, rows: Int[Tensor, " N"]) -> "State":
        """``select`` for rows that change places with rows of the same source: what they read stays where it is."""
        return replace(self, caches=tuple(cache.reorder(rows) for cache in self.caches))


def mean_log_probs(logits: Sequence[Float[Tensor, "*rows V"]]) -> Float[Tensor, "*rows V"]:
    """The log of the mean of the models' probabilities, in single precision at least."""
    log_probs = [each.log_softmax(-1, dtype=torch.promote_types(each.dtype, torch.float32)) for each in logits]
    if len(log_probs) == 1:
        return log_probs[0]
    return torch.stack(log_probs).logsumexp(0) - math.log(len(log_probs))


@contextmanager
def evaluating(models: Sequence[Transformer]) -> Iterator[None]:
    """Without dropout and gradients inside; every module is afterwards in the mode in which it was found."""
    modes = [(module, module.training) for model in models for module in model.modules()]
    for model in models:
        model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training
