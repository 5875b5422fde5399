"""Names of a package that are imported when they are first used, so that nothing slow is imported in vain."""

import ast
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any


def late(package: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package whose ``__init__`` imports its names under ``if TYPE_CHECKING:`` alone.

    That block says where each name comes from, to type checkers and to this.
    """

    @cache
    def homes() -> dict[str, str]:
        return names_for_type_checkers(Path(str(sys.modules[package].__file__)))

    def find(name: str) -> Any:
        if name not in homes():
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        # Asked for anew each time: the course puts a learner's part in a name's place, and takes it out again.
        return getattr(import_module(homes()[name]), name)

    return find


def names_for_type_checkers(path: Path) -> dict[str, str]:
    """The names that the file ``path`` imports under its ``if``, with the modules that they come from."""
    branches = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.If)]
    nodes = [node for branch in branches for node in branch.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in nodes for alias in node.names}
