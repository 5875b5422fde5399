"""Figures of attention: what is drawn is what was computed, and hidden cells show neither colour nor number."""

import math
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from henkan.nn import scaled_dot_product_attention
from henkan.plotting import (
    attention_map,
    attention_steps,
    entropy_histogram,
    head_grid,
    saturation_curves,
    use_language,
)

SCORES = torch.tensor([[1.0, 2.0, 3.0], [0.5, -0.5, 0.0]])
MASK = torch.tensor([[True, True, False], [True, True, True]])
WEIGHTS = SCORES.masked_fill(~MASK, -torch.inf).softmax(dim=-1)
OUTPUT = WEIGHTS @ torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
QUERIES, KEYS = ["a", "b"], ["x", "y", "z"]
WIDTHS = (4, 16, 64)

FIGURES: dict[str, Callable[[], Figure]] = {
    "attention_steps": lambda: attention_steps(SCORES, WEIGHTS, OUTPUT, QUERIES, KEYS),
    "attention_steps_with_mask": lambda: attention_steps(SCORES, WEIGHTS, OUTPUT, QUERIES, KEYS, mask=MASK),
    "head_grid": lambda: head_grid(WEIGHTS.expand(6, 2, 3), QUERIES, KEYS, mask=MASK),
    "one_head": lambda: head_grid(WEIGHTS[None], QUERIES, KEYS),
    "saturation_curves": lambda: saturation_curves(WIDTHS, [(0.5, 0.2)] * 3, [(0.3, 0.2)] * 3),
    "entropy_histogram": lambda: entropy_histogram({"a": torch.rand(50), "b": torch.rand(50)}, num_keys=10),
}


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


def numbers(figure: Figure, panel: int) -> np.ndarray:
    """What a panel shows in colours, hidden cells as NaN."""
    return figure.axes[panel].images[0].get_array().astype(float).filled(np.nan)


def test_the_three_panels_are_scores_weights_and_output() -> None:
    figure = FIGURES["attention_steps"]()
    for panel, expected in enumerate((SCORES, WEIGHTS, OUTPUT)):
        assert np.allclose(numbers(figure, panel), expected)
    assert [text.get_text() for text in figure.axes[0].texts] == ["1.000", "2.000", "3.000", "0.500", "−0.500", "0.000"]


def test_the_weights_keep_their_scale_from_zero_to_one() -> None:
    assert FIGURES["attention_steps"]().axes[1].images[0].get_clim() == (0.0, 1.0)


def test_hidden_cells_are_hatched_and_empty() -> None:
    figure = FIGURES["attention_steps_with_mask"]()
    for axes in figure.axes[:2]:
        assert len(axes.texts) == 5
        assert [patch.get_hatch() for patch in axes.patches] == ["////"]
        assert axes.patches[0].get_xy() == (1.5, -0.5)
    assert np.isnan(numbers(figure, 0)).tolist() == (~MASK).tolist()
    assert not figure.axes[2].patches


def test_minus_infinity_under_the_mask_spoils_no_colour() -> None:
    figure = attention_steps(SCORES.masked_fill(~MASK, -torch.inf), WEIGHTS, OUTPUT, QUERIES, KEYS, mask=MASK)
    assert figure.axes[0].images[0].get_clim() == (-0.5, 2.0)


def test_a_map_of_weights_prints_no_number_where_nobody_looks() -> None:
    figure = attention_map(WEIGHTS, KEYS, QUERIES, mask=MASK)
    assert len(figure.axes[0].texts) == 5
    assert len(figure.axes[0].patches) == 1


def test_every_head_has_its_own_panel_in_one_scale() -> None:
    q, k, v = torch.randn(1, 6, 2, 4), torch.randn(1, 6, 3, 4), torch.randn(1, 6, 3, 4)
    _, weights = scaled_dot_product_attention(q, k, v)
    figure = head_grid(weights[0], QUERIES, KEYS)
    panels = [axes for axes in figure.axes if axes.images and axes.get_title()]
    assert [axes.get_title() for axes in panels] == [f"head {head}" for head in range(6)]
    for head, axes in enumerate(panels):
        assert np.allclose(axes.images[0].get_array(), weights[0, head])
        assert axes.images[0].get_clim() == (0.0, 1.0)


def test_both_curves_hold_their_numbers_against_the_width() -> None:
    figure = saturation_curves(WIDTHS, [(0.5, 0.3), (0.7, 0.2), (0.9, 0.1)], [(0.3, 0.2)] * 3)
    largest, gradient = figure.axes
    assert largest.lines[0].get_xydata().tolist() == [[4.0, 0.5], [16.0, 0.7], [64.0, 0.9]]
    assert gradient.lines[0].get_ydata().tolist() == [0.3, 0.2, 0.1]
    assert gradient.lines[1].get_ydata().tolist() == [0.2, 0.2, 0.2]


def test_the_histogram_counts_every_query_and_ends_where_all_is_even() -> None:
    even = torch.full((7,), math.log(10))
    figure = entropy_histogram({"even": even, "one": torch.zeros(5)}, num_keys=10)
    heights = [patch.get_xy()[:, 1].max() for patch in figure.axes[0].patches]
    assert heights == [7.0, 5.0]
    assert figure.axes[0].lines[0].get_xdata()[0] == pytest.approx(math.log(10))


def test_labels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 3\) numbers do not fit 3 rows and 2 columns"):
        head_grid(WEIGHTS[None], KEYS, QUERIES)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", FIGURES)
def test_every_character_has_a_glyph_of_ten_points_or_more(name: str, language: str, tmp_path: Path) -> None:
    use_language(language)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a missing glyph
        figure = FIGURES[name]()
        figure.savefig(tmp_path / "figure.png")
    texts = [text for axes in figure.axes for text in (axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts)]
    assert min(text.get_fontsize() for text in texts if text.get_text()) >= 10
