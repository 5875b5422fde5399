"""Stamping: an English cell notes which Japanese text it says the same as."""

import re

from course.builder.lesson import Lesson

OF = re.compile(r'\s+of="[^"]*"')


def stamp(source: str, lesson: Lesson) -> tuple[str, list[str]]:
    """``source`` with the hash of each Japanese cell in its English twin, and the ids of the cells that changed."""
    lines = source.splitlines(keepends=True)
    changed = []
    for japanese, english in lesson.pairs:
        if english.of != japanese.hash:
            header = lines[english.line - 1].rstrip()
            lines[english.line - 1] = f'{OF.sub("", header)} of="{japanese.hash}"\n'
            changed.append(english.id)
    return "".join(lines), changed
