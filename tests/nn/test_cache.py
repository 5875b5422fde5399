"""Decoding step by step from a cache gives what recomputing everything would give."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from henkan.nn import DecoderCache, Transformer

from .small import TGT_VOCAB, assert_equal, few_examples, random_ids

SRC = torch.tensor([[3, 4, 5, 0, 0], [6, 7, 8, 9, 10], [4, 0, 0, 0, 0]])


def cache_of(model: Transformer, src: Tensor, tgt: Tensor) -> DecoderCache:
    """The cache after ``tgt``, one token at a time."""
    cache = model.start_cache(src)
    for t in range(tgt.size(1)):
        _, cache = model.decode_step(tgt[:, t : t + 1], cache)
    return cache


def assert_same_cache(actual: DecoderCache, expected: DecoderCache) -> None:
    assert actual.length == expected.length
    assert torch.equal(actual.memory_mask, expected.memory_mask)
    for one, other in zip(actual.layers, expected.layers, strict=True):
        for part, of_other in ((one.past, other.past), (one.memory, other.memory)):
            assert_equal(part.keys, of_other.keys)
            assert_equal(part.values, of_other.values)


@pytest.mark.parametrize("src", [SRC, SRC[:, :1], SRC[:1]], ids=["padded", "one token", "one row"])
def test_each_step_equals_forward_over_the_whole_prefix(model: Transformer, src: Tensor) -> None:  # T9
    tgt = random_ids(src.size(0), 7, TGT_VOCAB)
    cache = model.start_cache(src)
    for t in range(7):
        logits, cache = model.decode_step(tgt[:, t : t + 1], cache)
        assert_equal(logits, model(src, tgt[:, : t + 1])[:, -1])
        assert cache.length == t + 1


@few_examples
@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_any_number_of_tokens_may_enter_at_a_time(model: Transformer, sizes: list[int]) -> None:  # T22
    tgt = random_ids(3, sum(sizes), TGT_VOCAB)
    cache, end = model.start_cache(SRC), 0
    for part in tgt.split(sizes, dim=1):
        logits, cache = model.decode_step(part, cache)
        end += part.size(1)
        assert_equal(logits, model(SRC, tgt[:, :end])[:, -1])


def test_position_t_is_t_after_a_forced_prefix_and_in_a_padded_batch(model: Transformer) -> None:  # T22
    prefix, following = random_ids(3, 5, TGT_VOCAB), random_ids(3, 1, TGT_VOCAB)
    _, cache = model.decode_step(prefix, model.start_cache(SRC))
    logits, _ = model.decode_step(following, cache)
    for row, length in enumerate((3, 5, 1)):
        alone = model(SRC[row : row + 1, :length], torch.cat([prefix, following], dim=1)[row : row + 1])
        assert_equal(logits[row], alone[0, -1])


def test_a_source_mask_that_is_given_is_used_as_it_is(model: Transformer) -> None:
    src_mask = torch.tensor([[0, 1, 1, 0, 1]], dtype=torch.bool)[:, None, None].expand(3, 1, 1, 5)
    tgt = random_ids(3, 2, TGT_VOCAB)
    logits, _ = model.decode_step(tgt, model.start_cache(SRC, src_mask))
    assert_equal(logits, model(SRC, tgt, src_mask)[:, -1])


def test_a_cache_is_never_written_to(model: Transformer) -> None:
    tgt = random_ids(3, 3, TGT_VOCAB)
    cache = cache_of(model, SRC, tgt[:, :2])
    first, _ = model.decode_step(tgt[:, 2:], cache)
    model.decode_step(random_ids(3, 1, TGT_VOCAB), cache)
    again, _ = model.decode_step(tgt[:, 2:], cache)
    assert torch.equal(first, again)
    with pytest.raises(dataclasses.FrozenInstanceError):
        cache.length = 0


@few_examples
@given(rows=st.lists(st.integers(0, 2), min_size=1, max_size=6))
def test_selected_rows_are_those_recomputed_from_their_tokens(model: Transformer, rows: list[int]) -> None:  # T9, T15
    tgt, kept = random_ids(3, 4, TGT_VOCAB), torch.tensor(rows)
    selected = cache_of(model, SRC, tgt).select(kept)
    assert_same_cache(selected, cache_of(model, SRC[kept], tgt[kept]))
    following = random_ids(len(rows), 1, TGT_VOCAB)
    logits, _ = model.decode_step(following, selected)
    assert_equal(logits, model(SRC[kept], torch.cat([tgt[kept], following], dim=1))[:, -1])


def test_rows_can_be_selected_before_the_first_step(model: Transformer) -> None:  # T15: how beams begin
    beams = torch.arange(3).repeat_interleave(2)  # a, a, b, b, c, c
    tgt = random_ids(6, 1, TGT_VOCAB)
    logits, _ = model.decode_step(tgt, model.start_cache(SRC).select(beams))
    assert_equal(logits, model(SRC[beams], tgt)[:, -1])


def test_a_finished_row_may_be_dropped(model: Transformer) -> None:  # T9
    tgt = random_ids(3, 6, TGT_VOCAB)
    cache = cache_of(model, SRC, tgt[:, :3]).select(torch.tensor([0, 2]))
    for t in range(3, 6):
        logits, cache = model.decode_step(tgt[[0, 2], t : t + 1], cache)
        assert_equal(logits, model(SRC, tgt[:, : t + 1])[[0, 2], -1])


@few_examples
@given(data=st.data())
def test_beams_that_change_places_are_those_recomputed_from_their_tokens(  # T15
    model: Transformer, data: st.DataObject
) -> None:
    src = SRC[:2].repeat_interleave(2, dim=0)
    tgt = torch.zeros(4, 0, dtype=torch.long)
    cache = model.start_cache(src)
    for _ in range(4):
        tgt = torch.cat([tgt, random_ids(4, 1, TGT_VOCAB)], dim=1)
        logits, cache = model.decode_step(tgt[:, -1:], cache)
        assert_equal(logits, model(src, tgt)[:, -1])
        parents = torch.tensor([data.draw(st.sampled_from(pair)) for pair in ((0, 1), (0, 1), (2, 3), (2, 3))])
        tgt, cache = tgt[parents], cache.reorder(parents)
    assert_same_cache(cache, cache_of(model, src, tgt))


def test_reordering_before_the_first_step_changes_nothing(model: Transformer) -> None:
    cache = model.start_cache(SRC)
    assert cache.reorder(torch.tensor([0, 0, 0])) == cache


def test_the_memory_is_projected_once_and_shared_by_all_steps(model: Transformer) -> None:
    before = model.start_cache(SRC)
    _, after = model.decode_step(random_ids(3, 1, TGT_VOCAB), before)
    assert all(one.memory is other.memory for one, other in zip(before.layers, after.layers, strict=True))


def test_padding_of_the_source_changes_no_step(model: Transformer) -> None:  # T2, T10
    tgt = random_ids(3, 3, TGT_VOCAB)
    logits, _ = model.decode_step(tgt, model.start_cache(SRC))
    padded, _ = model.decode_step(tgt, model.start_cache(F.pad(SRC, (0, 4))))
    assert_equal(padded, logits)


def test_a_step_past_max_len_names_the_option(model: Transformer) -> None:  # T19
    _, cache = model.decode_step(random_ids(3, 24, TGT_VOCAB), model.start_cache(SRC))
    with pytest.raises(ValueError, match="25 tokens is longer than max_len=24"):
        model.decode_step(random_ids(3, 1, TGT_VOCAB), cache)
