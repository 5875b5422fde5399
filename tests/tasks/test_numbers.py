"""The numbers task."""

import pytest

from henkan.tasks import NumbersTask, get_task


def test_words_of_three_languages_become_digits() -> None:
    from num2words import num2words

    splits = NumbersTask(num_train=900).load()
    for example in splits.train[:300]:
        digits = int(example.references[0])
        assert example.source in {num2words(digits, lang=language) for language in ("en", "de", "ja")}


def test_a_number_that_is_tested_was_not_seen_in_any_language() -> None:
    splits = NumbersTask().load()
    numbers = [{example.references[0] for example in part} for part in (splits.train, splits.dev, splits.test)]
    assert not numbers[0] & numbers[2]
    assert not numbers[0] & numbers[1]
    assert (len(splits.dev), len(splits.test)) == (1_000, 2_000)
    assert len(splits.train) == 20_000


def test_the_other_way_round_the_language_is_a_tag() -> None:
    splits = NumbersTask(direction="words", num_train=300).load()
    languages = {example.source.rpartition("\t")[2] for example in splits.train}
    assert languages == {"en", "de", "ja"}
    one = NumbersTask(direction="words", language="de", num_train=300).load().train[0]
    assert "\t" not in one.source


def test_all_lengths_are_there() -> None:
    lengths = {len(example.references[0]) for example in NumbersTask(max_digits=4).load().train}
    assert lengths == {1, 2, 3, 4}


@pytest.mark.parametrize("options", [{"language": "fr"}, {"direction": "up"}, {"max_digits": 10}, {"seed": -1}])
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        get_task("numbers", **options)
