"""Measuring a bundle."""

from dataclasses import replace
from pathlib import Path

import pytest
from bundles import SOURCES, random_bundle, texts

from henkan.bundle import Bundle
from henkan.config import DataConfig
from henkan.data import Example, Splits, Tokenizer
from henkan.decoding import BeamSearch
from henkan.workflow.evaluate import evaluate_examples, is_training_file, load_examples
from henkan.workflow.plan_tokenizers import Tokenizers
from henkan.workflow.target import Target
from henkan.workflow.train import keep_best, train
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


def test_tags_are_read_as_the_model_was_trained_and_not_as_the_file_looks(tmp_path: Path) -> None:
    (tmp_path / "tagged.tsv").write_text("run\tran\tV;PST\n", encoding="utf-8")
    plain = random_bundle()
    sources = Tokenizer.train("characters", ["run\tV;PST"], features=True)
    tagged = replace(plain, source_tokenizer=sources)
    assert load_examples(tagged, tmp_path / "tagged.tsv")[0].source == "run\tV;PST"
    with pytest.raises(ValueError, match="line 1 has 3 columns instead of 2"):
        load_examples(plain, tmp_path / "tagged.tsv")


def test_sources_and_targets_may_stand_side_by_side_in_two_files(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("a\nb\n", encoding="utf-8")
    (tmp_path / "t.txt").write_text("x\ny\n", encoding="utf-8")
    found = load_examples(random_bundle(), tmp_path / "s.txt", tmp_path / "t.txt")
    assert [(one.source, one.references) for one in found] == [("a", ("x",)), ("b", ("y",))]
    with pytest.raises(ValueError, match="needs the file of the sources"):
        load_examples(random_bundle(), None, tmp_path / "t.txt")


def test_the_dev_metric_of_pieces_counts_characters() -> None:
    tokenizer = Tokenizer.train("bpe", ["banana bandana"] * 20, vocabulary_size=40)
    target = Target("x", Splits([], [], []), {})
    assert keep_best(target, Tokenizers(tokenizer, tokenizer, DataConfig(), [])).metric == "character_error_rate"
