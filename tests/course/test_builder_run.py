"""Running notebooks: what goes wrong is named with its cell, and nothing that a reader would stumble over passes."""

import os
from typing import Any

import nbformat
import pytest
from lesson_source import lesson, number
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course.builder.__main__ import main
from course.builder.execute import Run, different_numbers, execute, figures, printed
from course.builder.notebook import build

FIGURE = """\
import warnings
import torch
from henkan.course.notebook import show
from henkan.plotting import attention_map, use_language
use_language("ja")
one = torch.ones(1, 1)
"""


@pytest.fixture(scope="module")
def run() -> Run:
    """One kernel for all that may go wrong, for starting one takes seconds."""
    cells = {
        "prints": "print(6 * 7)",
        "environment": (
            "import os, sys\n"
            "print(os.environ['HENKAN_SMOKE'], os.environ['OMP_NUM_THREADS'], os.listdir('.'))\n"
            "import torch\n"
            "print(torch.get_num_threads())"
        ),
        "raises": "1 / 0",
        "goes-on": "print(40 + 2)",
        "remote": "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=5)",
        "urllib": "import urllib.request\nurllib.request.urlopen('http://192.0.2.1/', timeout=5)",
        "local": "listener = socket.create_server(('127.0.0.1', 0))\nsocket.create_connection(listener.getsockname())",
        "shown": FIGURE + "show(attention_map(one, ['鍵'], ['問い']), ja='一つの重み', en='one weight')",
        "bare": "import io\nfrom IPython.display import Image, display\n"
        "picture = io.BytesIO()\nattention_map(one, ['k'], ['q']).savefig(picture)\ndisplay(Image(picture.getvalue()))",
        "boxes": "from matplotlib import rcParams\nrcParams['font.family'] = ['DejaVu Sans']\n"
        "show(attention_map(one, ['鍵'], ['問い']), ja='箱', en='boxes')",
        "no-font": "rcParams['font.family'] = ['No Such Font']\n"
        "show(attention_map(one, ['k'], ['q']), ja='文字', en='letters')",
        "warns": "warnings.warn('this is old', DeprecationWarning, stacklevel=1)",
        "last": "assert True",
    }
    notebook = new_notebook(cells=[new_code_cell(text, id=name) for name, text in cells.items()])
    return execute(nbformat.writes(notebook), seconds=0.01)


def problems_of(run: Run, cell: str) -> list[str]:
    return [problem for problem in run.problems if problem.startswith(f"{cell}: ")]


def test_an_error_is_reported_with_its_cell_and_the_rest_still_runs(run: Run) -> None:
    assert ["ZeroDivisionError" in problem for problem in problems_of(run, "raises")] == [True]
    assert printed(run.notebook)["prints"].strip() == printed(run.notebook)["goes-on"].strip() == "42"
    assert problems_of(run, "prints") == problems_of(run, "last") == []


def test_a_notebook_runs_in_an_empty_folder_with_two_threads_and_fewer_steps(run: Run) -> None:
    assert printed(run.notebook)["environment"].split() == ["1", "2", "[]", "2"]
    assert problems_of(run, "environment") == []


def test_nothing_outside_of_this_computer_can_be_reached(run: Run) -> None:
    for cell in "remote", "urllib":
        [problem] = problems_of(run, cell)
        assert "a lesson must run offline, but this one connects to 192.0.2.1" in problem
    assert problems_of(run, "local") == []


def test_a_figure_needs_its_alternative_text(run: Run) -> None:
    assert problems_of(run, "shown") == []
    assert ["without alternative text" in problem for problem in problems_of(run, "bare")] == [True]
    found = {name: text for name, _, text in figures(run.notebook)}
    assert found["shown-1"] == "一つの重み"
    assert found["bare-1"] == ""
    assert all(png.startswith(b"\x89PNG") for _, png, _ in figures(run.notebook))


def test_a_character_that_no_font_has_is_a_problem(run: Run) -> None:
    assert any("Glyph" in problem and "missing" in problem for problem in problems_of(run, "boxes"))
    assert any("findfont" in problem for problem in problems_of(run, "no-font"))


def test_a_warning_is_a_problem(run: Run) -> None:
    [problem] = problems_of(run, "warns")
    assert "DeprecationWarning: this is old" in problem


def test_taking_longer_than_the_header_allows_is_a_problem(run: Run) -> None:
    assert run.seconds > 0.01
    assert any("and its header allows 0.01 s" in problem for problem in run.problems)


def test_the_environment_is_as_before_afterwards() -> None:
    before = dict(os.environ)
    execute(nbformat.writes(new_notebook(cells=[])), None)
    assert dict(os.environ) == before


def test_a_good_lesson_runs_without_problems() -> None:
    done = execute(build(lesson(), "en", number), 30)
    assert done.problems == []
    assert [text for _, _, text in figures(done.notebook)] == ["A map of two weights"]


def test_numbers_that_differ_between_the_languages_are_found() -> None:
    def notebook(**texts: str) -> Any:
        cells = {
            name: new_code_cell("", id=name, outputs=[new_output("stream", text=text)]) for name, text in texts.items()
        }
        return new_notebook(cells=list(cells.values()))

    japanese = notebook(same="重み 0.5 と 1.25", other="損失 0.50", words="3 回")
    english = notebook(same="weights 1.25 and 0.5", other="loss 0.51", words="thrice")
    assert different_numbers(japanese, english) == ["other"]


def test_a_lesson_that_does_not_exist_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "phase99_nothing"]) == 1
    assert "there is no lesson" in capsys.readouterr().err
