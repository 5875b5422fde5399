"""Greedy decoding."""

import pytest
import torch

from henkan.decoding import generate

from .models import BOS, EOS, SRC, greedy_by_hand, letter_model, random_model, spell

pytestmark = pytest.mark.usefixtures("unchecked_shapes")


@pytest.mark.parametrize("seed", range(4))
def test_greedy_with_a_cache_is_greedy_without_one(seed: int):  # T9
    model = random_model(seed, num_layers=2)
    decoded = generate(model, SRC, bos_idx=BOS, eos_idx=EOS, max_len=9, min_len=seed % 3)
    for src, (hypothesis,) in zip(SRC, decoded, strict=True):
        tokens, log_prob = greedy_by_hand(model, src[None], 9, min_len=seed % 3)
        assert [*hypothesis.tokens, *([EOS] if hypothesis.ended else [])] == tokens
        assert hypothesis.log_prob == hypothesis.score == pytest.approx(log_prob, abs=1e-10)


def test_rows_of_different_length_end_each_at_its_own_end_token():
    model = random_model(3, num_layers=2)
    decoded = generate(model, SRC, bos_idx=BOS, eos_idx=EOS, max_len=9)
    assert len({len(hypothesis.tokens) for (hypothesis,) in decoded}) > 2, "this model tells nothing about dropped rows"


def test_greedy_takes_the_likelier_first_letter_and_misses_the_likelier_word():
    model = letter_model(TREE)
    ((hypothesis,),) = generate(model, SRC[:1], bos_idx=BOS, eos_idx=EOS, max_len=3)
    assert spell(hypothesis) == "ac$"
    assert hypothesis.log_prob == pytest.approx(torch.tensor(0.20).log().item())


# After a, everything is uncertain; b is a little less likely, but what follows it is nearly sure.
TREE = {
    "^": {"a": 0.5, "b": 0.4, "$": 0.1},
    "a": {"c": 0.4, "d": 0.3, "e": 0.3},
    "b": {"f": 0.9, "g": 0.1},
    **{last: {"$": 1.0} for last in "cdefg"},
}
