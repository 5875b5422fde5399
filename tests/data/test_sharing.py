"""Batches that several processes share: every pair once, the same updates, little waiting."""

from itertools import islice

import numpy as np
import pytest

from henkan.data import EncodedPair, TokenBatches
from henkan.data.sharing import Group, Share, groups_without_end, measure_balance


def make_batches(count: int = 100, batch_tokens: int | None = 60, max_rows: int | None = None) -> TokenBatches:
    generator = np.random.default_rng(3)
    lengths = np.exp(generator.normal(2.0, 0.5, size=(count, 2))).astype(int) + 1
    pairs = [EncodedPair([n + 3] * src, [n + 3] * (tgt + 1)) for n, (src, tgt) in enumerate(lengths)]
    return TokenBatches(pairs, max(batch_tokens, int(lengths.max()) + 1) if batch_tokens else None, max_rows=max_rows)


def groups_of(batches: TokenBatches, world_size: int, accumulate: int, count: int, read: int = 0) -> list[list[Group]]:
    """The first groups of each process."""
    shares = [Share(rank, world_size) for rank in range(world_size)]
    return [list(islice(groups_without_end(batches, accumulate, share, read), count)) for share in shares]


def real_sources(group: Group) -> list[int]:
    """The pairs, told by the one symbol each is made of, that count in ``group``."""
    return [int(row[0]) for batch in group.batches if batch.num_target_tokens for row in batch.src]


@pytest.mark.parametrize("world_size", [1, 2, 3, 7])
@pytest.mark.parametrize(("batch_tokens", "max_rows"), [(60, None), (None, 5)])
def test_every_pair_comes_once_in_an_epoch_whatever_the_number_of_processes(
    world_size: int, batch_tokens: int | None, max_rows: int | None
) -> None:
    batches = make_batches(batch_tokens=batch_tokens, max_rows=max_rows)
    shares = groups_of(batches, world_size, 1, len(batches))
    seen = sorted(source for groups in shares for group in groups for source in real_sources(group))
    assert seen == sorted(pair.src[0] for pair in batches.pairs)


@pytest.mark.parametrize("accumulate", [1, 4])
def test_an_update_is_made_from_the_same_pairs_whatever_the_number_of_processes(accumulate: int) -> None:
    batches = make_batches()
    count = 2 * len(batches) // accumulate  # across the end of an epoch
    (alone,) = groups_of(batches, 1, accumulate, count)
    for world_size in (2, 3):
        for number, parts in enumerate(zip(*groups_of(batches, world_size, accumulate, count), strict=True)):
            together = sorted(source for part in parts for source in real_sources(part))
            assert together == sorted(real_sources(alone[number]))
            assert {part.num_tokens for part in parts} == {alone[number].num_tokens}
            assert sum(b.num_target_tokens for part in parts for b in part.batches) == alone[number].num_tokens
            assert {len(part.batches) for part in parts} == {accumulate}


def test_one_process_gets_the_batches_of_the_plain_loop() -> None:
    batches = make_batches()
    (groups,) = groups_of(batches, 1, 1, 2 * len(batches))
    plain = [*batches.batches_of(0), *batches.batches_of(1)]
    for group, batch in zip(groups, plain, strict=True):
        assert group.batches[0].src.equal(batch.src)
        assert group.batches[0].tgt.equal(batch.tgt)
        assert group.batches[0].num_target_tokens == batch.num_target_tokens == group.num_tokens


def test_a_training_goes_on_in_the_middle_of_an_epoch() -> None:
    batches = make_batches()
    read = len(batches) + 3
    (whole,) = groups_of(batches, 1, 1, read + 5)
    (rest,) = groups_of(batches, 1, 1, 5, read)
    assert [real_sources(group) for group in rest] == [real_sources(group) for group in whole[read:]]


def test_a_process_without_a_row_gets_one_that_counts_for_nothing() -> None:
    batches = make_batches(count=1)
    first, second = (groups[0] for groups in groups_of(batches, 2, 1, 1))
    assert first.num_tokens == second.num_tokens == first.batches[0].num_target_tokens > 0
    assert second.batches[0].num_target_tokens == 0
    assert second.batches[0].src.numel() > 0


def test_the_balance_counts_places_and_the_longest_share_of_each_batch() -> None:
    pairs = [EncodedPair([3] * length, [3] * length) for length in (2, 4, 4)]
    batches = TokenBatches(pairs, max_rows=3, shuffle=False)
    balance = measure_balance(batches, 2)
    # The first process has rows of 2 and 4, 2 x 2 x 4 places; the second one row of 4, 2 x 4 places.
    assert balance.padding == pytest.approx(1 - 20 / 24)
    assert balance.waiting == pytest.approx(1 - 24 / 32)
    assert measure_balance(batches, 1).waiting == 0


def test_full_batches_keep_all_processes_busy() -> None:
    batches = make_batches(count=20_000, batch_tokens=2_000)
    for world_size in (2, 4, 8):
        assert measure_balance(batches, world_size).waiting < 0.06
    assert measure_balance(batches, 2).padding <= batches.padding_share() + 1e-9
