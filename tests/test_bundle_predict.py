"""Text in, text out: what a prediction depends on, and what it does not."""

import itertools
import random

import pytest
from bundles import SOURCES, random_bundle, texts

from henkan import decoding
from henkan.bundle import BLANK, Prediction, engine, line_seed, unknown_symbols
from henkan.decoding import BeamSearch, Greedy, Sampling

STRATEGIES = [Greedy(), BeamSearch(3), BeamSearch(4, 0.0, 2), Sampling(), Sampling(1.5, top_k=4, top_p=0.9)]


@pytest.fixture
def tiny_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches so small that the sources stand in many."""
    monkeypatch.setattr(engine, "BATCH_TOKENS", 20)


def rounded(predictions: list[list[Prediction]]) -> list[list[tuple[str, float, bool]]]:
    """Without the last digits, in which batches of other shapes may differ."""
    return [[(found.text, round(found.log_prob, 3), found.ended) for found in row] for row in predictions]


def test_these_tests_can_tell_outputs_apart() -> None:
    assert len(set(texts(random_bundle(), SOURCES))) >= len(SOURCES) - 2
    assert {found[0].ended for found in random_bundle(target_kind="separator").predict(SOURCES)} == {True, False}


@pytest.mark.parametrize("strategy", STRATEGIES[:3], ids=str)
def test_a_prediction_depends_on_its_source_alone(strategy: Greedy | BeamSearch) -> None:  # T10
    bundle = random_bundle()
    alone = [bundle.predict([source], strategy)[0] for source in SOURCES]
    assert rounded(bundle.predict(SOURCES, strategy)) == rounded(alone)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_batches_change_nothing(strategy: Greedy | BeamSearch | Sampling, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = random_bundle()
    in_one_batch = bundle.predict(SOURCES, strategy)
    monkeypatch.setattr(engine, "BATCH_TOKENS", 20)
    assert rounded(bundle.predict(SOURCES, strategy)) == rounded(in_one_batch)


@pytest.mark.parametrize("strategy", STRATEGIES[:3], ids=str)
def test_outputs_come_in_the_order_of_the_sources(strategy: Greedy | BeamSearch, tiny_batches: None) -> None:
    bundle = random_bundle()
    expected = dict(zip(SOURCES, texts(bundle, SOURCES, strategy), strict=True))
    shuffled = random.Random(0).sample(SOURCES, len(SOURCES))
    assert texts(bundle, shuffled, strategy) == [expected[source] for source in shuffled]


def test_a_line_is_drawn_by_its_own_number(tiny_batches: None) -> None:
    bundle = random_bundle()
    together = texts(bundle, SOURCES, Sampling(), seed=7)
    one_by_one = [texts(bundle, [source], Sampling(), seed=7, lines=[n])[0] for n, source in enumerate(SOURCES, 1)]
    assert together == one_by_one
    assert texts(bundle, SOURCES, Sampling(), seed=8) != together
    assert len(set(texts(bundle, ["abc"] * 5, Sampling()))) > 1  # equal lines are drawn apart


def test_every_line_has_its_own_seed() -> None:
    seeds = {line_seed(seed, line) for seed, line in itertools.product(range(20), range(100))}
    assert len(seeds) == 2000
    assert all(0 <= seed < 2**63 for seed in seeds)


@pytest.mark.parametrize("blank", ["", " ", "\u3000", "\t"])
def test_a_blank_line_stays_blank_without_the_model(blank: str) -> None:
    bundle = random_bundle()
    expected = [*texts(bundle, ["abc"]), "", *texts(bundle, ["a"])]
    assert texts(bundle, ["abc", blank, "a"]) == expected
    assert bundle.predict([blank], BeamSearch(4, n_best=4)) == [[BLANK]]


def test_no_lines_are_no_outputs() -> None:
    assert random_bundle().predict([]) == []


def test_several_outputs_come_best_first() -> None:
    for found in random_bundle().predict(SOURCES, BeamSearch(4, n_best=3)):
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        assert len({one.text for one in found}) == 3


def test_the_length_limit_is_the_bundles_and_can_be_changed() -> None:
    bundle = random_bundle()
    assert max(map(len, texts(bundle, SOURCES))) == bundle.limits.output
    assert max(map(len, texts(bundle, SOURCES, max_len=5))) == 5


@pytest.mark.parametrize("max_len", [0, -1, 41])
def test_a_limit_that_the_model_has_no_positions_for_is_refused(max_len: int) -> None:
    with pytest.raises(ValueError, match=f"max_len={max_len} must be from 1 to 40"):
        random_bundle().predict(["abc"], max_len=max_len)


def test_a_source_that_is_too_long_is_named_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "generate", lambda *_, **__: pytest.fail("something was decoded"))
    with pytest.raises(ValueError, match="line 13: the source has 40 symbols, but this model has positions for 39"):
        random_bundle().predict(["abc", "", "a" * 40], lines=[11, 12, 13])


def test_the_longest_possible_source_is_decoded() -> None:
    assert texts(random_bundle(), ["a" * 39])


def test_unknown_symbols_are_counted_and_decoded_all_the_same() -> None:
    bundle = random_bundle()
    sources = ["xyz", "abcx", "", "日本"]
    assert unknown_symbols(sources, bundle.source_tokenizer) == {"x": 2, "y": 1, "z": 1}
    assert len(texts(bundle, sources)) == 4


def test_a_prediction_has_the_log_probability_that_its_score_has() -> None:  # T16
    bundle = random_bundle(target_kind="separator")
    found = [row[0] for row in bundle.predict(SOURCES, BeamSearch(4))]
    ended = [(source, one) for source, one in zip(SOURCES, found, strict=True) if one.ended]
    assert ended
    scores = bundle.score([(source, one.text) for source, one in ended])
    for (_, one), score in zip(ended, scores, strict=True):
        assert score.log_prob == pytest.approx(one.log_prob, abs=1e-4)


def test_scores_do_not_depend_on_batches(tiny_batches: None) -> None:
    bundle = random_bundle()
    pairs = [(source, target) for source in SOURCES for target in ("AB", "にほんご", "A", "")]
    alone = [bundle.score([pair])[0] for pair in pairs]
    together = bundle.score(pairs)
    assert [score.log_prob for score in together] == pytest.approx([score.log_prob for score in alone], abs=1e-4)
    assert [score.num_tokens for score in together] == [len(target) + 1 for _, target in pairs]
    assert together[1].per_token == together[1].log_prob / 5


def test_a_pair_that_is_too_long_is_named_by_its_line() -> None:
    with pytest.raises(ValueError, match="line 9: the target has 40 symbols"):
        random_bundle().score([("a", "A"), ("a", "A" * 40)], lines=[4, 9])
