"""phase1/embedding_as_matmul: looking a token up is a matrix product."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from henkan.course.expect import expect, expect_close, expect_finite, expect_shape, expect_untouched
from henkan.course.finding import Finding
from henkan.course.random_input import normal

Embed = Callable[..., Tensor]

IDS = torch.tensor([[3, 1, 4, 1, 0], [2, 4, 4, 0, 0]])


def matrix(vocab_size: int = 7, d_model: int = 6, pad_idx: int = 0) -> Tensor:
    """Random rows, that of the padding zero."""
    rows = normal(vocab_size, d_model)
    rows[pad_idx] = 0.0
    return rows


def gradient_of(embed: Embed, pad_idx: int = 0) -> Tensor:
    """The gradient of the matrix for a random weighting of every entry that comes out."""
    rows = matrix(pad_idx=pad_idx).requires_grad_()
    (gradient,) = torch.autograd.grad((embed(IDS.clone(), rows, pad_idx) * normal(2, 5, 6)).sum(), rows)
    return gradient


def shapes(embed: Embed) -> None:
    expect_shape("embed", embed(IDS.clone(), matrix().float()), (2, 5, 6))


def dtype_and_untouched(embed: Embed) -> None:
    try:
        embedded = embed(IDS.clone(), matrix())
    except RuntimeError as error:
        if "dtype" not in str(error):
            raise
        raise Finding("dtype_is_fixed") from error
    expect(embedded.dtype == torch.float64, "dtype_is_fixed")
    expect_finite("embed", embedded)
    expect_untouched(lambda ids, matrix: embed(ids, matrix), ids=IDS.clone(), matrix=matrix())


def by_hand(embed: Embed) -> None:
    rows = torch.tensor([[0, 0, 0, 0], [0.5, -0.25, 0.0, 1.0], [0.1, 0.2, 0.3, 0.4]], dtype=torch.float64)
    expect_close("embed", embed(torch.tensor([[2, 1]]), rows), [[[0.2, 0.4, 0.6, 0.8], [1.0, -0.5, 0.0, 2.0]]])


def parity(embed: Embed) -> None:
    rows = matrix()
    expect_close("embed", embed(IDS.clone(), rows), math.sqrt(6) * F.embedding(IDS, rows))


def padding_stays_zero(embed: Embed) -> None:
    for pad_idx in (0, 4):
        expect(not bool(embed(IDS.clone(), matrix(pad_idx=pad_idx), pad_idx)[pad_idx == IDS].any()), "padding_not_zero")
        largest = float(gradient_of(embed, pad_idx)[pad_idx].abs().max())
        expect(largest == 0.0, "padding_is_trained", gradient=f"{largest:.3f}")


def gradient(embed: Embed) -> None:
    by_look_up = gradient_of(lambda ids, rows, pad: math.sqrt(6) * F.embedding(ids, rows, padding_idx=pad))
    expect_close("∂E", gradient_of(embed), by_look_up)


def probe(embed: Embed) -> list[Tensor]:
    return [embed(IDS.clone(), matrix(), 0), gradient_of(embed), gradient_of(embed, pad_idx=4)]


def _without_padding(ids: Tensor, rows: Tensor, pad_idx: int) -> Tensor:
    one_hot = F.one_hot(ids, rows.size(0)).to(rows.dtype)
    one_hot[..., pad_idx] = 0.0
    return one_hot @ rows


def missing_sqrt_d(ids: Tensor, rows: Tensor, pad_idx: int = 0) -> Tensor:
    return _without_padding(ids, rows, pad_idx)


def scale_by_d(ids: Tensor, rows: Tensor, pad_idx: int = 0) -> Tensor:
    return _without_padding(ids, rows, pad_idx) * rows.size(1)


def pad_row_trained(ids: Tensor, rows: Tensor, pad_idx: int = 0) -> Tensor:
    return F.one_hot(ids, rows.size(0)).to(rows.dtype) @ rows * math.sqrt(rows.size(1))


def divided_by_sqrt_d(ids: Tensor, rows: Tensor, pad_idx: int = 0) -> Tensor:
    return _without_padding(ids, rows, pad_idx) / math.sqrt(rows.size(1))


def scale_by_vocabulary(ids: Tensor, rows: Tensor, pad_idx: int = 0) -> Tensor:
    return _without_padding(ids, rows, pad_idx) * math.sqrt(rows.size(0))


def pad_idx_ignored(ids: Tensor, rows: Tensor, pad_idx: int = 0) -> Tensor:
    return _without_padding(ids, rows, 0) * math.sqrt(rows.size(1))
