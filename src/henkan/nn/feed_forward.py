"""The position-wise feed-forward network (paper, section 3.3)."""

from collections.abc import Callable
from typing import Literal

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from henkan.nn.dropout import Dropout

Activation = Literal["relu", "gelu", "silu"]
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu, "silu": F.silu}


class PositionwiseFeedForward(nn.Module):
    """max(0, x W1 + b1) W2 + b2, the same at every position (paper, eq. 2).

    ``dropout`` acts on the inner layer. The paper has none there, so the model's layers pass their
    ``activation_dropout``, which is 0 unless asked for.
    """

    def __init__(self, d_model: int, d_ff: int, dropout: float = 0.1, *, activation: Activation = "relu") -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation={activation!r} is unknown: choose one of {', '.join(ACTIVATIONS)}")
        self.activation = ACTIVATIONS[activation]
        self.expand = nn.Linear(d_model, d_ff)
        self.dropout = Dropout(dropout)
        self.contract = nn.Linear(d_ff, d_model)

    def forward(self, x: Float[Tensor, "B T d_model"]) -> Float[Tensor, "B T d_model"]:
        """Each position's vector, widened to ``d_ff``, bent by the activation, and brought back."""
        return self.contract(self.dropout(self.activation(self.expand(x))))


FeedForward = PositionwiseFeedForward
