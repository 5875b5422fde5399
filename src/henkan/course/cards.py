"""Equation cards and quizzes in a notebook, made from the ledger; as plain text elsewhere."""

import sys
from collections.abc import Sequence
from importlib import import_module

from henkan.course.explain import explain, letters, place_in_paper, shape
from henkan.course.ledger import anchor, equation
from henkan.course.notebook import language
from henkan.course.quiz import as_markdown, as_text, make_quiz
from henkan.course.text import Language
from henkan.course.words import word


def equation_card(label: str) -> None:
    """Display the card of an equation: formula, line of code, shapes, and the formula with numbers put in."""
    _display([card_markdown(label, language())], explain(label, language()))


def quiz(*labels: str) -> None:
    """Display three questions about these equations: a number, a line of code, a shape. The answers are folded away."""
    questions = make_quiz(labels, language())
    _display(as_markdown(questions, language()), as_text(questions, language()))


def card_markdown(label: str, language: Language) -> str:
    """The card of an equation in Markdown."""
    found, line = equation(label), anchor(label)
    columns = word("card_columns", language).split("|")
    rows = [
        (
            f"${symbol.latex}$",
            f"`{symbol.variable}`",
            f"`{symbol.shape}`" if symbol.shape else shape(symbol, language),
            symbol.meaning.say(language),
        )
        for symbol in found.symbols
    ]
    table = [f"| {' | '.join(row)} |" for row in (columns, ["---"] * len(columns), *rows)]
    numbers = [f"$${formula}$$" for formula in (found.given, *found.worked)]
    parts = [
        f"**{found.title.say(language)}**　`[{label}]`　{place_in_paper(found, language)}",
        f"$${found.latex}$$",
        f"**{word('card_line', language)}**　`{line.where}`",
        f"```python\n{line.code}\n```",
        "\n".join(table),
        letters(found, language),
        f"**{word('card_numbers', language)}**",
        *numbers,
    ]
    return "\n\n".join(filter(None, parts))


def _display(markdown: Sequence[str], plain: str) -> None:
    """Display pieces of Markdown in a notebook; write plain text elsewhere."""
    if "IPython" in sys.modules and import_module("IPython").get_ipython() is not None:
        shown = import_module("IPython.display")
        for piece in markdown:
            shown.display(shown.Markdown(piece))
    else:
        sys.stdout.write(plain + "\n")
