"""Bold text is bold: Markdown leaves ``**`` standing where it closes after a mark and before a letter."""

from collections.abc import Iterator

from markdown_it import MarkdownIt

from course.builder.guards.problem import Problem, in_cell
from course.builder.lesson import Lesson
from course.builder.notebook import unwrapped


def stray_asterisks(lesson: Lesson) -> Iterator[Problem]:
    """Prose whose reader would see asterisks, as in **「重み」**は, with no space between words to end the bold."""
    markdown = MarkdownIt("commonmark").enable("table")
    for cell in lesson.cells:
        if cell.is_code:
            continue
        text = unwrapped(cell.text) if cell.lang == "ja" else cell.text
        inline = [child for token in markdown.parse(text) for child in token.children or []]
        for stray in (child.content for child in inline if child.type == "text" and "**" in child.content):
            place = stray.index("**")
            what = f"shows its asterisks at {stray[place : place + 20]!r}: let bold text end in a letter, not in a mark"
            yield in_cell(lesson, cell, what)
