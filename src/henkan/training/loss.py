"""The loss: cross-entropy against smoothed labels (paper, section 5.4)."""

from typing import Literal

import torch
from torch import Tensor, nn

Spread = Literal["vocabulary", "other_words"]


class LabelSmoothingCrossEntropy(nn.Module):
    """Cross-entropy in which the label keeps 1 - smoothing of the probability (Szegedy et al. 2016).

    Where the rest goes differs between codebases:

    - ``spread="vocabulary"``: smoothing / V to every class, label and padding included, as
      ``torch.nn.functional.cross_entropy(label_smoothing=)`` does;
    - ``spread="other_words"``: smoothing / (V - 2) to every class but the label and ``ignore_index``, as the Annotated
      Transformer does.

    Positions labelled ``ignore_index`` cost nothing.
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
        # (N, V); a label that is ignored may lie outside the vocabulary, so class 0 stands in for it
        log_probs = logits.log_softmax(dim=-1)
        label_log_probs = log_probs.gather(1, labels.where(real, 0).unsqueeze(1)).squeeze(1)
        if self.smoothing == 0.0:
            losses = -label_log_probs
        else:
            losses = -(
                (1 - self.smoothing) * label_log_probs + self.smoothing * self._spread(log_probs, label_log_probs)
            )
        return losses.where(real, 0.0).sum() / real.sum().clamp(min=1)

    def _spread(self, log_probs: Tensor, label_log_probs: Tensor) -> Tensor:
        """The mean log-probability of the classes that share the smoothing, (N,)."""
        if self.spread == "vocabulary":
            return log_probs.mean(dim=-1)
        without_padding = log_probs.index_fill(1, torch.tensor(self.ignore_index, device=log_probs.device), 0.0)
        return (without_padding.sum(dim=-1) - label_log_probs) / max(log_probs.size(-1) - 2, 1)
