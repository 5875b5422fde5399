"""Figures of one update: bars as long as their weights, points where their numbers are."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")

from henkan.plotting import L, use_language
from henkan.plotting.one_step import loss_against_rate, number_line, weight_bars

FIGURES = {
    "weight_bars": lambda: weight_bars([0.637767, 0.362233], ["k1", "k2"]),
    "number_line": lambda: number_line({L("更新前", "before"): 0.626526, L("正解", "target"): 1.0}, (0.5, 1.1), "y"),
    "loss_against_rate": lambda: loss_against_rate(
        [0.0, 1.0], {L("一つ", "one"): [2.0, 1.0]}, {L("最小", "best"): 1.0}
    ),
}


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


def test_a_bar_is_as_long_as_its_weight_and_says_so() -> None:
    axes = weight_bars([0.637767, 0.362233], ["k1", "k2"]).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [0.637767, 0.362233]
    assert [text.get_text() for text in axes.texts] == ["0.637767", "0.362233"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["k1", "k2"]


def test_points_lie_at_their_numbers_and_arrows_lead_between_them() -> None:
    axes = number_line({"before": -0.25, "after": 0.5}, (-1.0, 1.0), "y", arrows=[("before", "after")]).axes[0]
    assert [line.get_xdata()[0] for line in axes.lines[1:]] == [-0.25, 0.5]
    arrow, *labels = axes.texts
    assert [label.get_text() for label in labels] == ["before\n−0.250000", "after\n0.500000"]
    assert (arrow.xyann[0], arrow.xy[0]) == (-0.25, 0.5)
    before, after = axes.lines[1:]
    assert before.get_markerfacecolor() == "white" != after.get_markerfacecolor()  # left behind, and reached


def test_each_loss_has_its_curve_and_each_mark_its_line() -> None:
    axes = loss_against_rate([0.0, 1.0, 2.0], {"one": [3.0, 2.0, 1.0], "both": [3.0, 1.0, 3.0]}, {"best": 1.0}).axes[0]
    one, both, mark = axes.lines
    assert list(both.get_ydata()) == [3.0, 1.0, 3.0]
    assert one.get_linestyle() != both.get_linestyle()
    assert list(mark.get_xdata()) == [1.0, 1.0]
    assert [text.get_text() for text in axes.texts] == ["best 1.00"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "both"]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("make", FIGURES.values(), ids=FIGURES)
def test_every_label_has_its_glyphs_and_is_large_enough(make: Callable[[], Any], language: str, tmp_path: Path) -> None:
    from matplotlib.text import Text

    use_language(language)
    figure = make()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(tmp_path / "figure.png")
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip()) >= 10
