"""Hints: three for each exercise, from the direction to almost the code, and which of them have been read."""

from henkan.course.exercise import load_card
from henkan.course.text import Language
from henkan.course.width import wrap
from henkan.course.words import word
from henkan.course.workspace import Workspace

COLUMNS = 76


def next_hint(workspace: Workspace, exercise_id: str, language: Language) -> str:
    """The next hint, as lines of text; all of them once more when the last has been read. What is read is recorded."""
    card = load_card(exercise_id)
    read = workspace.state.hints.get(exercise_id, 0)
    if read < len(card.hints):
        workspace.update(lambda state: state.hints.update({exercise_id: read + 1}))
        numbers = [read]
    else:
        numbers = list(range(len(card.hints)))
    lines = [f"{card.title.say(language)} ({exercise_id})"]
    for number in numbers:
        lines += ["", word("hint", language, number=number + 1, count=len(card.hints))]
        lines += [f"  {line}" for line in wrap(card.hints[number].say(language), COLUMNS - 2)]
    if numbers[-1] + 1 < len(card.hints):
        lines += ["", word("hint_more", language)]
    else:
        lines += ["", *wrap(word("hint_last", language, exercise=exercise_id), COLUMNS)]
    return "\n".join(lines)
