"""The card of an exercise: how hard, how important, how long, what comes before, and what to type."""

from henkan.course.exercise import Card, load_card
from henkan.course.text import Language
from henkan.course.words import word

DOTS = 5


def card_lines(card: Card, language: Language) -> list[str]:
    """The card as lines of text, without title and equations."""
    shortest, longest = card.minutes
    lines = [
        word("card_rating", language, difficulty=dots(card.difficulty), importance=dots(card.importance)),
        word("card_minutes", language, shortest=shortest, longest=longest),
    ]
    if card.requires:
        before = [f"{load_card(name).title.say(language)} ({name})" for name in card.requires]
        lines.append(word("card_requires", language, before=comma(language).join(before)))
    return lines


def card_markdown(exercise_id: str, language: Language) -> str:
    """The card in Markdown, for a notebook."""
    card = load_card(exercise_id)
    title = word("card_title", language, title=card.title.say(language), exercise=card.id)
    lines = card_lines(card, language)
    if card.equations:
        lines.append(word("card_equations", language, equations=", ".join(f"[{label}]" for label in card.equations)))
    how = word("card_how", language, exercise=card.id, names=", ".join(card.names))
    return "  \n".join([f"> **{title}**", *(f"> {line}" for line in [*lines, how])])


def comma(language: Language) -> str:
    """What stands between the items of a list."""
    return "、" if language == "ja" else ", "


def dots(number: int) -> str:
    """``number`` of five dots filled: ●●○○○."""
    return "●" * number + "○" * (DOTS - number)
