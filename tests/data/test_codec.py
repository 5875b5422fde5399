"""Characters that a vocabulary does not have can be copied from source to output."""

import json

from hypothesis import given
from hypothesis import strategies as st

from henkan.data import UNK_IDX, Codec, Tokenizer, copy_symbols, encode_pair
from henkan.data.choose_copying import MIN_PAIRS, RARE, look_for_copying, with_copying

COMMON = [(f"{kanji}{ending}く", f"{kanji}{ending}いた") for kanji in "書聞歩泣置" for ending in "あいうえお"]
RARES = [(f"{chr(0x6000 + number)}く", f"{chr(0x6000 + number)}いた") for number in range(30)]


def codec(pairs: list[tuple[str, str]], *, byte_fallback: bool = False, features: bool = False) -> Codec:
    """The codec that a training on these pairs would have, by way of JSON."""
    copying = look_for_copying(pairs)
    source = Tokenizer.train("characters", [s for s, _ in pairs], byte_fallback=byte_fallback, features=features)
    target = Tokenizer.train("characters", [t for _, t in pairs], byte_fallback=byte_fallback)
    both = (with_copying(tokenizer, copying) for tokenizer in (source, target))
    return Codec(*(Tokenizer.from_dict(json.loads(json.dumps(tokenizer.to_dict()))) for tokenizer in both))


def test_a_character_never_seen_goes_from_source_to_output() -> None:
    one = codec(COMMON + RARES)
    ids, copied = one.encode_source("鬱く")
    assert copied == ("鬱",)
    assert UNK_IDX not in ids
    assert one.decode_target(one.encode_target("鬱いた", copied), copied) == "鬱いた"


def test_two_sources_that_differ_in_unseen_characters_alone_are_one_to_the_model() -> None:
    one = codec(COMMON + RARES)
    assert one.encode_source("鬱く")[0] == one.encode_source("薔く")[0]
    assert encode_pair(one, "鬱く", "鬱いた").tgt == encode_pair(one, "薔く", "薔いた").tgt


def test_the_same_character_has_the_same_place_holder_wherever_it_stands() -> None:
    pairs = COMMON + [(f"{s}{chr(0x7000 + n)}", f"{t}{chr(0x7000 + n)}") for n, (s, t) in enumerate(RARES)]
    one = codec(pairs)
    assert one.copies == 2
    ids, copied = one.encode_source("鬱薔鬱")
    assert copied == ("鬱", "薔")
    assert ids[0] == ids[2] != ids[1]
    assert one.decode_target(one.encode_target("薔鬱", copied), copied) == "薔鬱"


def test_of_more_unseen_characters_than_place_holders_the_rest_is_unknown() -> None:
    one = codec(COMMON + RARES)
    assert one.copies == 1
    ids, copied = one.encode_source("鬱薔く")
    assert copied == ("鬱",)
    assert ids.count(UNK_IDX) == 1
    assert one.unknown("鬱薔く鬱") == ["薔"]
    assert one.taken_over("鬱薔く鬱") == ["鬱", "鬱"]
    assert one.taken_over("書く") == []


def test_with_bytes_the_rest_is_spelt() -> None:
    one = codec(COMMON + RARES, byte_fallback=True)
    ids, copied = one.encode_source("鬱薔く")
    assert UNK_IDX not in ids
    assert one.decode_target(one.encode_target("薔鬱", copied), copied) == "薔鬱"


def test_a_place_holder_for_nothing_is_shown_as_unknown() -> None:
    one = codec(COMMON + RARES)
    place = one.target.vocabulary.encode(copy_symbols(1))
    assert one.decode_target(place, ()) == "<unk>"


def test_text_that_spells_a_place_holder_is_text() -> None:
    one = codec([*COMMON, *RARES, *[(f"\x1a1{n}く", f"\x1a1{n}いた") for n in range(RARE)]])
    ids, copied = one.encode_source("\x1a1く")
    assert copied == ()
    assert one.source.vocabulary.encode(copy_symbols(1))[0] not in ids
    assert one.decode_target(one.encode_target("\x1a1", copied), copied) == "\x1a1"


def test_a_tag_is_never_copied() -> None:
    one = codec([(f"{s}\tV;PST", t) for s, t in COMMON + RARES], features=True)
    ids, copied = one.encode_source("鬱く\tV;FUT")
    assert copied == ("鬱",)
    assert ids[-1] == UNK_IDX
    assert one.unknown("鬱く\tV;FUT") == ["FUT"]


def test_a_newline_is_never_copied_and_lets_tags_be_tags() -> None:
    one = codec([(f"{s}\tV;PST", t) for s, t in COMMON + RARES], features=True)
    (kanji, ending, *tags), copied = one.encode_source("鬱く\tV;PST")
    assert one.encode_source("鬱\nく\tV;PST") == ([kanji, UNK_IDX, ending, *tags], copied)
    assert one.unknown("鬱\nく\tV;PST") == ["\n"]


@given(source=st.text("書聞くいた鬱薔"), target=st.text("書聞くいた鬱薔"))
def test_what_the_source_brings_comes_back(source: str, target: str) -> None:  # T38
    one = codec(COMMON + RARES)
    _, copied = one.encode_source(source)
    decoded = one.decode_target(one.encode_target(target, copied), copied)
    kept = set(copied) | set("書聞いた")  # no target of the training has the く
    assert decoded == "".join(character if character in kept else "<unk>" for character in target)


def test_without_place_holders_a_codec_is_its_tokenizers() -> None:
    source, target = (Tokenizer.train("characters", ["abc"]) for _ in range(2))
    one = Codec(source, target)
    assert one.copies == 0
    assert one.encode_source("axc") == (source.encode("axc"), ())
    assert one.decode_target(target.encode("cab")) == "cab"
    assert one.unknown("axc") == ["x"]


# Whether it pays


def test_rare_characters_are_those_of_few_different_sources() -> None:
    pairs = [("aQ", "a"), ("aQ", "b"), *[(f"a{n}", "a") for n in range(RARE)], *[("zz", "z")] * 9]
    assert look_for_copying(pairs).rare == {"Q", "z", *"01234"}


def test_a_character_that_some_target_writes_by_itself_stays_in_the_vocabularies() -> None:
    pairs = [*COMMON, *RARES, ("Qく", "Qいた"), ("qく", "Qいた")]  # Q is rare, but not only taken over
    assert "Q" not in look_for_copying(pairs).rare
    one = codec(pairs)
    assert one.decode_target(one.encode_target("Qいた", ()), ()) == "Qいた"


@given(st.lists(st.tuples(st.text("ab鬱薔Q"), st.text("ab鬱薔Q")), min_size=1, max_size=30))
def test_every_training_target_comes_back_whatever_is_left_out(pairs: list[tuple[str, str]]) -> None:
    one = codec(pairs)
    for source, target in pairs:
        ids, copied = one.encode_source(source)
        assert len(copied) == len(set(copied)) <= one.copies
        if len(set(source)) <= one.copies:  # otherwise some have no place-holder
            assert UNK_IDX not in ids
            assert one.decode_target(one.encode_target(target, copied), copied) == target


def test_copying_pays_where_targets_have_the_rare_characters_of_their_sources() -> None:
    found = look_for_copying(COMMON + RARES)
    assert found.pays
    assert (found.pairs, found.share, found.most, found.places) == (30, 1.0, 1, 1)
    assert not look_for_copying([(source, "カク") for source, _ in COMMON + RARES]).pays  # a reading
    assert not look_for_copying(COMMON + RARES[: MIN_PAIRS - 1]).pays
