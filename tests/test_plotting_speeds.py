"""Bars of ratios: what is drawn is what was measured, in both languages."""

import io
import warnings
from collections.abc import Iterator

import pytest

pytest.importorskip("matplotlib")

from henkan.plotting import use_language
from henkan.plotting.speeds import Bar, Panel, speed_bars

BARS = [
    Bar("torch", 1.0, 1.0, 1.0, "900/s"),
    Bar("henkan, float32", 2.5, 2.0, 3.0, "2,250/s"),
    Bar("slow", 0.5, 0.4, 0.7),
]


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


def test_the_bars_are_the_ratios_with_the_fastest_on_top() -> None:
    [axes] = speed_bars([Panel("small: training", "torch", BARS)]).axes
    assert [bar.get_width() for bar in axes.patches] == [0.5, 1.0, 2.5]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["slow", "torch", "henkan, float32"]
    assert [text.get_text() for text in axes.texts] == ["0.50 ×", "1.00 ×  (900/s)", "2.50 ×  (2,250/s)"]
    assert (axes.get_title(), axes.get_xlabel()) == ("small: training", "speed, torch = 1")
    colors = [bar.get_facecolor() for bar in axes.patches]
    assert colors[0] == colors[1] != colors[2]


def test_the_spread_reaches_from_the_lowest_to_the_highest() -> None:
    [axes] = speed_bars([Panel("", "torch", BARS)]).axes
    [spread] = axes.collections
    assert [[x for x, _ in line] for line in spread.get_segments()] == [[0.4, 0.7], [1.0, 1.0], [2.0, 3.0]]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_number_of_panels_is_drawn_without_a_missing_glyph(language: str, count: int) -> None:
    use_language(language)
    figure = speed_bars([Panel("tiny: training", "torch", BARS)] * count)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(io.BytesIO(), format="png")
    assert figure.axes[0].get_xlabel() == {"en": "speed, torch = 1", "ja": "torch を 1 とした速さ"}[language]
