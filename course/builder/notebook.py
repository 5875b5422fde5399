"""The notebooks of a lesson: one for each language, of equal code and ids. Building twice gives the same bytes."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.builder import NOTEBOOKS
from course.builder.lesson import Cell, Lesson
from course.builder.placeholders import Numbers, fill, ledger_number
from henkan.course.text import LANGUAGES, Language

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LANGUAGE_CELL = "language"
WHOLE_LINE = re.compile(r"\s*([#|<]|```|\$\$)")  # ends where its line ends
BLOCK_START = re.compile(r"\s*([-*+>#|]|\d+[.)]|```|\$\$|<)")


def notebook_path(lesson: Lesson, language: Language, folder: Path = NOTEBOOKS) -> Path:
    """Where the notebook of a lesson stands."""
    return folder / language / f"{lesson.name}.ipynb"


def build(lesson: Lesson, language: Language, number: Numbers = ledger_number) -> str:
    """The notebook in ``language`` as the text of its file."""
    cells = [_built(cell, language, number) for cell in lesson.cells if cell.lang in (None, language)]
    start = 1 if lesson.cells and not lesson.cells[0].is_code else 0  # the title stays on top
    cells.insert(start, new_code_cell(_language_code(language), id=LANGUAGE_CELL))
    notebook = new_notebook(cells=cells, metadata=METADATA)
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook)
    return text if text.endswith("\n") else text + "\n"


def build_all(lessons: list[Lesson], folder: Path = NOTEBOOKS) -> list[Path]:
    """Write the notebooks of ``lessons``; the paths of those that changed."""
    changed = []
    for lesson in lessons:
        for language in LANGUAGES:
            path, text = notebook_path(lesson, language, folder), build(lesson, language)
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
                changed.append(path)
    return changed


def unwrapped(text: str) -> str:
    """Japanese prose with its soft line breaks taken out: readers would see each as a space inside of a sentence."""
    lines: list[str] = []
    inside_block = False  # between the fences of code or of a formula
    for line in text.splitlines():
        fences = line.strip().startswith("```") or (line.strip().startswith("$$") and line.count("$$") == 1)
        if lines and not inside_block and not fences and _continues(lines[-1], line):
            lines[-1] += line.strip()
        else:
            lines.append(line)
        inside_block ^= fences
    return "\n".join(lines)


def _continues(before: str, line: str) -> bool:
    """Whether ``line`` goes on with a Japanese sentence that ``before`` has begun."""
    if WHOLE_LINE.match(before) or BLOCK_START.match(line) or not before or not line.strip():
        return False
    return _is_wide(before[-1]) and _is_wide(line.strip()[0])


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _built(cell: Cell, language: Language, number: Numbers) -> Any:
    if cell.is_code:
        return new_code_cell(cell.text, id=cell.id)
    return new_markdown_cell(fill(unwrapped(cell.text) if language == "ja" else cell.text, number), id=cell.id)


def _language_code(language: Language) -> str:
    return f'from henkan.plotting import use_language\n\nuse_language("{language}")'
