"""From a source to two notebooks: cells in pairs, equal code, the same bytes each time."""

import json
from pathlib import Path

import pytest
from lesson_source import SOURCE, lesson, number

from course.builder.__main__ import main
from course.builder.lesson import HASH_LENGTH, SourceError, parse, read_lesson
from course.builder.notebook import build, build_all, unwrapped
from course.builder.placeholders import fill, known_number
from course.builder.stamp import stamp
from henkan.course.text import Language


def cells(language: Language) -> list[dict[str, object]]:
    return json.loads(build(lesson(), language, number))["cells"]


def text(cell: dict[str, object]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)  # type: ignore[arg-type]


# Reading


def test_a_source_has_cells_with_language_id_and_line() -> None:
    small = lesson()
    assert [(cell.id, cell.lang) for cell in small.cells[:3]] == [
        ("t-title", "ja"),
        ("t-title", "en"),
        ("t-figure", None),
    ]
    assert small.seconds == 30
    lines = SOURCE.splitlines()
    assert all(f'id="{cell.id}"' in lines[cell.line - 1] for cell in small.cells)
    assert small.cells[0].text.startswith("# 二つのトークン\n\n重みは")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (' id="t-figure"', "", "every cell needs an id"),
        ('id="t-figure"', 'id="図"', "every cell needs an id"),
        ('lang="ja" id="t-card"', 'id="t-card"', "needs lang"),
        ('lang="ja" id="t-card"', 'lang="de" id="t-card"', "needs lang"),
        ('# %% id="t-figure"', '# %% lang="en" id="t-figure"', "has no lang"),
        ('id="t-figure"', 'id="t-figure" role="x"', "has role"),
        ('id="t-figure"', 'id="t-title"', "a second cell"),
        ('lang="ja" id="t-card"', 'lang="ja" id="t-title"', "a second cell"),
        ('# %% [markdown] lang="ja" id="t-card"', '# %% [raw] id="t-card"', "neither prose nor code"),
    ],
)
def test_a_cell_that_cannot_be_built_is_refused_with_its_line(old: str, new: str, message: str) -> None:
    with pytest.raises(SourceError, match=rf"small.py:\d+: .*{message}"):
        lesson(old, new)


# Stamps


def test_a_stamp_changes_nothing_but_the_headers_of_english_cells() -> None:
    source, changed = stamp(SOURCE, parse(SOURCE, Path("small.py")))
    assert changed == ["t-title", "t-card"]
    before, after = SOURCE.splitlines(), source.splitlines()
    different = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [old for old, _ in different] == [line for line in before if 'lang="en"' in line]
    assert all(new.startswith(f'{old} of="') and len(new) == len(old) + HASH_LENGTH + 6 for old, new in different)


def test_a_second_stamp_changes_nothing() -> None:
    source, _ = stamp(SOURCE, parse(SOURCE, Path("small.py")))
    assert stamp(source, parse(source, Path("small.py"))) == (source, [])


