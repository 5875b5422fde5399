"""What learners read exists in both languages, and every sentence that a check asks for is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from syllabus import FOLDER, ROOT, WRITTEN, files_of

import henkan.course
from henkan.course.exercise import ORDER, Card, load_card
from henkan.course.text import Text
from henkan.course.toml import read_toml

COURSE = Path(henkan.course.__file__).parent
CARDS = [load_card(exercise_id) for exercise_id in WRITTEN]
every_card = pytest.mark.parametrize("card", CARDS, ids=WRITTEN)

# How checks name their sentence, and where in the call; `expect` takes the values for its places as keywords.
CALLS = {"expect": 1, "Finding": 0, "Skipped": 0, "Failure": 1}
OWN_VALUES = {"Failure": None, "Skipped": set()}  # None: filled in elsewhere


def texts_of(card: Card) -> Iterator[tuple[str, Text]]:
    """Every text of a card, with what it is."""
    yield "title", card.title
    for kind, texts in (("todo", card.todo), ("hint", card.hints)):
        yield from ((f"{kind} {number}", text) for number, text in enumerate(texts, 1))
    for kind, named in (("check", card.check_names), ("mistake", card.mistake_texts), ("message", card.messages)):
        yield from ((f"{kind} {name}", text) for name, text in named.items())


def tables_with_texts() -> Iterator[tuple[str, Text]]:
    """The sentences that belong to no exercise, with file and name."""
    for path in sorted(COURSE.glob("*.toml")):
        for name, entry in read_toml(path.name).items():
            if isinstance(entry, dict) and set(entry) == {"ja", "en"}:
                yield f"{path.name}: {name}", Text.of(entry, f"{path.name}: {name}")


def messages_asked_for(path: Path) -> Iterator[tuple[int, str, set[str] | None]]:
    """Line, name of the sentence and the values given for its places, for each that the code in ``path`` may say."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in CALLS:
            continue
        place = CALLS[node.func.id]
        if len(node.args) <= place or not isinstance(node.args[place], ast.Constant):
            continue
        given = {keyword.arg for keyword in node.keywords if keyword.arg not in (None, "rows")}
        yield node.lineno, node.args[place].value, OWN_VALUES.get(node.func.id, given)


def code_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.py") if path.stem != "__init__")


@every_card
def test_the_places_of_a_text_are_the_same_in_both_languages(card: Card) -> None:
    for name, text in texts_of(card):
        if name.startswith("message"):
            assert text.placeholders("ja") == text.placeholders("en"), name


def test_the_places_of_every_common_sentence_are_the_same_in_both_languages() -> None:
    sentences = list(tables_with_texts())
    assert sentences
    assert not [name for name, text in sentences if text.placeholders("ja") != text.placeholders("en")]


@every_card
def test_japanese_is_japanese_and_english_is_not(card: Card) -> None:
    for name, text in texts_of(card):
        if name.startswith(("mistake", "message")):
            assert re.search("[ぁ-んァ-ン]", text.ja), name
        assert not re.search("[ぁ-んァ-ン一-龯]", text.en), name


@every_card
def test_there_are_three_hints_and_a_task(card: Card) -> None:
    assert len(card.hints) == 3
    assert card.todo


@every_card
def test_the_figures_of_a_card_are_in_their_bounds(card: Card) -> None:
    assert 0 < card.minutes[0] < card.minutes[1]
    assert {card.difficulty, card.importance} <= {1, 2, 3, 4, 5}


@every_card
def test_what_an_exercise_requires_comes_before_it(card: Card) -> None:
    assert set(card.requires) <= set(ORDER[: ORDER.index(card.id)])


@every_card
def test_the_equations_of_an_exercise_are_in_the_ledger(card: Card) -> None:
    assert set(card.equations) <= set(read_toml("equations.toml"))


@every_card
def test_the_tests_of_an_exercise_exist(card: Card) -> None:
    assert [path for path in card.tests if not (ROOT / path.partition("::")[0]).is_file()] == []


@every_card
def test_the_misconception_cards_of_an_exercise_are_in_a_lesson(card: Card) -> None:
    lessons = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "course").glob("*.py")))
    assert not {name for name in card.mistake_cards.values() if not re.search(rf"\b{re.escape(name)}\b", lessons)}


@every_card
def test_every_sentence_that_a_check_may_say_exists_and_gets_its_values(card: Card) -> None:
    common = {name: Text.of(entry, name) for name, entry in read_toml("messages.toml").items() if "ja" in entry}
    for line, name, given in messages_asked_for(files_of(card.id)[1]):
        text = card.messages.get(name) or common.get(name)
        assert text is not None, f"line {line}: no sentence {name!r}"
        assert given is None or text.placeholders("en") <= given, f"line {line}: {name!r} needs more values"


@every_card
def test_no_sentence_of_an_exercise_is_left_over(card: Card) -> None:
    phase = FOLDER / card.id.partition("/")[0]
    said = {name for path in code_files(phase) for _, name, _ in messages_asked_for(path)}
    assert set(card.messages) <= said


@pytest.mark.parametrize("path", code_files(COURSE), ids=lambda path: path.stem)
def test_the_course_itself_says_only_sentences_that_exist(path: Path) -> None:
    common = set(read_toml("messages.toml"))
    assert {name for _, name, _ in messages_asked_for(path)} <= common
