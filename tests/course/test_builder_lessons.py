"""The guards of a lesson's figures, numbers, cards and ends: silent on a good lesson only."""

from collections.abc import Callable, Iterator

import pytest
from lesson_source import lesson, line_of, number

from course.builder.guards import Problem
from course.builder.guards.emphasis import stray_asterisks
from course.builder.guards.exercises import exercises_never_shown, missing_misconceptions, unknown_exercises
from course.builder.guards.figures import figures_without_words
from course.builder.guards.ledger import typed_decimals, unknown_labels, unknown_numbers
from course.builder.guards.notebooks import no_assert_at_the_end, no_budget
from course.builder.guards.wide_code import wide_code
from course.builder.lesson import Lesson

SHOWN = "show(\n    attention_map("


def labels(source: Lesson) -> Iterator[Problem]:
    return unknown_labels(source, {"eq-sdpa"})


def numbers(source: Lesson) -> Iterator[Problem]:
    return unknown_numbers(source, number)


def exercises(source: Lesson) -> Iterator[Problem]:
    return unknown_exercises(source, ["phase2/sdpa"])


def never_shown(source: Lesson) -> Iterator[Problem]:
    return exercises_never_shown([source], ["phase2/sdpa"])


def misconceptions(source: Lesson) -> Iterator[Problem]:
    return missing_misconceptions([source], {"phase2/sdpa": {"M2-1"}})


Guard = Callable[[Lesson], Iterator[Problem]]
BAD: list[tuple[Guard, str, str, str]] = [
    (stray_asterisks, "二つ要ります。", "**「二つ」**が要ります。", "shows its asterisks at '**「二つ」**が要ります"),
    (
        stray_asterisks,
        "二つ要ります。",
        "**二つ**\n# は**（必ず）**要ります。",
        "shows its asterisks at '**（必ず）**要ります",
    ),
    (figures_without_words, SHOWN, "keep(\n    attention_map(", "makes a figure and does not show it"),
    (figures_without_words, 'ja="二つの重みの図",', "", "show needs ja="),
    (figures_without_words, 'en="A map of two weights",', "", "show needs en="),
    (figures_without_words, 'en="A map of two weights",', 'en=" ",', "show has nothing in en="),
    (figures_without_words, 'en="A map of two weights",', 'en="重みの図",', "show has the other language in en="),
    (figures_without_words, 'ja="二つの重みの図",', 'ja="A map",', "show has the other language in ja="),
    (figures_without_words, "total = 0.25", "plt.show()\ntotal = 0.25", "calls plt.show"),
    (
        figures_without_words,
        "total = 0.25",
        "figure, axes = plt.subplots()\ntotal = 0.25",
        "makes a figure and does not",
    ),
    (figures_without_words, "total = 0.25", "plotting.head_grid([])\ntotal = 0.25", "makes a figure and does not"),
    (typed_decimals, "二つ要ります", "0.637767 です", "0.637767 is typed"),
    (typed_decimals, "It takes two", "It takes $.125$ or `1.0000`", ".125 is typed"),
    (labels, "equation [eq-sdpa]", "equation [eq-sdp]", "[eq-sdp] is not in"),
    (labels, 'equation_card("eq-sdpa")', 'equation_card("eq-card")', "[eq-card] is not in"),
    (labels, 'quiz("eq-sdpa")', 'quiz("eq-sdpa", "eq-quiz")', "[eq-quiz] is not in"),
    (numbers, "{{eq-sdpa.alpha1:.3f}}", "{{eq-sdpa.alpha2:.3f}}", "{{eq-sdpa.alpha2:.3f}} cannot be filled"),
    (numbers, "{{eq-sdpa.alpha1:.3f}}", "{{eq-sdpa.alpha1:.3q}}", "cannot be filled: Unknown format"),
    (numbers, "{{eq-sdpa.alpha1:.3f}}", "{{alpha1}}", "{{ }} that are no placeholder"),
    (exercises, 'exercise_card("phase2/sdpa")', 'exercise_card("phase2/sdp")', "there is no exercise 'phase2/sdp'"),
    (exercises, "total = 0.25", 'check("phase9/none", len)\ntotal = 0.25', "there is no exercise 'phase9/none'"),
    (never_shown, 'exercise_card("phase2/sdpa")', "", "phase2/sdpa: no lesson shows its card"),
    (misconceptions, "## M2-1　", "## M2-12　", "phase2/sdpa: sends learners to M2-1"),
    (misconceptions, "## M2-1　", "M2-1　", "phase2/sdpa: sends learners to M2-1"),
    (no_assert_at_the_end, "assert total == 1", "total == 1", "t-assert: the last code cell must assert"),
    (wide_code, "total = 0.25", f"words = '{'字' * 60}'\ntotal = 0.25", "t-assert: a line is 130 columns wide"),
    (no_budget, "#     seconds: 30\n", "#     minutes: 30\n", "the header needs a time budget"),
    (no_budget, "seconds: 30", "seconds: 3000", "it has 3000"),
]


@pytest.mark.parametrize("guard", dict.fromkeys(guard for guard, *_ in BAD), ids=lambda guard: guard.__name__)
def test_a_guard_is_silent_on_the_good_lesson(guard: Guard) -> None:
    assert list(guard(lesson())) == []


@pytest.mark.parametrize(("guard", "old", "new", "message"), BAD, ids=[f"{row[0].__name__}-{row[3]}" for row in BAD])
def test_a_guard_names_what_is_wrong(guard: Guard, old: str, new: str, message: str) -> None:
    found = [str(problem) for problem in guard(lesson(old, new))]
    assert any(message in problem for problem in found), found


def test_every_problem_of_a_cell_says_file_line_and_id() -> None:
    [problem] = typed_decimals(lesson("二つ要ります", "0.637767 です"))
    line = line_of('lang="ja" id="t-card"')
    assert problem.where == f"small.py:{line} t-card"


@pytest.mark.parametrize(
    "harmless",
    ["0.25 です", "arXiv:1706.03762 です", "[論文](https://arxiv.org/abs/1706.03762) です", "$10000^{0.25}$ です"],
)
def test_numbers_that_nobody_computed_may_be_typed(harmless: str) -> None:
    assert list(typed_decimals(lesson("二つ要ります。", harmless))) == []


def test_a_figure_made_inside_a_function_is_shown_where_it_is_called() -> None:
    later = "def draw():\n    return attention_map([[1.0]])\n\n\ntotal = 0.25"
    assert list(figures_without_words(lesson("total = 0.25", later))) == []


def test_the_language_of_figures_is_no_figure() -> None:
    more = "from henkan.plotting import use_language\n\nuse_language('ja')\nplotting.L('一', 'one')\ntotal = 0.25"
    assert list(figures_without_words(lesson("total = 0.25", more))) == []
