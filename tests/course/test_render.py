"""A report as a learner reads it."""

import ast
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

import henkan
from henkan.course.finding import Failure, Report, Row
from henkan.course.render import COLUMNS, render, render_line
from henkan.course.text import LANGUAGES, Language
from henkan.course.width import pad, wrap
from henkan.course.words import messages

ROWS = (
    Row("α[0,0]", 0.637767, 0.637767),
    Row("α[0,1]", 0.689974, 0.362233),
    Row("α[1,0]", 0.5, 0.429757),
)
FAILED = Report(
    "phase2/sdpa",
    ("shapes", "finite_and_untouched"),
    8,
    0.42,
    Failure("by_hand", "numbers_differ", {"name": "α"}, ROWS, "no_scale"),
    output="q は (2, 3)\n",
)
PASSED = Report("phase2/sdpa", ("shapes",), 1, 0.4)
BOTH = pytest.mark.parametrize("language", LANGUAGES)


def test_the_message_in_japanese() -> None:
    lines = render(FAILED, "ja").splitlines()
    assert lines[0].startswith("✗ phase2/sdpa   縮小付き内積アテンション   2/8 通過")
    assert lines[0].endswith("0.4 秒")
    assert lines[1] == "  ✓ 形  ✓ NaN なし・入力を書きかえない"
    assert lines[2] == "  ✗ 手計算の例（2 トークン）"
    assert lines[3:7] == [
        "      場所       あなた       正解",
        "      α[0,0]   0.637767   0.637767",
        "      α[0,1]   0.689974   0.362233   ← 最初に違う場所",
        "      α[1,0]   0.500000   0.429757",
    ]
    text = "".join(line.strip() for line in lines)
    assert "次の間違いと同じ結果になります" in text
    assert "√D で割っていません。" in text
    assert "q は (2, 3)" in text
    assert "henkan hint phase2/sdpa" in text


def test_the_message_in_english() -> None:
    text = render(FAILED, "en")
    assert "2/8 passed" in text
    assert "α[0,1]   0.689974   0.362233   ← the first difference" in text
    assert "The scores are not divided by √D." in text


def test_a_recognised_mistake_names_its_card() -> None:
    from henkan.course.exercise import load_card

    card = load_card("phase2/sdpa").mistake_cards["no_scale"]
    assert f"→ 誤解カード {card}" in render(FAILED, "ja")


@BOTH
def test_the_columns_of_the_table_stand_under_each_other(language: Language) -> None:
    table = render(FAILED, language).splitlines()[3:7]
    ends = {cell_len(re.match(r"\s+\S+\s+\S+\s+\S+", line)[0]) for line in table}  # type: ignore[index]
    assert len(ends) == 1


@BOTH
def test_no_line_is_wider_than_the_page(language: Language) -> None:
    for line in render(FAILED, language, place="watch").splitlines():
        assert cell_len(line) <= COLUMNS + 1, line


def test_numbers_that_differ_far_behind_the_point_are_shown_that_far() -> None:
    rows = (Row("output[0]", 0.12345678, 0.12345679),)
    text = render(Report("phase2/sdpa", (), 8, 0.1, Failure("parity", "numbers_differ", {"name": "o"}, rows)), "en")
    assert "0.123456780   0.123456790   ← the first difference" in text


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_nan_and_infinity_are_differences(odd: float) -> None:
    rows = (Row("z[0]", 1.0, 1.0), Row("z[1]", odd, 2.0))
    text = render(Report("phase2/sdpa", (), 8, 0.1, Failure("by_hand", "numbers_differ", {"name": "z"}, rows)), "en")
    assert re.search(rf"z\[1\] +{odd} +2\.000000 +← the first difference", text)


def test_colour_is_only_there_on_request() -> None:
    assert "\x1b[" not in render(FAILED, "ja")
    assert "\x1b[31m✗" in render(FAILED, "ja", colour=True)
    assert re.sub(r"\x1b\[\d+m", "", render(FAILED, "ja", colour=True)) == render(FAILED, "ja")


def test_what_to_do_next_depends_on_where_it_is_read() -> None:
    assert "henkan next" in render(PASSED, "en")
    assert "[h] hint 3/3" in render(PASSED, "en", place="watch", hints_read=2)
    assert "henkan" not in render(PASSED, "en", place="notebook")


def test_a_skipped_check_says_why_and_counts() -> None:
    report = Report("phase2/sdpa", ("shapes",), 2, 0.1, skipped={"parity": "layers_renamed"})
    text = render(report, "en")
    assert "2/2 passed" in text
    assert "The layers have other names" in text


def test_long_output_is_cut_at_the_front() -> None:
    output = "".join(f"line {number}\n" for number in range(100))
    text = render(Report("phase2/sdpa", ("shapes",), 1, 0.1, output=output), "en")
    assert "line 99" in text
    assert "line 80" not in text


def test_one_line_for_what_is_not_written_and_what_passed_all_for_what_is_wrong() -> None:
    todo = Report("phase2/sdpa", (), 8, 0.1, Failure("shapes", "not_written_yet", {"where": "sdpa.py:3"}))
    assert render_line(todo, "ja") == "· phase2/sdpa   縮小付き内積アテンション   これから"
    assert render_line(PASSED, "ja") == "✓ phase2/sdpa   縮小付き内積アテンション"
    assert "最初に違う場所" in render_line(FAILED, "ja")


def test_a_report_survives_json() -> None:
    import json

    assert Report.from_dict(json.loads(json.dumps(FAILED.to_dict()))) == FAILED


def test_lines_break_where_japanese_may() -> None:
    lines = wrap("これは、とても長い文です。`q @ k.transpose(-2, -1)` は分けません（ここも）。", 24)
    assert all(cell_len(line) <= 26 for line in lines)
    assert any("`q @ k.transpose(-2, -1)`" in line for line in lines)
    assert not any(line[0] in "、。）" for line in lines)
    assert wrap("", 10) == [""]
    assert wrap("one two three", 8) == ["one two", "three"]


def test_japanese_counts_two_columns() -> None:
    assert pad("形", 4) == "形  "
    assert cell_len(pad("あなた", 8)) == 8


def test_every_sentence_is_said_somewhere_and_every_word_is_there() -> None:
    said: set[object] = set()
    asked: set[object] = set()
    for layer in ("course", "cli"):
        for path in (Path(henkan.__file__).parent / layer).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant):
                    said.add(node.value)
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "word":
                    asked |= {first.value for first in node.args[:1] if isinstance(first, ast.Constant)}
    # The code has the beginnings of some names alone: f"lesson_{phase}".
    beginnings = tuple(name for name in said if isinstance(name, str) and re.fullmatch(r"[a-z]{3,}_", name))
    silent = {name for name in messages().keys() - said if not name.startswith(beginnings)}
    assert silent == set(), "sentences that nobody says"
    assert asked - messages().keys() == set(), "sentences that are missing"
    assert len(asked) > 20
