"""The changes: each rule takes a node of the syntax tree and says what could stand there instead."""

import ast
from collections.abc import Callable, Iterator, Sequence

OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
COMPARISONS: dict[type[ast.cmpop], Sequence[type[ast.cmpop]]] = {
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
NAMES = {
    "sin": "cos",
    "cos": "sin",
    "max": "min",
    "min": "max",
    "amax": "amin",
    "amin": "amax",
    "sum": "mean",
    "mean": "sum",
    "softmax": "log_softmax",
    "zeros": "ones",
    "ones": "zeros",
    "tril": "triu",
    "triu": "tril",
    "exp": "expm1",
    "log": "log1p",
}
MODULES = {"math", "torch", "F", "nn", "self"}
SYMMETRIC = {"transpose", "swapaxes", "dot"}
ORDERED = (ast.Sub, ast.Div, ast.MatMult, ast.Pow, ast.FloorDiv, ast.Mod)


def changes_of(node: ast.AST) -> Iterator[ast.AST]:
    """Everything that could stand in the place of ``node``, one change at a time."""
    for kind, rule in RULES:
        if isinstance(node, kind):
            yield from rule(node)


def _binary(node: ast.BinOp) -> Iterator[ast.AST]:
    if (other := OPERATORS.get(type(node.op))) is not None:
        yield ast.BinOp(node.left, other(), node.right)
    if isinstance(node.op, ORDERED):
        yield ast.BinOp(node.right, node.op, node.left)
    yield node.left
    yield node.right


def _unary(node: ast.UnaryOp) -> Iterator[ast.AST]:
    yield node.operand


def _comparison(node: ast.Compare) -> Iterator[ast.AST]:
    for other in COMPARISONS[type(node.ops[0])]:
        yield ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)


def _boolean(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    elif isinstance(node.value, float):
        yield ast.Constant(node.value + 1.0)
        if node.value:
            yield ast.Constant(node.value * 0.5)


def _call(node: ast.Call) -> Iterator[ast.AST]:
    for index, keyword in enumerate(node.keywords):
        if keyword.arg != "strict":  # it guards against errors and changes no result
            yield ast.Call(node.func, node.args, [*node.keywords[:index], *node.keywords[index + 1 :]])
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    symmetric = called in SYMMETRIC
    for index in range(0 if symmetric else len(node.args) - 1):
        args = [*node.args]
        args[index], args[index + 1] = args[index + 1], args[index]
        yield ast.Call(node.func, args, node.keywords)
    of_value = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) not in MODULES
    if of_value:
        yield node.func.value  # type: ignore[attr-defined]
    elif node.args and not isinstance(node.args[0], ast.Starred):
        yield node.args[0]


def _attribute(node: ast.Attribute) -> Iterator[ast.AST]:
    if node.attr in NAMES:
        yield ast.Attribute(node.value, NAMES[node.attr], node.ctx)


def _name(node: ast.Name) -> Iterator[ast.AST]:
    if node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield ast.Name(NAMES[node.id], node.ctx)


def _slice(node: ast.Slice) -> Iterator[ast.AST]:
    if node.lower is not None:
        yield ast.Slice(None, node.upper, node.step)
    if node.upper is not None:
        yield ast.Slice(node.lower, None, node.step)
    if node.step is not None:
        yield ast.Slice(node.lower, node.upper, None)


def _choice(node: ast.IfExp) -> Iterator[ast.AST]:
    yield node.body
    yield node.orelse


def _pair(node: ast.Tuple) -> Iterator[ast.AST]:
    for index in range(len(node.elts) - 1):
        items = [*node.elts]
        items[index], items[index + 1] = items[index + 1], items[index]
        yield ast.Tuple(items, node.ctx)


def _branch(node: ast.If) -> Iterator[ast.AST]:
    yield ast.If(ast.Constant(True), node.body, node.orelse)
    yield ast.If(ast.Constant(False), node.body, node.orelse)


def _augmented(node: ast.AugAssign) -> Iterator[ast.AST]:
    yield ast.Pass()
    if (other := OPERATORS.get(type(node.op))) is not None:
        yield ast.AugAssign(node.target, other(), node.value)


def _comprehension(node: ast.comprehension) -> Iterator[ast.AST]:
    if node.ifs:
        yield ast.comprehension(node.target, node.iter, [], node.is_async)


def _dropped(node: ast.stmt) -> Iterator[ast.AST]:
    yield ast.Pass()


def _assigned(node: ast.Assign) -> Iterator[ast.AST]:
    """A place that is written to; a new name that is not made is only an error when it is used."""
    if not isinstance(node.targets[0], (ast.Name, ast.Tuple)):
        yield ast.Pass()


RULES: Sequence[tuple[type[ast.AST], Callable[..., Iterator[ast.AST]]]] = (
    (ast.BinOp, _binary),
    (ast.UnaryOp, _unary),
    (ast.Compare, _comparison),
    (ast.BoolOp, _boolean),
    (ast.Constant, _constant),
    (ast.Call, _call),
    (ast.Attribute, _attribute),
    (ast.Name, _name),
    (ast.Slice, _slice),
    (ast.IfExp, _choice),
    (ast.Tuple, _pair),
    (ast.If, _branch),
    (ast.AugAssign, _augmented),
    (ast.comprehension, _comprehension),
    (ast.Expr, _dropped),
    (ast.Raise, _dropped),
    (ast.Assign, _assigned),
)
