"""Measuring a bundle."""

from pathlib import Path

import pytest
from bundles import SOURCES, random_bundle, texts

from henkan.bundle import Bundle
from henkan.data import Example
from henkan.decoding import BeamSearch
from henkan.workflow.evaluate import evaluate_examples, is_training_file, load_examples
from henkan.workflow.train import train
from henkan.workflow.wishes import Overrides


def test_outputs_are_compared_with_every_reference() -> None:
    bundle = random_bundle()
    outputs = texts(bundle, SOURCES)
    examples = [Example(source, ("A", output)) for source, output in zip(SOURCES, outputs, strict=True)]
    examples[0] = Example(SOURCES[0], ("nothing like it",))
    result = evaluate_examples(bundle, examples)
    assert result.outputs == outputs
    assert result.metrics["n"] == 10
    assert result.metrics["exact_match"] == pytest.approx(0.9)
    assert result.metrics["word_error_rate"] == pytest.approx(0.1)


def test_the_strategy_is_the_one_that_was_asked_for() -> None:
    bundle = random_bundle(target_kind="separator")
    examples = [Example(source, ("A",)) for source in SOURCES]
    strategy = BeamSearch(4, 2.0)
    assert evaluate_examples(bundle, examples, strategy).outputs == texts(bundle, SOURCES, strategy)
    assert texts(bundle, SOURCES, strategy) != texts(bundle, SOURCES)


def test_a_source_that_is_too_long_is_named_by_its_line_in_the_file() -> None:
    examples = [Example("ab", ("A",), line=1), Example("a" * 40, ("A",), line=7)]
    with pytest.raises(ValueError, match=r"^line 7: the source has 40 symbols"):
        evaluate_examples(random_bundle(), examples)


def test_without_a_file_the_held_out_sources_are_measured(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    result = train(str(pairs), overrides=quick, out=tmp_path / "out")
    bundle = Bundle.load(result.path)
    measured = evaluate_examples(bundle, load_examples(bundle))
    assert measured.metrics == result.test
    assert is_training_file(bundle, pairs)
    pairs.write_text("a\tb\n", encoding="utf-8")
    assert not is_training_file(bundle, pairs)
    assert [example.source for example in load_examples(bundle, pairs)] == ["a"]
    with pytest.raises(ValueError, match="has changed"):
        load_examples(bundle)


def test_data_without_a_test_split_is_named(pairs: Path, tmp_path: Path, quick: Overrides) -> None:
    result = train(str(pairs), overrides={**quick, "data": {"test_share": 0.0}}, out=tmp_path / "out")
    assert result.test is None
    with pytest.raises(ValueError, match="too small for a test split: name a file"):
        load_examples(result.bundle)
