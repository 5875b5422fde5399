"""Three questions from the ledger: what number comes out, which line computes it, what shape it has.

Every wrong answer is the right one to something else: a number that a known slip gives, the line of another equation, a
shape with its axes in another order. The same labels always give the same quiz.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from henkan.course.ledger import Equation, anchor, equation, labels
from henkan.course.plain_formula import plain_formula
from henkan.course.text import Language
from henkan.course.words import word

FORMULA = re.compile(r"\$([^$]+)\$")
NUM_WRONG = 3
LETTERS = "abcd"


@dataclass(frozen=True)
class Quiz:
    """One question in the language of the reader."""

    text: str
    answers: tuple[str, ...]
    right: int
    """The index of the right answer."""
    remarks: tuple[str, ...]
    """What the wrong answers are right for."""
    label: str

    @property
    def options(self) -> list[str]:
        """The answers with their letters."""
        return [f"({letter}) {answer}" for letter, answer in zip(LETTERS, self.answers, strict=False)]


def make_quiz(about: Sequence[str], language: Language) -> list[Quiz]:
    """A question of each kind, about the equations of these labels in turn."""
    if not about:
        raise ValueError("a quiz needs the label of an equation: quiz('eq-sdpa')")
    makers: tuple[Callable[[Equation, Language, Sequence[str]], Quiz], ...] = (_ask_number, _ask_line, _ask_shape)
    return [
        make(equation(about[place % len(about)]), language, [*about, *labels()]) for place, make in enumerate(makers)
    ]


def as_markdown(questions: Sequence[Quiz], language: Language) -> list[str]:
    """The questions for a notebook, each with its answer folded away."""
    return [_folded(place, question, language) for place, question in enumerate(questions, 1)]


def as_text(questions: Sequence[Quiz], language: Language) -> str:
    """The questions for a terminal, the answers below them all."""
    asked = [
        "\n".join(
            [_title(place, question, language).replace("**", ""), "", *(f"  {text}" for text in question.options)]
        )
        for place, question in enumerate(questions, 1)
    ]
    answers = [f"{place}. {_answer(question, language)}" for place, question in enumerate(questions, 1)]
    text = "\n\n".join([*asked, "\n".join(answers)])
    return FORMULA.sub(lambda formula: plain_formula(formula[1]), text).replace("`", "").replace("  \n", "\n   ")


def _ask_number(found: Equation, language: Language, _: Sequence[str]) -> Quiz:
    """Which number comes out of the example."""
    question = found.question
    answers = sorted((question.right, *question.wrong), key=lambda answer: _value(answer.value))
    remarks = tuple(
        word("quiz_reason", language, letter=letter, answer=answer.value, reason=answer.reason.say(language))
        for letter, answer in zip(LETTERS, answers, strict=False)
        if answer.reason is not None
    )
    values = tuple(answer.value for answer in answers)
    return Quiz(question.text.say(language), values, answers.index(question.right), remarks, found.label)


def _ask_line(found: Equation, language: Language, near: Sequence[str]) -> Quiz:
    """Which line of the library computes the equation; the others are from the same file, as far as it has any."""
    own = anchor(found.label)
    others = [label for label in dict.fromkeys(near) if label != found.label]
    others.sort(key=lambda label: anchor(label).path != own.path)  # a stable sort: the same file first
    lines = {anchor(label).code: label for label in (found.label, *others[:NUM_WRONG])}
    codes = sorted(lines)
    remarks = tuple(
        word("quiz_reason_line", language, letter=letter, title=equation(lines[code]).title.say(language))
        for letter, code in zip(LETTERS, codes, strict=False)
        if code != own.code
    )
    text = word("quiz_line", language, title=found.title.say(language))
    return Quiz(text, tuple(f"`{code}`" for code in codes), codes.index(own.code), remarks, found.label)


def _ask_shape(found: Equation, language: Language, near: Sequence[str]) -> Quiz:
    """Which shape a symbol has."""
    symbol = found.question.shape_of
    wrong = dict.fromkeys(shape for shape in _other_shapes(symbol.shape, found, near) if shape != symbol.shape)
    shapes = sorted([symbol.shape, *list(wrong)[:NUM_WRONG]], key=lambda shape: (len(shape), shape))
    answers = tuple(f"`{shape}`" if shape else word("card_one_number", language) for shape in shapes)
    title = found.title.say(language)
    text = word("quiz_shape", language, title=title, symbol=f"${symbol.latex}$", variable=symbol.variable)
    return Quiz(text, answers, shapes.index(symbol.shape), (), found.label)


def _other_shapes(shape: str, found: Equation, near: Sequence[str]) -> Iterator[str]:
    """The shape with its axes exchanged, then those of other symbols."""
    axes = shape.strip("(,)").split(", ")
    if len(axes) > 1:
        yield _written([*axes[:-2], axes[-1], axes[-2]])
    if len(axes) > 2:
        yield _written([*axes[:-3], axes[-2], axes[-3], axes[-1]])
    yield from (symbol.shape for symbol in found.symbols)
    yield from (symbol.shape for label in near for symbol in equation(label).symbols)


def _written(axes: Sequence[str]) -> str:
    return f"({', '.join(axes)})"


def _value(written: str) -> float:
    return float(written.replace("−", "-").replace(",", ""))


def _folded(place: int, question: Quiz, language: Language) -> str:
    options = "\n".join(f"- {option}" for option in question.options)
    folded = (
        f"<details><summary>{word('quiz_summary', language)}</summary>\n\n{_answer(question, language)}\n\n</details>"
    )
    return f"{_title(place, question, language)}\n\n{options}\n\n{folded}"


def _title(place: int, question: Quiz, language: Language) -> str:
    return word("quiz_title", language, place=place, question=question.text)


def _answer(question: Quiz, language: Language) -> str:
    """The right answer, what the others are, and where to read on."""
    letter, answer = LETTERS[question.right], question.answers[question.right]
    said = [word("quiz_answer", language, letter=letter, answer=answer), *question.remarks]
    return "  \n".join([*said, word("quiz_card", language, label=question.label)])
