"""Learning curves: what is drawn is what was measured, in both languages, from no point at all to many."""

import io
import warnings
from collections.abc import Iterator

import pytest

pytest.importorskip("matplotlib")

from henkan.plotting import learning_curves, use_language

LOSS = [(10 * step, 4.0 / step) for step in range(1, 101)]
RATE = [(10 * step, 1e-3 / step) for step in range(1, 101)]
DEV = [(250, 0.5), (500, 0.2), (750, 0.3), (1000, 0.2)]


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


def test_the_panels_show_the_numbers() -> None:
    figure = learning_curves(LOSS, DEV, RATE, metric="word_error_rate", average=[(1000, 0.15)])
    top, middle, bottom = figure.axes
    assert list(zip(*top.lines[0].get_data(), strict=True)) == LOSS
    assert list(zip(*middle.lines[0].get_data(), strict=True)) == DEV
    assert list(zip(*middle.lines[1].get_data(), strict=True)) == [(1000, 0.15)]
    assert list(zip(*bottom.lines[0].get_data(), strict=True)) == RATE
    assert middle.get_ylabel() == "word error rate (dev)"


@pytest.mark.parametrize(
    ("lower_is_better", "average", "best"),
    [(True, [], (1000, 0.2)), (False, [], (250, 0.5)), (True, [(1000, 0.15)], (1000, 0.15))],
)
def test_the_ring_is_around_the_best_and_of_equal_ones_the_last(
    lower_is_better: bool, average: list[tuple[float, float]], best: tuple[float, float]
) -> None:
    figure = learning_curves(LOSS, DEV, RATE, metric="exact_match", average=average, lower_is_better=lower_is_better)
    middle = figure.axes[1]
    [x], [y] = middle.lines[-1].get_data()
    assert (x, y) == best
    assert middle.get_title(loc="right") == f"best {best[1]:.2%} (update {best[0]:,})"


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("updates", "evaluations"), [(0, 0), (1, 0), (1, 1), (10, 1), (100, 4)])
def test_every_length_is_drawn_without_a_missing_glyph(language: str, updates: int, evaluations: int) -> None:
    use_language(language)
    figure = learning_curves(LOSS[:updates], DEV[:evaluations], RATE[:updates], metric="character_error_rate")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(io.BytesIO(), format="png")
    assert figure.axes[0].get_ylabel() == {"en": "training loss", "ja": "訓練の損失"}[language]


def test_single_points_can_be_seen() -> None:
    figure = learning_curves(LOSS[:1], DEV[:1], RATE[:1], metric="exact_match")
    assert [axes.lines[0].get_marker() for axes in figure.axes] == ["o", "o", "o"]
    assert learning_curves(LOSS, DEV, RATE, metric="exact_match").axes[0].lines[0].get_marker() != "o"
