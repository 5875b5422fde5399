"""Pairs as flat arrays are the same pairs."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from henkan.data import Batch, EncodedPair, PairArrays

ids = st.lists(st.integers(0, 70_000), max_size=12)
pair_lists = st.lists(st.builds(EncodedPair, ids, ids.map(lambda row: [1, *row, 2]), st.integers(0, 2**40)), max_size=9)


@given(pair_lists)
def test_what_goes_in_comes_out(pairs: list[EncodedPair]):
    arrays = PairArrays.of(pairs)
    assert len(arrays) == len(pairs)
    assert list(arrays) == pairs
    assert arrays[-2:] == pairs[-2:]
    assert arrays.src_lengths.tolist() == [len(pair.src) for pair in pairs]
    assert arrays.tgt_lengths.tolist() == [len(pair.tgt) for pair in pairs]
    assert arrays.lines.tolist() == [pair.line for pair in pairs]


@given(pair_lists.filter(bool), st.randoms(use_true_random=False))
def test_a_batch_from_arrays_is_the_batch_of_its_pairs(pairs: list[EncodedPair], random):
    chosen = [random.randrange(len(pairs)) for _ in range(random.randint(1, 6))]
    batch, expected = PairArrays.of(pairs).batch(np.array(chosen)), Batch.collate([pairs[index] for index in chosen])
    assert batch.src.equal(expected.src)
    assert batch.tgt.equal(expected.tgt)
    assert batch.num_target_tokens == expected.num_target_tokens


@given(pairs=pair_lists)
@settings(deadline=None)
def test_saved_pairs_are_mapped_and_the_same(pairs: list[EncodedPair], tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("arrays")
    PairArrays.of(pairs).save(folder)
    loaded = PairArrays.load(folder)
    assert list(loaded) == pairs
    if any(pair.src for pair in pairs):
        assert isinstance(loaded.src.ids.base, np.memmap)
        assert not loaded.src.ids.flags.writeable


def test_a_symbol_takes_one_byte_while_ids_fit_and_two_from_256_on():
    small, large = (PairArrays.of([EncodedPair([last, 2], [1, last, 2], 7)]) for last in (255, 256))
    assert small.src.ids.nbytes == 2
    assert large.src.ids.nbytes == 4
    assert large.tgt.offsets.nbytes == 2  # 0 and 3


def test_an_index_outside_is_an_error():
    with pytest.raises(IndexError):
        PairArrays.of([EncodedPair([2], [1, 2])])[1]


def test_arrays_of_different_counts_are_no_pairs():
    arrays = PairArrays.of([EncodedPair([2], [1, 2])])
    with pytest.raises(ValueError, match="1 sources, 1 targets and 2 lines"):
        PairArrays(arrays.src, arrays.tgt, np.array([1, 2]))
