"""Who may import whom, read from the source of every file."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import henkan

SRC = Path(henkan.__file__).parent
LIBRARY = {"nn", "decoding", "data", "training", "tasks", "evaluation", "bundle", "config", "plotting", "export"}
MAY_IMPORT: dict[str, set[str]] = {
    "config": set(),
    "late": set(),
    "nn": set(),
    "plotting": set(),
    "decoding": {"nn", "late"},
    "data": {"config", "late"},
    "training": {"nn", "data", "config"},
    "tasks": {"data", "config"},
    "evaluation": {"decoding", "data"},
    "bundle": {"nn", "data", "config", "decoding", "training", "late"},
    "export": {"bundle", "nn", "data", "decoding", "late"},
    "workflow": LIBRARY,
    "course": {*LIBRARY, "henkan"},
    "bench": {*LIBRARY, "workflow"},
    "cli": {*LIBRARY, "workflow", "course", "bench", "henkan"},
    "henkan": {*LIBRARY, "workflow", "late"},  # henkan/__init__.py
}
FILES = sorted(path.relative_to(SRC) for path in SRC.rglob("*.py"))


def layer_of(path: Path) -> str:
    """The first folder or file under henkan/; henkan/__init__.py is "henkan"."""
    first = path.parts[0].removesuffix(".py")
    return {"__init__": "henkan", "__main__": "cli"}.get(first, first)


def imported_modules(path: Path, node: ast.AST) -> list[str]:
    """The absolute names of the modules that ``node``, of the file ``path`` under henkan/, imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    package = ["henkan", *path.parts[:-1]]
    base = ".".join(
        [*package[: len(package) - node.level + 1], node.module or ""] if node.level else [node.module or ""]
    )
    # `from henkan import data` names a module behind the import, `from henkan.data import Batch` one before it.
    return [f"henkan.{alias.name}" for alias in node.names] if base.strip(".") == "henkan" else [base]


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """The modules that a file imports, and whether it does so inside a function."""

    def visit(node: ast.AST, inside: bool) -> Iterator[tuple[str, bool]]:
        for name in imported_modules(path, node):
            yield name, inside
        inside = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inside)

    yield from visit(ast.parse((SRC / path).read_text(encoding="utf-8")), inside=False)


def henkan_edges(path: Path) -> Iterator[tuple[str, bool]]:
    """The layers that a file imports, and whether it does so inside a function. The version is no layer."""
    for name, inside in imports(path):
        first, _, rest = name.partition(".")
        if first == "henkan" and rest != "__version__":
            layer = rest.split(".")[0]
            yield layer if layer in MAY_IMPORT else "henkan", inside


def is_excused(path: Path, target: str, inside: bool) -> bool:
    """Decoding is built on the model, whose published methods hand over to it when they are called."""
    return path == Path("nn/transformer.py") and target == "decoding" and inside


def test_every_folder_has_its_place_among_the_layers() -> None:
    assert {layer_of(path) for path in FILES} <= set(MAY_IMPORT)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_imports_only_the_layers_below_it(path: Path) -> None:
    layer = layer_of(path)
    for target, inside in henkan_edges(path):
        allowed = target == layer or target in MAY_IMPORT[layer] or is_excused(path, target, inside)
        assert allowed, f"{path}, of layer {layer}, must not import layer {target}"


def test_the_model_imports_nothing_but_torch_and_shapes() -> None:
    allowed = {"torch", "jaxtyping", "typing_extensions", "henkan"} | sys.stdlib_module_names
    for path in FILES:
        if layer_of(path) == "nn":
            assert {name.partition(".")[0] for name, _ in imports(path)} <= allowed, path


def test_lightning_is_imported_in_one_folder_alone() -> None:
    users = {path for path in FILES for name, _ in imports(path) if "lightning" in name.partition(".")[0]}
    assert {path.parent for path in users} == {Path("training/lightning")}


def test_without_lightning_only_what_asks_for_it_imports_it() -> None:
    """At the top of a file, henkan.training.lightning is imported by what stands on Lightning itself.

    henkan/__init__.py imports it for type checkers, and when a name of it is asked for.
    """
    users = {
        path
        for path in FILES
        for name, inside in imports(path)
        if name.startswith("henkan.training.lightning") and not inside and path.parent != Path("training/lightning")
    } - {Path("__init__.py")}
    assert users == {Path("workflow/lightning_data.py")}


def test_ctranslate2_is_imported_in_two_files_late_and_in_the_one_that_measures_it() -> None:
    users = {(path, late) for path in FILES for name, late in imports(path) if name.partition(".")[0] == "ctranslate2"}
    assert users == {
        (Path("export/specification.py"), True),
        (Path("export/translator.py"), True),
        (Path("bench/peers/ctranslate2.py"), False),  # in a process of its own, which has come for nothing else
    }


def test_no_file_is_named_for_having_no_meaning() -> None:
    assert not {path.stem for path in FILES} & {"utils", "util", "helpers", "helper", "common", "misc"}


def test_no_mask_is_a_large_negative_number() -> None:  # T17
    exercises = Path("course/exercises")  # where it is a mistake with a name
    for path in (path for path in FILES if not path.is_relative_to(exercises)):
        for node in ast.walk(ast.parse((SRC / path).read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.UnaryOp)
                and isinstance(node.op, ast.USub)
                and isinstance(node.operand, ast.Constant)
            ):
                value = node.operand.value
                assert not isinstance(value, (int, float)) or value < 1e4, f"{path}:{node.lineno} has -{value}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import henkan.data.batching", [("data", False)]),
        ("from henkan.data import Batch", [("data", False)]),
        ("from henkan import data", [("data", False)]),
        ("from henkan import Transformer", [("henkan", False)]),
        ("from henkan import __version__", []),
        ("from ..data import Batch", [("data", False)]),
        ("from .. import data", [("data", False)]),
        ("from . import masks", [("nn", False)]),
        ("def late():\n    from henkan.decoding import generate", [("decoding", True)]),
    ],
)
def test_every_way_to_import_is_seen(
    source: str, expected: list[tuple[str, bool]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nn").mkdir()
    (tmp_path / "nn" / "sample.py").write_text(source, encoding="utf-8")
    monkeypatch.setitem(globals(), "SRC", tmp_path)
    assert list(henkan_edges(Path("nn/sample.py"))) == expected