def test_a_stamp_replaces_that_of_an_older_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "small.py"
    path.write_text(SOURCE, encoding="utf-8")
    assert main(["stamp", str(path)]) == 0
    path.write_text(path.read_text(encoding="utf-8").replace("二つ要ります", "三つ要ります"), encoding="utf-8")
    assert main(["stamp", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == ["small.py: stamped t-title, t-card", "small.py: stamped t-card"]
    assert all(twin.of == original.hash for original, twin in read_lesson(path).pairs)
    assert path.read_text(encoding="utf-8").count(' of="') == 2


def test_the_hash_of_a_cell_sees_words_and_not_space_at_the_ends_of_lines() -> None:
    old, spaced, other = (
        parse(SOURCE.replace("二つ要ります。", words), Path("small.py")).prose("ja")[1].hash
        for words in ("二つ要ります。", "二つ要ります。   ", "二つ要りません。")
    )
    assert old == spaced != other


# Numbers


def test_numbers_come_from_the_ledger_in_the_format_asked_for() -> None:
    ledger = {("eq-pe", "sin"): -0.5, ("eq-mha", "parameters"): 66048.0}

    def look_up(label: str, name: str) -> float:
        return ledger[label, name]

    assert fill("a {{eq-pe.sin}}, b {{ eq-mha.parameters:,.0f }}.", look_up) == "a −0.500000, b 66,048."
    assert fill("$x = {{eq-pe.sin:.1f}}$ and `{{eq-pe.sin:.1f}}`", look_up) == "$x = -0.5$ and `-0.5`"
    assert fill(r"$\mathbf{{{eq-pe.sin:.1f}}}$ and $\frac{{a}}{b}$", look_up) == r"$\mathbf{-0.5}$ and $\frac{{a}}{b}$"


def test_a_number_that_the_ledger_does_not_have_is_an_error_except_in_a_draft() -> None:
    with pytest.raises(KeyError):
        build(parse(SOURCE.replace("alpha1", "alpha9"), Path("small.py")), "ja", number)
    assert fill("{{eq-never.heard}}", known_number) == "nan"


# Notebooks


def test_the_notebooks_have_equal_code_except_for_the_cell_that_sets_the_language() -> None:
    code = [
        [(cell["id"], text(cell)) for cell in cells(language) if cell["cell_type"] == "code"]
        for language in ("ja", "en")
    ]
    assert code[0][1:] == code[1][1:]
    assert [block[0] for block in code] == [
        ("language", f'from henkan.plotting import use_language\n\nuse_language("{language}")')
        for language in ("ja", "en")
    ]
    assert [name for name, _ in code[0][1:]] == ["t-figure", "t-exercise", "t-assert"]


def test_a_notebook_has_the_prose_of_its_language_in_order_and_the_title_on_top() -> None:
    japanese, english = cells("ja"), cells("en")
    assert [cell["id"] for cell in japanese] == [cell["id"] for cell in english]
    assert [cell["id"] for cell in english][:3] == ["t-title", "language", "t-figure"]
    assert text(japanese[0]).startswith("# 二つのトークン")
    assert text(english[0]).startswith("# Two tokens\n\nThe weight is 0.638. See")
    assert [cell["cell_type"] for cell in english].count("markdown") == 2


def test_a_notebook_holds_no_outputs_and_no_traces_of_its_source() -> None:
    notebook = json.loads(build(lesson(), "en", number))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert all(cell["metadata"] == {} for cell in notebook["cells"])
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}


def test_building_twice_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course.builder.notebook.build", lambda one, language: build(one, language, number))
    written = build_all([lesson()], tmp_path)
    assert written == [tmp_path / "ja" / "small.ipynb", tmp_path / "en" / "small.ipynb"]
    before = [path.read_bytes() for path in written]
    assert build_all([lesson()], tmp_path) == []
    for path in written:
        path.unlink()
    assert [path.read_bytes() for path in build_all([lesson()], tmp_path)] == before
    assert all(data.endswith(b"\n") and b"\r" not in data for data in before)


def test_a_line_break_inside_of_a_japanese_sentence_is_no_space() -> None:
    assert unwrapped("クエリと\nキーの内積を\n  取ります。") == "クエリとキーの内積を取ります。"
    assert unwrapped("幅は $d_k$\nです。") == "幅は $d_k$\nです。"  # as between words of another script


@pytest.mark.parametrize(
    "markdown",
    [
        "- 一つ\n- 二つ",
        "1. 一つ\n2. 二つ",
        "# 題\n本文",
        "| 一 |\n| 二 |",
        "> 一\n> 二",
        "一\n\n二",
        "一\n```\n二\n三\n```\n四",
    ],
)
def test_line_breaks_that_mean_something_stay(markdown: str) -> None:
    assert unwrapped(markdown) == markdown
