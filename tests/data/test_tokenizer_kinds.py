"""Words, sub-words, bytes and tags: whatever the kind, a text comes back as it was."""

import json
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from henkan.data import KINDS, UNK_IDX, Kind, Tokenizer
from henkan.data.learn_subwords import word_splitter
from henkan.data.subwords import pieces_of
from henkan.data.words import split_words

SUBWORDS: tuple[Kind, ...] = ("bpe", "unigram")
TEXTS = [
    *[
        "the cat sat on the mat .",
        "the  dog sat, too!",
        " a cat and a dog",
        "cats and dogs: dogs and cats",
        "<unk> [PAD]",
    ],
    *[
        "東京は日本の首都です。",
        "日本の東京と京都",
        "京都も日本です。",
        "\u3000全角",
        "naïve café",
        "e\u0301 é",
        "🙂👩‍👩‍👧 🙂",
    ],
] * 5
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" + (
    "\u2028\u2029\u202f\u205f\u3000"
)
TRICKY = [
    "",
    " ",
    "  ",
    "a  b",
    " a",
    "a ",
    "\t",
    "\u3000x",
    "\xa0",
    "▁a",
    "Ġa",
    "##a",
    "<unk>",
    "<s>",
    "[PAD]",
    "<0xE3>",
    "\0",
]


@cache
def trained(kind: Kind, byte_fallback: bool = True) -> Tokenizer:
    """A small tokenizer, by way of JSON."""
    size = 80 if kind in (*SUBWORDS, "words") else None
    tokenizer = Tokenizer.train(kind, TEXTS, vocabulary_size=size, byte_fallback=byte_fallback)
    return Tokenizer.from_dict(json.loads(json.dumps(tokenizer.to_dict())))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [*TRICKY, *TEXTS[:12]])
def test_with_bytes_every_text_comes_back(kind: Kind, text: str) -> None:  # T38
    assert trained(kind).decode(trained(kind).encode(text)) == text


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(st.characters(codec="utf-8")))
@example("²Pk")
@example("e\u0301\u200d🙂\u3000 \u2028")
def test_with_bytes_any_text_at_all_comes_back(kind: Kind, text: str) -> None:  # T38
    ids = trained(kind).encode(text)
    assert UNK_IDX not in ids
    assert trained(kind).decode(ids) == text


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(st.characters()))
def test_symbols_put_together_are_the_text(kind: Kind, text: str) -> None:
    tokenizer = trained(kind, byte_fallback=False)
    assert tokenizer.join(tokenizer.split(text)) == text


