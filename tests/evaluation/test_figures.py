"""Which figures suit which texts, and what they count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from henkan.data import Example, Tokenizer
from henkan.evaluation import Judge, compute_metrics, error_rate, units_of
from henkan.evaluation.bootstrap import Statistic, margins

CHARACTERS = Tokenizer.train("characters", ["a"])
texts = st.text("abあ ", max_size=8)


def judge_of(references: list[str], tokenizer: Tokenizer = CHARACTERS, name: str | None = None) -> Judge:
    return Judge([Example(str(place), (text,)) for place, text in enumerate(references)], tokenizer, name)


@pytest.mark.parametrize(
    ("reference", "kind", "tokenize", "names"),
    [
        ("2026-03-14", "short", "13a", ["word_error_rate", "character_error_rate"]),
        ("running", "short", "13a", ["word_error_rate", "character_error_rate"]),
        ("とうきょう", "short", "char", ["word_error_rate", "character_error_rate"]),
        (
            "the old man sat down .",
            "sentences",
            "13a",
            ["word_error_rate", "character_error_rate", "bleu", "chrf", "ter"],
        ),
        ("駅まで歩いて十分かかります", "unspaced sentences", "char", ["character_error_rate", "bleu", "chrf"]),
        ("我们今天下午去图书馆看书", "unspaced sentences", "zh", ["character_error_rate", "bleu", "chrf"]),
        ("วันนี้อากาศดีมากครับ", "unspaced sentences", "char", ["character_error_rate", "bleu", "chrf"]),
        ("오늘 오후 에 도서관 에 갑니다", "sentences", "13a", None),
    ],
)
def test_figures_are_chosen_by_scripts_spaces_and_lengths(
    reference: str, kind: str, tokenize: str, names: list[str] | None
) -> None:
    judge = judge_of([reference] * 3)
    assert (judge.writing.kind, judge.writing.tokenize) == (kind, tokenize)
    if names is not None:
        assert list(judge.suitable_names) == ["exact_match", *names]


def test_phones_are_symbols_and_many_symbols_are_words() -> None:
    phones = Tokenizer.train("separator", ["HH AH L OW"])
    judge = judge_of(["HH AH L OW W ER L D"], phones, "phone")
    assert judge.suitable_names == ("exact_match", "word_error_rate", "phone_error_rate")
    words = Tokenizer.train("separator", [" ".join(f"w{number}" for number in range(600))])
    assert judge_of(["one two three four five six"], words).writing.kind == "sentences"


def test_words_of_sentences_are_counted_and_other_outputs_are_one_word() -> None:
    sentence = [Example("s", ("the old man sat down",))]
    assert compute_metrics(["the old man sat up"], sentence, CHARACTERS)["word_error_rate"] == 1 / 5
    assert compute_metrics(["New York"], [Example("s", ("New Yorc",))], CHARACTERS)["word_error_rate"] == 1.0


@pytest.mark.parametrize("kind", ["bpe", "unigram", "words"])
def test_errors_are_never_counted_in_pieces(kind: str) -> None:
    tokenizer = Tokenizer.train(kind, ["banana bandana"] * 20 + ["band an and"] * 20, vocabulary_size=40)
    units = units_of(tokenizer)
    assert (units.name, list(units.split("band"))) == ("character", ["b", "a", "n", "d"])
    metrics = compute_metrics(["banand"], [Example("x", ("banana",))], tokenizer)
    assert metrics["character_error_rate"] == 1 / 6


@given(st.lists(st.tuples(texts, st.lists(texts, min_size=1, max_size=3)), min_size=1, max_size=5))
def test_error_rates_are_those_of_rapidfuzz_and_the_closest_reference(rows: list[tuple[str, list[str]]]) -> None:
    edits = length = 0
    for output, references in rows:
        distances = [Levenshtein.distance(output, text) for text in references]
        edits += min(distances)
        length += len(references[distances.index(min(distances))])
    outputs, references = [list(row) for row in zip(*rows, strict=True)]
    assert error_rate(outputs, references) == pytest.approx(edits / max(length, 1))
    examples = [Example("x", tuple(texts)) for texts in references]
    judge = Judge(examples, CHARACTERS)
    value = judge.statistic("character_error_rate", outputs)[0].compute()
    assert value == pytest.approx(edits / max(length, 1))


@given(texts, texts)
def test_as_many_edits_lead_there_as_back(one: str, other: str) -> None:
    there, back = error_rate([one], [[other]]) * max(len(other), 1), error_rate([other], [[one]]) * max(len(one), 1)
    assert there == pytest.approx(back)


def test_an_unknown_figure_is_named_with_the_one_that_is_meant() -> None:
    with pytest.raises(ValueError, match="no figure 'bleuu': did you mean bleu"):
        judge_of(["a"]).measure(["a"], ["bleuu"])


def test_a_margin_is_what_the_binomial_says() -> None:
    share = Statistic.share([True] * 300 + [False] * 700)
    by_hand = 1.96 * np.sqrt(0.3 * 0.7 / 1000)
    assert margins({"x": share})["x"] == pytest.approx(by_hand, rel=0.1)
    assert margins({"x": share}) == margins({"x": share})


def test_all_right_is_not_certain_and_little_data_says_so() -> None:
    figures = judge_of(["a"] * 20).measure(["a"] * 20)
    assert figures.metrics["exact_match"] == 1.0
    assert figures.margins["exact_match"] == pytest.approx(1 - 0.05 ** (1 / 20))
    assert "character_error_rate" not in figures.margins


def test_margins_shrink_with_the_root_of_the_number_of_sources() -> None:
    few, many = Statistic.share([True, False] * 50), Statistic.share([True, False] * 800)
    assert margins({"x": few})["x"] / margins({"x": many})["x"] == pytest.approx(4.0, rel=0.2)
