"""Figures of one head and of several: what is drawn is what was computed, in either language."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from henkan.plotting import use_language
from henkan.plotting.heads import accuracy_table, head_slices
from henkan.plotting.one_head import gathered_colours, weight_from_terms

QUERY, KEY = torch.tensor([2.0, 0.0, -1.0, 4.0]), torch.tensor([1.0, 3.0, 0.5, 0.25])
SHARES = torch.tensor([[0.75, 0.25], [0.5, 0.5]])
MATRIX = torch.arange(16.0).view(4, 4)

FIGURES: dict[str, Callable[[], Figure]] = {
    "weight_from_terms": lambda: weight_from_terms(QUERY, KEY, SHARES[0], ["a", "b"], 0),
    "gathered_colours": lambda: gathered_colours(SHARES, [[1.0, 0.0], [0.5, 0.5]], ["a", "b"]),
    "head_slices": lambda: head_slices(MATRIX, -MATRIX, 2),
    "accuracy_table": lambda: accuracy_table([[1.0, 0.5], [0.25, 0.0]], ["a", "b"], ["x", "y"]),
}


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


def words(figure: Figure) -> list[str]:
    """Every text of a figure."""
    return [text.get_text() for axes in figure.axes for text in (*axes.texts, axes.title)]


def test_products_and_their_sum_are_those_of_query_and_key() -> None:
    figure = FIGURES["weight_from_terms"]()
    assert np.allclose(figure.axes[0].images[0].get_array(), torch.stack([QUERY, KEY, QUERY * KEY]))
    assert figure.axes[0].get_title() == "sum of the products 2.50   ÷ √4 = 1.25"  # 2 + 0 - 0.5 + 1


def test_a_negative_sum_has_a_true_minus() -> None:
    figure = weight_from_terms(-QUERY, KEY, SHARES[0], ["a", "b"], 0)
    assert figure.axes[0].get_title() == "sum of the products −2.50   ÷ √4 = −1.25"


def test_the_chosen_weight_stands_out_among_all() -> None:
    bars = FIGURES["weight_from_terms"]().axes[1].patches
    assert [bar.get_height() for bar in bars] == [0.75, 0.25]
    assert [bar.get_hatch() for bar in bars] == ["//", None]


def test_each_row_shows_its_weights_and_the_amounts_of_its_colour() -> None:
    figure = FIGURES["gathered_colours"]()
    assert np.allclose(figure.axes[0].images[0].get_array(), SHARES)
    assert [text.get_text() for text in figure.axes[1].texts] == ["red 1.00  blue 0.00", "red 0.50  blue 0.50"]


def test_colours_mix_as_their_amounts_do() -> None:
    amounts = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]
    nothing, red, blue, both = gathered_colours(torch.eye(4), amounts, list("abcd")).axes[1].images[0].get_array()[:, 0]
    assert np.allclose(nothing, 1.0)
    assert red[0] > red[2]
    assert blue[2] > blue[0]
    assert np.allclose(both, (red + blue) / 2)


def test_queries_are_sliced_by_rows_and_the_output_by_columns() -> None:
    left, right = FIGURES["head_slices"]().axes[:2]
    assert [list(line.get_ydata()) for line in left.lines] == [[1.5, 1.5]]
    assert [list(line.get_xdata()) for line in right.lines] == [[1.5, 1.5]]
    assert list(left.get_yticks()) == list(right.get_xticks()) == [0.5, 2.5]
    assert np.allclose(left.images[0].get_array(), MATRIX)
    assert np.allclose(right.images[0].get_array(), -MATRIX)


def test_accuracies_are_printed_in_one_scale_from_zero_to_one() -> None:
    axes = FIGURES["accuracy_table"]().axes[0]
    assert [text.get_text() for text in axes.texts] == ["1.00", "0.50", "0.25", "0.00"]
    assert axes.images[0].get_clim() == (0.0, 1.0)


def test_accuracies_that_do_not_fit_their_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit 1 rows and 2 columns"):
        accuracy_table([[1.0, 0.5], [0.25, 0.0]], ["a"], ["x", "y"])


@pytest.mark.parametrize("name", FIGURES)
def test_figures_speak_both_languages_and_miss_no_glyph(name: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib_fontja")
    said = {}
    for language in ("en", "ja"):
        use_language(language)
        figure = FIGURES[name]()
        said[language] = [*words(figure), *(axes.get_ylabel() + axes.get_xlabel() for axes in figure.axes)]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            figure.savefig(tmp_path / f"{language}.png")
    assert said["en"] != said["ja"]


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_smaller_than_ten_points(name: str) -> None:
    figure = FIGURES[name]()
    texts = [*figure.texts, *(text for axes in figure.axes for text in (*axes.texts, axes.title, axes.xaxis.label))]
    ticks = [label for axes in figure.axes for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    assert min(text.get_fontsize() for text in (*texts, *ticks) if text.get_text()) >= 10
