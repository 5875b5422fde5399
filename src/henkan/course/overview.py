"""The exercises in order, and how far the learner is."""

from typing import Any

from rich.cells import cell_len

from henkan.course.exercise import ORDER, load_card
from henkan.course.exercise_card import card_lines, dots
from henkan.course.formula import formula_lines
from henkan.course.render import BOLD, DIM, GREEN, paint
from henkan.course.state import State
from henkan.course.text import Language
from henkan.course.width import pad
from henkan.course.words import word


def as_rows(state: State, language: Language) -> list[dict[str, Any]]:
    """Every exercise with its title and what is recorded about it, in types that JSON has."""
    return [
        {
            "exercise": name,
            "title": load_card(name).title.say(language),
            "current": name == state.current,
            "solved": name in state.solved,
            "hints": state.hints.get(name, 0),
            "given_up": name in state.given_up,
        }
        for name in ORDER
    ]


def overview(state: State, language: Language, *, colour: bool = False) -> str:
    """The list as text, by lesson."""
    names = max(cell_len(name.partition("/")[2]) for name in ORDER)
    width = max(cell_len(load_card(name).title.say(language)) for name in ORDER)
    lines: list[str] = []
    phase = ""
    for name in ORDER:
        if name.partition("/")[0] != phase:
            phase = name.partition("/")[0]
            inside = [other for other in ORDER if other.startswith(f"{phase}/")]
            solved = sum(other in state.solved for other in inside)
            heading = f"{phase}   {word(f'lesson_{phase}', language)}   {solved}/{len(inside)}"
            lines += ["", paint(heading, BOLD, colour)]
        lines.append(_line(name, state, language, names, width, colour).rstrip())
    total = word("overview_sum", language, solved=len(state.solved), total=len(ORDER), current=state.current)
    return "\n".join([*lines[1:], "", total])


def _line(name: str, state: State, language: Language, names: int, width: int, colour: bool) -> str:
    """One exercise: whether it is solved, its name and title in columns of these widths, and what is noted."""
    arrow = ">" if name == state.current else " "
    sign = "✓" if name in state.solved else "·"
    title = pad(load_card(name).title.say(language), width)
    text = f"{sign} {pad(name.partition('/')[2], names)}  {title}  {_minutes(name, language)}"
    code = GREEN if name in state.solved else BOLD if name == state.current else ""
    return f"{arrow} {paint(text, code, colour)}  {paint(_notes(name, state, language), DIM, colour)}"


def introduce(exercise_id: str, language: Language, *, watched: bool = False) -> str:
    """What an exercise is about and what to do with it, for the moment when it becomes the current one."""
    card = load_card(exercise_id)
    lines = [word("card_title", language, title=card.title.say(language), exercise=card.id), ""]
    lines += [f"  {line}" for line in [*card_lines(card, language), *formula_lines(card.equations, language)]]
    lines += ["", word("introduce_watched" if watched else "introduce", language, file=f"{exercise_id}.py")]
    return "\n".join(lines)


def _minutes(name: str, language: Language) -> str:
    card = load_card(name)
    return f"{dots(card.difficulty)}  " + word("minutes", language, shortest=card.minutes[0], longest=card.minutes[1])


def _notes(name: str, state: State, language: Language) -> str:
    """Hints that were read, and whether the solution was."""
    notes = []
    if state.hints.get(name):
        notes.append(word("hint", language, number=state.hints[name], count=3))
    if name in state.given_up:
        notes.append(word("saw_solution", language))
    return "  ".join(notes)
