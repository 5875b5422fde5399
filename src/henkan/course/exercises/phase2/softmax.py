"""phase2/softmax: numbers as probabilities, whatever their size."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from henkan.course import parts
from henkan.course.expect import (
    expect,
    expect_close,
    expect_dtype,
    expect_finite,
    expect_gradient,
    expect_shape,
    expect_untouched,
)
from henkan.course.random_input import normal
from henkan.course.recognise import probe_in_stages

Softmax = Callable[..., Tensor]

LARGE = torch.tensor(
    [[10_000.0, 10_001.0, 9_999.0], [-10_000.0, -9_999.0, -10_001.0], [-10_000.0, 0.0, 10_000.0]], dtype=torch.float64
)
FAR_APART = torch.tensor([[0.0, 1.0, -1.0], [2_000.0, 2_001.0, 1_999.0]], dtype=torch.float64)


def shapes(softmax: Softmax) -> None:
    for shape in ((3,), (2, 5), (2, 3, 4)):
        yours = softmax(normal(*shape))
        expect_shape("softmax(x)", yours, shape)
        expect_dtype("softmax(x)", yours, torch.float64)
    expect_dtype("softmax(x)", softmax(normal(3).float()), torch.float32)


def finite_and_untouched(softmax: Softmax) -> None:
    expect_finite("softmax(x)", softmax(normal(3, 5)))
    expect_untouched(lambda x: softmax(x), x=normal(3, 5))


def by_hand(softmax: Softmax) -> None:
    scores = torch.tensor([0.565685, 0.0], dtype=torch.float64)
    expect_close("softmax(.565685, 0)", softmax(scores), [0.637767, 0.362233])
    scores = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    expect_close("softmax(1, 2, 3)", softmax(scores), [0.090031, 0.244728, 0.665241])


def rows_sum_to_one(softmax: Softmax) -> None:
    sums = softmax(normal(4, 6)).sum(dim=-1)
    expect(torch.allclose(sums, torch.ones_like(sums)), "does_not_sum_to_one", sum=f"{sums[0].item():.6f}")


def along_dim(softmax: Softmax) -> None:
    x = normal(2, 3, 4)
    for dim in (0, 1, 2, -2):
        sums = softmax(x, dim=dim).sum(dim=dim)
        expect(
            torch.allclose(sums, torch.ones_like(sums)), "dim_ignored", dim=dim, sum=f"{float(sums.flatten()[0]):.6f}"
        )


def shift(softmax: Softmax) -> None:
    x = normal(3, 5)
    expect(torch.allclose(softmax(x + 3.0), softmax(x)), "shift_changes")


def large_numbers(softmax: Softmax) -> None:
    expect(bool(softmax(LARGE.clone()).isfinite().all()), "overflows")
    expect_close("softmax(10000, 10001, 9999)", softmax(LARGE.clone())[0], [0.244728, 0.665241, 0.090031])


def rows_far_apart(softmax: Softmax) -> None:
    expect(bool(softmax(FAR_APART.clone()).isfinite().all()), "underflows")
    expect_close("p", softmax(FAR_APART.clone()), [[0.244728, 0.665241, 0.090031]] * 2)


def gradient(softmax: Softmax) -> None:
    expect_gradient(softmax, normal(3, 4))


def parity(softmax: Softmax) -> None:
    x = 5 * normal(2, 3, 4)
    for dim in range(3):
        expect_close("softmax(x)", softmax(x, dim=dim), torch.softmax(x, dim=dim))


def probe(softmax: Softmax) -> list[Any]:
    def ordinary(softmax: Softmax) -> list[Tensor]:
        return [softmax(normal(4, 5), dim=1), softmax(normal(4, 5), dim=0)]

    def extreme(softmax: Softmax) -> list[Tensor]:
        return [softmax(LARGE.clone(), dim=-1), softmax(FAR_APART.clone(), dim=-1)]

    return probe_in_stages([softmax], [parts.softmax], ordinary, extreme)


def no_max_shift(x: Tensor, dim: int = -1) -> Tensor:
    return x.exp() / x.exp().sum(dim=dim, keepdim=True)


def one_shift_for_all(x: Tensor, dim: int = -1) -> Tensor:
    exponentials = (x - x.max()).exp()
    return exponentials / exponentials.sum(dim=dim, keepdim=True)


def wrong_dim(x: Tensor, dim: int = -1) -> Tensor:
    return parts.softmax(x, dim=0)


def dim_ignored(x: Tensor, dim: int = -1) -> Tensor:
    return parts.softmax(x, dim=-1)


def one_sum_for_all(x: Tensor, dim: int = -1) -> Tensor:
    return x.exp() / x.exp().sum()


def no_exponential(x: Tensor, dim: int = -1) -> Tensor:
    return x / x.sum(dim=dim, keepdim=True)
