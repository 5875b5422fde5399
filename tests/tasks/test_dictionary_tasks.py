"""Readings, loan words and English inflection: what is read from the packages, and how it is split."""

from importlib import metadata

import pytest

from henkan.tasks import InflectionTask, KatakanaTask, ReadingTask, Task, get_task
from henkan.tasks.inflection import lemma, parse_forms
from henkan.tasks.katakana import parse_loan_words
from henkan.tasks.packages import package_file, package_module


def everything(task: Task) -> dict[str, tuple[str, ...]]:
    splits = task.load()
    return {e.source: e.references for part in (splits.train, splits.dev, splits.test) for e in part}


def test_readings_are_those_of_nouns_with_kanji() -> None:
    found = everything(ReadingTask())
    assert found["変換"] == ("ヘンカン",)
    assert "読む" not in found
    assert 55_000 < len(found) < 59_387  # data-sources: 59,387 common nouns, those in kana left out
    assert any(len(references) > 1 for references in found.values())


def test_proper_nouns_can_be_asked_for() -> None:
    assert len(everything(ReadingTask(nouns="proper"))) > 100_000
    with pytest.raises(ValueError, match="choose common or proper"):
        get_task("reading", nouns="adverbs")


def test_loan_words_are_one_english_word_in_katakana() -> None:
    found = everything(KatakanaTask())
    assert found["limonene"] == ("リモネン",)
    assert set(found["strike"]) >= {"ストライキ", "ストライク"}
    assert 17_000 < len(found) < 18_255  # data-sources: 18,255 pairs, some words borrowed twice
    assert all(source.isascii() and source.isalpha() and source.islower() for source in found)


def test_a_row_that_is_no_loan_word_is_passed_over() -> None:
    row = [""] * 20
    row[7], row[12] = "リモネン-limonene", "外"
    assert list(parse_loan_words([row, [*row[:12], "和", *row[13:]], [*row[:7], "読む", *row[8:]]])) == [
        ("limonene", "リモネン", 0)
    ]


def test_english_forms_have_the_tags_of_unimorph() -> None:
    rows = list(parse_forms(["run,verb,ran,run,running,runs\n", "big,adj,bigger,biggest\n", "ox,noun,oxen/oxes\n"]))
    assert ("run\tV;PST", "ran", 1) in rows
    assert ("run\tV;V.PTCP;PST", "run", 1) in rows
    assert ("big\tADJ;CMPR", "bigger", 2) in rows
    assert [row[1] for row in rows if row[0] == "ox\tN;PL"] == ["oxen", "oxes"]


def test_a_past_participle_that_is_not_listed_is_the_past() -> None:
    assert ("walk\tV;V.PTCP;PST", "walked", 1) in parse_forms(["walk,verb,walked,,walking,walks\n"])


def test_all_forms_of_a_word_are_held_out_together() -> None:
    splits = InflectionTask().load()
    lemmas = [{lemma(example) for example in part} for part in (splits.train, splits.dev, splits.test)]
    assert not lemmas[0] & lemmas[1]
    assert not lemmas[0] & lemmas[2]
    assert sum(map(len, lemmas)) == 26_563  # of 40,450 rows, a fourth has no form at all; words can be of two kinds


@pytest.mark.parametrize("name", ["reading", "katakana", "inflection", "inflection-ja"])
def test_the_splits_are_the_same_on_every_call(name: str) -> None:
    assert get_task(name).load() == get_task(name).load()


def test_a_missing_package_is_answered_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", missing)
    with pytest.raises(ValueError, match=r'pip install "henkan\[examples\]"'):
        package_file("lemminflect", "infl_lu.csv.gz")
    with pytest.raises(ValueError, match=r'pip install "henkan\[examples\]"'):
        package_module("no_such_module_here")
