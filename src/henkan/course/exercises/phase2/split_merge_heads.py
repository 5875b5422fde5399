"""phase2/split_merge_heads: heads as another way to read the same numbers."""

from collections.abc import Callable

import torch
from torch import Tensor

from henkan.course.expect import expect, expect_close, expect_dtype, expect_gradient, expect_shape, expect_untouched
from henkan.course.finding import Finding
from henkan.course.random_input import normal
from henkan.nn import attention as library

Split = Callable[[Tensor, int], Tensor]
Merge = Callable[[Tensor], Tensor]

TWO_TOKENS = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])
TWO_HEADS = torch.tensor([[[[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]]]])


def shapes(split_heads: Split, merge_heads: Merge) -> None:
    heads, merged = split_heads(normal(2, 5, 12), 3), _merged(merge_heads, normal(2, 3, 5, 4))
    for name, yours, shape in (("split_heads(x, 3)", heads, (2, 3, 5, 4)), ("merge_heads(x)", merged, (2, 5, 12))):
        expect_shape(name, yours, shape)
        expect_dtype(name, yours, torch.float64)


def untouched(split_heads: Split, merge_heads: Merge) -> None:
    expect_untouched(lambda x: split_heads(x, 3), x=normal(2, 5, 12))
    expect_untouched(lambda x: _merged(merge_heads, x), x=normal(2, 3, 5, 4))


def by_hand(split_heads: Split, merge_heads: Merge) -> None:
    expect_close("split_heads(x, 2)", split_heads(TWO_TOKENS.clone(), 2), TWO_HEADS)
    expect_close("merge_heads(x)", _merged(merge_heads, TWO_HEADS.clone()), TWO_TOKENS)


def head_has_its_columns(split_heads: Split, merge_heads: Merge) -> None:
    x = normal(2, 5, 12)
    heads = split_heads(x, 4)
    for head in range(4):
        expect(bool((heads[:, head] == x[:, :, 3 * head : 3 * head + 3]).all()), "wrong_columns", head=head)


def inverse(split_heads: Split, merge_heads: Merge) -> None:
    for num_heads in (1, 2, 3, 12):
        x = normal(2, 5, 12)
        there_and_back = _merged(merge_heads, split_heads(x, num_heads))
        expect(bool((there_and_back == x).all()), "not_inverse", num_heads=num_heads)


def non_contiguous(split_heads: Split, merge_heads: Merge) -> None:
    x = normal(5, 2, 12).transpose(0, 1)  # (2, 5, 12), with the tokens of a sequence far apart in memory
    try:
        heads = split_heads(x, 3)
    except RuntimeError as error:
        raise Finding("needs_contiguous", function="split_heads", error=str(error)) from None
    expect_close("split_heads(x, 3)", heads, library.split_heads(x.clone(), 3))
    back_to_front = normal(2, 4, 5, 3).transpose(1, 3)  # (2, 3, 5, 4)
    expected = library.merge_heads(back_to_front.clone())
    expect_close("merge_heads(x)", _merged(merge_heads, back_to_front), expected)


def gradient(split_heads: Split, merge_heads: Merge) -> None:
    expect_gradient(lambda x: merge_heads(2 * split_heads(x, 2)), normal(2, 3, 4))


def parity(split_heads: Split, merge_heads: Merge) -> None:
    x = normal(2, 5, 12)
    expect_close("split_heads(x, 3)", split_heads(x, 3), torch.stack(x.chunk(3, dim=-1), dim=1))
    heads = normal(2, 3, 5, 4)
    expect_close("merge_heads(x)", _merged(merge_heads, heads), torch.cat(heads.unbind(dim=1), dim=-1))


def probe(split_heads: Split, merge_heads: Merge) -> tuple[Tensor, Tensor]:
    return split_heads(normal(2, 4, 6), 3), merge_heads(normal(2, 3, 4, 2))


def _merged(merge_heads: Merge, x: Tensor) -> Tensor:
    """What the learner's function makes of ``x``; ``view`` after ``transpose`` gets a sentence of its own."""
    try:
        return merge_heads(x)
    except RuntimeError as error:
        if "view" not in str(error):
            raise
        raise Finding("needs_contiguous", function="merge_heads", error=str(error)) from None


def _split_by_view(x: Tensor, num_heads: int) -> Tensor:
    batch, length, d_model = x.shape
    return x.reshape(batch, num_heads, length, d_model // num_heads)


def _merge_by_view(x: Tensor) -> Tensor:
    batch, num_heads, length, width = x.shape
    return x.reshape(batch, length, num_heads * width)


def _split_interleaved(x: Tensor, num_heads: int) -> Tensor:
    batch, length, d_model = x.shape
    return x.reshape(batch, length, d_model // num_heads, num_heads).permute(0, 3, 1, 2)


def _merge_interleaved(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1).flatten(2)


view_without_transpose = (_split_by_view, library.merge_heads)
merge_without_transpose = (library.split_heads, _merge_by_view)
both_without_transpose = (_split_by_view, _merge_by_view)
interleaved_columns = (_split_interleaved, _merge_interleaved)
