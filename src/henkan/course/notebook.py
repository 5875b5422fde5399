"""What lessons say in a notebook: texts in its language, figures with alternative text, cards, and the checks."""

import io
import sys
from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any

from henkan.course.text import Language, Text, wished_language
from henkan.course.words import word

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["L", "check", "equation_card", "exercise_card", "language", "quiz", "show"]


def language() -> Language:
    """The language of the notebook: that of figures, else what ``HENKAN_LANG`` says, else Japanese."""
    from henkan.plotting.language import asked

    return asked() or wished_language() or "ja"


def L(ja: str, en: str) -> str:  # noqa: N802 - it stands in front of every label: the shorter the better
    """The text in the language of figures: the English one, too, if Japanese cannot be shown in a figure."""
    from henkan import plotting
    from henkan.plotting.language import asked

    if asked() is None:
        plotting.use_language(language())
    return plotting.L(ja, en)


def show(figure: "Figure", *, ja: str, en: str) -> None:
    """Display ``figure``; ``ja`` and ``en`` say what it shows to those who cannot see it."""
    alternative = Text.of({"ja": ja, "en": en}, "the alternative text of a figure").say(language())
    if (ipython := _ipython()) is None:
        return
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    ipython.display(ipython.Image(picture.getvalue(), width=round(figure.get_figwidth() * 96), alt=alternative))


def exercise_card(exercise_id: str) -> None:
    """Display the card of an exercise: how hard, how important, how long, what comes before, and what to type."""
    from henkan.course.exercise_card import card_markdown

    _say(card_markdown(exercise_id, language()))


def equation_card(label: str) -> None:
    """Display the card of an equation of the ledger: formula, line of code, shapes, numbers."""
    import_module("henkan.course.cards").equation_card(label)


def quiz(*labels: str) -> None:
    """Display three questions made from the ledger."""
    import_module("henkan.course.cards").quiz(*labels)


def check(exercise_id: str, *parts: Any) -> None:
    """Check the learner's ``parts``, functions or classes, and display what was found."""
    from henkan.course.exercise import load_exercise
    from henkan.course.ladder import climb
    from henkan.course.render import render

    exercise = load_exercise(exercise_id)
    if len(parts) != len(exercise.names):
        raise ValueError(word("needs_other_parts", language(), exercise=exercise_id, names=", ".join(exercise.names)))
    torch = sys.modules.get("torch")  # lesson 0 does without
    with nullcontext() if torch is None else torch.random.fork_rng():  # the next cell draws what it would have drawn
        report = climb(exercise, parts)
    _say(render(report, language(), place="notebook"), plain=True)
    if any(part is own for part, own in zip(parts, exercise.parts, strict=True)):
        _say(word("the_librarys_own", language()), plain=True)


def _say(text: str, *, plain: bool = False) -> None:
    """Display ``text``: as Markdown in a notebook unless it is ``plain``, as it stands elsewhere."""
    ipython = _ipython()
    if ipython is None or plain:
        sys.stdout.write(text + "\n")
    else:
        ipython.display(ipython.Markdown(text))


def _ipython() -> Any:
    """The module ``IPython.display`` inside of a notebook, None outside."""
    if "IPython" not in sys.modules or import_module("IPython").get_ipython() is None:
        return None
    return import_module("IPython.display")
