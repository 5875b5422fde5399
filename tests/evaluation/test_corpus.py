"""BLEU, chrF and TER are those of sacreBLEU, called by hand."""

import random
import subprocess
import sys

import pytest
from sacrebleu.metrics import BLEU, CHRF, TER

from henkan.data import Example, Tokenizer
from henkan.evaluation import Judge
from henkan.evaluation.corpus import as_streams

WORDS = ["the", "cat", "sat", "on", "a", "mat", "while", "two", "dogs", "ran", "over", "green", "hills"]


def corpus(seed: int = 1, count: int = 60) -> tuple[list[str], list[tuple[str, ...]]]:
    """Outputs, and one to three references for each."""
    draw = random.Random(seed)
    references = [
        tuple(" ".join(draw.choices(WORDS, k=draw.randint(6, 12))) for _ in range(draw.choice([1, 1, 3])))
        for _ in range(count)
    ]
    outputs = [" ".join(w for w in draw.choice(texts).split() if draw.random() > 0.2) for texts in references]
    return outputs, references


def judge(references: list[tuple[str, ...]]) -> Judge:
    tokenizer = Tokenizer.train("characters", [text for texts in references for text in texts])
    return Judge([Example(str(place), texts) for place, texts in enumerate(references)], tokenizer)


def test_figures_margins_and_signatures_are_those_of_sacrebleu() -> None:
    outputs, references = corpus()
    figures = judge(references).measure(outputs)
    streams = as_streams(references)
    for name, metric in (("bleu", BLEU()), ("chrf", CHRF()), ("ter", TER())):
        by_hand = metric.corpus_score(outputs, streams, n_bootstrap=1000)
        assert figures.metrics[name] == pytest.approx(by_hand.score, rel=1e-12)
        assert figures.margins[name] == pytest.approx(by_hand._ci, rel=1e-4)  # it sums in single precision
        assert figures.notes[name] == str(metric.get_signature())
        assert "nrefs:var" in figures.notes[name]


def test_a_hypothesis_and_its_reference_are_not_interchangeable() -> None:
    outputs, references = corpus()
    firsts = [texts[0] for texts in references]
    there = judge([(text,) for text in firsts]).measure(outputs, ["bleu", "chrf", "ter", "word_error_rate"])
    back = judge([(text,) for text in outputs]).measure(firsts, ["bleu", "chrf", "ter", "word_error_rate"])
    for name in ("bleu", "chrf", "ter", "word_error_rate"):
        assert there.metrics[name] != pytest.approx(back.metrics[name], rel=1e-6)


def test_further_references_never_hurt() -> None:
    outputs, references = corpus()
    one = judge([texts[:1] for texts in references]).measure(outputs).metrics
    all_of_them = judge(references).measure(outputs).metrics
    for name in ("bleu", "chrf", "exact_match"):
        assert all_of_them[name] >= one[name]


def test_japanese_sentences_are_compared_by_characters_and_that_is_named() -> None:
    references = ["これは長い日本語の文章です。", "次の駅で電車を降りてください。"]
    outputs = ["これは短い日本語の文章です。", "次の駅で電車を降りてください。"]
    figures = judge([(text,) for text in references]).measure(outputs)
    assert list(figures.metrics) == ["n", "exact_match", "character_error_rate", "bleu", "chrf"]
    by_hand = BLEU(tokenize="char").corpus_score(outputs, [references])
    assert figures.metrics["bleu"] == pytest.approx(by_hand.score)
    assert "tok:char" in figures.notes["bleu"]
    assert "Japanese sentences without spaces" in figures.writing.description
    asked = judge([(text,) for text in references]).measure(outputs, ["ter"])
    assert asked.metrics["ter"] == TER(normalized=True, asian_support=True).corpus_score(outputs, [references]).score
    assert "asian:yes" in asked.notes["ter"]


def test_missing_references_are_none_as_sacrebleu_wants_them() -> None:
    assert as_streams([("a", "b"), ("c",)]) == [["a", "c"], ["b", None]]


def test_sacrebleu_is_imported_only_when_it_is_needed() -> None:
    code = "import sys, henkan.workflow.evaluate, henkan.cli.evaluate; sys.exit('sacrebleu' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
