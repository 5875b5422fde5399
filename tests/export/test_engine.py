"""CTranslate2 in float32 answers what henkan answers."""

from pathlib import Path
from typing import Any

import pytest
import torch
from processors import multiplies_bytes_exactly

from henkan.bundle.engine import TorchEngine
from henkan.data import BOS_IDX, EOS_IDX, PAD_IDX
from henkan.decoding import BeamSearch, Greedy, Sampling
from henkan.export.engine import CTranslate2Engine
from henkan.export.specification import write_model
from henkan.export.translator import Translator

from .models import OPTIONS, POSITIONS, VOCAB, assert_same, both, decode, random_model, sources, trained_model

ctranslate2 = pytest.importorskip("ctranslate2")


def describe(options: dict[str, Any]) -> str:
    return " ".join(map(str, options.values()))


@pytest.mark.parametrize("options", OPTIONS, ids=describe)
@pytest.mark.parametrize("seed", range(2))
def test_a_random_model_decodes_greedily_to_the_same(options: dict[str, Any], seed: int, tmp_path: Path) -> None:  # T46
    ours, theirs = both(random_model(seed, **options), tmp_path)
    rows = sources(seed=seed)
    assert_same(decode(ours, rows, Greedy()), decode(theirs, rows, Greedy()))


def test_these_tests_can_tell_outputs_apart(tmp_path: Path) -> None:
    ours, _ = both(random_model(**OPTIONS[5]), tmp_path)
    found = [best for best, *_ in decode(ours, sources(), Greedy())]
    assert len({best.tokens for best in found}) > 3


@pytest.mark.parametrize("options", OPTIONS[::4], ids=describe)
def test_a_trained_model_decodes_to_the_same_also_with_a_beam(options: dict[str, Any], tmp_path: Path) -> None:  # T46
    ours, theirs = both(trained_model(**options), tmp_path)
    rows = sources(40, seed=7)
    for strategy in (Greedy(), BeamSearch(4), BeamSearch(4, 0.0), BeamSearch(4, -0.5), BeamSearch(1, 0.6)):
        assert_same(decode(ours, rows, strategy), decode(theirs, rows, strategy))


def test_a_prefix_is_kept_and_scored(tmp_path: Path) -> None:
    ours, theirs = both(random_model(**OPTIONS[4]), tmp_path)
    rows = sources()
    prefix = [[5, 6, 7][: number % 4] for number in range(len(rows))]
    found = decode(theirs, rows, Greedy(), prefix=prefix)
    assert_same(decode(ours, rows, Greedy(), prefix=prefix), found)
    assert all(list(best.tokens[: len(ids)]) == ids for (best,), ids in zip(found, prefix, strict=True))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("strategy", [Greedy(), BeamSearch(3, 0.6, 2)], ids=str)
def test_a_row_depends_on_itself_alone(strategy: Greedy | BeamSearch, threads: int, tmp_path: Path) -> None:  # T10
    _, theirs = both(random_model(**OPTIONS[4]), tmp_path, threads=threads)
    rows = sources()
    together = decode(theirs, rows, strategy)
    assert_same(together, [decode(theirs, [row], strategy)[0] for row in rows])
    assert_same(together[::-1], decode(theirs, rows[::-1], strategy))


def test_padding_and_start_token_are_never_produced_whatever_the_model_thinks(tmp_path: Path) -> None:  # T42
    model = random_model()
    with torch.no_grad():
        model.output_projection.bias[[PAD_IDX, BOS_IDX]] = 9.0  # type: ignore[index, operator]
    ours, theirs = both(model, tmp_path)
    rows = sources()
    found = decode(theirs, rows, Greedy())
    assert_same(decode(ours, rows, Greedy()), found)
    beams = decode(theirs, rows, BeamSearch(4, 0.6, 4))
    assert not {PAD_IDX, BOS_IDX, EOS_IDX} & {idx for row in (*found, *beams) for one in row for idx in one.tokens}


@pytest.mark.parametrize("strategy", [Greedy(), BeamSearch(2)], ids=str)
@pytest.mark.parametrize("max_len", [1, POSITIONS])
def test_the_limit_is_henkans(strategy: Greedy | BeamSearch, max_len: int, tmp_path: Path) -> None:
    model = random_model(**OPTIONS[4])
    model.output_projection.weight[EOS_IDX].data.zero_()  # type: ignore[index, union-attr]
    ours, theirs = both(model, tmp_path)
    rows = sources()
    found = decode(theirs, rows, strategy, max_len=max_len)
    assert_same([row[:1] for row in decode(ours, rows, Greedy(), max_len=1)], decode(theirs, rows, Greedy(), max_len=1))
    assert max(len(best.tokens) + best.ended for best, *_ in found) == max_len


def test_a_source_of_the_end_token_alone_is_decoded(tmp_path: Path) -> None:
    ours, theirs = both(random_model(), tmp_path)
    assert_same(decode(ours, [[EOS_IDX]], Greedy()), decode(theirs, [[EOS_IDX]], Greedy()))


@pytest.mark.parametrize("sizes", [{"d_model": 15, "num_heads": 3}, {"d_model": 7, "num_heads": 1}], ids=str)
def test_odd_widths_decode_to_the_same(sizes: dict[str, int], tmp_path: Path) -> None:
    ours, theirs = both(random_model(**sizes), tmp_path)
    assert_same(decode(ours, sources(), Greedy()), decode(theirs, sources(), Greedy()))


def test_what_it_cannot_do_is_refused_before_anything_is_decoded(tmp_path: Path) -> None:
    _, theirs = both(random_model(), tmp_path)
    with pytest.raises(ValueError, match=r"cannot draw each line by a seed of its own.*--engine torch"):
        decode(theirs, sources(2), Sampling())
    with pytest.raises(ValueError, match="leaves out outputs that end right behind their prefix"):
        decode(theirs, sources(2), BeamSearch(2), prefix=[[5], []])


def test_no_rows_are_no_outputs(tmp_path: Path) -> None:
    _, theirs = both(random_model(), tmp_path)
    assert decode(theirs, [], Greedy()) == decode(theirs, [], BeamSearch(2)) == []


@pytest.mark.skipif(not multiplies_bytes_exactly(), reason="without VNNI, products of 8 bits are less exact")
def test_int8_is_near(tmp_path: Path) -> None:  # T47
    ours, theirs = both(trained_model(200), tmp_path, "int8")
    rows = sources(60, seed=7)
    mine, other = decode(ours, rows, Greedy()), decode(theirs, rows, Greedy())
    equal = [a.tokens == b.tokens for (a,), (b,) in zip(mine, other, strict=True)]
    assert sum(equal) >= 0.8 * len(rows)


def test_weights_of_8_bits_are_near(tmp_path: Path) -> None:  # T47
    """Computed in float32: what products of 8 bits lose besides depends on the processor."""
    model = trained_model(200)
    write_model(model, tmp_path, "int8")
    rounded = ctranslate2.Translator(str(tmp_path), device="cpu", intra_threads=1, compute_type="float32")
    theirs = CTranslate2Engine(Translator(rounded, threads=1, vocabulary_size=VOCAB), model.max_len)
    rows = sources(60, seed=7)
    mine, other = decode(TorchEngine((model,)), rows, Greedy()), decode(theirs, rows, Greedy())
    equal = [a.tokens == b.tokens for (a,), (b,) in zip(mine, other, strict=True)]
    assert sum(equal) >= 0.8 * len(rows)
