"""Equation cards and quizzes in a notebook, made from the ledger."""

import sys
from importlib import import_module

from henkan.course.ledger import anchor, equation, labels
from henkan.course.notebook import language
from henkan.course.text import Language
from henkan.course.words import word

NUM_CHOICES = 3


def equation_card(label: str) -> None:
    """Display the card of an equation: formula, line of code, shapes, and the formula with numbers put in."""
    _display(card_markdown(label, language()))


def quiz(*about: str) -> None:
    """Display three questions about the equations of these labels, each with its answer folded away."""
    _display(quiz_markdown(about, language()))


def card_markdown(label: str, language: Language) -> str:
    """The card of an equation in Markdown."""
    found, line = equation(label), anchor(label)
    rows = [
        f"| ${item.symbol}$ | `{item.variable}` | {item.shape} | {item.meaning.say(language)} |"
        for item in found.symbols
    ]
    return "\n".join(
        [
            f"**{found.title.say(language)}**　`[{label}]`　{found.paper.say(language)}",
            "",
            f"$${found.latex}$$",
            "",
            "```python",
            f"# {line.file}:{line.line}",
            line.code,
            "```",
            "",
            word("card_symbols", language),
            "| --- | --- | --- | --- |",
            *rows,
            "",
            f"{word('card_numbers', language)} {found.filled}",
        ]
    )


def quiz_markdown(about: tuple[str, ...], language: Language) -> str:
    """Three questions with folded answers: a number, a line of code, a shape."""
    if not about:
        raise ValueError("a quiz needs the label of an equation: quiz('eq-sdpa')")
    asked = [about[index % len(about)] for index in range(3)]
    makers = (_ask_number, _ask_line, _ask_shape)
    return "\n\n".join(
        make(label, place, language) for place, (make, label) in enumerate(zip(makers, asked, strict=True), 1)
    )


def _ask_number(label: str, place: int, language: Language) -> str:
    """Which number is hidden in the filled formula."""
    found = equation(label)
    formula, answer, others = found.question()
    choices = sorted({answer, *others[: NUM_CHOICES - 1]})
    question = word("quiz_number", language, title=found.title.say(language), formula=formula)
    return _fold(place, question, choices, answer, language)


def _ask_line(label: str, place: int, language: Language) -> str:
    """Which line of the library computes the equation."""
    answer = f"`{anchor(label).code}`"
    known = labels()
    start = known.index(label)
    others = [f"`{anchor(known[(start + step) % len(known)]).code}`" for step in range(1, NUM_CHOICES)]
    question = word("quiz_line", language, title=equation(label).title.say(language))
    return _fold(place, question, sorted({answer, *others}), answer, language)


def _ask_shape(label: str, place: int, language: Language) -> str:
    """Which shape the last symbol of the equation has."""
    found = equation(label)
    last = found.symbols[-1]
    other_shapes = [item.shape for name in (label, *labels()) for item in equation(name).symbols]
    others = [shape for shape in dict.fromkeys(other_shapes) if shape != last.shape][: NUM_CHOICES - 1]
    title = found.title.say(language)
    question = word("quiz_shape", language, title=title, symbol=f"${last.symbol}$", meaning=last.meaning.say(language))
    return _fold(place, question, sorted({last.shape, *others}), last.shape, language)


def _fold(place: int, question: str, choices: list[str], answer: str, language: Language) -> str:
    lines = [f"{number}. {choice}" for number, choice in enumerate(choices, start=1)]
    right = word("quiz_answer", language, number=choices.index(answer) + 1, answer=answer)
    summary = word("quiz_summary", language)
    return "\n".join(
        [f"**Q{place}.** {question}", "", *lines, "", f"<details><summary>{summary}</summary>\n\n{right}\n\n</details>"]
    )


def _display(markdown: str) -> None:
    """Display Markdown in a notebook; elsewhere write it as it stands."""
    if "IPython" in sys.modules and import_module("IPython").get_ipython() is not None:
        shown = import_module("IPython.display")
        shown.display(shown.Markdown(markdown))
    else:
        sys.stdout.write(markdown + "\n")
