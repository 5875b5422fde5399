"""From lesson sources to notebooks in two languages: ``.venv/bin/python -m course.builder COMMAND``.

Read in this order: `lesson` (a source and its cells), `stamp`, `placeholders`, `notebook` (what is built), `execute`,
then `guards`, each of which finds one kind of mistake in the sources.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "course"
NOTEBOOKS = ROOT / "notebooks"
