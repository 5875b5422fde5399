"""The mutants of an exercise: the library's parts, each with one small change."""

import ast
import copy
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from course.mutation.changes import changes_of
from henkan.course.exercise import Exercise, Part
from henkan.course.source import Definition, Source, find_source, functions

LONGEST = 70  # characters of code that are shown of a change


@dataclass(frozen=True)
class Mutant:
    """One change, where it is, and the parts with it."""

    name: str
    """The part, what stood there and what stands there now; the same as long as this code is the same."""
    where: str
    """File and line."""
    tree: Definition
    source: Source
    position: int

    def parts(self, exercise: Exercise) -> tuple[Part, ...]:
        """The parts of the exercise, one of them changed."""
        module = importlib.import_module(self.source.module.name)
        namespace: dict[str, Any] = dict(vars(module))
        code = ast.Module([self.tree], type_ignores=[])
        exec(compile(ast.fix_missing_locations(code), str(self.source.module.path), "exec"), namespace)
        changed = list(exercise.parts)
        changed[self.position] = namespace[self.source.name]
        return tuple(changed)


def mutants(exercise: Exercise) -> Iterator[Mutant]:
    """Every mutant of what the learner writes in this exercise."""
    seen: set[str] = set()
    for position, part_name in enumerate(exercise.part_names):
        source = find_source(part_name)
        for function in _written(source.node, exercise):
            for node in _behaviour(function, _later(function, exercise)):
                for change in changes_of(node):
                    if ast.unparse(change) == ast.unparse(node):  # two equal names exchanged
                        continue
                    name = f"{source.name}: {_shown(node)} -> {_shown(change)}"
                    while name in seen:  # the same change to the same code elsewhere in the part
                        name += "'"
                    seen.add(name)
                    ast.copy_location(change, node)
                    # The memo says that `node` has been copied already: to what takes its place.
                    tree = copy.deepcopy(source.node, {id(node): change})
                    where = f"{source.module.path.name}:{getattr(node, 'lineno', function.lineno)}"
                    yield Mutant(name, where, tree, source, position)


def _written(part: Definition, exercise: Exercise) -> list[ast.FunctionDef]:
    """The functions that the learner writes: the part itself, or those methods of the class that the card names."""
    if isinstance(part, ast.FunctionDef):
        return [part]
    return [function for function in functions(part) if function.name in exercise.methods]


def _later(function: ast.FunctionDef, exercise: Exercise) -> set[str]:
    """The arguments that this exercise does not ask for yet."""
    if not exercise.arguments:
        return set()
    return {arg.arg for arg in (*function.args.args, *function.args.kwonlyargs)} - {*exercise.arguments}


def _behaviour(function: ast.FunctionDef, later: set[str]) -> Iterator[ast.AST]:
    """The nodes that decide what a function does: no signature, no docstring, no words of an error, nothing of later."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    for statement in body:
        yield from _within(statement, later)


def _within(node: ast.AST, later: set[str]) -> Iterator[ast.AST]:
    if isinstance(node, ast.If) and _names(node.test) & later:
        return
    if not (isinstance(node, ast.Call) and {name for arg in node.args for name in _names(arg)} & later):
        yield node
    if isinstance(node, (ast.Raise, ast.JoinedStr)) or (isinstance(node, ast.keyword) and node.arg == "strict"):
        return
    skipped = {"annotation", "returns", "decorator_list"} | ({"args"} if isinstance(node, ast.FunctionDef) else set())
    for field, value in ast.iter_fields(node):
        if field not in skipped:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _within(child, later)


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _shown(node: ast.AST) -> str:
    code = " ".join(ast.unparse(ast.fix_missing_locations(node)).split())
    return code if len(code) <= LONGEST else f"{code[: LONGEST - 1]}…"
