"""What greedy decoding proves of all other outputs, so that they need no beam, changes no result."""

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from henkan.bundle.engine import Engine
from henkan.data import BOS_IDX, EOS_IDX, PAD_IDX, pad_rows
from henkan.decoding import BeamSearch, Greedy, score
from henkan.export import CTranslate2Engine, bounds, translator
from henkan.export import beam as beam_module
from henkan.export import engine as engine_module
from henkan.export.beam import beam_search, is_certain
from henkan.export.greedy import greedy
from henkan.export.translator import Found
from henkan.nn import Transformer

from .models import MAX_LEN, assert_same, both, decode, random_model, sources, trained_model

pytest.importorskip("ctranslate2")

Examples = tuple[Transformer, list[tuple[list[int], Found]]]
STRATEGIES = [BeamSearch(4, 0.6), BeamSearch(4, 0.0), BeamSearch(4, -0.5), BeamSearch(3, 1.0)]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, Engine]:
    """Both engines of a model that is sure of some rows and not of others."""
    return both(trained_model(900), tmp_path_factory.mktemp("trained") / "model")


def bounded(engine: Engine, rows: list[list[int]], max_len: int = MAX_LEN) -> list[Found]:
    """The greedy outputs, with bounds for the others."""
    assert isinstance(engine, CTranslate2Engine)
    return greedy(engine.translator, rows, max_len, [[]] * len(rows), bound=True)


def sequences(symbols: list[int], max_len: int) -> Iterator[tuple[int, ...]]:
    """All there are: each ends with the end token or at the limit."""
    for length in range(max_len):
        yield from ((*ids, EOS_IDX) for ids in itertools.product(symbols, repeat=length))
    yield from itertools.product(symbols, repeat=max_len)


def log_prob(model: Transformer, row: list[int], ids: tuple[int, ...]) -> float:
    """By forced decoding with torch."""
    return score(model, pad_rows([row], 0), torch.tensor([[BOS_IDX, *ids]]))[0].item()


