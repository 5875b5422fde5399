"""Readings, loan words and English inflection: what is read from the packages, and how it is split."""

import re
from collections import Counter
from importlib import metadata

import pytest

from henkan.tasks import InflectionTask, KatakanaTask, ReadingTask, Task, get_task
from henkan.tasks.inflection import TAGS, lemma, parse_forms
from henkan.tasks.katakana import parse_loan_words
from henkan.tasks.packages import package_file, package_module

Everything = dict[str, tuple[str, ...]]


def everything(task: Task) -> Everything:
    splits = task.load()
    return {e.source: e.references for part in (splits.train, splits.dev, splits.test) for e in part}


def pairs_in(examples: Everything) -> int:
    return sum(map(len, examples.values()))


@pytest.fixture(scope="module")
def readings() -> Everything:
    return everything(ReadingTask())


@pytest.fixture(scope="module")
def loan_words() -> Everything:
    return everything(KatakanaTask())


def test_readings_are_those_of_nouns_with_kanji(readings: Everything) -> None:
    assert readings["変換"] == ("ヘンカン",)
    assert readings["無人"] == ("ブニン", "ムジン")
    assert "読む" not in readings
    assert (len(readings), pairs_in(readings)) == (57_507, 59_387)
    assert sum(len(references) > 1 for references in readings.values()) == 1_738


def test_readings_are_katakana_but_for_one_slip_of_the_dictionary(readings: Everything) -> None:
    odd = [text for references in readings.values() for text in references if not re.fullmatch("[ァ-ヺー・]+", text)]
    assert len(odd) == 1


def test_proper_nouns_can_be_asked_for() -> None:
    names = everything(ReadingTask(nouns="proper"))
    assert (len(names), pairs_in(names)) == (119_486, 129_674)
    with pytest.raises(ValueError, match="choose common or proper"):
        get_task("reading", nouns="adverbs")


def test_loan_words_are_one_english_word_in_katakana(loan_words: Everything) -> None:
    assert loan_words["limonene"] == ("リモネン",)
    assert set(loan_words["strike"]) >= {"ストライキ", "ストライク"}
    # 18,255 pairs have one word in lower case, of which 35 have a headword in kanji, Latin or half-width letters.
    assert (len(loan_words), pairs_in(loan_words)) == (17_725, 18_220)
    assert all(source.isascii() and source.isalpha() and source.islower() for source in loan_words)


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
    assert sum(map(len, lemmas)) == 26_563  # in 40,450 rows, many without a form; a word can be noun and verb
    assert (len(splits.train), len(splits.dev), len(splits.test)) == (46_067, 2_801, 2_488)


def test_verbs_have_four_forms_and_every_tag_is_a_unimorph_one() -> None:
    tags = Counter(source.rpartition("\t")[2] for source in everything(InflectionTask()))
    assert tags["N;PL"] == 22_705
    assert tags["V;PST"] == tags["V;V.PTCP;PST"] == tags["V;PRS;3;SG"] == 6_747
    assert set(tags) == {tag for of_kind in TAGS.values() for tag in of_kind}


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
