"""Masks are boolean, and True means "may attend"."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from henkan.nn import create_look_ahead_mask, create_masks, create_padding_mask

from .small import few_examples

SEQ = torch.tensor([[5, 6, 7, 0], [8, 0, 0, 0]])


def test_true_marks_the_tokens_that_may_be_attended_to() -> None:  # T5
    mask = create_padding_mask(SEQ)
    assert mask.dtype == torch.bool
    assert mask.shape == (2, 1, 1, 4)
    assert mask[:, 0, 0].tolist() == [[True, True, True, False], [True, False, False, False]]


def test_padding_is_what_pad_idx_says() -> None:
    assert create_padding_mask(SEQ, pad_idx=7)[0, 0, 0].tolist() == [True, True, False, True]


def test_look_ahead_shows_the_past_and_oneself() -> None:  # T5
    mask = create_look_ahead_mask(4)
    assert mask.dtype == torch.bool
    assert mask.shape == (1, 1, 4, 4)
    assert mask[0, 0].int().tolist() == [
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [1, 1, 1, 1],
    ]


def test_a_target_mask_is_padding_and_look_ahead() -> None:  # T4, T5
    src_mask, tgt_mask = create_masks(torch.tensor([[3, 4, 0], [5, 0, 0]]), SEQ)
    assert src_mask[:, 0, 0].int().tolist() == [[1, 1, 0], [1, 0, 0]]
    assert tgt_mask.shape == (2, 1, 4, 4)
    assert tgt_mask[:, 0].int().tolist() == [
        [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]],
        [[1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]],
    ]


def test_padding_is_hidden_as_a_key_and_not_as_a_query() -> None:  # T5: the wrong axis is the transpose
    mask = create_masks(SEQ, SEQ)[1]
    assert mask[1, 0, :, 0].all()
    assert not mask[1, 0, :, 1:].any()


@few_examples
@given(
    rows=st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=4),
    pad_idx=st.integers(0, 3),
)
def test_a_query_sees_exactly_the_real_tokens_up_to_itself(rows: list[list[int]], pad_idx: int) -> None:
    tgt = torch.tensor(rows)
    _, mask = create_masks(tgt, tgt, pad_idx)
    for row, tokens in enumerate(rows):
        for query in range(3):
            seen = [key for key in range(3) if mask[row, 0, query, key]]
            assert seen == [key for key in range(query + 1) if tokens[key] != pad_idx]


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_masks_live_where_the_tokens_live(device: str) -> None:
    tokens = SEQ.to(device)
    assert [mask.device.type for mask in create_masks(tokens, tokens)] == [device, device]
    assert create_look_ahead_mask(3, device=device).device.type == device
