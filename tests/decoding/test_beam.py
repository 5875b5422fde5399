"""Beam search: what it finds."""

import doctest
import itertools
import math

import pytest
import torch

from henkan.decoding import BeamSearch, Greedy, Hypothesis, generate, length_penalty, strategies

from .models import BOS, EOS, SRC, assert_same, every_hypothesis, letter_model, random_model, spell
from .test_greedy import TREE

pytestmark = pytest.mark.usefixtures("unchecked_shapes")
ALPHAS = [0.0, 0.6, 2.0, -0.6, -2.0]


def search(model, width: int, alpha: float = 0.0, n_best: int = 1, *, src=SRC[:1], **options) -> list[list[Hypothesis]]:
    options = {"max_len": 4, "bos_idx": BOS, "eos_idx": EOS, **options}
    return generate(model, src, strategy=BeamSearch(width, alpha, n_best), **options)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("seed", range(3))
def test_a_beam_as_wide_as_there_are_sequences_is_an_exhaustive_search(seed: int, alpha: float):  # T11
    model, max_len = random_model(seed, vocab_size=6), 3
    sources = SRC[:2]
    decoded = search(model, 6**max_len, alpha, 40, src=sources, max_len=max_len)
    for src, found in zip(sources, decoded, strict=True):
        every = every_hypothesis(model, src[None], max_len, alpha)
        assert len(every) == 1 + 3 + 9 + 27  # () $, then one, two and three letters
        assert_same(found, every)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("seed", range(3))
def test_no_beam_beats_the_exhaustive_one(seed: int, alpha: float):  # T12
    model = random_model(seed, vocab_size=6)
    best = search(model, 3**3, alpha, max_len=3, src=SRC)  # no more beams can be alive at once
    for width in 1, 2, 3, 5, 8:
        for (narrow,), (exhaustive,) in zip(search(model, width, alpha, max_len=3, src=SRC), best, strict=True):
            assert narrow.score <= exhaustive.score + 1e-12


def test_a_wider_beam_can_find_worse():
    """Why no more than that is promised: with two beams the continuations of b crowd out ad, with three they do not."""
    model = letter_model(
        {
            "^": {"a": 0.51, "b": 0.49},
            "a": {"d": 0.4, "e": 0.2, "f": 0.2, "g": 0.2},
            "b": {"c": 0.5, "h": 0.5},
            "c": {"a": 0.5, "b": 0.5},
            "h": {"a": 0.5, "b": 0.5},
            **{last: {"$": 1.0} for last in "defg"},
        }
    )
    found = {width: search(model, width, max_len=3)[0][0] for width in (1, 2, 3)}
    assert spell(found[1]) == spell(found[3]) == "ad$"
    assert math.exp(found[1].score) == pytest.approx(0.51 * 0.4)
    assert math.exp(found[2].score) == pytest.approx(0.49 * 0.5 * 0.5)


def test_two_beams_find_what_greedy_misses():
    ((greedy,),) = search(letter_model(TREE), 1)
    ((found,),) = search(letter_model(TREE), 2)
    assert (spell(greedy), math.exp(greedy.score)) == ("ac$", pytest.approx(0.20))
    assert (spell(found), math.exp(found.score)) == ("bf$", pytest.approx(0.36))


@pytest.mark.parametrize("alpha", [*ALPHAS, 20.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_beam_of_one_is_greedy(seed: int, alpha: float):  # T12
    model = random_model(seed)
    options = {"bos_idx": BOS, "eos_idx": EOS, "max_len": 9, "min_len": seed % 2}
    for (one,), (greedy,) in zip(
        search(model, 1, alpha, src=SRC, **options), generate(model, SRC, strategy=Greedy(), **options), strict=True
    ):
        assert (one.tokens, one.ended) == (greedy.tokens, greedy.ended)
        assert one.log_prob == pytest.approx(greedy.log_prob, abs=1e-10)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("seed", range(4))
def test_the_n_best_are_sorted_and_distinct_and_hold_ordinary_tokens_only(seed: int, alpha: float):  # T16, T41, T42
    decoded = search(random_model(seed), 5, alpha, 5, src=SRC, max_len=7)
    for found in decoded:
        assert len(found) == 5
        assert len({(h.tokens, h.ended) for h in found}) == 5
        assert all(first.score >= second.score for first, second in itertools.pairwise(found))
        assert all(3 <= token < 7 for h in found for token in h.tokens), "a finished hypothesis was extended?"


def test_fewer_are_the_beginning_of_more():
    model = random_model(1)
    five, two = (search(model, 5, 0.6, n_best, src=SRC, max_len=7) for n_best in (5, 2))
    for more, fewer in zip(five, two, strict=True):
        assert_same(fewer, more[:2])


@pytest.mark.parametrize(("vocab_size", "possible"), [(3, 1), (4, 4), (5, 15)])
def test_where_little_is_possible_all_of_it_is_found_and_nothing_else(vocab_size: int, possible: int):  # T41
    model = random_model(vocab_size=vocab_size)
    for src, found in zip(SRC, search(model, 50, 0.6, 50, src=SRC, max_len=3), strict=True):
        assert len(found) == possible
        assert_same(found, every_hypothesis(model, src[None], 3, 0.6))


class TestLengthPenalty:
    def test_the_table_in_its_documentation(self):
        results = doctest.testmod(strategies)
        assert results.attempted
        assert not results.failed

    def test_it_grows_with_the_length_from_one(self):
        assert length_penalty(1, 0.6) == length_penalty(1, -0.6) == length_penalty(9, 0.0) == 1.0
        assert length_penalty(3, 0.6) == pytest.approx(1.188402, abs=1e-6)
        assert length_penalty(6, 0.6) == pytest.approx(1.438616, abs=1e-6)

    def test_a_positive_penalty_prefers_the_longer_of_two_and_the_end_token_counts(self):  # T14
        model = letter_model(
            {
                "^": {"a": 0.36, "b": 0.30, "$": 0.34},
                "a": {"c": 1.0},
                **{last: {following: 1.0} for last, following in itertools.pairwise("bdefg")},
                **{last: {"$": 1.0} for last in "cg"},
            }
        )
        plain, paper = (search(model, 3, alpha, 3, max_len=10)[0] for alpha in (0.0, 0.6))
        assert [spell(h) for h in plain] == ["ac$", "$", "bdefg$"]
        assert [spell(h) for h in paper] == ["bdefg$", "ac$", "$"]
        assert [h.score for h in paper[:2]] == pytest.approx([-0.836897, -0.859685], abs=1e-6)
        assert [h.log_prob for h in paper[:2]] == pytest.approx([math.log(0.30), math.log(0.36)])

    def test_a_sequence_cut_by_the_limit_is_as_long_as_its_tokens(self):  # T14
        model = letter_model({"^": {"a": 1.0}, "a": {"a": 0.5, "$": 0.5}})
        cut, ended = search(model, 2, 1.0, 2, max_len=2)[0]
        assert {spell(cut), spell(ended)} == {"aa", "a$"}
        assert cut.score == ended.score == pytest.approx(math.log(0.5) / (7 / 6))

    def test_source_padding_does_not_count(self):  # T14
        model = random_model()
        for padding in 1, 4:
            padded = torch.cat([SRC[:1], torch.zeros(1, padding, dtype=torch.long)], dim=1)
            assert_same(search(model, 3, 1.5, 3, src=padded)[0], search(model, 3, 1.5, 3)[0])
