"""Which tokenizers a training gets, from its data and from what was asked."""

import random
from dataclasses import asdict
from pathlib import Path

import pytest

from henkan.config import DataConfig
from henkan.data import EOS_IDX, FeatureTokenizer
from henkan.workflow.plan_tokenizers import Tokenizers, plan_tokenizers, tokenizers_again
from henkan.workflow.target import load_target
from henkan.workflow.train import train
from henkan.workflow.wishes import Overrides, Wishes


def plan(
    path: Path, rows: list[tuple[str, ...]], wished: dict[str, object] | None = None, **model: object
) -> Tokenizers:
    """The tokenizers for a file of these rows."""
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return plan_tokenizers(load_target(str(path), DataConfig(), {}), Wishes({"data": wished or {}, "model": model}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pairs.tsv"


def sentences(count: int, alphabet: str, *, spaces: bool, seed: int = 1) -> list[str]:
    """Random sentences over some thousand words."""
    draw = random.Random(seed)
    words = ["".join(draw.choices(alphabet, k=draw.randint(2, 7))) for _ in range(4_000)]
    return [(" " if spaces else "").join(draw.choices(words, k=draw.randint(6, 12))) for _ in range(count)]


def reason(found: Tokenizers, option: str) -> str:
    return next(choice.reason for choice in found.choices if choice.option == f"data.{option}")


def test_words_are_split_into_characters(path: Path) -> None:
    found = plan(path, [(f"{a}{b}{c}", f"{c}{b}{a}") for a in "abc" for b in "abc" for c in "xyz"])
    assert (found.config.source_tokenizer, found.config.target_tokenizer) == ("characters", "characters")
    assert (found.config.vocabularies, found.config.unseen) == ("separate", "unknown")


@pytest.mark.slow
def test_sentences_are_split_into_sub_words_and_one_script_shares_them(path: Path) -> None:
    english = sentences(6_000, "abcdefghij", spaces=True)
    german = sentences(6_000, "abcdefghij", spaces=True, seed=2)
    found = plan(path, list(zip(english, german, strict=True)))
    assert (found.source.kind, found.target.kind) == ("bpe", "bpe")
    assert found.source.to_dict() == found.target.to_dict()
    assert found.source is found.target
    assert "stand on both sides" in reason(found, "vocabularies")
    assert "sentences" in reason(found, "source_tokenizer")
    assert found.source.vocabulary.has_bytes
    assert len(found.source.vocabulary.symbols) <= found.config.source_vocabulary


@pytest.mark.slow
def test_japanese_sentences_have_pieces_without_spaces_and_of_their_own(path: Path) -> None:
    english = sentences(6_000, "abcdefghij", spaces=True)
    japanese = sentences(6_000, "あいうえおかきくけこ東京都", spaces=False)
    found = plan(path, list(zip(english, japanese, strict=True)))
    assert (found.source.kind, found.target.kind) == ("bpe", "unigram")
    assert found.config.vocabularies == "separate"
    assert tokenizers_again({"tokenizers": found.to_dict()}).target.to_dict() == found.target.to_dict()


def test_rare_characters_that_targets_take_over_are_copied(path: Path) -> None:
    rows = [(f"{chr(0x6000 + n)}{end}", f"{end}{chr(0x6000 + n)}") for n in range(300) for end in "ab"]
    found = plan(path, rows)
    assert found.config.unseen == "copy"
    assert "have it in their target" in reason(found, "unseen")
    assert plan(path, rows, {"unseen": "unknown"}).config.unseen == "unknown"
    assert plan(path, [(source, "x" + source[1]) for source, _ in rows]).config.unseen == "unknown"


def test_a_column_of_features_is_read_as_tags(path: Path) -> None:
    rows = [(f"{a}{b}", f"{a}{b}s", tag) for a in "abcdefg" for b in "xyz" for tag in ("N;PL", "V;PRS")]
    found = plan(path, rows)
    assert isinstance(found.source, FeatureTokenizer)
    assert not isinstance(found.target, FeatureTokenizer)
    assert found.source.split("ax\tN;PL") == ["a", "x", "\nN", "\nPL"]


@pytest.mark.parametrize("kind", ["words", "bpe", "unigram"])
def test_every_kind_can_be_asked_for_and_trains_and_predicts(
    kind: str, path: Path, tmp_path: Path, quick: Overrides
) -> None:
    rows = [
        f"the {a} and the {b}\tle {a} et le {b}" for a in ("cat", "dog", "cow") for b in ("hen", "fox", "bee", "ant")
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    data = {"source_tokenizer": kind, "target_tokenizer": kind, "source_vocabulary": 60, "target_vocabulary": 60}
    bundle = train(str(path), overrides={**quick, "data": data}, out=tmp_path / "out").bundle
    assert bundle.source_tokenizer.kind == kind
    assert bundle.record["settings"]["data"]["target_tokenizer"] == kind
    assert len(bundle.predict(["the cat and the fox", "鬱"])) == 2
    source = "the cow and the cat"
    assert bundle.codec.encode_source(source)[0][-1] != EOS_IDX


@pytest.mark.parametrize("kind", ["words", "bpe", "unigram"])
@pytest.mark.parametrize("side", ["source", "target"])
def test_a_shared_vocabulary_has_the_size_that_was_asked_for_on_either_side(kind: str, side: str, path: Path) -> None:
    rows = [(f"the {a} and {b}", f"{b} and the {a}") for a in ("cat", "dog", "cow") for b in ("hen", "fox", "bee")]
    wished = {"source_tokenizer": kind, "target_tokenizer": kind, "vocabularies": "shared", f"{side}_vocabulary": 24}
    found = plan(path, rows, wished)
    assert (found.config.source_vocabulary, found.config.target_vocabulary) == (24, 24)
    assert found.source is found.target
    assert reason(found, f"{side}_vocabulary") == "as you asked"
    again = plan(path, rows, asdict(found.config))
    assert again.source.to_dict() == found.source.to_dict()
    with pytest.raises(ValueError, match=r"has one size, but source_vocabulary=30 and target_vocabulary=24"):
        plan(path, rows, {**wished, "source_vocabulary": 30, "target_vocabulary": 24})


def test_a_rare_sign_on_one_side_does_not_keep_vocabularies_apart(path: Path) -> None:
    rows = [(f"{a}{b}", f"{b}{a}") for a in "abcdefgh" for b in "ijklmnop"]
    asked = {"source_tokenizer": "bpe", "target_tokenizer": "bpe"}
    assert plan(path, [*rows, ("aiあ", "ia")], asked).config.vocabularies == "shared"
    mixed = [(source, target + "あいう") for source, target in rows]
    assert plan(path, mixed, asked).config.vocabularies == "separate"


def test_what_cannot_be_is_refused_with_the_way_out(path: Path) -> None:
    rows = [(f"{a} {b}", f"{b} {a}") for a in "abcd" for b in "efgh"]
    with pytest.raises(ValueError, match=r"--data\.vocabularies separate"):
        plan(path, rows, {"vocabularies": "shared", "target_tokenizer": "words"})
    with pytest.raises(ValueError, match=r"--data\.unseen bytes"):
        plan(path, rows, {"unseen": "copy", "source_tokenizer": "words"})
    with pytest.raises(ValueError, match=r"--model\.tie_embeddings target"):
        plan(path, rows, {"source_tokenizer": "separator"}, tie_embeddings="all")
