"""The best weights of a run, kept aside."""

import math
from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn


class KeepBest:
    """Keeps a copy of a model's weights from the moment when ``metric`` was best.

    ``mode`` says whether the best is the lowest ("min", errors) or the highest ("max", accuracies).
    """

    def __init__(self, metric: str, mode: Literal["min", "max"] = "min") -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"mode={mode!r} is unknown: choose min for errors, max for accuracies")
        self.metric = metric
        self.sign = 1.0 if mode == "min" else -1.0
        self.badness = math.inf
        self.weights: dict[str, Tensor] = {}

    def badness_of(self, metrics: Mapping[str, float]) -> float:
        """The metric as a number of which less is better."""
        return self.sign * metrics[self.metric]

    def update(
        self, model: nn.Module, metrics: Mapping[str, float], weights: Mapping[str, Tensor] | None = None
    ) -> bool:
        """Keep the weights if ``metrics`` are the best so far; return whether they were.

        They are those of ``model``, or ``weights`` if these were measured in their place.

        Of several equal evaluations the last stays: its weights come from a lower rate, and a small dev set cannot tell
        them apart. A metric that is not a finite number is never the best.
        """
        badness = self.badness_of(metrics)
        if not (math.isfinite(badness) and badness <= self.badness):
            return False
        self.badness = badness
        source = dict(model.named_parameters()) if weights is None else weights
        self.weights = {name: weight.detach().clone() for name, weight in source.items()}
        return True

    def resume(self, weights: Mapping[str, Tensor], metrics: Mapping[str, float]) -> None:
        """Go on from weights that were kept earlier, and from what was measured with them."""
        self.weights = dict(weights)
        self.badness = self.badness_of(metrics)

    @torch.no_grad()
    def restore(self, model: nn.Module) -> None:
        """Put the kept weights back; without any, leave the model as it is."""
        if self.weights:
            for name, parameter in model.named_parameters():
                parameter.copy_(self.weights[name])
