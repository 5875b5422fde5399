from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from henkan.data import BOS_IDX, EOS_IDX, Batch, EncodedPair, TokenBatches

lengths = st.lists(st.tuples(st.integers(1, 20), st.integers(2, 20)), min_size=1, max_size=60)


def pairs_of(lengths: list[tuple[int, int]]) -> list[EncodedPair]:
    """One pair per (source, target) length; each source starts with a number of its own."""
    return [
        EncodedPair([10 + number] * src, [BOS_IDX, *[4] * (tgt - 2), EOS_IDX])
        for number, (src, tgt) in enumerate(lengths)
    ]


def numbers(batches: list[Batch]) -> list[list[int]]:
    return [(batch.src[:, 0] - 10).tolist() for batch in batches]


@given(lengths, st.integers(20, 100), st.none() | st.integers(1, 10), st.booleans())
@settings(deadline=None)
def test_every_pair_comes_once_per_epoch_and_no_batch_exceeds_its_budget(
    lengths: list[tuple[int, int]], batch_tokens: int, max_rows: int | None, shuffle: bool
):
    batches = TokenBatches(pairs_of(lengths), batch_tokens, max_rows=max_rows, shuffle=shuffle)
    for _ in range(2):
        epoch = list(batches)
        assert len(epoch) == len(batches)
        assert max(max(batch.src.numel(), batch.tgt.numel()) for batch in epoch) <= batch_tokens
        assert max(len(batch.src) for batch in epoch) <= (max_rows or batch_tokens)
        found = [(number, *map(tuple, pair)) for batch in epoch for number, *pair in _rows(batch)]
        assert sorted(found) == sorted(
            (number, tuple(pair.src), tuple(pair.tgt)) for number, pair in enumerate(pairs_of(lengths))
        )


def _rows(batch: Batch) -> list[tuple[int, list[int], list[int]]]:
    rows = zip(batch.src.tolist(), batch.tgt.tolist(), strict=True)
    return [(src[0] - 10, [idx for idx in src if idx], [idx for idx in tgt if idx]) for src, tgt in rows]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(2, 5)), min_size=1, max_size=60), st.integers(1, 20))
@settings(deadline=None)
def test_rows_alone_cut_every_epoch_into_full_batches(lengths: list[tuple[int, int]], max_rows: int):
    batches = TokenBatches(pairs_of(lengths), max_rows=max_rows)
    sizes = sorted(len(batch.src) for batch in batches)
    assert sizes[1:] == [max_rows] * (len(sizes) - 1)
    assert sum(sizes) == len(lengths)


def test_budget_is_filled_as_far_as_it_goes():
    batches = TokenBatches(pairs_of([(5, 3)] * 95), batch_tokens=50)
    assert sorted(len(batch.src) for batch in batches) == [5] + [10] * 9


def test_pairs_of_similar_length_stand_together():
    generator = np.random.default_rng(0)
    pairs = pairs_of([(int(src), int(tgt)) for src, tgt in generator.integers(2, 20, (2_000, 2))])
    batches = list(TokenBatches(pairs, batch_tokens=200))
    real = sum(len(pair.src) + len(pair.tgt) for pair in pairs)
    assert real / sum(batch.src.numel() + batch.tgt.numel() for batch in batches) > 0.9


def test_epochs_differ_in_the_order_of_batches_and_in_their_members():
    batches = TokenBatches(pairs_of([(4, 4)] * 100 + [(5, 5)] * 100), batch_tokens=50)
    first, second = list(batches), list(batches)
    members, others = numbers(first), numbers(second)
    assert Counter(map(frozenset, members)) != Counter(map(frozenset, others)), "only the order changes"
    widths = [batch.src.size(1) for batch in first]
    assert widths != sorted(widths), "batches come by length"
    assert widths != [batch.src.size(1) for batch in second], "every epoch has its lengths in the same order"


def test_seed_and_number_of_the_epoch_alone_decide_it():
    pairs = pairs_of([(4, 4)] * 30 + [(7, 3)] * 30)
    one, other = TokenBatches(pairs, 50, seed=3), TokenBatches(pairs, 50, seed=3)
    first, second = numbers(list(one)), numbers(list(one))
    assert one.epoch == 2
    other.epoch = 1
    torch.manual_seed(99)
    np.random.seed(99)
    assert numbers(list(other)) == second
    assert numbers(list(other.batches_of(0))) == first
    assert numbers(list(TokenBatches(pairs, 50, seed=4))) != first


def test_interrupted_epoch_goes_on_where_it_stopped():
    batches = TokenBatches(pairs_of([(4, 4)] * 60), 50)
    assert numbers(list(batches.batches_of(5, start=2))) == numbers(list(batches.batches_of(5)))[2:]


