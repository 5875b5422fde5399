"""The file that a learner begins with: the library's own signatures and docstrings, with nothing inside.

It is made from the library's source, so it cannot drift from it.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from henkan.course.exercise import Card, load_card
from henkan.course.exercise_card import card_lines
from henkan.course.formula import formula_lines
from henkan.course.source import Definition, Module, Source, find_source, first_line, functions
from henkan.course.text import Language
from henkan.course.width import wrap
from henkan.course.words import word

COLUMNS = 100


@dataclass(frozen=True)
class Blank:
    """A function, or a method, that the learner fills in."""

    part: Source
    node: ast.FunctionDef

    @property
    def name(self) -> str:
        """What it is called."""
        return self.node.name


def stub(exercise_id: str, language: Language) -> str:
    """The learner's file for an exercise, complete: header, imports, and the parts with numbered TODOs inside."""
    card = load_card(exercise_id)
    sources = [find_source(name) for name in card.part_names]
    todos = _todos(card, blanks(card, sources), language)
    body = [_class(source, card.methods, todos) if _is_class(source) else _emptied(source, todos) for source in sources]
    parts = [_header(card, sources, language), *_imports(card, sources), "", "", "\n\n\n".join(body)]
    return "\n".join(parts) + "\n"


def blanks(card: Card, sources: Sequence[Source]) -> list[Blank]:
    """What the learner of this exercise writes, in the order of the file."""
    found = []
    for source in sources:
        nodes = functions(source.node) if _is_class(source) else iter([source.node])
        wanted = [node for node in nodes if isinstance(node, ast.FunctionDef)]
        found += [Blank(source, node) for node in wanted if not _is_class(source) or node.name in card.methods]
    return found


def _is_class(source: Source) -> bool:
    return isinstance(source.node, ast.ClassDef)


def _header(card: Card, sources: Sequence[Source], language: Language) -> str:
    lines = [f"{card.title.say(language)} ({card.id})", "", *card_lines(card, language)]
    lines += formula_lines(card.equations, language)
    lines += ["", word("stub_run", language, exercise=card.id)]
    if any(map(_is_class, sources)) and "__init__" not in card.methods:
        lines += ["", word("stub_class", language)]
    wrapped = [piece for line in lines for piece in wrap(line, COLUMNS)]
    return "\n".join(f"# {line}".rstrip() for line in wrapped) + "\n"


def _todos(card: Card, holes: Sequence[Blank], language: Language) -> dict[str, list[str]]:
    """The TODO comments of each blank, by its name.

    A text that begins with "name:" belongs to the blank of that name, and so do those that follow it.
    """
    names = [blank.name for blank in holes]
    found: dict[str, list[str]] = {name: [] for name in names}
    owner = names[0]
    for number, text in enumerate(card.todo, start=1):
        sentence = text.say(language)
        name, _, rest = sentence.replace("：", ":", 1).partition(":")
        if name.strip("`") in names and len(names) > 1:
            owner, sentence = name.strip("`"), rest.strip()
        first, *more = wrap(f"TODO {number}: {sentence}", COLUMNS - 4)
        found[owner] += [f"# {first}", *(f"#   {line}" for line in more)]
    return found


def _emptied(source: Source, todos: dict[str, list[str]], node: ast.FunctionDef | None = None) -> str:
    """The function, or the method ``node``, up to the end of its docstring, then its TODOs."""
    node = node or source.node  # type: ignore[assignment]
    assert isinstance(node, ast.FunctionDef)
    docstring = node.body[0] if ast.get_docstring(node) is not None else None
    last = docstring.end_lineno if docstring is not None else node.body[0].lineno - 1
    assert last is not None
    indent = " " * (node.col_offset + 4)
    inside = [f"{indent}{line}" for line in [*todos[node.name], "raise NotImplementedError"]]
    return "\n".join([source.module.lines(first_line(node), last), *inside])


def _class(source: Source, methods: Sequence[str], todos: dict[str, list[str]]) -> str:
    """The class with its docstring, annotations and what is given, and its ``methods`` emptied; no other method."""
    node = source.node
    assert isinstance(node, ast.ClassDef)
    pieces = [source.module.lines(first_line(node), node.body[0].lineno - 1)]
    given = _given(node, methods)
    for child in node.body:
        assert child.end_lineno is not None
        if not isinstance(child, ast.FunctionDef):
            pieces.append(source.module.lines(child.lineno, child.end_lineno) + "\n")
        elif child.name in methods:
            pieces.append(_emptied(source, todos, child) + "\n")
        elif child.name in given:
            pieces.append(source.module.source(child) + "\n")
    return "\n".join(pieces).rstrip()


def _given(node: ast.ClassDef, methods: Sequence[str]) -> set[str]:
    """The methods that the learner finds written: ``__init__``, and private ones that the library's ``methods`` use."""
    asked = [function for function in functions(node) if function.name in methods]
    used = {child.attr for function in asked for child in ast.walk(function) if isinstance(child, ast.Attribute)}
    return {"__init__", *(name for name in used if name.startswith("_"))} - set(methods)


def _imports(card: Card, sources: Sequence[Source]) -> list[str]:
    """The import lines that the signatures, the given code and a solution like the library's need."""
    modules: set[str] = set()
    names: dict[str, set[str]] = {}
    for source in sources:
        wanted = set(_names_used(source, card.methods)) - set(card.names)
        for module, name in _imported(source.module, wanted):
            if name is None:
                modules.add(f"import {module}")
            else:
                names.setdefault(module, set()).add(name)
    lines = [*modules, *(f"from {module} import {', '.join(sorted(names[module], key=_order))}" for module in names)]
    ordered = sorted(lines, key=lambda line: (_rank(line), line.startswith("from "), line.split()[1]))
    groups = [[line for line in ordered if _rank(line) == rank] for rank in range(3)]
    return "\n\n".join("\n".join(group) for group in groups if group).splitlines()


def _names_used(source: Source, methods: Sequence[str]) -> Iterator[str]:
    """The names that the part uses: in a class, its bases, annotations, ``__init__`` and the ``methods``."""
    nodes: list[ast.AST] = [source.node]
    if isinstance(source.node, ast.ClassDef):
        kept = (*methods, *_given(source.node, methods))
        inside = [child for child in source.node.body if getattr(child, "name", None) in (None, *kept)]
        nodes = [*source.node.bases, *source.node.decorator_list, *inside]
    for node in nodes:
        yield from (child.id for child in ast.walk(node) if isinstance(child, ast.Name))


def _imported(module: Module, names: set[str]) -> Iterator[tuple[str, str | None]]:
    """Those of ``names`` that ``module`` imports, or that it defines and that are public: from where, and what.

    The second is None where the module itself is imported.
    """
    for node in module.tree.body:
        if isinstance(node, ast.Import):
            yield from ((_alias(alias), None) for alias in node.names if (alias.asname or alias.name) in names)
        elif isinstance(node, ast.ImportFrom):
            place = node.module or ""
            yield from ((place, _alias(alias)) for alias in node.names if (alias.asname or alias.name) in names)
    yield from ((module.name, name) for name in _defined(module) if name in names and not name.startswith("_"))


def _alias(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _defined(module: Module) -> Iterator[str]:
    for node in module.tree.body:
        if isinstance(node, Definition):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def _rank(line: str) -> int:
    """The standard library, then other packages, then henkan."""
    package = line.split()[1].partition(".")[0]
    return 2 if package == "henkan" else 1 if package in ("torch", "jaxtyping") else 0
