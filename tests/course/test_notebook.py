"""What lessons and learners use in a notebook."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from henkan import plotting
from henkan.course import check, notebook
from henkan.course.exercise import ORDER, load_card, load_exercise
from henkan.course.notebook import L, exercise_card
from henkan.course.text import LANGUAGES, Language
from henkan.nn.attention import merge_heads, scaled_dot_product_attention, split_heads

language_module = sys.modules["henkan.plotting.language"]


@pytest.fixture(autouse=True)
def nobody_has_asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a fresh notebook; figures are in English again afterwards."""
    monkeypatch.setattr(language_module, "_asked", None)
    monkeypatch.delenv("HENKAN_LANG", raising=False)
    yield
    plotting.use_language("en")


def no_scale(q, k, v):  # type: ignore[no-untyped-def]
    weights = (q @ k.transpose(-2, -1)).softmax(dim=-1)
    return weights @ v, weights


def test_the_language_is_that_of_figures_then_of_the_environment_then_japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    assert notebook.language() == "ja"
    monkeypatch.setenv("HENKAN_LANG", "en")
    assert notebook.language() == "en"
    plotting.use_language("ja")
    assert notebook.language() == "ja"


def test_an_unknown_language_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HENKAN_LANG", "fr")
    with pytest.raises(ValueError, match="choose ja or en"):
        notebook.language()


def test_labels_are_japanese_unless_asked_otherwise() -> None:
    pytest.importorskip("matplotlib_fontja")
    assert L("重み", "weights") == "重み"
    assert plotting.L("重み", "weights") == "重み", "figures follow"
    plotting.use_language("en")
    assert L("重み", "weights") == "weights"


def test_check_says_what_the_command_says(capsys: pytest.CaptureFixture[str]) -> None:
    check("phase2/sdpa", no_scale)
    said = capsys.readouterr().out
    assert "← 最初に違う場所" in said
    assert "√D で割っていません" in said.replace("\n", "")
    assert "henkan" not in said, "there is nothing to type in a notebook"


@pytest.mark.parametrize(("language", "sign"), [("ja", "8/8 通過"), ("en", "8/8 passed")])
def test_right_code_passes_in_a_notebook(language: Language, sign: str, capsys: pytest.CaptureFixture[str]) -> None:
    plotting.use_language(language)
    check("phase2/sdpa", scaled_dot_product_attention)
    assert sign in capsys.readouterr().out


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("exercise_id", ["phase2/multi_head_attention", "phase2/why_sqrt"])
def test_a_check_draws_none_of_the_notebooks_random_numbers(exercise_id: str) -> None:
    before = torch.get_rng_state()
    check(exercise_id, *load_exercise(exercise_id).parts)
    assert torch.equal(torch.get_rng_state(), before)


def test_an_exercise_of_two_parts_takes_two(capsys: pytest.CaptureFixture[str]) -> None:
    check("phase2/split_merge_heads", split_heads, merge_heads)
    assert "✓" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"split_heads, merge_heads が要ります"):
        check("phase2/split_merge_heads", split_heads)


def test_the_librarys_own_part_is_not_taken_for_the_learners(capsys: pytest.CaptureFixture[str]) -> None:
    check("phase2/sdpa", scaled_dot_product_attention)
    assert "henkan 自身の部品です" in capsys.readouterr().out
    check("phase2/sdpa", lambda q, k, v: scaled_dot_product_attention(q, k, v))
    assert "henkan 自身の部品です" not in capsys.readouterr().out


def test_code_that_leaves_python_does_not_end_the_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    check("phase2/sdpa", lambda *_: sys.exit(1))
    assert "Python を終わらせようとしました" in capsys.readouterr().out.replace("\n      ", "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("exercise_id", ORDER)
def test_every_exercise_has_a_card(exercise_id: str, language: Language, capsys: pytest.CaptureFixture[str]) -> None:
    plotting.use_language(language)
    exercise_card(exercise_id)
    said = capsys.readouterr().out
    assert load_card(exercise_id).title.say(language) in said
    assert f"henkan check {exercise_id}" in said


def test_a_figure_without_alternative_text_is_refused() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    with pytest.raises(ValueError, match="alternative text"):
        notebook.show(figure, ja="図", en="  ")
    notebook.show(figure, ja="図", en="a figure")  # outside of a notebook there is nothing to see


NOTEBOOK = """
from IPython.testing.globalipapp import start_ipython
shell = start_ipython()
shell.user_ns["shown"] = shown = []
import IPython.display
IPython.display.display = lambda item: shown.append(item)
shell.run_cell('''
from henkan.course.notebook import check, exercise_card, show
def attention(q, k, v):
    return wieghts @ v
check("phase2/sdpa", attention)
exercise_card("phase2/sdpa")
from matplotlib.figure import Figure
show(Figure(figsize=(2, 1)), ja="図の説明", en="what it shows")
''')
card, picture = shown
print(card._repr_mimebundle_() if hasattr(card, "_repr_mimebundle_") else card.data)
print(picture._repr_png_()[1])
"""


def test_inside_of_a_notebook_cells_have_their_names_and_figures_their_words(tmp_path: Path) -> None:
    pytest.importorskip("IPython")
    pytest.importorskip("matplotlib")
    environment = {"HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path), "PATH": "", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", NOTEBOOK]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, encoding="utf-8")
    assert "NameError: name 'wieghts' is not defined" in result.stdout.replace("\n      ", " "), result.stderr
    assert "In[1]:3   return wieghts @ v" in result.stdout
    assert "難しさ ●●○○○" in result.stdout
    assert "図の説明" in result.stdout
