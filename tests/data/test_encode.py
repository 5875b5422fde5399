"""Encoding many examples at once is encoding one after the other."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from henkan.data import Example, Tokenizer, Vocabulary, iter_encoded
from henkan.data import encode as encode_module
from henkan.data.codec import Codec, copy_symbols
from henkan.data.encode import encode_arrays
from henkan.data.tokenizers import CharacterTokenizer

TEXT = st.text(alphabet="ab cé日𠮷\ud800\0", max_size=7)
EXAMPLES = st.lists(st.builds(Example, TEXT, st.lists(TEXT, max_size=3).map(tuple), st.integers(0, 2**33)), max_size=8)
TRAINING = ["ab c", "b日a", "a b", "c ab", "日𠮷"]


def tokenizers() -> Iterator[Tokenizer]:
    for kind in ("characters", "separator", "words"):
        for byte_fallback in (False, True):
            yield Tokenizer.train(kind, TRAINING, byte_fallback=byte_fallback)
    yield Tokenizer.train("bpe", TRAINING * 9, vocabulary_size=300, byte_fallback=True)
    yield Tokenizer.train("characters", [f"{text}\tX;Y" for text in TRAINING], features=True)


@pytest.mark.parametrize("target", list(tokenizers()), ids=lambda tokenizer: f"{type(tokenizer).__name__}")
@given(examples=EXAMPLES)
@settings(deadline=None, max_examples=25)
def test_encoding_at_once_is_encoding_one_by_one(target: Tokenizer, examples: list[Example]) -> None:
    source = Tokenizer.train("characters", TRAINING)
    assert list(encode_arrays(examples, source, target)) == list(iter_encoded(examples, source, target))
    assert list(encode_arrays(examples, target, source)) == list(iter_encoded(examples, target, source))


@given(examples=EXAMPLES)
def test_what_is_copied_in_a_target_is_what_its_source_has(examples: list[Example]) -> None:
    tokenizer = CharacterTokenizer(Vocabulary(["a", "b", *copy_symbols(2)]))
    assert Codec(tokenizer, tokenizer).copies == 2
    assert list(encode_arrays(examples, tokenizer, tokenizer)) == list(iter_encoded(examples, tokenizer, tokenizer))


@pytest.mark.parametrize("block", [1, 3])
def test_the_size_of_a_block_changes_nothing(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    examples = [Example("ab", ("b", "日"), 1), Example("c", ("",), 2), Example("xé", ("a b", "c", "x"), 9)]
    tokenizer = Tokenizer.train("characters", TRAINING)
    monkeypatch.setattr(encode_module, "BLOCK", block)
    assert list(encode_arrays(examples, tokenizer, tokenizer)) == list(iter_encoded(examples, tokenizer, tokenizer))


def test_a_symbol_takes_one_byte_with_a_small_vocabulary() -> None:
    tokenizer = Tokenizer.train("characters", TRAINING)
    arrays = encode_arrays([Example("ab", ("ba",), 7)] * 100, tokenizer, tokenizer)
    assert (arrays.src.ids.itemsize, arrays.tgt.ids.itemsize) == (1, 1)
    assert arrays.lines.itemsize == 1
