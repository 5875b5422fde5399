"""The files that learners begin with."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from henkan.course.exercise import ORDER, load_card, load_exercise
from henkan.course.exercise_card import dots
from henkan.course.ladder import climb
from henkan.course.solved import load_module, load_parts
from henkan.course.source import LIBRARY, find_source, functions
from henkan.course.stubs import COLUMNS, blanks, stub
from henkan.course.text import LANGUAGES, Language

BOTH = pytest.mark.parametrize("language", LANGUAGES)
EACH = pytest.mark.parametrize("exercise_id", ORDER)


def written(exercise_id: str, language: Language, folder: Path) -> Path:
    path = folder / "stub.py"
    path.write_text(stub(exercise_id, language), encoding="utf-8")
    return path


@BOTH
@EACH
def test_a_stub_can_be_imported_and_has_every_part(exercise_id: str, language: Language, tmp_path: Path) -> None:
    module = load_module(load_card(exercise_id), written(exercise_id, language, tmp_path))
    for name in load_card(exercise_id).names:
        assert getattr(module, name).__module__ == module.__name__


@EACH
def test_signature_and_docstring_are_the_librarys(exercise_id: str, tmp_path: Path) -> None:
    exercise = load_exercise(exercise_id)
    module = load_module(exercise, written(exercise_id, "ja", tmp_path))
    for name, part in zip(exercise.names, exercise.parts, strict=True):
        stubbed = getattr(module, name)
        pairs = [(stubbed, inspect.unwrap(part))]
        if inspect.isclass(part):
            asked = set(exercise.methods) - {"__init__"}
            pairs += [(getattr(stubbed, method), inspect.unwrap(getattr(part, method))) for method in asked]
        for yours, theirs in pairs:
            assert yours.__doc__ == theirs.__doc__
            if not inspect.isclass(theirs):
                assert str(inspect.signature(yours)) == str(inspect.signature(theirs))


@BOTH
@EACH
def test_every_blank_has_a_todo_in_order_and_nothing_of_the_solution(exercise_id: str, language: Language) -> None:
    card = load_card(exercise_id)
    text = stub(exercise_id, language)
    numbers = [int(number) for number in re.findall(r"# TODO (\d+):", text)]
    assert numbers == list(range(1, len(card.todo) + 1))
    sources = [find_source(name) for name in card.part_names]
    names = {blank.name for blank in blanks(card, sources)}
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef) and node.name in names]
    assert len(nodes) == len(blanks(card, sources))
    for node in nodes:
        code = [
            child for child in node.body if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant))
        ]
        assert [type(child) for child in code] == [ast.Raise]
        assert "# TODO" in (ast.get_source_segment(text, node) or "")


@EACH
def test_with_the_librarys_lines_put_back_a_stub_passes(exercise_id: str, tmp_path: Path) -> None:
    """Its imports, and what is given, are all that a solution needs."""
    exercise = load_exercise(exercise_id)
    lines = stub(exercise_id, "en").splitlines()
    tree = ast.parse("\n".join(lines))
    for blank in reversed(blanks(exercise, [find_source(name) for name in exercise.part_names])):
        places = [
            tree,
            *(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == blank.part.name),
        ]
        node = next(node for place in places for node in functions(place) if node.name == blank.name)
        start = code_starts(node)
        end = blank.node.end_lineno
        assert end is not None
        lines[start - 1 : node.end_lineno] = blank.part.module.lines(code_starts(blank.node), end).splitlines()
    path = tmp_path / "solved.py"
    path.write_text("\n".join(lines), encoding="utf-8")
    parts = load_parts(exercise, path)
    for part, reference in zip(parts, exercise.parts, strict=True):
        if inspect.isclass(part):  # the library's lines may call its other public methods, which learners do without
            missing = [name for name in vars(reference) if not name.startswith("_") and not hasattr(part, name)]
            for name in missing:
                setattr(part, name, vars(reference)[name])
    report = climb(exercise, parts)
    assert report.failure is None
    assert report.skipped == {}


def code_starts(node: ast.FunctionDef) -> int:
    """The first line after the docstring, or after the signature if there is none."""
    if ast.get_docstring(node) is None:
        return node.body[0].lineno
    assert node.body[0].end_lineno is not None
    return node.body[0].end_lineno + 1


@EACH
def test_the_header_has_the_card(exercise_id: str) -> None:
    card = load_card(exercise_id)
    header = stub(exercise_id, "ja").partition("\n\n")[0]
    assert header.startswith(f"# {card.title.ja} ({exercise_id})")
    assert f"難しさ {dots(card.difficulty)} / 大事さ {dots(card.importance)}" in header
    assert f"henkan check {exercise_id}" in header
    for name in card.requires:
        assert name in header


def test_dots_count_to_five() -> None:
    assert dots(2) == "●●○○○"


def test_a_class_keeps_its_init_and_loses_what_is_not_asked() -> None:
    text = stub("phase2/multi_head_attention", "en")
    tree = next(node for node in ast.parse(text).body if isinstance(node, ast.ClassDef))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {"__init__", "forward"} <= names
    assert not {"attend", "project_memory", "is_watched"} & names
    library = find_source("henkan.nn.attention.MultiHeadAttention")
    init = library.method("__init__")
    assert init is not None
    assert library.module.source(init) in text
    assert "Keep the names of its layers" in text


@BOTH
@EACH
def test_comments_fit_a_narrow_editor(exercise_id: str, language: Language) -> None:
    from rich.cells import cell_len

    for line in stub(exercise_id, language).splitlines():
        if line.lstrip().startswith("#"):
            assert cell_len(line) <= COLUMNS + 10, line


def test_ruff_reads_every_stub(tmp_path: Path) -> None:
    for number, exercise_id in enumerate(ORDER):
        (tmp_path / f"stub_{number}.py").write_text(stub(exercise_id, "ja"), encoding="utf-8")
    # Undefined names and syntax errors; F722 and single-word shapes are jaxtyping's.
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E9,F,I", "--ignore", "F722,F401"]
    command += ["--config", 'lint.isort.known-first-party=["henkan"]', "."]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_a_part_is_found_where_it_is_defined_not_where_it_is_passed_on() -> None:
    source = find_source("henkan.course.parts.softmax")
    assert source.where.startswith("henkan/course/parts/phase2.py:")
    assert source.text == inspect.getsource(load_exercise("phase2/softmax").parts[0]).rstrip()
    assert source.module.path.is_relative_to(LIBRARY)
    with pytest.raises(ValueError, match="has no nothing"):
        find_source("henkan.nn.attention.nothing")
