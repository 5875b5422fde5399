"""What can be asked of a prediction beside its source: a beginning, an override, several different texts."""

from collections.abc import Iterable

import pytest
from bundles import SOURCES, random_bundle, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from henkan import decoding
from henkan.bundle import BLANK, Prediction, predict
from henkan.data import Codec, Copied
from henkan.decoding import BeamSearch, Greedy, Hypothesis, Sampling, Strategy

STRATEGIES = [Greedy(), BeamSearch(3, 0.6, 3), Sampling(1.5)]

# A beginning of the output


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
@given(prefixes=st.lists(st.text("ABCDEFにほんご", max_size=4), min_size=len(SOURCES), max_size=len(SOURCES)))
@settings(max_examples=10, deadline=None)
def test_an_output_starts_with_its_prefix(strategy: Strategy, prefixes: list[str]) -> None:  # T44
    predictions = random_bundle().predict(SOURCES, strategy, prefixes=prefixes)
    for prefix, found in zip(prefixes, predictions, strict=True):
        assert all(one.text.startswith(prefix) for one in found)


def test_a_prefix_that_greedy_decoding_writes_anyway_changes_nothing() -> None:  # T44
    bundle = random_bundle()
    for length in range(4):
        free = bundle.predict(SOURCES)
        led = bundle.predict(SOURCES, prefixes=[found[0].text[:length] for found in free])
        assert [found[0].text for found in led] == [found[0].text for found in free]
        assert [found[0].log_prob for found in led] == pytest.approx([found[0].log_prob for found in free], abs=1e-4)


def test_the_prefix_of_a_line_is_no_other_lines_business() -> None:  # T10
    bundle = random_bundle()
    prefixes = ["", "AB", "", "に", "", "", "F", "", "", ""]
    alone = [
        bundle.predict([source], prefixes=[prefix])[0][0].text for source, prefix in zip(SOURCES, prefixes, strict=True)
    ]
    assert texts(bundle, SOURCES, prefixes=prefixes) == alone


def test_a_prefix_of_symbols_between_spaces_is_text() -> None:
    bundle = random_bundle(target_kind="separator")
    for prefix in ("AA", "AA B", "CH D EH"):
        assert all(text.startswith(prefix) for text in texts(bundle, SOURCES, prefixes=[prefix] * len(SOURCES)))


@pytest.mark.parametrize(("kind", "prefix", "named"), [("characters", "Aé", "'é'"), ("separator", "AA C", "'C'")])
def test_a_prefix_the_model_cannot_write_is_named_before_anything_is_decoded(
    kind: str, prefix: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "generate", lambda *_, **__: pytest.fail("something was decoded"))
    with pytest.raises(ValueError, match=f"line 8: no output begins with '{prefix}'.* cannot write {named}"):
        random_bundle(target_kind=kind).predict(["a", "b"], prefixes=["", prefix], lines=[7, 8])


def test_a_prefix_as_long_as_an_output_may_be_is_named() -> None:
    with pytest.raises(ValueError, match="line 1: the prefix 'AAAA' has 4 symbols, but an output 4 at most"):
        random_bundle().predict(["a"], prefixes=["AAAA"], max_len=4)


def test_a_blank_line_stays_blank_whatever_its_prefix() -> None:
    assert random_bundle().predict(["", "\u3000"], prefixes=["A", "unwritable"]) == [[BLANK], [BLANK]]


# Overrides


def test_a_line_of_the_dictionary_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "generate", lambda *_, **__: pytest.fail("something was decoded"))
    found = random_bundle().predict(["xé", "a" * 99], dictionary={"xé": "any text", "a" * 99: "too long to decode"})
    assert found == [[Prediction(text, 0.0, 0.0, ended=True)] for text in ("any text", "too long to decode")]


def test_the_dictionary_is_for_whole_lines_and_for_no_others() -> None:
    bundle = random_bundle()
    expected = texts(bundle, SOURCES)
    expected[1] = "Z"
    assert texts(bundle, SOURCES, dictionary={"a": "Z", "ab": "no line", "": "blank stays blank"}) == expected


def test_a_prefix_that_the_dictionary_contradicts_wins() -> None:
    bundle = random_bundle()
    found = bundle.predict(["a", "a", "a"], prefixes=["", "AB", ""], dictionary={"a": "Z"})
    assert [found[0][0].text, found[2][0].text] == ["Z", "Z"]
    assert found[1][0].text.startswith("AB")


# Several outputs


class TwoSpellings(Codec):
    """A codec of which two symbols are written alike, as sub-words can be."""

    def decode_target(self, ids: Iterable[int], copied: Copied = ()) -> str:
        return super().decode_target(ids, copied).replace("A", "B").replace("に", "B")


@pytest.mark.parametrize("width", [2, 4, 8])
def test_several_outputs_are_different_texts_as_many_as_the_beam_holds(width: int) -> None:
    bundle = random_bundle()
    codec = TwoSpellings(bundle.source_tokenizer, bundle.target_tokenizer)
    for n_best in range(2, width + 1):
        request = predict.Request(BeamSearch(width, 0.6, n_best), 10, 0, range(10), [""] * 10, {})
        found = predict.predict_texts(bundle.engine, codec, SOURCES, request)
        everything = bundle.predict(SOURCES, BeamSearch(width, 0.6, width))
        for row, whole in zip(found, everything, strict=True):
            best: dict[str, float] = {}
            for one in whole:  # best first
                best.setdefault(one.text.replace("A", "B").replace("に", "B"), one.score)
            expected = list(best.items())[:n_best]
            assert [one.text for one in row] == [text for text, _ in expected]
            assert [one.score for one in row] == pytest.approx([score for _, score in expected], abs=1e-4)


def test_these_outputs_do_have_equal_texts() -> None:
    bundle = random_bundle()
    codec = TwoSpellings(bundle.source_tokenizer, bundle.target_tokenizer)
    rows = bundle.predict(SOURCES, BeamSearch(8, 0.6, 8))
    spelt = [[codec.decode_target(codec.encode_target(one.text, ())) for one in row] for row in rows]
    assert any(len(set(row)) < len(row) for row in spelt)


def test_only_rows_with_equal_texts_are_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[int, int]] = []
    generate = decoding.generate

    def counted(*arguments: object, **options: object) -> list[list[Hypothesis]]:
        calls.append((len(options["seeds"]), options["strategy"].n_best))  # type: ignore[arg-type, attr-defined]
        return generate(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(decoding, "generate", counted)
    random_bundle().predict(SOURCES, BeamSearch(4, 0.6, 2))
    assert calls == [(len(SOURCES), 2)]
