"""Every cell of prose stands there in both languages, the same text in the same order."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from course.builder.guards.problem import Problem, in_cell
from course.builder.lesson import Lesson
from course.builder.prose import Prose, in_words, read_prose


def missing_twins(lesson: Lesson) -> Iterator[Problem]:
    """A Japanese cell is followed at once by its English twin."""
    after = dict(pairwise(lesson.cells))
    twins = {cell.id for cell in lesson.prose("ja")}
    for cell in lesson.cells:
        if cell.lang == "ja" and ((twin := after.get(cell)) is None or (twin.id, twin.lang) != (cell.id, "en")):
            yield in_cell(lesson, cell, 'must be followed by its twin, # %% [markdown] lang="en" of the same id')
        if cell.lang == "en" and cell.id not in twins:
            yield in_cell(lesson, cell, "has no Japanese twin before it")


def stale_twins(lesson: Lesson) -> Iterator[Problem]:
    """An English cell was written against the Japanese text as it stands now."""
    for japanese, english in lesson.pairs:
        if english.of != japanese.hash:
            why = "the Japanese text has changed: read both, mend the English" if english.of else "read both"
            yield in_cell(lesson, english, f"{why}, then python -m course.builder stamp course/{lesson.path.name}")


def different_twins(lesson: Lesson) -> Iterator[Problem]:
    """Headings, formulas, code, links, labels and numbers are the same in both languages."""
    for japanese, english in lesson.pairs:
        first, second = read_prose(japanese.text), read_prose(english.text)
        for what, ja, en in _differences(first, second):
            yield in_cell(
                lesson, japanese, f"{what} differ: {ja or 'nothing'} in Japanese, {en or 'nothing'} in English"
            )


def _differences(japanese: Prose, english: Prose) -> Iterator[tuple[str, str, str]]:
    """Name of the part, and what only the Japanese text and only the English text has."""
    if japanese.headings != english.headings:
        yield "levels of headings", _listed(map(str, japanese.headings)), _listed(map(str, english.headings))
    if japanese.blocks != english.blocks:
        yield "blocks of code", _listed(japanese.blocks), _listed(english.blocks)
    for name in ("formulas", "code", "links", "labels", "placeholders"):
        ja, en = getattr(japanese, name), getattr(english, name)
        if ja != en:
            yield name, _listed(sorted(ja - en)), _listed(sorted(en - ja))
    only_ja = [n for n in sorted(japanese.numbers - english.numbers) if not in_words(n, english.words, "en")]
    only_en = [n for n in sorted(english.numbers - japanese.numbers) if not in_words(n, japanese.words, "ja")]
    if only_ja or only_en:
        yield "numbers", _listed(only_ja), _listed(only_en)


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items)
