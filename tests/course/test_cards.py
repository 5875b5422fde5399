"""Cards and quizzes in notebooks: the same facts in both languages, and answers that are right."""

import re
from importlib import import_module
from types import SimpleNamespace

import pytest

from henkan.course import cards, notebook
from henkan.course.ledger import anchor, anchors, equation, labels, number, numbers
from henkan.course.quiz import as_markdown, as_text, make_quiz
from henkan.course.text import LANGUAGES, Language
from henkan.course.toml import read_toml

every_equation = pytest.mark.parametrize("label", labels())
JAPANESE = re.compile("[ぁ-んァ-ン一-龯]")


@pytest.fixture(autouse=True)
def japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("henkan.plotting.language"), "_asked", None)
    monkeypatch.setenv("HENKAN_LANG", "ja")


def facts(markdown: str) -> tuple[list[str], list[str]]:
    """The formulas and the code of a card."""
    return re.findall(r"\$+[^$]+\$+", markdown), re.findall(r"```[^`]+```|`[^`]+`", markdown)


@every_equation
def test_a_card_states_the_same_in_both_languages(label: str) -> None:
    japanese, english = (cards.card_markdown(label, language) for language in LANGUAGES)
    assert facts(japanese) == facts(english)
    assert not JAPANESE.search(english)


@every_equation
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_has_formula_line_shapes_and_numbers(label: str, language: Language) -> None:
    found, place, card = equation(label), anchor(label), cards.card_markdown(label, language)
    assert f"$${found.latex}$$" in card
    assert f"```python\n{place.code}\n```" in card
    assert f"`{place.where}`" in card
    for symbol in found.symbols:
        assert f"| ${symbol.latex}$ | `{symbol.variable}` | " in card
        assert f" | {symbol.meaning.say(language)} |" in card
    assert all(f"$${line}$$" in card for line in found.worked)
    assert "{{" not in card


@every_equation
def test_columns_of_a_card_are_not_broken_by_a_formula(label: str) -> None:
    rows = [line for line in cards.card_markdown(label, "en").splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {5}


@every_equation
def test_the_right_number_is_right_and_the_wrong_ones_are_computed(label: str) -> None:
    table = read_toml("equations.toml")[label]["question"]
    question, *_ = make_quiz([label], "en")
    form = table.get("form", ".6f")
    assert question.answers[question.right] == format(number(label, table["right"]), form)
    others = {answer for place, answer in enumerate(question.answers) if place != question.right}
    assert others <= {format(value, form) for other in labels() for value in numbers(other).values()}
    assert len(others) == len(question.remarks) == 3
    assert f"{{{{{table['right']}" in "".join(read_toml("equations.toml")[label]["worked"])


@every_equation
def test_only_one_line_computes_it(label: str) -> None:
    _, question, _ = make_quiz([label], "en")
    assert question.answers[question.right] == f"`{anchor(label).code}`"
    lines = {f"`{place.code}`" for found in anchors().values() for place in found}
    assert set(question.answers) <= lines
    assert len(set(question.answers)) == 4


@every_equation
def test_the_right_shape_is_that_of_the_symbol(label: str) -> None:
    _, _, question = make_quiz([label], "en")
    symbol = equation(label).question.shape_of
    assert question.answers[question.right] == (f"`{symbol.shape}`" if symbol.shape else "one number")
    assert len(set(question.answers)) == 4


@every_equation
def test_a_quiz_is_the_same_every_time_and_in_both_languages(label: str) -> None:
    japanese, english = (make_quiz([label, "eq-mask"], language) for language in LANGUAGES)
    assert japanese == make_quiz([label, "eq-mask"], "ja")
    assert [question.right for question in japanese] == [question.right for question in english]
    assert [question.answers for question in japanese[:2]] == [question.answers for question in english[:2]]


def test_the_right_answer_is_not_always_in_the_same_place() -> None:
    for kind in range(3):
        assert len({make_quiz([label], "en")[kind].right for label in labels()}) > 1


def test_three_questions_are_about_three_equations_in_turn() -> None:
    about = ["eq-scores", "eq-mask", "eq-mha"]
    assert [question.label for question in make_quiz(about, "ja")] == about
    assert [question.label for question in make_quiz(about[:2], "ja")] == ["eq-scores", "eq-mask", "eq-scores"]


def test_a_quiz_about_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="label"):
        make_quiz([], "ja")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_is_folded_away(language: Language) -> None:
    questions = make_quiz(["eq-scores", "eq-mask", "eq-mha"], language)
    markdown = "\n\n".join(as_markdown(questions, language))
    asked = re.sub(r"<details>.*?</details>", "", markdown, flags=re.DOTALL)
    assert markdown.count("<details>") == markdown.count("</details>") == 3
    for question in questions:
        assert question.text in asked
        assert all(remark not in asked for remark in question.remarks)
    assert not re.findall("答え：|Answer:", asked)
    assert len(re.findall("答え：|Answer:", markdown)) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_notebook_the_answers_come_last(language: Language) -> None:
    text = as_text(make_quiz(["eq-heads"], language), language)
    questions, answers = text[: text.index("\n1. ")], text[text.index("\n1. ") :]
    assert "答え：" not in questions
    assert "Answer:" not in questions
    assert len(re.findall("答え：|Answer:", answers)) == 3
    assert not set("$`\\") & set(text)


def test_a_lesson_shows_cards_in_its_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.equation_card("eq-sdpa")
    assert "縮小付き内積アテンション（論文 3.2.1 節、式 1）" in capsys.readouterr().out
    monkeypatch.setenv("HENKAN_LANG", "en")
    notebook.equation_card("eq-sdpa")
    notebook.quiz("eq-sdpa")
    said = capsys.readouterr().out
    assert "Scaled dot-product attention (paper, section 3.2.1, equation 1)" in said
    assert "Question 3." in said


def test_in_a_notebook_markdown_is_displayed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []
    display = SimpleNamespace(display=shown.append, Markdown=lambda text: text)
    modules = {"IPython": SimpleNamespace(get_ipython=object), "IPython.display": display}
    monkeypatch.setitem(cards.sys.modules, "IPython", modules["IPython"])
    monkeypatch.setattr(cards, "import_module", modules.__getitem__)
    notebook.equation_card("eq-sdpa")
    notebook.quiz("eq-sdpa")
    assert shown == [cards.card_markdown("eq-sdpa", "ja"), *as_markdown(make_quiz(["eq-sdpa"], "ja"), "ja")]
    assert capsys.readouterr().out == ""
