"""Figures of positions: what is drawn is the table, and the waves go through its numbers."""

import math
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("matplotlib")

from henkan.nn import sinusoidal_encoding
from henkan.plotting import use_language
from henkan.plotting.positions import (
    encoding_map,
    frequency_curves,
    similarity_map,
    vector_lengths,
    wavelength,
)

FIGURES = {
    "encoding_map": lambda: encoding_map(sinusoidal_encoding(64, 64), "PE"),
    "small_encoding_map": lambda: encoding_map(sinusoidal_encoding(3, 4)),
    "similarity_map": lambda: similarity_map(sinusoidal_encoding(64, 64)),
    "frequency_curves": lambda: frequency_curves(sinusoidal_encoding(50, 64), [0, 4, 8, 16]),
    "vector_lengths": lambda: vector_lengths({"a": torch.eye(3), "b": 2 * torch.eye(3)}),
}


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


def test_the_map_is_the_table_with_a_row_for_each_position() -> None:
    table = sinusoidal_encoding(64, 32)
    image = encoding_map(table).axes[0].images[0]
    assert np.array_equal(image.get_array(), table.double().numpy())
    assert image.get_clim() == (-1.0, 1.0)


def test_a_small_table_has_its_numbers_in_its_cells() -> None:
    texts = [text.get_text() for text in encoding_map(sinusoidal_encoding(3, 4)).axes[0].texts]
    assert texts == ["0.00", "1.00", "0.00", "1.00", "0.84", "0.54", "0.01", "1.00", "0.91", "−0.42", "0.02", "1.00"]
    assert not encoding_map(sinusoidal_encoding(9, 4)).axes[0].texts


def test_a_number_that_rounds_to_zero_has_no_sign_and_others_a_true_minus() -> None:
    texts = [text.get_text() for text in encoding_map([[-0.001, -0.5]]).axes[0].texts]
    assert texts == ["0.00", "−0.50"]


def test_the_similarity_is_the_table_times_itself() -> None:
    table = sinusoidal_encoding(10, 16).double()
    shown = torch.from_numpy(similarity_map(table).axes[0].images[0].get_array().data)
    torch.testing.assert_close(shown, table @ table.T)


def test_the_waves_go_through_the_numbers_of_the_table() -> None:
    table = sinusoidal_encoding(20, 16).double().numpy()
    for pair, axes in zip((0, 3), frequency_curves(table, [0, 3]).axes, strict=True):
        sine, cosine, *dots = axes.lines
        for wave, dotted, column in zip((sine, cosine), dots, (2 * pair, 2 * pair + 1), strict=True):
            assert np.array_equal(dotted.get_ydata(), table[:, column])
            assert np.abs(np.interp(range(20), *wave.get_data()) - table[:, column]).max() < 2e-3


@pytest.mark.parametrize(("pair", "expected"), [(0, 2 * math.pi), (255, 60_611.48)])
def test_wavelengths_grow_from_two_pi(pair: int, expected: float) -> None:
    assert wavelength(pair, 512) == pytest.approx(expected, rel=1e-7)


def test_a_bar_is_as_long_as_its_vectors_and_says_so() -> None:
    axes = vector_lengths({"short": torch.tensor([[3.0, 4.0]]), "long": torch.tensor([[6.0, 8.0], [0.0, 20.0]])}).axes[
        0
    ]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([5.0, 15.0])
    assert [text.get_text() for text in axes.texts] == ["5.00", "15.00"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["short", "long"]
    assert list(axes.lines[1].get_xdata()) == pytest.approx([10.0, 20.0])


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("make", FIGURES.values(), ids=FIGURES)
def test_every_label_has_its_glyphs_and_is_large_enough(
    make: Callable[[], "object"], language: str, tmp_path: Path
) -> None:
    from matplotlib.text import Text

    use_language(language)
    figure = make()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(tmp_path / "figure.png")
    sizes = {text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip()}
    assert min(sizes) >= 10
