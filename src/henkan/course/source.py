"""The library's own source of a part, found in its file: nothing is imported for it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import henkan

LIBRARY = Path(henkan.__file__).parent

Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Module:
    """A file of the library, as text and as a tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    def lines(self, first: int, last: int) -> str:
        """The lines ``first`` to ``last`` of the file, counted from 1, the last one included."""
        return "\n".join(self.text.splitlines()[first - 1 : last])

    def source(self, node: Definition) -> str:
        """The text of ``node``, decorators included."""
        assert node.end_lineno is not None
        return self.lines(first_line(node), node.end_lineno)


@dataclass(frozen=True)
class Source:
    """Where the library defines a part."""

    module: Module
    node: Definition

    @property
    def name(self) -> str:
        """What the part is called."""
        return self.node.name

    @property
    def text(self) -> str:
        """Its source as it stands."""
        return self.module.source(self.node)

    @property
    def where(self) -> str:
        """File and line: ``henkan/nn/attention.py:18``."""
        return f"{self.module.path.relative_to(LIBRARY.parent).as_posix()}:{self.node.lineno}"

    def method(self, name: str) -> ast.FunctionDef | None:
        """The method of this name, if the part is a class that has it."""
        return next((node for node in functions(self.node) if node.name == name), None)


def find_source(part_name: str) -> Source:
    """Where the part "henkan.nn.attention.split_heads" is defined, also if that module only imports it."""
    module_name, _, name = part_name.rpartition(".")
    module = read_module(module_name)
    for node in module.tree.body:
        if isinstance(node, Definition) and node.name == name:
            return Source(module, node)
        if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
            original = next(alias.name for alias in node.names if (alias.asname or alias.name) == name)
            return find_source(f"{node.module}.{original}")
    raise ValueError(f"{module_name} has no {name}")


@cache
def read_module(name: str) -> Module:
    """The module ``henkan.x.y`` of the library."""
    place = LIBRARY.parent.joinpath(*name.split("."))
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    text = path.read_text(encoding="utf-8")
    return Module(name, path, text, ast.parse(text))


def first_line(node: Definition) -> int:
    """The line on which the definition begins, its decorators included."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def functions(node: ast.AST) -> Iterator[ast.FunctionDef]:
    """The functions in the body of a module or class."""
    return (child for child in getattr(node, "body", ()) if isinstance(child, ast.FunctionDef))
