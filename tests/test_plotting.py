"""Figures: the right data in the right place, and characters that can be read."""

import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

matplotlib = pytest.importorskip("matplotlib")


from henkan.plotting import L, attention_map, language, use_language  # noqa: E402
from henkan.plotting.language import NO_FONT  # noqa: E402


@pytest.fixture(autouse=True)
def same_language_afterwards() -> Iterator[None]:
    family = matplotlib.rcParams["font.family"]
    yield
    use_language("en")
    matplotlib.rcParams["font.family"] = family


def test_rows_are_the_target_and_columns_the_source() -> None:
    weights = torch.tensor([[0.1, 0.9, 0.0], [0.5, 0.25, 0.25]])
    figure = attention_map(weights, ["a", " ", "c"], ["X", "Y"], "who looks where")
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "␣", "c"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["X", "Y"]
    assert axes.get_title() == "who looks where"
    assert torch.equal(torch.from_numpy(axes.images[0].get_array().data).float(), weights)
    assert [text.get_text() for text in axes.texts] == ["0.1", "0.9", "0.0", "0.5", "0.2", "0.2"]


def test_a_large_map_prints_no_figures() -> None:
    assert len(attention_map(torch.ones(9, 3) / 3, list("abc"), list("ABCDEFGHI")).axes[0].texts) == 0


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_character_of_a_figure_has_a_glyph(language: str, tmp_path: Path) -> None:
    use_language(language)
    symbols = ["$", "é", "−", "✓", "✗"] + (["日", "ニ", "。"] if language == "ja" else [])
    weights = torch.eye(len(symbols))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a missing glyph
        attention_map(weights, symbols, symbols, "".join(symbols)).savefig(tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 1_000


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(3, 2\) do not fit 2 target and 3 source symbols"):
        attention_map(torch.ones(3, 2), ["a", "b", "c"], ["X", "Y"])


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="choose en or ja"):
        use_language("fr")


def test_cells_that_must_not_be_looked_at_are_hatched() -> None:
    mask = torch.tensor([[True, False], [True, True]])
    weights = torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    patches = attention_map(weights, ["a", "b"], ["X", "Y"], mask=mask).axes[0].patches
    assert [(patch.get_xy(), patch.get_hatch()) for patch in patches] == [((0.5, -0.5), "////")]


def test_labels_follow_the_language() -> None:
    for code, label in (("ja", "重み"), ("en", "weight")):
        use_language(code)
        assert (language(), L("重み", "weight")) == (code, label)
        assert attention_map(torch.ones(1, 1), ["a"], ["b"]).axes[1].get_ylabel() == label


def test_without_the_font_labels_are_english_and_a_warning_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib_fontja", None)
    monkeypatch.setattr(sys.modules["henkan.plotting.language"], "_has_warned", False)
    with pytest.warns(UserWarning, match=re.escape(NO_FONT)):
        use_language("ja")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        use_language("ja")
    assert (language(), L("重み", "weight")) == ("ja", "weight")
    assert matplotlib.rcParams["font.family"] == ["DejaVu Sans"]


def test_words_need_no_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    use_language("ja")
    assert L("重み", "weight") == "重み"


def test_labels_are_chosen_without_importing_torch_or_matplotlib() -> None:
    code = (
        "import sys; from henkan.plotting import L; assert L('重み', 'weight') == 'weight'; "
        "sys.exit(', '.join({'torch', 'matplotlib'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stderr, done.returncode) == ("", 0)


def test_without_matplotlib_a_figure_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ValueError, match=r'pip install "henkan\[plot\]"'):
        attention_map(torch.ones(1, 1), ["a"], ["b"])


def test_figures_keep_no_state(tmp_path: Path) -> None:
    attention_map(torch.ones(1, 1), ["a"], ["b"]).savefig(tmp_path / "map.png")
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []
