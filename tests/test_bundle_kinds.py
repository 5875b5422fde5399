"""What is promised of outputs holds for every kind of tokenizer, with bytes, copied characters and tags too."""

from collections.abc import Callable
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from henkan.bundle import Bundle, Ensemble, Limits
from henkan.data import EOS_IDX, UNK_IDX, Kind, Tokenizer
from henkan.data.choose_copying import look_for_copying, with_copying
from henkan.decoding import BeamSearch, Greedy, Sampling, Strategy
from henkan.nn import Transformer

TEXTS = ["the cat sat", "a dog and a cat", "東京の cat", "dogs, cats!", "the  end"] * 6
SOURCES = ["the cat", "", "dogs and  a cat!", "東京", "鬱 unseen", "a", "薔 薇 the cat", "cat" * 5]
STRATEGIES = [Greedy(), BeamSearch(3, 0.6, 2), Sampling(1.2)]


def tokenizer(kind: Kind, *, byte_fallback: bool = False) -> Tokenizer:
    size = 60 if kind in ("words", "bpe", "unigram") else None
    return Tokenizer.train(kind, TEXTS, vocabulary_size=size, byte_fallback=byte_fallback)


def copying() -> tuple[Tokenizer, Tokenizer]:
    pairs = [(f"{chr(0x6000 + n)}{chr(0x7000 + n)}ab", f"ba{chr(0x6000 + n)}") for n in range(30)]
    found = look_for_copying(pairs)
    both = (Tokenizer.train("characters", texts) for texts in zip(*pairs, strict=True))
    source, target = (with_copying(each, found) for each in both)
    return source, target


WAYS: dict[str, Callable[[], tuple[Tokenizer, Tokenizer]]] = {
    "characters": lambda: (tokenizer("characters"), tokenizer("characters")),
    "characters with bytes": lambda: (tokenizer("characters", byte_fallback=True),) * 2,
    "words": lambda: (tokenizer("words"), tokenizer("words", byte_fallback=True)),
    "bpe": lambda: (tokenizer("bpe", byte_fallback=True),) * 2,
    "unigram to bpe": lambda: (tokenizer("unigram"), tokenizer("bpe")),
    "separator": lambda: (tokenizer("characters"), tokenizer("separator", byte_fallback=True)),
    "copying": copying,
}


@cache
def bundle(way: str) -> Bundle:
    """A random model in double precision, whose outputs differ from source to source, and end."""
    source, target = WAYS[way]()
    torch.manual_seed(2)
    model = Transformer(len(source.vocabulary), len(target.vocabulary), 16, 1, 2, 32, 80).double().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "cross_attention" in name:
                parameter.mul_(4.0)
        model.output_projection.weight.normal_()
        model.output_projection.bias[UNK_IDX] = -100.0
        model.output_projection.bias[EOS_IDX] = 3.0
    return Bundle(model, source, target, Limits(60, 12), {}, {})


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
@pytest.mark.parametrize("way", WAYS)
@given(order=st.permutations(range(len(SOURCES))))
@settings(max_examples=4, deadline=None)
def test_an_output_depends_on_its_source_alone(way: str, strategy: Strategy, order: list[int]) -> None:  # T10
    alone = [bundle(way).predict([source], strategy, lines=[line])[0] for line, source in enumerate(SOURCES)]
    together = bundle(way).predict([SOURCES[place] for place in order], strategy, lines=order)
    for place, found in zip(order, together, strict=True):
        assert [one.text for one in found] == [one.text for one in alone[place]]
        assert [one.log_prob for one in found] == pytest.approx([one.log_prob for one in alone[place]])


@pytest.mark.parametrize("way", ["characters", "copying"])  # of which a text is spelt in one way
def test_the_likelihood_of_an_output_is_the_one_that_scoring_gives_it(way: str) -> None:  # T16
    sources = [source for source in SOURCES if source]
    found = bundle(way).predict(sources, BeamSearch(4, 0.0, 4))
    ended = [
        (source, one)
        for source, row in zip(sources, found, strict=True)
        for one in row
        if one.ended and "<unk>" not in one.text
    ]
    scores = bundle(way).score([(source, one.text) for source, one in ended])
    assert [score.log_prob for score in scores] == pytest.approx([one.log_prob for _, one in ended])
    assert len(ended) >= 4


def test_a_character_copied_into_the_output_is_that_of_its_source() -> None:
    found = [bundle("copying").predict([f"{character}b"])[0][0].text for character in "鬱薔薇"]
    rest = [text.replace(character, "·") for text, character in zip(found, "鬱薔薇", strict=True)]
    assert len(set(rest)) == 1  # to the model they are one source


@pytest.mark.parametrize("way", WAYS)
def test_blank_stays_blank(way: str) -> None:
    assert bundle(way).predict(["", "  ", "\u3000"]) == [bundle(way).predict([""])[0]] * 3


BEGINNINGS = st.sampled_from(TEXTS).flatmap(lambda text: st.integers(0, len(text)).map(lambda end: text[:end]))


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
@pytest.mark.parametrize("way", [way for way in WAYS if way != "copying"])
@given(prefix=BEGINNINGS)
@settings(max_examples=8, deadline=None)
def test_an_output_begins_with_its_prefix_wherever_that_breaks_off(way: str, strategy: Strategy, prefix: str) -> None:
    for found in bundle(way).predict(["the cat", "東京"], strategy, prefixes=[prefix] * 2, max_len=60):  # T44
        assert all(one.text.startswith(prefix) for one in found)


def test_a_prefix_may_hold_the_copied_character_of_its_source_and_no_other() -> None:
    (found,) = bundle("copying").predict(["鬱b"], prefixes=["a鬱"])[0]
    assert found.text.startswith("a鬱")
    with pytest.raises(ValueError, match="line 1: no output begins with 'a鬱', because the model cannot write '鬱'"):
        bundle("copying").predict(["薔b"], prefixes=["a鬱"])


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_a_model_with_itself_is_the_model(way: str, strategy: Strategy) -> None:  # T45
    alone = bundle(way).predict(SOURCES, strategy)
    together = Ensemble((bundle(way),) * 2).predict(SOURCES, strategy)
    for found, expected in zip(together, alone, strict=True):
        assert [one.text for one in found] == [one.text for one in expected]
        assert [one.log_prob for one in found] == pytest.approx([one.log_prob for one in expected])


@pytest.mark.parametrize("way", WAYS)
def test_several_outputs_are_different_texts_best_first(way: str) -> None:  # T16
    for found in bundle(way).predict(SOURCES, BeamSearch(6, 0.6, 4)):
        assert len({one.text for one in found}) == len(found)
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
