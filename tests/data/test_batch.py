import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import pad_sequence

from henkan.data import BOS_IDX, EOS_IDX, Batch, EncodedPair, Example, Tokenizer, encode_examples, pad_rows

PAIRS = [EncodedPair([7, 8, EOS_IDX], [BOS_IDX, 4, EOS_IDX]), EncodedPair([9, EOS_IDX], [BOS_IDX, 5, 6, 5, EOS_IDX])]


def test_decoder_reads_start_plus_target_and_says_target_plus_end():
    batch = Batch.collate(PAIRS)
    assert batch.tgt_in.tolist() == [[BOS_IDX, 4, 0, 0], [BOS_IDX, 5, 6, 5]]
    assert batch.tgt_out.tolist() == [[4, EOS_IDX, 0, 0], [5, 6, 5, EOS_IDX]]


def test_collating_pads_each_side_on_the_right_to_its_own_longest():
    batch = Batch.collate(PAIRS)
    assert batch.src.tolist() == [[7, 8, EOS_IDX], [9, EOS_IDX, 0]]
    assert batch.tgt.tolist() == [[BOS_IDX, 4, EOS_IDX, 0, 0], [BOS_IDX, 5, 6, 5, EOS_IDX]]
    assert batch.src.dtype == batch.tgt.dtype == torch.long


def test_only_real_target_tokens_are_counted_however_the_batch_was_made():
    assert Batch.collate(PAIRS).num_target_tokens == 6
    batch = Batch.collate(PAIRS)
    assert Batch(batch.src, batch.tgt).num_target_tokens == 6
    wider = Batch(batch.src, torch.nn.functional.pad(batch.tgt, (0, 3)))
    assert wider.num_target_tokens == 6


def test_another_padding_id_is_respected():
    batch = Batch.collate(PAIRS, pad_idx=99)
    assert batch.src.tolist() == [[7, 8, EOS_IDX], [9, EOS_IDX, 99]]
    assert batch.tgt_in.tolist() == [[BOS_IDX, 4, 99, 99], [BOS_IDX, 5, 6, 5]]
    assert Batch(batch.src, batch.tgt, pad_idx=99).num_target_tokens == 6


def test_moving_a_batch_keeps_its_contents():
    batch = Batch.collate(PAIRS)
    moved = batch.to("meta")
    assert moved.src.device.type == moved.tgt.device.type == "meta"
    assert moved.num_target_tokens == 6
    assert batch.to("cpu").tgt.equal(batch.tgt)


@given(st.lists(st.lists(st.integers(1, 10_000), min_size=1, max_size=9), min_size=1, max_size=20))
@settings(deadline=None)
def test_padding_equals_that_of_torch(rows: list[list[int]]):
    assert pad_rows(rows).equal(pad_sequence([torch.tensor(row) for row in rows], batch_first=True))


def test_each_reference_becomes_a_pair_of_its_own():
    source, target = Tokenizer.train("characters", ["ab"]), Tokenizer.train("separator", ["X Y"])
    pairs = encode_examples([Example("ab", ("X Y", "Y"), line=3), Example("b?", ("",), line=5)], source, target)
    assert pairs == [
        EncodedPair([4, 5, EOS_IDX], [BOS_IDX, 4, 5, EOS_IDX], line=3),
        EncodedPair([4, 5, EOS_IDX], [BOS_IDX, 5, EOS_IDX], line=3),
        EncodedPair([5, 3, EOS_IDX], [BOS_IDX, EOS_IDX], line=5),
    ]
