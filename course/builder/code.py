"""What the code of a lesson calls, read from its source without running it."""

import ast
from collections.abc import Iterator
from functools import cache

from course.builder.lesson import Cell, Lesson

NO_FIGURES = {"L", "Language", "language", "use_language"}  # what else henkan.plotting has


@cache
def calls(text: str) -> tuple[ast.Call, ...]:
    """Every call in a cell of code."""
    return tuple(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))


def calls_of(lesson: Lesson, name: str) -> Iterator[tuple[Cell, ast.Call]]:
    """Every call of the function ``name``, with the cell that makes it."""
    yield from ((cell, call) for cell in lesson.code for call in calls(cell.text) if called(call) == name)


def strings_given(lesson: Lesson, name: str) -> Iterator[tuple[Cell, str]]:
    """The strings given to the function ``name``: the labels of ``quiz("eq-sdpa", "eq-mask")``."""
    for cell, call in calls_of(lesson, name):
        yield from ((cell, text) for argument in call.args if (text := constant(argument)) is not None)


def called(call: ast.Call) -> str:
    """The name that is called, with its dots: "plotting.attention_map"."""
    return ast.unparse(call.func) if isinstance(call.func, (ast.Name, ast.Attribute)) else ""


def constant(node: ast.expr) -> str | None:
    """The string that stands there, None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def figure_makers(lesson: Lesson) -> set[str]:
    """What the lesson can call to make a figure, as it is called there."""
    makers = {"plt.figure", "plt.subplots", "plt.subplot_mosaic", "Figure"}
    for cell in lesson.code:
        for node in ast.walk(ast.parse(cell.text)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("henkan.plotting"):
                makers |= {alias.asname or alias.name for alias in node.names} - NO_FIGURES
    return makers


def makes_figure(call: ast.Call, makers: set[str]) -> bool:
    """Whether a call makes a figure."""
    name = called(call)
    module, _, function = name.rpartition(".")
    return name in makers or (module.split(".")[-1] == "plotting" and function not in NO_FIGURES)