@given(lengths, st.integers(20, 100), st.none() | st.integers(1, 10), st.integers(0, 3), st.booleans())
@settings(deadline=None)
def test_an_epoch_is_what_sorting_and_filling_one_by_one_make_of_it(
    lengths: list[tuple[int, int]], batch_tokens: int, max_rows: int | None, epoch: int, shuffle: bool
):
    """A checkpoint counts batches, so that no version may make others of the same pairs and seed."""
    generator = np.random.default_rng((7, epoch))
    order = generator.permutation(len(lengths)).tolist() if shuffle else list(range(len(lengths)))
    expected: list[list[int]] = [[]]
    for index in sorted(order, key=lambda index: lengths[index]):
        rows = [*expected[-1], index]
        if (
            len(rows) > (max_rows or len(lengths))
            or len(rows) * max(map(max, (lengths[i] for i in rows))) > batch_tokens
        ):
            expected.append([])
        expected[-1].append(index)
    if shuffle:
        expected = [expected[index] for index in generator.permutation(len(expected))]
    batches = TokenBatches(pairs_of(lengths), batch_tokens, max_rows=max_rows, seed=7, shuffle=shuffle)
    assert [indices.tolist() for indices in batches.indices_of(epoch)] == expected


def test_the_share_of_padding_by_hand():
    pairs = pairs_of([(2, 3), (4, 3), (4, 5)])  # 10 + 11 tokens
    together = TokenBatches(pairs, batch_tokens=15)  # 3 rows x (4 + 5) places
    assert together.padding_share() == pytest.approx(1 - 21 / 27)
    alone = TokenBatches(pairs, batch_tokens=5)
    assert alone.padding_share() == 0


@given(lengths, st.sampled_from([{"batch_tokens": 40}, {"max_rows": 3}]), st.integers(0, 3))
@settings(deadline=None)
def test_the_share_of_padding_is_what_the_batches_of_that_epoch_hold(
    lengths: list[tuple[int, int]], limits: dict[str, int], epoch: int
):
    batches = TokenBatches(pairs_of(lengths), **limits)
    sides = [side for batch in batches.batches_of(epoch) for side in (batch.src, batch.tgt)]
    padding = sum(int((side == 0).sum()) for side in sides)
    assert batches.padding_share(epoch) == pytest.approx(padding / sum(side.numel() for side in sides))


def test_batches_draw_nothing_from_the_global_generators():
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].tolist()
    list(TokenBatches(pairs_of([(4, 4)] * 60), 50))
    assert torch.get_rng_state().equal(torch_state)
    assert np.random.get_state()[1].tolist() == numpy_state


def test_without_shuffling_every_epoch_is_the_same_and_in_order():
    by_length = TokenBatches(pairs_of([(3, 3), (2, 2), (3, 3), (2, 3)]), batch_tokens=6, shuffle=False)
    assert numbers(list(by_length)) == numbers(list(by_length)) == [[1, 3], [0, 2]]
    by_row = TokenBatches(pairs_of([(3, 3), (2, 2), (3, 3)]), max_rows=2, shuffle=False)
    assert numbers(list(by_row)) == [[0, 1], [2]]


def test_pair_longer_than_the_budget_is_an_error_that_names_it():
    pairs = [*pairs_of([(3, 3)]), EncodedPair([4] * 10_001, [BOS_IDX, EOS_IDX], line=17)]
    with pytest.raises(
        ValueError, match=r"line 17\) has 10001 source and 2 target tokens.*batch_tokens to at least 10001"
    ):
        TokenBatches(pairs, batch_tokens=4096)
    with pytest.raises(ValueError, match=r"pair 2 of 2\) has 3 source and 51 target tokens"):
        TokenBatches(pairs_of([(3, 3), (3, 51)]), batch_tokens=50)


def test_pair_exactly_as_long_as_the_budget_is_a_batch():
    assert len(TokenBatches(pairs_of([(50, 3), (3, 50)]), batch_tokens=50)) == 2


def test_no_pairs_are_an_error_with_the_cause():
    with pytest.raises(ValueError, match="no pairs to make batches of: check that the data file or the split"):
        TokenBatches([], batch_tokens=50)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "set batch_tokens .* or max_rows"),
        ({"batch_tokens": 0}, "batch_tokens=0 must be at least 1"),
        ({"max_rows": 0}, "max_rows=0 must be at least 1"),
        ({"batch_tokens": 50, "seed": -1}, "seed=-1 must be 0 or more"),
    ],
)
def test_limits_out_of_range_are_errors_that_name_them(options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        TokenBatches(pairs_of([(3, 3)]), **options)
