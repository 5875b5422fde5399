"""What CTranslate2's beam search promises, which is what henkan's does; only the way there differs."""

import itertools
from pathlib import Path

import pytest
import torch

from henkan.data import BOS_IDX, EOS_IDX, PAD_IDX, pad_rows
from henkan.decoding import BeamSearch, Greedy, length_penalty, score
from henkan.export import CTranslate2Engine
from henkan.export.beam import beam_search
from henkan.export.translator import Found

from .models import MAX_LEN, OPTIONS, assert_same, both, decode, random_model, sources

pytest.importorskip("ctranslate2")

STRATEGIES = [BeamSearch(4, 0.6, 4), BeamSearch(4, 0.0, 2), BeamSearch(5, -1.0, 3), BeamSearch(3, 1.5)]


@pytest.mark.parametrize("options", OPTIONS[::5], ids=str)
def test_a_beam_of_one_is_greedy_decoding(options: dict[str, object], tmp_path: Path) -> None:  # T12
    _, theirs = both(random_model(**options), tmp_path)
    greedy = decode(theirs, sources(), Greedy())
    beams = decode(theirs, sources(), BeamSearch(1, 0.0))
    assert_same(greedy, beams)


@pytest.mark.parametrize("alpha", [0.0, 0.6, -0.5, 2.0])
def test_a_beam_as_wide_as_there_are_sequences_finds_what_henkan_finds(alpha: float, tmp_path: Path) -> None:  # T11
    ours, theirs = both(random_model(vocab=6), tmp_path)  # two symbols and <unk>
    rows = [[*row, EOS_IDX] for length in (1, 2, 3) for row in itertools.product((4, 5), repeat=length)]
    strategy = BeamSearch(100, alpha, 5)
    assert_same(decode(ours, rows, strategy, max_len=4), decode(theirs, rows, strategy, max_len=4))


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
@pytest.mark.parametrize("options", OPTIONS[::5], ids=str)
def test_a_score_is_that_of_forced_decoding_by_henkans_formula(
    strategy: BeamSearch, options: dict[str, object], tmp_path: Path
) -> None:  # T16
    model = random_model(**options)
    _, theirs = both(model, tmp_path)
    rows = sources(8)
    for row, found in zip(rows, decode(theirs, rows, strategy), strict=True):
        for one in found:
            end = [EOS_IDX] if one.ended else []
            log_prob, _ = score(model, pad_rows([row], 0), torch.tensor([[BOS_IDX, *one.tokens, *end]]))
            assert one.log_prob == pytest.approx(log_prob.item(), abs=1e-3)
            length = len(one.tokens) + one.ended
            assert one.score == pytest.approx(one.log_prob / length_penalty(length, strategy.length_penalty))
            assert one.ended or length == MAX_LEN


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_the_best_are_sorted_different_and_as_many_as_asked_for(strategy: BeamSearch, tmp_path: Path) -> None:
    _, theirs = both(random_model(**OPTIONS[2]), tmp_path)
    for found in decode(theirs, sources(), strategy):
        assert len(found) == len({(one.tokens, one.ended) for one in found}) == strategy.n_best
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        assert not any(EOS_IDX in one.tokens for one in found)


@pytest.mark.parametrize("strategy", [*STRATEGIES, BeamSearch(3, 3.0)], ids=str)
@pytest.mark.parametrize("seed", range(1, 6))
def test_stopping_early_changes_no_result(strategy: BeamSearch, seed: int, tmp_path: Path) -> None:  # T13
    _, theirs = both(random_model(seed, **OPTIONS[3 * seed]), tmp_path)
    assert isinstance(theirs, CTranslate2Engine)
    rows = sources(seed=seed)
    longest, shortest = Found((PAD_IDX,) * MAX_LEN, 0.0), Found((), 0.0)  # outputs that no search finds
    to_the_end = beam_search(theirs.translator, rows, strategy, MAX_LEN, [longest] * len(rows))
    at_once = beam_search(theirs.translator, rows, strategy, MAX_LEN, [shortest] * len(rows))
    assert_same(to_the_end, at_once)


def test_some_of_these_rows_have_a_better_output_behind_the_first_limit(tmp_path: Path) -> None:
    _, theirs = both(random_model(4, **OPTIONS[12]), tmp_path)
    rows = sources(seed=4)
    whole, short = (decode(theirs, rows, BeamSearch(3, 3.0), max_len=length) for length in (MAX_LEN, 4))
    assert any(a.ended and b.ended and a.tokens != b.tokens for (a,), (b,) in zip(whole, short, strict=True))


def test_random_models_seldom_decode_otherwise_than_with_henkan(tmp_path: Path) -> None:
    equal = total = 0
    for seed, options in enumerate(OPTIONS):
        ours, theirs = both(random_model(seed, **options), tmp_path)
        rows = sources(seed=seed)
        for (a, *_), (b, *_) in zip(*(decode(one, rows, BeamSearch(4)) for one in (ours, theirs)), strict=True):
            equal, total = equal + (a.tokens == b.tokens), total + 1
    assert equal >= 0.9 * total
