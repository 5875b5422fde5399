"""The published ways to decode: ids in, ids out."""

import pytest
import torch

from henkan.decoding import BeamSearch, decode_ids, generate, greedy_decode
from henkan.nn import create_padding_mask

from .models import BOS, EOS, PAD, SRC, greedy_by_hand, letter_model, random_model

# Ends where it must, at different lengths: a$, ba$, cba$ and so on.
COUNT_DOWN = {"^": {"d": 1.0}, "d": {"c": 1.0}, "c": {"b": 1.0}, "b": {"a": 1.0}, "a": {"$": 1.0}}


class TestTransformerGreedyDecode:
    @pytest.mark.parametrize("max_len", [2, 3, 6, 24])
    def test_rows_are_start_tokens_end_and_padding(self, max_len: int):
        model = random_model(3, num_layers=2)
        ids = model.greedy_decode(SRC, max_len, BOS, EOS)
        rows = [[BOS, *greedy_by_hand(model, src[None], max_len - 1)[0]] for src in SRC]
        longest = max(map(len, rows))
        assert longest <= max_len
        assert ids.dtype == torch.long
        assert ids.tolist() == [row + [PAD] * (longest - len(row)) for row in rows]
        if max_len > 2:
            assert (ids == PAD).any()

    def test_max_len_counts_the_start_token(self):
        endless = letter_model({"^": {"a": 1.0}, "a": {"a": 1.0}})
        assert endless.greedy_decode(SRC[:2], 4, BOS, EOS).tolist() == [[BOS, 3, 3, 3]] * 2
        assert endless.greedy_decode(SRC[:2], 1, BOS, EOS).tolist() == [[BOS]] * 2
        with pytest.raises(ValueError, match="max_len=0"):
            endless.greedy_decode(SRC[:2], 0, BOS, EOS)

    def test_no_more_columns_than_the_longest_row(self):
        assert letter_model(COUNT_DOWN).greedy_decode(SRC[:2], 24, BOS, EOS).tolist() == [[BOS, 6, 5, 4, 3, EOS]] * 2

    def test_padding_is_that_of_the_model(self):
        model = random_model(3, num_layers=2, pad_idx=6)
        ids = model.greedy_decode(torch.where(SRC == 0, 6, SRC), 9, BOS, EOS)
        for row in ids.tolist():
            after_end = row[row.index(EOS) + 1 :] if EOS in row else []
            assert set(after_end) <= {6}
            assert 6 not in row[: len(row) - len(after_end)]
        assert (ids == 6).any()

    def test_no_rows(self):
        assert random_model().greedy_decode(SRC[:0], 5, BOS, EOS).shape == (0, 1)


class TestTransformerGenerate:
    def test_top_k_of_one_is_greedy(self):
        model = random_model(3, num_layers=2)
        assert torch.equal(model.generate(SRC, 9, BOS, EOS, top_k=1), model.greedy_decode(SRC, 9, BOS, EOS))

    def test_each_filter_arrives(self):
        model = random_model(3, num_layers=2)
        greedy = model.greedy_decode(SRC, 9, BOS, EOS)
        assert torch.equal(model.generate(SRC, 9, BOS, EOS, 1e-6), greedy)
        assert torch.equal(model.generate(SRC, 9, BOS, EOS, top_p=1e-6), greedy)
        many = SRC[:1].expand(50, -1)
        assert len(set(map(tuple, model.generate(many, 9, BOS, EOS, 2.0).tolist()))) > 10
        assert set(model.generate(many, 2, BOS, EOS, 100.0, 2)[:, 1].tolist()) < {EOS, 3, 4, 5, 6}

    def test_a_row_is_decided_by_its_seed(self):
        model = random_model(3, num_layers=2)
        ids = model.generate(SRC, 9, BOS, EOS, seeds=[1, 2, 3, 4, 5, 6])
        again = model.generate(SRC[2:4], 9, BOS, EOS, seeds=[3, 4])
        width = again.size(1)
        assert torch.equal(ids[2:4, :width], again)
        assert (ids[2:4, width:] == PAD).all()

    def test_max_len_counts_the_start_token(self):
        assert random_model(3, num_layers=2).generate(SRC, 4, BOS, EOS).size(1) <= 4


class TestGreedyDecodeFunction:
    def test_at_most_max_len_new_tokens(self):
        endless = letter_model({"^": {"a": 1.0}, "a": {"a": 1.0}})
        src = SRC[:1]
        ids = greedy_decode(endless, src, create_padding_mask(src), 4, BOS, EOS, torch.device("cpu"))
        assert ids.tolist() == [[BOS, 3, 3, 3, 3]]

    def test_start_and_end_are_in_the_result(self):
        src = SRC[:1]
        ids = greedy_decode(letter_model(COUNT_DOWN), src, create_padding_mask(src), 20, BOS, EOS, "cpu")
        assert ids.tolist() == [[BOS, 6, 5, 4, 3, EOS]]

    @pytest.mark.parametrize("seed", range(3))
    def test_it_is_greedy_and_reads_what_the_mask_shows(self, seed: int):
        model, src = random_model(seed), SRC[:1]
        hidden = create_padding_mask(src) & (torch.arange(5) < 3)
        expected, _ = greedy_by_hand(model, src[:, :3], 9)
        assert greedy_decode(model, src, hidden, 9, BOS, EOS, "cpu").tolist() == [[BOS, *expected]]
        expected, _ = greedy_by_hand(model, src, 9)
        assert greedy_decode(model, src, None, 9, BOS, EOS, "cpu").tolist() == [[BOS, *expected]]


def test_ids_of_a_beam_are_its_best_hypotheses():
    model, beam = random_model(3, num_layers=2), BeamSearch(3, n_best=2)
    ids = decode_ids(model, SRC, 9, BOS, EOS, beam)
    best = generate(model, SRC, bos_idx=BOS, eos_idx=EOS, max_len=8, strategy=beam)
    for row, (first, _) in zip(ids.tolist(), best, strict=True):
        assert tuple(row[1 : 1 + len(first.tokens)]) == first.tokens
