"""Sampling: what the filters keep, how often each token comes, and whose numbers decide."""

import math
from collections import Counter

import pytest
import torch

from henkan.decoding import BeamSearch, Greedy, Hypothesis, Sampling, generate
from henkan.decoding.sampling import draw, probabilities, uniform_numbers
from henkan.nn import Transformer

from .models import BOS, EOS, SRC, every_hypothesis, random_model

pytestmark = pytest.mark.usefixtures("unchecked_shapes")

PROBS = torch.tensor([0.05, 0.5, 0.3, 0.0, 0.15], dtype=torch.float64)  # the one at 0 is forbidden


def filtered(probs: torch.Tensor = PROBS, **filters: object) -> torch.Tensor:
    """What a filter makes of these probabilities, shared out again."""
    kept = probabilities(Sampling(**filters), probs.log()[None])[0]
    return kept / kept.sum()


def assert_probabilities(actual: torch.Tensor, *expected: float) -> None:
    torch.testing.assert_close(actual.tolist(), list(map(float, expected)), rtol=0.0, atol=1e-12)


def unsure_model(seed: int) -> Transformer:
    """A random model whose distributions are flat enough to see every token come."""
    model = random_model(seed, num_layers=2)
    with torch.no_grad():
        model.output_projection.weight *= 0.3
    return model


def sample(model: Transformer, sampling: Sampling, src=SRC, **options) -> list[Hypothesis]:
    options = {"bos_idx": BOS, "eos_idx": EOS, "max_len": 9, **options}
    return [hypothesis for (hypothesis,) in generate(model, src, strategy=sampling, **options)]


def fit(counts: torch.Tensor, probs: torch.Tensor) -> float:
    """The probability of counts at least this far from what is expected (Pearson's chi-square test)."""
    expected = counts.sum() * probs
    assert expected.min() > 5, "too few to tell"
    chi_square = ((counts - expected) ** 2 / expected).sum()
    return torch.special.gammaincc(torch.tensor((len(probs) - 1) / 2), chi_square / 2).item()


class TestFilters:
    def test_none_leaves_the_probabilities(self):
        assert_probabilities(filtered(), *PROBS)
        assert_probabilities(filtered(top_k=100), *PROBS)
        assert_probabilities(filtered(top_p=1.0), *PROBS)

    def test_temperature_raises_them_to_a_power(self):
        squares = PROBS**2
        assert_probabilities(filtered(temperature=0.5), *(squares / squares.sum()))
        roots = PROBS.sqrt()
        assert_probabilities(filtered(temperature=2.0), *(roots / roots.sum()))

    def test_top_k_keeps_the_k_likeliest(self):
        assert_probabilities(filtered(top_k=1), 0, 1, 0, 0, 0)
        assert_probabilities(filtered(top_k=2), 0, 5 / 8, 3 / 8, 0, 0)

    def test_of_equal_tokens_top_k_keeps_no_more_than_k(self):
        assert (filtered(torch.full((5,), 0.2), top_k=2) > 0).sum() == 2

    def test_top_p_keeps_the_token_that_crosses_the_threshold(self):
        assert_probabilities(filtered(top_p=0.6), 0, 5 / 8, 3 / 8, 0, 0)
        assert_probabilities(filtered(top_p=0.9), 0, 0.5 / 0.95, 0.3 / 0.95, 0, 0.15 / 0.95)

    def test_top_p_keeps_at_least_one_token(self):
        assert_probabilities(filtered(top_p=1e-9), 0, 1, 0, 0, 0)

    def test_top_k_comes_before_top_p(self):
        # Of the two likeliest, the first alone holds 5/8. Before top_k it held 0.5, and the second would have stayed.
        assert_probabilities(filtered(top_k=2, top_p=0.6), 0, 1, 0, 0, 0)

    def test_temperature_comes_before_top_p(self):
        # Squared, 0.25 : 0.09 : 0.0225 : 0.0025, the first alone holds 0.68.
        assert_probabilities(filtered(temperature=0.5, top_p=0.6), 0, 1, 0, 0, 0)

    def test_a_forbidden_token_stays_forbidden(self):
        for filters in {}, {"temperature": 1e6}, {"top_k": 5}, {"top_p": 1.0}, {"temperature": 1e-300}:
            assert filtered(**filters)[3] == 0.0


class TestDraw:
    def test_each_token_owns_its_share_of_the_numbers(self):
        probs = torch.tensor([[0.0, 0.5, 0.0, 0.25, 0.25, 0.0]])
        numbers = {0.0: 1, 0.49: 1, 0.5: 3, 0.74: 3, 0.75: 4, 1 - 2**-53: 4}  # the last is the largest there is
        for number, token in numbers.items():
            assert draw(probs, torch.tensor([number])).tolist() == [token]
            assert draw(3 * probs, torch.tensor([number])).tolist() == [token]

    def test_a_seed_has_one_sequence_of_numbers(self):
        assert torch.equal(uniform_numbers(5, 40)[:7], uniform_numbers(5, 7))
        assert not torch.equal(uniform_numbers(5, 7), uniform_numbers(6, 7))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("limit", [{"top_k": 1}, {"temperature": 1e-6}, {"temperature": 1e-300}, {"top_p": 1e-9}])