@pytest.fixture(scope="module", params=range(4))
def examples(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Examples:
    """A random model of two symbols, and rows with a bound: it did not take padding or the start token."""
    model = random_model(request.param, vocab=6)
    with torch.no_grad():
        model.output_projection.bias[[PAD_IDX, BOS_IDX]] -= 3.0
    rows = [[*row, EOS_IDX] for length in range(1, 8) for row in itertools.product((4, 5), repeat=length)]
    found = bounded(both(model, tmp_path_factory.mktemp("random") / "model")[1], rows, max_len=4)
    return model, [(row, one) for row, one in zip(rows, found, strict=True) if one.others < 0]


def test_these_examples_have_bounds(examples: Examples) -> None:
    assert len(examples[1]) >= 3


def test_no_other_sequence_is_likelier_than_the_bound(examples: Examples) -> None:
    model, found = examples
    for row, one in found[:6]:
        likeliest = max(log_prob(model, row, ids) for ids in sequences([3, 4, 5], 4) if ids != one.ids)
        assert likeliest <= one.others + 1e-4


def test_the_bound_is_that_of_the_likeliest_way_to_leave_the_output(examples: Examples) -> None:
    model, found = examples
    for row, one in found:
        ways = [
            (*one.ids[:place], token)
            for place, own in enumerate(one.ids)
            for token in (EOS_IDX, 3, 4, 5)
            if token != own
        ]
        assert one.others == pytest.approx(max(log_prob(model, row, ids) for ids in ways), abs=1e-4)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_where_the_output_is_certain_henkans_own_beam_finds_it(
    strategy: BeamSearch, engines: tuple[Engine, Engine]
) -> None:
    rows = sources(200, seed=3)
    found = bounded(engines[1], rows)
    certain = [index for index, one in enumerate(found) if is_certain(one, strategy, MAX_LEN)]
    assert 0 < len(certain) < len(rows)
    mine = decode(engines[0], [rows[index] for index in certain], strategy)
    assert_same(mine, [[found[index].hypothesis(strategy.length_penalty)] for index in certain])


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_leaving_out_the_beam_of_certain_rows_changes_no_result(
    strategy: BeamSearch, engines: tuple[Engine, Engine]
) -> None:
    rows = sources(200, seed=3)
    _, engine = engines
    assert isinstance(engine, CTranslate2Engine)
    unsure = [Found(one.ids, one.log_prob) for one in bounded(engine, rows)]
    assert_same(beam_search(engine.translator, rows, strategy, MAX_LEN, unsure), decode(engine, rows, strategy))


def test_several_outputs_and_outputs_that_did_not_end_are_never_certain() -> None:
    sure = Found((5, EOS_IDX), -0.01, -9.0)
    assert is_certain(sure, BeamSearch(4), MAX_LEN)
    assert not is_certain(sure, BeamSearch(4, n_best=2), MAX_LEN)
    assert not is_certain(Found((5, 5), -0.01, -9.0), BeamSearch(4), MAX_LEN)
    assert not is_certain(Found((5, EOS_IDX), -0.01), BeamSearch(4), MAX_LEN)


@pytest.mark.parametrize("rows_at_once", [0, 7, 10_000])
def test_results_do_not_depend_on_how_many_logits_fit_in_memory(
    rows_at_once: int, engines: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, engine = sources(100, seed=4), engines[1]
    assert isinstance(engine, CTranslate2Engine)
    expected = decode(engine, rows, BeamSearch(4))
    monkeypatch.setattr(bounds, "GROUP", 7)
    monkeypatch.setattr(bounds, "LOGITS", rows_at_once * engine.translator.vocabulary_size * MAX_LEN)
    assert all(one.others < 0 for one in bounded(engine, rows)) == (rows_at_once > 0)
    assert_same(expected, decode(engine, rows, BeamSearch(4)))


def settled(found: list[Found], others: float, limit: int = 5) -> bool:
    """Whether a row of a beam of two needs no later limit than ``limit``, of 20, if this is shown."""
    strategy = BeamSearch(2, 1.0)
    best = [max((one.hypothesis(1.0) for one in found if one.ended), key=lambda one: one.score)]
    return beam_module._is_settled(beam_module._Result(found, others), best, strategy, limit, 20)


def test_a_row_is_settled_if_nothing_that_may_be_alive_can_win() -> None:
    end = Found((4, EOS_IDX), -0.5)
    assert settled([end, Found((5, 5, 5, 5, 5), -9.0)], others=-9.0)
    assert not settled([end, Found((5, 5, 5, 5, 5), -1.0)], others=-9.0)  # alive, and shown
    assert not settled([end], others=-1.0)  # alive, and less likely than what is shown
    assert settled([end], others=-9.0)
    assert not settled([end], others=-math.inf)  # all is shown, and yet nothing of the last step: no knowing
    two_last = [Found((4, 4, 4, 4, EOS_IDX), -0.9), Found((4, 4, 4, 5, EOS_IDX), -1.1)]
    assert not settled([end, *two_last], others=-9.0)  # alive, and pushed out by two that ended with the last step
    assert settled([end, *(Found(one.ids, -9.0) for one in two_last)], others=-9.0)


@pytest.mark.parametrize("most", [1, 1 << 24])
def test_searching_few_rows_at_a_time_to_the_last_limit_changes_no_result(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, theirs = both(random_model(1), tmp_path)
    rows = sources(seed=1)
    expected = [decode(theirs, [row], BeamSearch(3, 3.0, 3))[0] for row in rows]
    monkeypatch.setattr(beam_module, "HELD", most)
    assert_same(expected, decode(theirs, rows, BeamSearch(3, 3.0, 3)))


@pytest.mark.parametrize("longest", [1, 20, 64, 1000, 100_000])
@pytest.mark.parametrize("strategy", [Greedy(), BeamSearch(4)], ids=str)
def test_long_sources_are_decoded_few_at_a_time(
    longest: int, strategy: Greedy | BeamSearch, engines: tuple[Engine, Engine]
) -> None:
    together = engines[1].rows_together(longest, strategy)
    width = 4 if isinstance(strategy, BeamSearch) else 1
    in_a_batch = together // engine_module.BATCHES
    assert 1 <= in_a_batch <= translator.GROUP
    assert in_a_batch == 1 or in_a_batch * longest * width <= translator.GROUP_TOKENS


@pytest.mark.parametrize("strategy", [*STRATEGIES, BeamSearch(4, 0.6, 4), BeamSearch(4, -1.0, 3)], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_showing_few_hypotheses_of_a_search_changes_no_result(
    strategy: BeamSearch, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, theirs = both(random_model(seed), tmp_path)
    rows = sources(seed=seed)
    few = decode(theirs, rows, strategy)
    monkeypatch.setattr(beam_module, "SHOWN", MAX_LEN)
    assert_same(decode(theirs, rows, strategy), few)
