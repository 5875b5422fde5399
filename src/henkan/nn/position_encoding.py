"""Positional encoding: where each token stands (paper, section 3.5)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from henkan.nn.dropout import Dropout


def sinusoidal_encoding(length: int, d_model: int) -> Float[Tensor, "length d_model"]:
    """The sines and cosines of positions 0 to ``length - 1``, interleaved (paper, section 3.5).

    Column 2i is sin(position / 10000^(2i / d_model)), column 2i + 1 the cosine of the same angle. An odd ``d_model``
    ends on a sine. Computed in float64, so that far positions are as exact as near ones, and returned in torch's
    default dtype.
    """
    position = torch.arange(length, dtype=torch.float64).unsqueeze(1)
    even_column = torch.arange(0, d_model, 2, dtype=torch.float64)
    angle = position / 10000.0 ** (even_column / d_model)  # (length, ceil(d_model / 2))  # [eq-pe]
    encoding = torch.empty(length, d_model, dtype=torch.float64)
    encoding[:, 0::2] = angle.sin()
    encoding[:, 1::2] = angle[:, : d_model // 2].cos()
    return encoding.to(torch.get_default_dtype())


class PositionalEncoding(nn.Module):
    """Adds each position's encoding to the token that stands there (paper, sections 3.5 and 5.4)."""

    encoding: Tensor

    def __init__(self, d_model: int, max_len: int = 5000, dropout: float = 0.1) -> None:
        super().__init__()
        self.max_len = max_len
        self.dropout = Dropout(dropout)
        # Not a parameter, and not worth storing: it is a function of the two sizes.
        self.register_buffer("encoding", sinusoidal_encoding(max_len, d_model), persistent=False)

    def forward(self, x: Float[Tensor, "B T d_model"], offset: int = 0) -> Float[Tensor, "B T d_model"]:
        """``x`` with positions ``offset``, ``offset + 1``, ... added, then dropout.

        ``offset`` is the number of tokens that came before, in cached decoding. Raises ``ValueError`` for a position
        past ``max_len``.
        """
        end = offset + x.size(1)
        if end > self.max_len:
            raise ValueError(
                f"a sequence of {end} tokens is longer than max_len={self.max_len}: "
                f"shorten the sequence or build the model with a larger max_len"
            )
        return self.dropout(x + self.encoding[offset:end])  # [eq-in]
