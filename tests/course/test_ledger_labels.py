"""The labels of the ledger: known wherever they are used, each leading to one line with the variables it states."""

import re
from collections.abc import Callable

import pytest
import torch
from anchor_watch import watch
from syllabus import ROOT

from henkan.course import by_hand, parts
from henkan.course.examples import EXAMPLES
from henkan.course.exercise import ORDER
from henkan.course.ledger import anchor, anchors, equation, labels
from henkan.course.source import LIBRARY as PACKAGE
from henkan.course.toml import read_toml
from henkan.nn import (
    MultiHeadAttention,
    PositionalEncoding,
    TokenEmbedding,
    scaled_dot_product_attention,
    sinusoidal_encoding,
)

pytestmark = pytest.mark.usefixtures("float64")
every_equation = pytest.mark.parametrize("label", labels())

FIRST_SLICE = {
    *("eq-dot", "eq-softmax", "eq-sdpa", "eq-sigmoid", "eq-bce", "eq-sgd", "eq-l2"),
    *("eq-emb", "eq-pe", "eq-in"),
    *("eq-scores", "eq-mask", "eq-mha", "eq-heads"),
}


def test_the_equations_of_the_first_slice_are_there() -> None:
    assert set(labels()) >= FIRST_SLICE


@every_equation
def test_exactly_one_line_of_the_library_computes_it(label: str) -> None:
    assert len(anchors()[label]) == 1
    place = anchor(label)
    line = (PACKAGE.parent / place.path).read_text(encoding="utf-8").splitlines()[place.line - 1]
    assert line.strip().startswith(place.code)
    assert line.endswith(f"# [{label}]")
    assert f"[{label}]" not in place.code


def test_no_line_of_the_library_names_an_equation_that_is_not_there() -> None:
    assert set(anchors()) == set(labels())


def labels_in_use() -> set[tuple[str, str]]:
    files = [*ROOT.glob("course/*.py"), *ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    files += [path for end in ("py", "toml") for path in PACKAGE.joinpath("course").rglob(f"*.{end}")]
    found = (
        re.findall(r"(?<![-\w])(?:eq|num)-[a-z][a-z0-9-]*[a-z0-9]\b", path.read_text(encoding="utf-8"))
        for path in files
    )
    return {(path.name, label) for path, named in zip(files, found, strict=True) for label in named}


def test_every_label_in_lessons_exercises_and_prose_exists() -> None:
    used = labels_in_use()
    assert {label for _, label in used} >= FIRST_SLICE
    assert {(name, label) for name, label in used if label not in EXAMPLES} == set()


def test_every_exercise_about_an_equation_names_one_of_the_ledger() -> None:
    named = {
        label
        for exercise in ORDER
        if PACKAGE.joinpath("course", "exercises", f"{exercise}.toml").exists()
        for label in read_toml("exercises", *f"{exercise}.toml".split("/"))["equations"]
    }
    assert named <= set(labels())


ids = torch.zeros(2, 5, dtype=torch.long)
heads = [torch.randn(2, 3, length, width) for length, width in ((4, 6), (5, 6), (5, 7))]
mask = torch.ones(2, 1, 4, 5, dtype=torch.bool)
tokens, memory = torch.randn(2, 4, 21).double(), torch.randn(2, 5, 21).double()
weights, values = [0.2, 0.3, 0.5], [1.0, 2.0, 3.0]

# Each passes the line of its equation, with sizes that are all different.
PASSES: dict[str, tuple[Callable[[], object], dict[str, int]]] = {
    "eq-dot": (lambda: by_hand.dot(weights, values), {"D": 3}),
    "eq-sigmoid": (lambda: by_hand.sigmoid(0.5), {}),
    "eq-bce": (lambda: by_hand.cross_entropy(0.5, 1.0), {}),
    "eq-sgd": (lambda: by_hand.gradient_step(weights, values, 0.0, 1.0, 0.1), {"T": 3}),
    "eq-l2": (lambda: by_hand.l2_penalty(values, 0.1), {"T": 3}),
    "eq-softmax": (lambda: parts.softmax(torch.randn(4, 5)), {"Tq": 4, "Tk": 5}),
    "eq-emb": (lambda: TokenEmbedding(9, 8)(ids), {"B": 2, "T": 5, "V": 9, "d_model": 8}),
    "eq-pe": (lambda: sinusoidal_encoding(5, 8), {"T": 5, "d_model": 8}),
    "eq-in": (lambda: PositionalEncoding(8, dropout=0.0)(torch.randn(2, 5, 8)), {"B": 2, "T": 5, "d_model": 8}),
    "eq-scores": (lambda: scaled_dot_product_attention(*heads), {"B": 2, "H": 3, "Tq": 4, "Tk": 5, "D": 6}),
    "eq-sdpa": (lambda: scaled_dot_product_attention(*heads), {"B": 2, "H": 3, "Tq": 4, "Tk": 5, "D": 6, "Dv": 7}),
    "eq-mask": (lambda: scaled_dot_product_attention(*heads, mask), {"B": 2, "H": 3, "Tq": 4, "Tk": 5}),
    "eq-heads": (
        lambda: MultiHeadAttention(21, 3)(tokens, memory, memory),
        {"B": 2, "H": 3, "Tq": 4, "Tk": 5, "D": 7, "d_model": 21},
    ),
    "eq-mha": (
        lambda: MultiHeadAttention(21, 3)(tokens, memory, memory),
        {"B": 2, "H": 3, "Tq": 4, "D": 7, "d_model": 21},
    ),
}


def shape_of(value: object) -> tuple[int, ...]:
    if isinstance(value, torch.Tensor):
        return tuple(value.shape)
    return (len(value), *shape_of(value[0])) if isinstance(value, (list, tuple)) else ()


@every_equation
def test_every_symbol_is_a_variable_at_that_line_in_the_shape_that_is_stated(label: str) -> None:
    call, sizes = PASSES[label]
    assert len(set(sizes.values())) == len(sizes), "equal sizes could hide exchanged axes"
    found = watch(label, call)
    for symbol in equation(label).symbols:
        assert symbol.variable in found, f"{symbol.variable} is not there"
        stated = tuple(eval(size, {}, sizes) for size in symbol.shape.strip("()").split(",") if size.strip())
        assert shape_of(found[symbol.variable]) == stated, symbol.variable
