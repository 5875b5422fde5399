"""The score of a given target, and that decoding reports the same."""

import pytest
import torch

from henkan.decoding import BeamSearch, Greedy, Hypothesis, Sampling, generate, score

from .models import BOS, EOS, PAD, SRC, letter_model, random_model

STRATEGIES = [Greedy(), BeamSearch(4, 0.6, 4), BeamSearch(3, -1.0, 3), Sampling(), Sampling(0.7, top_k=3, top_p=0.9)]


def as_target(hypotheses: list[Hypothesis]) -> torch.Tensor:
    """The ids that ``score`` takes: start token, tokens, end token if there was one, padding."""
    rows = [[BOS, *h.tokens, *([EOS] if h.ended else [])] for h in hypotheses]
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
@pytest.mark.parametrize("num_models", [1, 2])
def test_the_log_probability_of_a_hypothesis_is_its_score_by_forced_decoding(strategy, num_models: int):  # T16
    models = [random_model(seed) for seed in range(num_models)]
    decoded = generate(
        models,
        SRC,
        bos_idx=BOS,
        eos_idx=EOS,
        max_len=7,
        min_len=1,
        prefix=[[], [3], [4, 5, 6], [], [6], []],
        strategy=strategy,
    )
    for rank in range(min(map(len, decoded))):
        hypotheses = [found[rank] for found in decoded]
        log_probs, of_tokens = score(models, SRC, as_target(hypotheses))
        assert {h.ended for h in hypotheses} == {True, False} or rank > 0
        torch.testing.assert_close(log_probs, torch.tensor([h.log_prob for h in hypotheses]), rtol=0.0, atol=1e-10)
        torch.testing.assert_close(of_tokens.sum(1), log_probs)


def test_only_a_beam_has_a_score_that_is_not_the_log_probability():
    for strategy in STRATEGIES:
        decoded = generate(random_model(), SRC, bos_idx=BOS, eos_idx=EOS, max_len=7, min_len=2, strategy=strategy)
        equal = all(h.score == h.log_prob for found in decoded for h in found)
        assert equal != isinstance(strategy, BeamSearch)


def test_the_score_of_a_word_is_the_product_of_its_probabilities():
    model = letter_model({"^": {"a": 0.5, "b": 0.5}, "a": {"b": 0.25, "$": 0.75}, "b": {"$": 1.0}})
    tgt = torch.tensor([[BOS, 3, 4, EOS], [BOS, 3, EOS, PAD], [BOS, 3, PAD, PAD]])  # ab$, a$, a...
    log_probs, of_tokens = score(model, SRC[:3], tgt)
    torch.testing.assert_close(log_probs.exp(), torch.tensor([0.125, 0.375, 0.5]))
    torch.testing.assert_close(of_tokens.exp(), torch.tensor([[0.5, 0.25, 1], [0.5, 0.75, 1], [0.5, 1, 1]]))


def test_padding_changes_no_score():
    model = random_model()
    tgt = torch.tensor([[BOS, 3, 4, EOS], [BOS, 5, EOS, PAD]])
    wider = torch.cat([tgt, torch.full((2, 3), PAD)], dim=1)
    longer_src = torch.cat([SRC[:2], torch.full((2, 2), PAD)], dim=1)
    expected, of_tokens = score(model, SRC[:2], tgt)
    actual, of_wider_tokens = score(model, longer_src, wider)
    torch.testing.assert_close(actual, expected, rtol=0.0, atol=1e-10)
    assert (of_wider_tokens[:, 3:] == 0).all()
    alone, _ = score(model, SRC[1:2], tgt[1:, :3])
    torch.testing.assert_close(alone, expected[1:], rtol=0.0, atol=1e-10)
    assert of_tokens.shape == (2, 3)


def test_a_source_mask_replaces_the_padding_of_the_source():
    model = random_model()
    tgt = torch.tensor([[BOS, 3, 4, EOS]])
    mask = torch.tensor([1, 1, 0, 0, 0], dtype=torch.bool).view(1, 1, 1, 5)
    hidden, _ = score(model, SRC[:1], tgt, src_mask=mask)
    shorter, _ = score(model, SRC[:1, :2], tgt)
    torch.testing.assert_close(hidden, shorter, rtol=0.0, atol=1e-10)


def test_scoring_leaves_no_gradient_and_the_model_in_training():
    model = random_model(dropout=0.5)
    tgt = torch.tensor([[BOS, 3, EOS]])
    expected, _ = score(model, SRC[:1], tgt)
    actual, _ = score(model.train(), SRC[:1], tgt)
    assert torch.equal(actual, expected)
    assert not actual.requires_grad
    assert model.training


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("tgt", "words"),
    [
        ([[BOS, 3], [BOS, 4]], "1 rows and tgt 2"),
        ([[BOS]], "start token alone"),
        ([[BOS, PAD, 3]], "before a token"),
        ([[PAD, BOS, 3]], "before a token"),
        ([[BOS, 7]], "id 7"),
        ([[BOS] + 25 * [3]], "25 target tokens.*24 positions"),
    ],
)
def test_targets_that_cannot_be_scored_are_refused(tgt: list[list[int]], words: str):
    with pytest.raises(ValueError, match=words):
        score(random_model(), SRC[:1], torch.tensor(tgt))
