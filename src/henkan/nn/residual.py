"""The residual connection around every sub-layer (paper, sections 3.1 and 5.4)."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from henkan.nn.dropout import Dropout
from henkan.nn.layer_norm import LayerNorm


class SublayerConnection(nn.Module):
    """LayerNorm(x + Dropout(sublayer(x))), the paper's post-norm.

    With ``norm_first``: x + Dropout(sublayer(LayerNorm(x))), pre-norm (Xiong et al. 2020).
    """

    def __init__(self, d_model: int, dropout: float = 0.1, *, norm_first: bool = False) -> None:
        super().__init__()
        self.norm_first = norm_first
        self.norm = LayerNorm(d_model)
        self.dropout = Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "B T d_model"], sublayer: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "B T d_model"]:
        """``x`` after ``sublayer``, with the way round it."""
        if self.norm_first:
            return x + self.dropout(sublayer(self.norm(x)))
        return self.norm(x + self.dropout(sublayer(x)))