def test_at_its_limits_sampling_is_greedy(limit: dict[str, float], seed: int):  # T43
    model = random_model(seed)
    greedy = [h for (h,) in generate(model, SRC, bos_idx=BOS, eos_idx=EOS, max_len=9, strategy=Greedy())]
    assert sample(model, Sampling(**limit)) == greedy


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(temperature=1.5), Sampling(top_k=4, top_p=0.95)], ids=str)
def test_tokens_come_as_often_as_their_probability_says(sampling: Sampling):  # T43
    model, n = unsure_model(4), 3000
    one = SRC[:1]
    drawn = sample(model, sampling, one.expand(n, -1), seeds=range(n), max_len=1)
    log_probs = torch.full((1, 7), -math.inf)
    for hypothesis in every_hypothesis(model, one, 1):
        log_probs[0, hypothesis.tokens[0] if hypothesis.tokens else EOS] = hypothesis.log_prob
    probs = probabilities(sampling, log_probs)[0]
    counts = torch.bincount(torch.tensor([h.tokens[0] if h.tokens else EOS for h in drawn]), minlength=7)
    assert counts[probs == 0].sum() == 0
    likely = probs * n > 6
    assert likely.sum() >= 3
    assert fit(counts[likely], probs[likely] / probs[likely].sum()) > 0.01


def test_the_steps_of_a_row_are_independent():
    """Three steps together come as often as the product of their probabilities says."""
    model, n = unsure_model(4), 4000
    one = SRC[:1]
    drawn = Counter(
        h.tokens for h in sample(model, Sampling(), one.expand(n, -1), seeds=range(n), max_len=3, min_len=3)
    )
    every = [h for h in every_hypothesis(model, one, 3) if not h.ended]
    # What was forbidden is shared out again at each step, so the probabilities are taken from the model step by step.
    totals = {h.tokens: math.exp(h.log_prob) / share_of_letters(model, one, h.tokens) for h in every}
    assert sum(totals.values()) == pytest.approx(1.0)
    likely = [tokens for tokens, probability in totals.items() if probability * n > 10]
    probs = torch.tensor([totals[tokens] for tokens in likely])
    assert len(likely) > 8
    assert fit(torch.tensor([float(drawn[tokens]) for tokens in likely]), probs / probs.sum()) > 0.01


def share_of_letters(model: Transformer, src: torch.Tensor, tokens: tuple[int, ...]) -> float:
    """The product, over the steps, of the probability that the model gives to ordinary tokens."""
    with torch.no_grad():
        probs = model(src, torch.tensor([[BOS, *tokens[:-1]]]))[0].softmax(-1)
    return probs[:, 3:].sum(-1).prod().item()


class TestSeeds:
    def test_the_same_seed_gives_the_same_text(self):
        model = unsure_model(1)
        src = SRC[:1].expand(20, -1)
        seeds = [7, 8] * 10
        texts = [h.tokens for h in sample(model, Sampling(), src, seeds=seeds)]
        assert texts[0::2] == [texts[0]] * 10
        assert texts[1::2] == [texts[1]] * 10

    def test_other_seeds_give_other_texts(self):
        texts = {h.tokens for h in sample(unsure_model(1), Sampling(), SRC[:1].expand(20, -1), seeds=range(20))}
        assert len(texts) > 5

    def test_a_longer_limit_leaves_the_beginning(self):
        model = unsure_model(1)
        short, long = (sample(model, Sampling(), seeds=range(6), max_len=max_len) for max_len in (4, 20))
        for one, other in zip(short, long, strict=True):
            assert other.tokens[: len(one.tokens)] == one.tokens

    def test_without_seeds_the_global_generator_decides(self):
        model = unsure_model(1)
        torch.manual_seed(3)
        first, second = sample(model, Sampling()), sample(model, Sampling())
        torch.manual_seed(3)
        assert sample(model, Sampling()) == first
        assert second != first

    def test_what_needs_no_chance_takes_none(self):
        """Decoding in the middle of training must not change what training draws."""
        model = unsure_model(1)
        before = torch.get_rng_state()
        sample(model, Sampling(), seeds=range(6))
        for strategy in Greedy(), BeamSearch(3):
            generate(model, SRC, bos_idx=BOS, eos_idx=EOS, max_len=5, strategy=strategy)
        assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperature": 0.0}, "temperature=0.0.*Greedy"),
        ({"temperature": -1.0}, "temperature=-1.0"),
        ({"temperature": math.inf}, "temperature=inf"),
        ({"temperature": math.nan}, "temperature=nan"),
        ({"top_k": 0}, "top_k=0"),
        ({"top_p": 0.0}, "top_p=0.0"),
        ({"top_p": 1.1}, "top_p=1.1"),
        ({"top_p": math.nan}, "top_p=nan"),
    ],
)
def test_filters_that_keep_nothing_are_refused(options: dict[str, float], words: str):
    with pytest.raises(ValueError, match=words):
        Sampling(**options)
