import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from henkan.data import NUM_SPECIALS, UNK_IDX, CharacterTokenizer, SeparatorTokenizer, Tokenizer, Vocabulary

# What breaks careless tokenizers: reserved words typed literally, separators in a row, line separators of Unicode,
# both normal forms of one character, characters beyond 16 bits.
PIECES = [
    "<s>",
    "</s>",
    "<unk>",
    "<pad>",
    "[PAD]",
    "<bos>",
    " ",
    "  ",
    "|",
    "\u2028",
    "\u0085",
    "\u3000",
    "が",
    "か\u3099",
    "😀",
]
texts = st.lists(st.text() | st.sampled_from(PIECES), max_size=6).map("".join)
tokenizers = st.sampled_from([("characters", " "), ("separator", " "), ("separator", "|"), ("separator", "<s>")])


@given(st.lists(texts), texts, tokenizers)
@settings(deadline=None)
def test_text_of_known_symbols_survives_a_round_trip(others: list[str], text: str, kind_and_separator: tuple[str, str]):
    kind, separator = kind_and_separator
    tokenizer = Tokenizer.train(kind, [*others, text], separator)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert all(idx >= NUM_SPECIALS for idx in ids), "known text became a special token"
    assert tokenizer.unknown(text) == []


@given(st.lists(texts), tokenizers)
@settings(deadline=None)
def test_tokenizer_survives_a_round_trip_through_json(data: list[str], kind_and_separator: tuple[str, str]):
    kind, separator = kind_and_separator
    tokenizer = Tokenizer.train(kind, data, separator)
    assert Tokenizer.from_dict(json.loads(json.dumps(tokenizer.to_dict()))) == tokenizer


def test_characters_are_code_points_and_separated_symbols_stand_between_separators():
    assert CharacterTokenizer(Vocabulary([])).split("か\u3099 b") == ["か", "\u3099", " ", "b"]
    assert SeparatorTokenizer(Vocabulary([])).split("HH AH  L") == ["HH", "AH", "", "L"]
    assert SeparatorTokenizer(Vocabulary([])).split("") == []


def test_unseen_symbols_become_unknown_and_are_named_in_order():
    tokenizer = Tokenizer.train("characters", ["abc"])
    assert tokenizer.encode("axbyx").count(UNK_IDX) == 3
    assert tokenizer.unknown("axbyx") == ["x", "y", "x"]
    assert tokenizer.decode(tokenizer.encode("axb")) == "a<unk>b"


def test_unseen_phone_is_unknown_even_if_its_characters_were_seen():
    tokenizer = Tokenizer.train("separator", ["A B"])
    assert tokenizer.unknown("A AB B") == ["AB"]
    assert tokenizer.decode(tokenizer.encode("A AB B")) == "A <unk> B"


def test_text_is_not_normalised():
    tokenizer = Tokenizer.train("characters", ["が"])
    assert tokenizer.unknown("か\u3099") == ["か", "\u3099"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "syllables", "symbols": []}, "'syllables' is unknown: choose one of characters, separator"),
        ({"symbols": []}, "None is unknown"),
        ({"kind": "characters"}, "'symbols', a list of strings"),
        ({"kind": "characters", "symbols": ["a", 1]}, "'symbols', a list of strings"),
        ({"kind": "characters", "symbols": "ab"}, "'symbols', a list of strings"),
        ({"kind": "separator", "symbols": [], "separator": ""}, "separator='' must be"),
        ({"kind": "separator", "symbols": [], "separator": 1}, "separator=1 must be"),
    ],
)
def test_damaged_description_of_a_tokenizer_is_an_error_that_says_what_is_wrong(data: dict, message: str):
    with pytest.raises(ValueError, match=message):
        Tokenizer.from_dict(data)
