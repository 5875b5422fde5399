"""The glossary: one source, a page that says the same, and forms that are found wherever a learner reads."""

import re
from pathlib import Path

import pytest

from course.builder import ROOT
from course.builder.glossary import PAGE, Section, Term, page, read_glossary, slips
from course.builder.guards.words import message_files, wrong_terms

TERMS = [term for section in read_glossary() for term in section.terms]


def forms(text: str) -> list[str]:
    return [slip.form for slip in slips(text)]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("変圧器", "トランスフォーマー"),
        ("トランス", "トランスフォーマー"),
        ("注意力", "アテンション、注意機構"),
        ("学習レート", "学習率"),
        ("エンコーダ", "エンコーダー"),
        ("パラメータ", "パラメーター"),
        ("点積", "縮小付き内積"),
    ],
)
def test_a_form_that_is_never_right_is_found_with_the_right_one(wrong: str, right: str) -> None:
    [slip] = slips(f"一行目\nこの{wrong}は")
    assert (slip.line, slip.form, slip.right) == (2, wrong, right)


def test_a_right_term_is_no_slip_though_a_wrong_form_is_part_of_it() -> None:
    assert forms("トランスフォーマーのエンコーダーとパラメーター") == []
    assert forms("トランスフォーマとエンコーダ") == ["トランスフォーマ", "トランス", "エンコーダ"]


def test_ordinary_words_of_another_meaning_are_left_alone() -> None:
    assert forms("注意してください。頭の中で、この機能を使います。") == []


def test_no_form_is_right_and_wrong() -> None:
    right = {word for term in TERMS for word in term.term}
    assert not right & {form for term in TERMS for form in term.never}
    assert len({term.term for term in TERMS}) == len(TERMS)


def test_every_term_has_readings_in_hiragana_and_english() -> None:
    assert len(TERMS) > 80
    for term in TERMS:
        assert len(term.reading) == len(term.term), term
        assert all(re.fullmatch("[ぁ-んー]+", reading) for reading in term.reading), term
        assert term.en.isascii(), term


@pytest.mark.parametrize(
    "word",
    [
        *("トランスフォーマー", "アテンション", "注意機構", "ヘッド", "特徴量", "埋め込み", "残差結合", "層正規化"),
        *("縮小付き内積", "自己回帰", "教師強制", "位置エンコーディング", "内積", "勾配", "正則化", "ミニバッチ"),
    ],
)
def test_the_words_that_the_lessons_need_are_there(word: str) -> None:
    assert word in {form for term in TERMS for form in term.term}


def test_the_page_is_what_the_source_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read_glossary())


def test_a_row_of_the_page_has_term_reading_english_and_the_forms_to_avoid() -> None:
    term = Term(("縮小付き内積",), ("しゅくしょうつきないせき",), "scaled dot product", ("点積", "ドット積"))
    assert page((Section("式", "Formulas", (term,)),)).endswith(
        "| --- | --- | --- | --- | --- |\n"
        "| 縮小付き内積 | しゅくしょうつきないせき | scaled dot product | 点積, ドット積 | |\n"
    )


def test_the_guard_reads_files_line_by_line(tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.toml", tmp_path / "good.toml"
    bad.write_text('[x]\nja = "注意力とは"\n', encoding="utf-8")
    good.write_text('[x]\nja = "注意機構とは"\n', encoding="utf-8")
    [problem] = wrong_terms([bad, good])
    assert str(problem) == f"{bad}:2: 注意力 is written アテンション、注意機構 (course/glossary.toml)"


def test_the_texts_of_the_course_and_the_japanese_readme_use_the_right_terms() -> None:
    files = [*message_files(), *sorted((ROOT / "course").glob("*.py")), ROOT / "README.ja.md"]
    names = {path.name for path in files}
    assert names >= {"sdpa.toml", "messages.toml", "learn.py", "attention.py", "phase2_attention.py"}
    assert [str(problem) for problem in wrong_terms(files)] == []
