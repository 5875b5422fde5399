"""The loss: cross-entropy against smoothed labels (paper, section 5.4)."""

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

Spread = Literal["vocabulary", "other_words"]


class LabelSmoothingCrossEntropy(nn.Module):
    """Cross-entropy in which the label keeps 1 - smoothing of the probability (Szegedy et al. 2016).

    Where the rest goes differs between codebases:

    - ``spread="vocabulary"``: smoothing / V to every class, label and padding included, as
      ``torch.nn.functional.cross_entropy(label_smoothing=)`` does;
    - ``spread="other_words"``: smoothing / (V - 2) to every class but the label and ``ignore_index``, as the Annotated
      Transformer does.

    Positions labelled ``ignore_index`` cost nothing. The loss can be differentiated once.
    """

    def __init__(self, smoothing: float = 0.1, ignore_index: int = 0, *, spread: Spread = "vocabulary") -> None:
        super().__init__()
        if not 0.0 <= smoothing < 1.0:
            raise ValueError(f"smoothing={smoothing} must be at least 0 and below 1: it is a share of the probability")
        if spread not in ("vocabulary", "other_words"):
            raise ValueError(f"spread={spread!r} is unknown: choose vocabulary or other_words")
        self.smoothing = smoothing
        self.ignore_index = ignore_index
        self.spread = spread

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The mean loss per real token, in nats, of logits (N, V) and labels (N,); 0 if no token is real."""
        real = labels != self.ignore_index
        # a label that is ignored may lie outside the vocabulary, so class 0 stands in for it
        losses = smoothed_cross_entropy(logits, labels.where(real, 0), *self._target(logits.size(-1)))
        return losses.where(real, 0.0).sum() / real.sum().clamp(min=1)

    def _target(self, classes: int) -> tuple[float, float, int | None]:
        """What the label gets on top, what every class gets, and the class that gets nothing, if there is one."""
        if self.spread == "vocabulary" or self.smoothing == 0.0:
            return 1 - self.smoothing, self.smoothing / classes, None
        if not 0 <= self.ignore_index < classes:
            raise ValueError(
                f"spread='other_words' leaves out the class ignore_index={self.ignore_index}, which must be one of the "
                f"{classes} classes: choose spread='vocabulary', or the id of padding"
            )
        share = self.smoothing / max(classes - 2, 1)
        return 1 - self.smoothing - share, share, self.ignore_index


def smoothed_cross_entropy(logits: Tensor, labels: Tensor, own: float, share: float, hidden: int | None) -> Tensor:
    """-sum(target * log softmax(logits)) for each row of ``logits`` (N, V): (N,) losses.

    The target is ``share`` for every class but ``hidden``, and ``own`` more for the label. Neither it nor the gradient
    of its parts is ever laid out: a forward pass keeps the log-probabilities, and the way back makes the gradient,
    softmax - target, in one tensor of that size.
    """
    losses: Tensor = _SmoothedCrossEntropy.apply(logits, labels, own, share, hidden)  # type: ignore[no-untyped-call]
    return losses


class _SmoothedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor, own: float, share: float, hidden: int | None) -> Tensor:
        log_probs = logits.log_softmax(dim=-1)  # (N, V)
        losses = -own * log_probs.gather(1, labels.unsqueeze(1)).squeeze(1)
        if share > 0.0:
            losses = losses - share * _sum_without(log_probs, hidden)
        ctx.save_for_backward(log_probs, labels)
        ctx.target, ctx.dtype = (own, share, hidden), logits.dtype
        return losses

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        log_probs, labels = ctx.saved_tensors
        own, share, hidden = ctx.target
        total = own + share * (log_probs.size(-1) - (hidden is not None))  # 1, unless there are not two words
        gradient = log_probs.exp()
        if share > 0.0:
            gradient.sub_(share / total)
            if hidden is not None:
                gradient[:, hidden] += share / total
        gradient.scatter_add_(1, labels.unsqueeze(1), gradient.new_full((len(labels), 1), -own / total))
        gradient.mul_((upstream * total).unsqueeze(1))
        return gradient.to(ctx.dtype), None, None, None, None


def _sum_without(log_probs: Tensor, hidden: int | None) -> Tensor:
    """The sum of each row, (N,), without the class ``hidden``, whose log-probability may be -inf."""
    if hidden is None:
        return log_probs.sum(dim=-1)
    return log_probs[:, :hidden].sum(dim=-1) + log_probs[:, hidden + 1 :].sum(dim=-1)
