"""What sub-words are learned: always the same, in little memory, rare characters left to bytes."""

import math
import random
from itertools import pairwise

import pytest

from henkan.data import Kind, Tokenizer, learn_subwords
from henkan.data.learn_subwords import learn_pieces

KINDS: list[Kind] = ["bpe", "unigram"]
WORDS = ["東京", "日本", "大学生", "行く", "食べる", "学校", "新しい", "の", "は", "を"]


def sentences(count: int, seed: int = 0) -> list[str]:
    """Words without spaces between them, some more frequent than others."""
    draw = random.Random(seed)
    return ["".join(draw.choices(WORDS, weights=range(len(WORDS), 0, -1), k=draw.randint(4, 9))) for _ in range(count)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("byte_fallback", [False, True])
def test_the_same_texts_in_any_order_give_the_same_pieces(kind: Kind, byte_fallback: bool) -> None:
    texts = sentences(300)
    first = learn_pieces(kind, texts, 60, byte_fallback=byte_fallback)
    for seed in range(3):
        random.Random(seed).shuffle(texts)
        assert learn_pieces(kind, texts, 60, byte_fallback=byte_fallback) == first


def test_unigram_pieces_are_the_words_that_the_texts_are_made_of() -> None:
    tokenizer = Tokenizer.train("unigram", sentences(500), vocabulary_size=len(set("".join(WORDS))) + 7)
    assert set(WORDS) <= set(tokenizer.vocabulary.symbols)
    assert tokenizer.split("新しい学校は東京の大学生を食べる") == [
        "新しい",
        "学校",
        "は",
        "東京",
        "の",
        "大学生",
        "を",
        "食べる",
    ]


def test_unigram_scores_are_logarithms_of_shares_and_the_best_comes_first() -> None:
    vocab = learn_pieces("unigram", ["ab"] * 6 + ["a"] * 2, 16)["vocab"][1:]
    assert vocab == [
        ["ab", pytest.approx(math.log(6 / 8), abs=1e-3)],
        ["a", pytest.approx(math.log(2 / 8), abs=1e-3)],
        ["b", pytest.approx(math.log(0.5 / 8), abs=1e-3)],
    ]
    scores = [score for _, score in learn_pieces("unigram", sentences(200), 50)["vocab"][1:]]
    assert all(one >= other for one, other in pairwise(scores))


def test_a_piece_is_worth_what_writing_it_otherwise_costs() -> None:
    scores = {"a": -2.0, "b": -3.0, "c": -1.0, "ab": -4.0, "bc": -3.5, "abc": -1.0}
    assert learn_subwords._score_without("abc", scores) == -5.0  # ab + c; a + bc is -5.5, a + b + c is -6
    assert learn_subwords._score_without("ab", scores) == -5.0  # a + b


@pytest.mark.parametrize("kind", KINDS)
def test_a_character_seen_once_is_spelt_in_bytes_if_there_are_bytes(kind: Kind) -> None:
    texts = [*sentences(100), "鬱の東京"]
    without, with_bytes = (Tokenizer.train(kind, texts, vocabulary_size=60, byte_fallback=on) for on in (False, True))
    assert without.decode(without.encode("鬱")) == with_bytes.decode(with_bytes.encode("鬱")) == "鬱"
    assert ("鬱" in without.vocabulary, "鬱" in with_bytes.vocabulary) == (True, False)
    assert len(with_bytes.encode("鬱の東京")) == len("鬱".encode()) + len(with_bytes.encode("の東京"))


@pytest.mark.parametrize("kind", KINDS)
def test_more_characters_than_pieces_leave_half_of_them_to_pieces_or_are_refused(kind: Kind) -> None:
    draw = random.Random(0)
    many = ["".join(chr(0x4E00 + int(100 * draw.random() ** 2)) for _ in range(20)) for _ in range(300)]
    tokenizer = Tokenizer.train(kind, many, vocabulary_size=40, byte_fallback=True)
    assert 20 < len(tokenizer.vocabulary.symbols) <= 40
    assert sum(len(piece) == 1 for piece in tokenizer.vocabulary.symbols) == 20
    assert all(tokenizer.decode(tokenizer.encode(text)) == text for text in many)
    with pytest.raises(ValueError, match=r"no room for the \d+ different characters .*--data\.unseen bytes"):
        Tokenizer.train(kind, many, vocabulary_size=40)


@pytest.mark.parametrize("kind", KINDS)
def test_of_many_texts_some_are_learned_from_and_all_give_their_characters(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(learn_subwords.MAX_CHARACTERS, kind, 500)
    seen: list[int] = []
    count_words = learn_subwords._count_words

    def watched(texts: list[str], alphabet: list[str]) -> learn_subwords.Words:
        seen.append(sum(map(len, texts)))
        return count_words(texts, alphabet)

    monkeypatch.setattr(learn_subwords, "_count_words", watched)
    texts = [*sentences(1_000), *(chr(0x4E00 + number) for number in range(50))]
    tokenizer = Tokenizer.train(kind, iter(texts), vocabulary_size=120)
    assert all(tokenizer.unknown(text) == [] for text in texts)
    assert 100 < seen[0] <= 500


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("texts", [[], [""], [" "], ["a"], ["\0"], ["ab"]])
def test_hardly_anything_can_be_learned_from(kind: Kind, texts: list[str]) -> None:
    tokenizer = Tokenizer.train(kind, texts, vocabulary_size=16)
    for text in texts:
        assert tokenizer.join(tokenizer.split(text)) == text