@pytest.mark.parametrize("kind", KINDS)
def test_without_bytes_what_training_never_showed_is_unknown(kind: Kind) -> None:
    tokenizer = trained(kind, byte_fallback=False)
    assert UNK_IDX in tokenizer.encode("cat 鬱")
    assert "<unk>" in tokenizer.decode(tokenizer.encode("cat 鬱"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("byte_fallback", [False, True])
def test_many_texts_at_once_have_the_ids_that_each_has_alone(kind: Kind, byte_fallback: bool) -> None:
    tokenizer = trained(kind, byte_fallback)
    texts = [*TRICKY, *TEXTS, "鬱 X Y"]
    assert tokenizer.encode_batch(texts) == [tokenizer.encode(text) for text in texts]


@pytest.mark.parametrize("kind", KINDS)
@given(texts=st.lists(st.text(st.characters() | st.sampled_from("the cat\0東京"))))
def test_batches_of_any_texts_have_the_ids_that_each_has_alone(kind: Kind, texts: list[str]) -> None:
    for byte_fallback in (False, True):
        tokenizer = trained(kind, byte_fallback)
        assert tokenizer.encode_batch(texts) == [tokenizer.encode(text) for text in texts]


@pytest.mark.parametrize("kind", KINDS)
def test_tagged_texts_at_once_have_the_ids_that_each_has_alone(kind: Kind) -> None:
    texts = [*FORMS, "run\tV;FUT", "鬱\tV", "\t", ""]
    assert tagged(kind).encode_batch(texts) == [tagged(kind).encode(text) for text in texts]
    assert tagged(kind).encode_batch([]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_have_ids_of_their_own(kind: Kind) -> None:
    """A text that spells a byte, as other tools write it, is no byte."""
    tokenizer = trained(kind)
    spelt, byte = tokenizer.encode("<0x41>"), tokenizer.vocabulary.encode(["鬱"])
    assert byte == [4 + value for value in "鬱".encode()]
    assert tokenizer.decode(spelt) == "<0x41>"
    assert len(tokenizer.vocabulary) == 4 + 256 + len(tokenizer.vocabulary.symbols)


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    tokenizer = trained("characters")
    [first, *_] = tokenizer.vocabulary.encode(["鬱"])
    assert tokenizer.decode([first, *tokenizer.encode("cat")]) == "\ufffdcat"


def test_bytes_never_make_text_that_cannot_be_written() -> None:
    """A model may write the three bytes that would be half a character of UTF-16."""
    ids = [4 + byte for byte in b"\xed\xa0\x80"]
    assert trained("characters").decode(ids).encode("utf-8").decode("utf-8") == "\ufffd" * 3
    assert trained("characters").decode(trained("characters").encode("a\ud800")) == "a" + "\ufffd" * 3


def test_symbols_never_seen_are_named_whether_bytes_carry_them_or_not() -> None:
    for byte_fallback in (False, True):
        assert trained("characters", byte_fallback).unknown("cat鬱Z") == ["鬱", "Z"]
        assert trained("bpe", byte_fallback).unknown("cat鬱Z") == ["鬱", "Z"]
        assert trained("words", byte_fallback).unknown("the zebra") == [" zebra"]


def test_words_have_the_space_before_them() -> None:
    assert split_words("a  cat, 2 cats!") == ["a", " ", " cat", ",", " 2", " cats", "!"]
    assert split_words("e\u0301te\u0301 हिन्दी") == ["e\u0301te\u0301", " हिन्दी"]  # marks are no signs


@given(text=st.text(st.characters(max_codepoint=0x1FFF, exclude_categories=["Cn"])))  # the same in all versions
def test_sub_words_end_where_words_do(text: str) -> None:
    """The library's expression and that of Python cut alike, but for signs that count as spaces in one of them."""
    text = "".join(character for character in text if character.isspace() == (character in WHITE_SPACE))
    assert [word for word, _ in word_splitter().pre_tokenize_str(text)] == split_words(text)


@pytest.mark.parametrize("kind", SUBWORDS)
def test_pieces_are_fewer_than_characters_and_limited_in_number(kind: Kind) -> None:
    tokenizer = trained(kind, byte_fallback=False)
    assert 0 < len(tokenizer.vocabulary.symbols) <= 80
    assert len(tokenizer.split("the cat sat")) < len("the cat sat")
    for piece in tokenizer.vocabulary.symbols:
        assert len(split_words(piece)) == 1 or piece.isspace(), piece  # no piece reaches over the end of a word


@pytest.mark.parametrize("kind", SUBWORDS)
def test_the_vocabulary_holds_the_pieces_of_the_model(kind: Kind) -> None:
    data = trained(kind).to_dict()
    assert pieces_of(kind, data["model"]) == data["symbols"]


def test_the_vocabulary_of_words_holds_the_most_frequent() -> None:
    tokenizer = Tokenizer.train("words", ["a b b", "a b c"], vocabulary_size=16, min_count=2)
    assert tokenizer.vocabulary.symbols == (" b", "a")


BPE = {"unk_token": "\0", "vocab": {"a": 0, "b": 1, "ab": 2, "\0": 3}, "merges": [["a", "b"]]}
UNIGRAM = {"unk_id": 0, "vocab": [["\0", -100.0], ["a", -1.0], ["b", -1.5]]}


def test_a_model_that_is_sound_is_read() -> None:
    bpe = Tokenizer.from_dict({"kind": "bpe", "symbols": ["a", "b", "ab"], "model": BPE})
    assert bpe.split("abba") == ["ab", "b", "a"]
    unigram = Tokenizer.from_dict({"kind": "unigram", "symbols": ["a", "b"], "model": UNIGRAM})
    assert unigram.encode("ba") == [5, 4]


@pytest.mark.parametrize(
    ("data", "text", "ids"),
    [
        ({"kind": "words", "symbols": ["a", " cat"]}, "a cat", [4, 5]),
        ({"kind": "words", "symbols": ["a", " cat"], "bytes": True}, "a cat!", [260, 261, 4 + ord("!")]),
        (
            {"kind": "separator", "symbols": ["a", ""], "separator": "|", "bytes": True},
            "a||b",
            [260, 261, 4 + ord("b")],
        ),
        ({"kind": "characters", "symbols": ["a", "\nV"], "features": True}, "a\tV", [4, 5]),
        ({"kind": "bpe", "symbols": ["a", "b", "ab", "\nV"], "model": BPE, "features": True}, "ab\tV", [6, 7]),
        ({"kind": "unigram", "symbols": ["a", "b"], "model": UNIGRAM, "bytes": True}, "abc", [260, 261, 4 + ord("c")]),
    ],
)
def test_what_this_version_stores_is_read_by_later_ones(data: dict[str, object], text: str, ids: list[int]) -> None:
    tokenizer = Tokenizer.from_dict(data)
    assert tokenizer.encode(text) == ids
    assert tokenizer.decode(ids) == text
    assert tokenizer.to_dict() == data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "syllables", "symbols": []}, "choose one of characters, separator, words, bpe, unigram"),
        ({"kind": "bpe", "symbols": []}, "needs a 'model'"),
        ({"kind": "bpe", "symbols": ["a", "b"], "model": BPE}, "is damaged"),
        *(
            ({"kind": "bpe", "symbols": ["a", "b", "ab"], "model": {**BPE, **change}}, "is damaged")
            for change in (
                {"dropout": 0.5},  # the library would cut differently each time
                {"type": "WordLevel"},
                {"continuing_subword_prefix": "##"},  # the library would panic
                {"unk_token": None},
                {"vocab": []},
                {"vocab": {"a": 0, "b": 1, "ab": 2}},
                {"vocab": {"a": 0, "b": 1, "ab": 9, "\0": 3}},
                {"vocab": {"a": 0, "b": 1, "ab": "2", "\0": 3}},
                {"merges": [["a"]]},
                {"merges": [["b", "a"]]},
                {"merges": ["a b"]},
                {"merges": None},
            )
        ),
        *(
            ({"kind": "unigram", "symbols": ["a", "b"], "model": {**UNIGRAM, **change}}, "is damaged")
            for change in (
                {"byte_fallback": True},
                {"unk_id": 1},
                {"vocab": "x"},
                {"vocab": [["a", -1.0], ["b", -1.5]]},
                {"vocab": [["\0", -100.0], ["a", -1.0], ["a", -1.5]]},
                {"vocab": [["\0", -100.0], ["a", -1.0], ["b", float("nan")]]},
                {"vocab": [["\0", -100.0], ["a", -1.0], ["b"]]},
            )
        ),
    ],
)
def test_a_damaged_tokenizer_is_refused(data: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Tokenizer.from_dict(data)


def test_a_size_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="vocabulary_size=3 must be at least"):
        Tokenizer.train("bpe", TEXTS, vocabulary_size=3)
    with pytest.raises(ValueError, match="needs a vocabulary_size"):
        Tokenizer.train("unigram", TEXTS)


