"""How the commands speak."""

import pytest

from henkan.data import Example
from henkan.decoding import BeamSearch, Greedy
from henkan.workflow import report
from henkan.workflow.choose import Choice


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, "0:00"), (5.4, "0:05"), (65, "1:05"), (600, "10:00"), (3_789, "1:03:09")]
)
def test_a_duration_is_a_clock(seconds: float, written: str) -> None:
    assert report.minutes(seconds) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (2, "less than a minute"),
        (60, "about a minute"),
        (100, "about 2 minutes"),
        (3_000, "about 50 minutes"),
        (9_000, "about 2.5 hours"),
    ],
)
def test_an_estimate_is_not_too_exact(seconds: float, written: str) -> None:
    assert report.roughly(seconds) == written


def test_figures_stand_below_each_other() -> None:
    lines = report.describe_metrics({"n": 1_234, "exact_match": 0.5, "word_error_rate": 0.05})
    assert lines == ["  sources           1,234", "  exact_match      50.00%", "  word_error_rate   5.00%"]


def test_wide_characters_keep_the_columns_straight() -> None:
    lines = report.table([("日本", "x", "1"), ("abcdef", "yy", "2")])
    assert lines == ["  日本    x   1", "  abcdef  yy  2"]
    assert report.table([]) == []


def test_settings_with_one_reason_share_a_line() -> None:
    choices = [
        Choice("data.separator", "-", "as you asked"),
        Choice("training.seed", 3, "as you asked"),
        Choice("training.max_steps", 9, "as you asked"),
        Choice("training.warmup_steps", 1, "Because it is so."),
    ]
    lines = report.describe_choices(choices)
    assert [line.split() for line in lines] == [
        ["data", "separator", "-", "as", "you", "asked"],
        ["training", "seed", "3,", "max_steps", "9", "as", "you", "asked"],
        ["warmup_steps", "1", "because", "it", "is", "so"],
    ]
    assert len({line.index(why) for line, why in zip(lines, ("as you", "as you", "because"), strict=True)}) == 1


def test_only_wrong_outputs_are_mistakes() -> None:
    examples = [Example(f"s{n}", ("right", "fine")) for n in range(20)]
    outputs = ["right", "fine", *["wrong"] * 18]
    lines = report.describe_mistakes(examples, outputs, 3)
    assert len(lines) == 3
    assert all(line.split() == [line.split()[0], "wrong", "right", "or", "fine"] for line in lines)
    assert report.describe_mistakes(examples[:2], outputs[:2], 3) == []


def test_a_strategy_is_named() -> None:
    assert report.describe_strategy(Greedy()) == "decoded greedily"
    assert report.describe_strategy(BeamSearch(4, 0.6)) == "decoded with a beam of 4 (length penalty 0.6)"
