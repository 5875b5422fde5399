"""The ledger on a terminal: the card of one equation, and the list of all."""

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from henkan.course.exercise_card import comma
from henkan.course.ledger import Equation, Symbol, UnknownNameError, anchor, equation, labels
from henkan.course.plain_formula import plain_formula
from henkan.course.text import Language
from henkan.course.width import pad
from henkan.course.words import messages, word


def explain(label: str, language: Language) -> str:
    """The card of an equation; a ``ValueError`` in ``language`` for a label that does not exist."""
    try:
        found = equation(label.strip("[]"))
    except UnknownNameError as error:
        name = "no_such_equation_but" if error.close else "no_such_equation"
        raise ValueError(word(name, language, name=label, close=error.close)) from None
    line = anchor(found.label)
    parts: dict[str, Sequence[str]] = {
        "card_formula": [found.plain, "", f"LaTeX: {found.latex}"],
        "card_line": [line.where, "", f"    {line.code}"],
        "card_symbols": [*_columns(found.symbols, language), *_indented_letters(found, language)],
        "card_numbers": [*map(plain_formula, (found.given, *found.worked))],
    }
    title = found.title.say(language)
    lines = [word("card_heading", language, label=found.label, title=title, paper=place_in_paper(found, language))]
    for name, content in parts.items():
        lines += ["", word(name, language), *(f"  {text}".rstrip() for text in content)]
    return "\n".join(lines)


def overview(language: Language) -> str:
    """What to type, and a line for each equation."""
    width = max(map(len, labels()))
    titles = [equation(label).title.say(language) for label in labels()]
    wide = max(map(cell_len, titles))
    lines = [
        f"  {label:<{width}}  {pad(title, wide)}  {equation(label).plain}"
        for label, title in zip(labels(), titles, strict=True)
    ]
    return "\n".join([word("explain_all", language, label="eq-sdpa"), "", *lines])


def place_in_paper(found: Equation, language: Language) -> str:
    """Where the paper has the equation."""
    if found.paper is None:
        return word("card_not_in_paper", language)
    return word("card_paper", language, place=found.paper.say(language))


def shape(symbol: Symbol, language: Language) -> str:
    """The shape of a symbol, in words if it is a single number."""
    return symbol.shape or word("card_one_number", language)


def letters(found: Equation, language: Language) -> str:
    """What the letters in the shapes of an equation stand for; empty if there are none."""
    meanings = {name.removeprefix("letter_"): text for name, text in messages().items() if name.startswith("letter_")}
    shapes = "".join(symbol.shape for symbol in found.symbols)
    used = set(re.findall(r"[A-Za-z_]+", shapes))
    said = [f"{letter} {text.say(language)}" for letter, text in meanings.items() if letter in used]
    return word("card_letters", language, letters=comma(language).join(said)) if said else ""


def _columns(symbols: Sequence[Symbol], language: Language) -> list[str]:
    """Symbol, variable, shape and meaning of each symbol, one below the other."""
    rows = [
        (plain_formula(symbol.latex), symbol.variable, shape(symbol, language), symbol.meaning.say(language))
        for symbol in symbols
    ]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(3)]
    return ["   ".join([*(map(pad, row, widths)), row[3]]) for row in rows]


def _indented_letters(found: Equation, language: Language) -> Iterator[str]:
    if said := letters(found, language):
        yield from ("", said)
