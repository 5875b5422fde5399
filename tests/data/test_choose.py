import random
import re

import pytest

from henkan.data import choose_kind

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
