import pytest
import torch
from torch.utils.data import DataLoader

from henkan.tasks import CopyTaskDataset, collate_fn


def test_target_is_the_source_between_start_and_end_token():
    for src, tgt in CopyTaskDataset(num_samples=200, max_len=20, vocab_size=100):
        symbols = src[src != 0].tolist()
        assert src.tolist() == symbols + [0] * (22 - len(symbols))
        assert tgt.tolist() == [100, *symbols, 101] + [0] * (20 - len(symbols))


def test_lengths_and_symbols_cover_their_whole_range():
    dataset = CopyTaskDataset(num_samples=2_000, max_len=5, vocab_size=10)
    sources = torch.stack([src for src, _ in dataset])
    assert set((sources != 0).sum(dim=1).tolist()) == {1, 2, 3, 4, 5}
    assert set(sources[sources != 0].tolist()) == set(range(1, 10))


def test_both_sides_are_ids_of_one_length():
    dataset = CopyTaskDataset(num_samples=3, max_len=20, vocab_size=100)
    assert len(dataset) == 3
    src, tgt = dataset[0]
    assert src.shape == tgt.shape == (22,)
    assert src.dtype == tgt.dtype == torch.long


def test_global_seed_makes_it_repeatable():
    def draw(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return CopyTaskDataset(num_samples=10, max_len=5, vocab_size=10).tgt

    assert draw(1).equal(draw(1))
    assert not draw(1).equal(draw(2))


@pytest.mark.parametrize("fresh", [False, True])
def test_dataset_ends_for_a_plain_loop(fresh: bool):
    assert len(list(CopyTaskDataset(num_samples=4, max_len=5, vocab_size=10, fresh=fresh))) == 4


def test_a_sample_stays_the_same_unless_it_is_drawn_afresh():
    def epochs(fresh: bool) -> list[torch.Tensor]:
        dataset = CopyTaskDataset(num_samples=10, max_len=5, vocab_size=10, fresh=fresh)
        return [torch.stack([tgt for _, tgt in dataset]) for _ in range(2)]

    first, second = epochs(fresh=False)
    assert first.equal(second)
    first, second = epochs(fresh=True)
    assert not first.equal(second)


def test_fresh_samples_repeat_with_the_global_seed():
    dataset = CopyTaskDataset(num_samples=10, max_len=5, vocab_size=10, fresh=True)

    def epoch(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return torch.stack([tgt for _, tgt in dataset])

    assert epoch(1).equal(epoch(1))


def test_collate_fn_stacks_the_pairs_of_a_data_loader():
    dataset = CopyTaskDataset(num_samples=5, max_len=3, vocab_size=10)
    batches = list(DataLoader(dataset, batch_size=2, collate_fn=collate_fn))
    assert [src.shape for src, _ in batches] == [(2, 5), (2, 5), (1, 5)]
    assert torch.cat([src for src, _ in batches]).equal(dataset.src)
    assert torch.cat([tgt for _, tgt in batches]).equal(dataset.tgt)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 5, 10), "num_samples=0 must be at least 1"),
        ((1, 0, 10), "max_len=0 must be at least 1"),
        ((1, 5, 1), "vocab_size=1 must be at least 2"),
    ],
)
def test_sizes_that_leave_nothing_to_copy_are_errors(arguments: tuple[int, int, int], message: str):
    with pytest.raises(ValueError, match=message):
        CopyTaskDataset(*arguments)
