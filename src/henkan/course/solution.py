"""The library's own source of an exercise, alone and beside the learner's."""

import ast
import difflib
from collections.abc import Iterator

from henkan.course.exercise import load_card
from henkan.course.source import Source, find_source, first_line, functions
from henkan.course.stubs import blanks
from henkan.course.text import Language
from henkan.course.words import word
from henkan.course.workspace import Workspace


def allow(workspace: Workspace, exercise_id: str, language: Language, *, give_up: bool, command: str) -> None:
    """A ``ValueError`` unless the exercise is solved, or given up: now, which is recorded, or before."""
    state = workspace.state
    if exercise_id in state.solved or exercise_id in state.given_up:
        return
    if not give_up:
        raise ValueError(word("not_solved_yet", language, exercise=exercise_id, command=command))
    workspace.update(lambda state: state.given_up.append(exercise_id))


def solution(exercise_id: str, language: Language) -> str:
    """The source of the exercise's parts as it stands in the library."""
    sources = [find_source(name) for name in load_card(exercise_id).part_names]
    return "\n\n\n".join(
        f"# {word('solution_from', language, where=source.where)}\n\n{source.text}" for source in sources
    )


def difference(workspace: Workspace, exercise_id: str, language: Language) -> str:
    """What differs between the learner's functions and the library's, of each that the exercise asks for."""
    path = workspace.file(exercise_id)
    if not path.is_file():
        raise ValueError(word("no_file", language, file=f"{exercise_id}.py", exercise=exercise_id))
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        where = f"{path.name}:{error.lineno}: " if error.lineno else ""
        raise ValueError(word("syntax_error", language, error=f"{where}{error.msg}")) from None
    card = load_card(exercise_id)
    pieces = []
    for blank in blanks(card, [find_source(name) for name in card.part_names]):
        theirs = _code(blank.part.module.text, blank.node)
        node = _find(tree, blank.part, blank.name)
        yours = [] if node is None else _code(text, node)
        name = blank.name if blank.part.node is blank.node else f"{blank.part.name}.{blank.name}"
        lines = list(_unified(yours, theirs, f"{exercise_id}.py  {name}", f"{blank.part.where}  {name}"))
        pieces.append("\n".join(lines) if lines else word("no_difference", language, name=name))
    return "\n\n".join(pieces)


def _unified(yours: list[str], theirs: list[str], from_name: str, to_name: str) -> Iterator[str]:
    return difflib.unified_diff(yours, theirs, from_name, to_name, n=len(theirs) + len(yours), lineterm="")


def _find(tree: ast.Module, part: Source, name: str) -> ast.FunctionDef | None:
    """The learner's function, or the method of the class that ``part`` is."""
    places: list[ast.AST] = [tree]
    if isinstance(part.node, ast.ClassDef):
        places = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == part.name]
    return next((node for place in places for node in functions(place) if node.name == name), None)


def _code(text: str, node: ast.FunctionDef) -> list[str]:
    """The lines of a function without its docstring, which both have."""
    lines = text.splitlines()
    assert node.end_lineno is not None
    skipped: set[int] = set()
    if ast.get_docstring(node) is not None and len(node.body) > 1:
        docstring = node.body[0]
        assert docstring.end_lineno is not None
        skipped = set(range(docstring.lineno, docstring.end_lineno + 1))
    return [lines[number - 1] for number in range(first_line(node), node.end_lineno + 1) if number not in skipped]
