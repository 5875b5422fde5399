"""Every figure reaches those who cannot see it: it is shown by ``show``, with what it shows in both languages."""

import ast
import re
from collections.abc import Iterator

from course.builder.code import called, calls, constant, figure_makers, makes_figure
from course.builder.guards.problem import Problem, in_cell
from course.builder.lesson import Cell, Lesson

JAPANESE = re.compile("[ぁ-んァ-ヶ一-龯]")
OTHER_WAYS = {"plt.show", "display"}  # to put a figure on the page, without alternative text


def figures_without_words(lesson: Lesson) -> Iterator[Problem]:
    """Figures that are not shown by ``show(figure, ja="...", en="...")``."""
    makers = figure_makers(lesson)
    for cell in lesson.code:
        made = calls(cell.text)
        shows = [call for call in made if called(call) == "show"]
        if not shows and any(makes_figure(call, makers) for call in _outside_functions(cell)):
            yield in_cell(lesson, cell, 'makes a figure and does not show it: show(figure, ja="...", en="...")')
        for name in sorted({called(call) for call in made} & OTHER_WAYS):
            yield in_cell(lesson, cell, f"calls {name}: show figures by show(figure, ja=..., en=...) alone")
        for call in shows:
            yield from (in_cell(lesson, cell, f"show {problem}") for problem in _wrong_words(call))


def _wrong_words(call: ast.Call) -> Iterator[str]:
    """What is wrong with the alternative texts of one call."""
    texts = {keyword.arg: keyword.value for keyword in call.keywords}
    for language in ("ja", "en"):
        if language not in texts:
            yield f'needs {language}="what the figure shows"'
            continue
        text = constant(texts[language])
        if text is None:
            continue  # an f-string or a name: show itself asks for text when the notebook runs
        if not text.strip():
            yield f"has nothing in {language}=..."
        elif bool(JAPANESE.search(text)) != (language == "ja"):
            yield f"has the other language in {language}=..."


def _outside_functions(cell: Cell) -> Iterator[ast.Call]:
    """The calls that happen when the cell runs, not when a function defined in it is called."""
    waiting: list[ast.AST] = [ast.parse(cell.text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield node
        waiting += [
            child for child in ast.iter_child_nodes(node) if not isinstance(child, (ast.FunctionDef, ast.ClassDef))
        ]
