"""Phase 1: a look-up as a matrix product, a shift as a rotation, and what an encoder knows of order."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn


def embedding_as_matmul(
    ids: Int[Tensor, "B T"], matrix: Float[Tensor, "V d_model"], pad_idx: int = 0
) -> Float[Tensor, "B T d_model"]:
    """The row of ``matrix`` for each id, times the root of d_model, as one matrix product (paper, section 3.4).

    The row of ``pad_idx`` is zero when it comes in. It gets no gradient, so training leaves it zero.
    """
    one_hot = F.one_hot(ids, matrix.size(0)).to(matrix.dtype)  # (B, T) -> (B, T, V)
    one_hot[..., pad_idx] = 0.0  # padding picks no row, so none of the gradient reaches the padding row
    return one_hot @ matrix * math.sqrt(matrix.size(1))


def relative_shift(shift: int, d_model: int) -> Float[Tensor, "d_model d_model"]:
    """The matrix that takes the encoding of any position p to that of p + ``shift`` (paper, section 3.5).

    Each pair of columns 2i, 2i + 1 is turned by its own angle, ``shift`` / 10000^(2i / d_model). ``d_model`` is even.
    Returned in torch's default dtype.
    """
    angle = shift / 10000.0 ** (torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
    cosine, sine = angle.cos(), angle.sin()
    top, bottom = torch.stack([cosine, sine], dim=-1), torch.stack([-sine, cosine], dim=-1)
    rotations = torch.stack([top, bottom], dim=-2)  # (d_model / 2, 2, 2)
    return torch.block_diag(*rotations).to(torch.get_default_dtype())


def order_blind(
    encoder: nn.Module,
    positional_encoding: nn.Module,
    x: Float[Tensor, "B S d_model"],
    order: Int[Tensor, " S"],
) -> tuple[float, float]:
    """How much the order of its input matters to ``encoder``: without positions, and with them.

    Each number compares two ways: reorder the tokens ``x``, then encode; or encode, then reorder the output. It is the
    largest difference between their entries. Both modules are left in eval mode, without dropout.
    """
    encoder.eval()
    positional_encoding.eval()

    def difference(encode: Callable[[Tensor], Tensor]) -> float:
        return float((encode(x[:, order]) - encode(x)[:, order]).abs().max())

    with torch.no_grad():
        return difference(encoder), difference(lambda tokens: encoder(positional_encoding(tokens)))
