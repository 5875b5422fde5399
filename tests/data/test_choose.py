import random
import re

import pytest

from henkan.data import choose_kind
from henkan.data.choose import choose_vocabulary_size

SET = "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
PHONES = SET.split()


@pytest.mark.parametrize("count", [50, 1_000])
def test_phones_between_spaces_are_split_at_the_spaces(count: int):
    generator = random.Random(0)
    texts = [" ".join(generator.choices(PHONES, k=generator.randint(2, 9))) for _ in range(count)]
    kind, reason = choose_kind([*texts, "AY"])  # one word of a single phone has no space
    assert kind == "separator"
    assert "39 symbols" in reason


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["hello", "world", "new york"], "only 33% of the texts have a space"),
        (["変換", "機械 翻訳", "読み"], "only 33% of the texts have a space"),
        ([f"word{n} other{n} thing{n}" for n in range(400)], "1,200 different symbols in 1,200 .* look like words"),
        ([f"May {day} {year}" for day in range(10, 29) for year in range(1900, 2000)], "numbers between the spaces"),
        (["a b", "c d"], "4 different symbols in 4 between the spaces look like words"),
        ([], "only 0% of the texts have a space"),
    ],
)
def test_everything_else_is_split_into_characters_with_the_reason(texts: list[str], reason: str):
    kind, found = choose_kind(texts)
    assert kind == "characters"
    assert re.search(reason, found)


def test_order_of_the_texts_changes_nothing():
    texts = [" ".join(random.Random(number).choices(PHONES, k=5)) for number in range(60)]
    assert choose_kind(texts) == choose_kind(texts[::-1])


def sentences(count: int, syllables: str, *, space: str, end: str = "", seed: int = 0) -> list[str]:
    """Sentences of some thousand words of these syllables."""
    draw = random.Random(seed)
    words = ["".join(draw.choices(syllables, k=draw.randint(2, 4))) for _ in range(4_000)]
    return [space.join(draw.choices(words, k=draw.randint(6, 12))) + end for _ in range(count)]


def test_sentences_with_spaces_are_split_into_byte_pairs() -> None:
    kind, reason = choose_kind(sentences(5_000, "abcdefghij", space=" "))
    assert kind == "bpe"
    assert "the median has 9 words" in reason


@pytest.mark.parametrize("end", ["", "。", "、「はい」。（終）"])  # signs do not make words of a Japanese sentence
def test_sentences_without_spaces_are_split_into_unigram_pieces(end: str) -> None:
    kind, reason = choose_kind(sentences(5_000, "あいうえお東京都", space="", end=end))
    assert kind == "unigram"
    assert "sentences without spaces" in reason


@pytest.mark.parametrize("space", [" ", ""])
def test_few_sentences_are_split_into_characters(space: str) -> None:
    assert choose_kind(sentences(400, "あいうえお東京都", space=space))[0] == "characters"


def test_long_strings_without_spaces_are_no_sentences() -> None:
    draw = random.Random(0)
    formulas = ["".join(draw.choices("CNOc1(=)[]nH@", k=40)) for _ in range(5_000)]
    assert choose_kind(formulas)[0] == "characters"


@pytest.mark.parametrize("spaced", [0.0, 0.3])
def test_texts_that_few_pieces_make_up_are_split_into_them(spaced: float) -> None:
    draw = random.Random(0)
    parts = ["tausend", "hundert", "zwanzig", "dreißig", "fünf", "sieben", "neun", "und"]
    spaces = [" " if draw.random() < spaced else "" for _ in range(1_000)]
    texts = [space.join(draw.choices(parts, k=draw.randint(4, 8))) for space in spaces]
    kind, reason = choose_kind(texts)
    assert kind == "bpe"
    assert "300 pieces" in reason
    assert choose_vocabulary_size(texts, 1_000_000)[0] == 300


def test_a_vocabulary_grows_with_the_data() -> None:
    sizes = [choose_vocabulary_size([], count)[0] for count in (100, 10**4, 10**5, 10**6, 10**7, 10**8)]
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (2_000, 32_000)
