import pytest

from henkan.data import Example, Splits
from henkan.tasks import JapaneseInflectionTask
from henkan.tasks.japanese_inflection import holds_unseen_kanji, kanji_of, lemma_of, split_lemmas


@pytest.fixture(scope="module")
def splits() -> Splits:
    return JapaneseInflectionTask().load()


def lemmas(examples: list[Example]) -> set[str]:
    return {lemma_of(example) for example in examples}


def test_every_modern_inflected_form_is_there_once(splits: Splits):
    examples = [*splits.train, *splits.dev, *splits.test]
    assert sum(len(example.references) for example in examples) == 430_458
    assert len({example.source for example in examples}) == len(examples) == 342_731
    assert len(lemmas(examples)) == 32_949


def test_references_are_all_the_ways_to_write_and_say_a_form(splits: Splits):
    forms = {example.source: example.references for part in (splits.train, splits.dev, splits.test) for example in part}
    assert set(forms["書く\t動詞;意志推量形"]) == {"書こう", "書こ", "書こっ"}
    assert forms["書く\t動詞;連用形;イ音便"] == ("書い",)
    assert "赤く" in forms["赤い\t形容詞;連用形;一般"]


def test_half_of_the_dictionary_forms_held_out_have_a_kanji_that_training_never_shows(splits: Splits):
    for part, count in ((splits.test, 1818), (splits.dev, 794)):
        unseen = holds_unseen_kanji(part, splits.train)
        with_unseen = {lemma_of(example) for example, is_unseen in zip(part, unseen, strict=True) if is_unseen}
        assert len(lemmas(part)) == count
        assert len(with_unseen) * 2 == count


def test_no_dictionary_form_is_in_two_splits(splits: Splits):
    assert not lemmas(splits.train) & lemmas(splits.test)
    assert not lemmas(splits.train) & lemmas(splits.dev)
    assert not lemmas(splits.dev) & lemmas(splits.test)


def test_unseen_kanji_of_the_test_are_in_no_text_of_training_or_development(splits: Splits):
    seen = kanji_of("".join(example.source + "".join(example.references) for example in [*splits.train, *splits.dev]))
    test = kanji_of("".join(example.source for example in splits.test))
    assert len(test - seen) > 150


def test_other_half_is_chosen_so_that_every_kanji_of_it_stays_known():
    rare = [f"{chr(0x4E00 + number)}く" for number in range(1000)]  # each kanji in one dictionary form alone
    dev, test = split_lemmas([*rare, *(f"{first}{second}" for first in "かきく" for second in "さしすせそ")])
    assert all(kanji_of(lemma) for lemma in test if lemma in rare)
    assert {lemma for lemma in dev | test if not kanji_of(lemma)}  # forms without kanji are all that can be spared
    assert len(test & set(rare)) == pytest.approx(100, abs=30)
    assert len(dev & set(rare)) == pytest.approx(50, abs=25)


def test_split_depends_on_the_dictionary_forms_alone_not_on_their_order():
    forms = [f"{chr(0x4E00 + number)}{chr(0x4E00 + number * 7 % 50)}む" for number in range(300)]
    assert split_lemmas(forms) == split_lemmas(forms[::-1]) == split_lemmas(forms + forms)


@pytest.mark.parametrize(("text", "kanji"), [("書き込む々", "書込"), ("ヶーa1", ""), ("𠮟る", "𠮟"), ("﨑﨑", "﨑")])
def test_kanji_are_ideographs_of_every_plane(text: str, kanji: str):
    assert kanji_of(text) == set(kanji)
