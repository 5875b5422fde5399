"""The dates task."""

import datetime
import re

import pytest

from henkan.tasks import DatesTask, get_task
from henkan.tasks.dates import STYLES


def test_every_style_says_which_date_it_is() -> None:
    from babel.dates import format_date

    day = datetime.date(2026, 3, 14)
    written = {format_date(day, pattern, language) for language, patterns in STYLES.items() for pattern in patterns}
    assert "Saturday, March 14, 2026" in written
    assert "14. März 2026" in written
    assert "2026年3月14日(土)" in written
    assert len(written) == sum(map(len, STYLES.values())) - 1  # März has no shorter name


def test_no_text_stands_for_two_dates() -> None:
    splits = DatesTask(num_train=2_000).load()
    for example in (*splits.train, *splits.dev, *splits.test):
        assert len(example.references) == 1
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", example.references[0])
        assert example.references[0][:4] in example.source


def test_a_date_that_is_tested_was_not_seen_in_any_style() -> None:
    splits = DatesTask().load()
    dates = [{example.references[0] for example in part} for part in (splits.train, splits.dev, splits.test)]
    assert not dates[0] & dates[1]
    assert not dates[0] & dates[2]
    assert not dates[1] & dates[2]
    assert (len(splits.train), len(splits.dev), len(splits.test)) == (20_000, 1_000, 2_000)
    other = DatesTask(seed=5).load()
    assert not {example.references[0] for example in other.train} & dates[2]


def test_one_language_can_be_asked_for() -> None:
    assert all("年" in e.source or "/" in e.source for e in DatesTask(language="ja", num_train=500).load().train)


@pytest.mark.parametrize("options", [{"language": "fr"}, {"first_year": 99}, {"last_year": 1800}, {"num_train": 0}])
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        get_task("dates", **options)