# Tags


FORMS = ["run\tV;PST", "go\tV;PST", "walk\tV;V.PTCP;PRS", "N\tN;PL", "no tags"]


@cache
def tagged(kind: Kind = "characters", byte_fallback: bool = False) -> Tokenizer:
    size = 60 if kind in SUBWORDS else None
    texts = FORMS * 4
    tokenizer = Tokenizer.train(kind, texts, vocabulary_size=size, byte_fallback=byte_fallback, features=True)
    return Tokenizer.from_dict(json.loads(json.dumps(tokenizer.to_dict())))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", FORMS)
def test_a_tag_is_one_symbol_and_no_character(kind: Kind, text: str) -> None:
    tokenizer = tagged(kind)
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.kind == kind
    one, both = tokenizer.encode("N\tN"), tokenizer.encode("N\tN;PL")
    assert len(both) == len(one) + 1
    assert one[-1] != one[0]


# Half a character is no text: test_bytes_never_make_text_that_cannot_be_written says what becomes of one.
@given(
    text=st.text(st.characters(exclude_characters="\t\n", exclude_categories=["Cs"])),
    tags=st.permutations(["V", "PST", "PL", "N"]),
)
def test_tags_keep_their_order_and_the_text_its_characters(text: str, tags: list[str]) -> None:
    source = f"{text}\t{';'.join(tags)}"
    tokenizer = tagged(byte_fallback=True)
    assert tokenizer.decode(tokenizer.encode(source)) == source


def test_the_tags_stand_behind_the_last_tab() -> None:
    assert tagged().split("a\tb\tV;PST") == ["a", "\t", "b", "\nV", "\nPST"]
    assert tagged().join(tagged().split("a\tb\tV;PST")) == "a\tb\tV;PST"


@pytest.mark.parametrize("byte_fallback", [False, True])
def test_a_tag_that_training_never_showed_is_unknown_and_not_spelt(byte_fallback: bool) -> None:
    tokenizer = tagged(byte_fallback=byte_fallback)
    assert tokenizer.encode("run\tV;FUT")[-1] == UNK_IDX
    assert tokenizer.unknown("run\tV;FUT") == ["FUT"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("byte_fallback", [False, True])
@pytest.mark.parametrize("head", ["N\nN", "\nrun", "go\n\nno", "N \nV"])
def test_a_newline_before_the_tags_is_text_and_no_tag(kind: Kind, byte_fallback: bool, head: str) -> None:
    tokenizer = tagged(kind, byte_fallback)
    tags = tokenizer.encode("N\tV;PST")[-2:]
    ids = tokenizer.encode(f"{head}\tV;PST")
    assert ids == [*tokenizer.encode(head), *tags]
    assert tokenizer.encode_batch([f"{head}\tV;PST"]) == [ids]
    assert len(tokenizer.labels(f"{head}\tV;PST")) == len(ids)
    assert tokenizer.unknown(f"{head}\tV;FUT") == [*tokenizer.unknown(head), "FUT"]
    if kind == "characters":
        assert tokenizer.encode_symbols(tokenizer.split(f"{head}\tV;PST")) == ids
        assert tokenizer.unknown(head).count("\n") == head.count("\n")


# Units of error rates


def test_error_rates_count_symbols_where_they_mean_something_and_characters_elsewhere() -> None:
    assert trained("separator").units("HH AH") == ["HH", "AH"]
    for kind in ("characters", "words", *SUBWORDS):
        assert trained(kind).units("a cat") == list("a cat")
    assert tagged().units("ab") == ["a", "b"]
