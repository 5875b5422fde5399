"""Dropout (paper, section 5.4; Srivastava et al. 2014), at half the price on a CPU."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class Dropout(nn.Module):
    """Sets a share ``p`` of the entries to zero while training, and scales the others up to keep the mean.

    On a CPU one random byte decides each entry, so the share is a whole number of 256ths (0.1 becomes 26 / 256, and the
    scale fits it): drawing a random float for every entry can take longer than the layer it regularises.
    A model that ``torch.compile`` has taken over drops as torch does, with ``p`` itself.
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        if not 0.0 <= p < 1.0:
            raise ValueError(f"dropout={p} must be at least 0 and below 1: it is the share that is set to zero")
        self.p = p

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """``x`` with a share of its entries dropped; ``x`` itself in eval mode."""
        if not self.training or self.p == 0.0:
            return x
        if x.device.type != "cpu" or torch.compiler.is_compiling():  # the compiler cannot follow the bytes
            return F.dropout(x, self.p)
        dropped = min(max(round(256 * self.p), 1), 255)
        scale = 256 / (256 - dropped)
        # Compared as numbers of the width of x: comparing bytes takes several times as long.
        return x * random_bytes(x.shape).to(x.dtype).ge_(dropped).mul_(scale)

    def extra_repr(self) -> str:
        return f"p={self.p}"


def random_bytes(shape: torch.Size) -> Tensor:
    """Bytes from torch's generator, eight from each draw."""
    draws = torch.empty((shape.numel() + 7) // 8, dtype=torch.int64)
    # Without an upper end, all 64 bits are drawn.
    return draws.random_(-(2**63), None).view(torch.uint8)[: shape.numel()].view(shape)
