"""The ledger for a terminal: the card of one equation, and the list of all."""

from collections.abc import Sequence

from rich.cells import cell_len

from henkan.course.ledger import Symbol, anchor, equation, labels
from henkan.course.text import Language
from henkan.course.words import word


def explain(label: str, language: Language) -> str:
    """The card of an equation. A label that does not exist is a ``ValueError`` that names the nearest."""
    found, line = equation(label), anchor(label)
    parts = {
        "explain_formula": [found.plain, f"LaTeX: {found.latex}"],
        "explain_line": [f"{line.file}:{line.line}", f"    {line.code}"],
        "explain_symbols": _table(found.symbols, language),
        "explain_numbers": [found.filled],
    }
    lines = [f"[{label}] {found.title.say(language)} ({found.paper.say(language)})"]
    for title, content in parts.items():
        lines += ["", word(title, language), *(f"  {text}" for text in content)]
    return "\n".join(lines)


def overview(language: Language) -> str:
    """A line for each equation, and what to type."""
    width = max(map(len, labels()))
    lines = [f"  {label:<{width}}  {equation(label).title.say(language)}" for label in labels()]
    return "\n".join([word("explain_all", language), "", *lines, "", word("explain_how", language)])


def _table(symbols: Sequence[Symbol], language: Language) -> list[str]:
    rows = [(item.variable, item.shape, item.meaning.say(language), f"${item.symbol}$") for item in symbols]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(3)]
    return [
        "  ".join([*(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    ]
