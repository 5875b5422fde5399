"""What checks are written with: each function passes in silence or raises a ``Finding`` for the learner.

Numbers and tensors alike; tensors are compared in double precision.
"""

from collections.abc import Callable, Sequence
from typing import Any

from henkan.course.finding import Finding, Row, Skipped

TOLERANCE = 1e-6
DOUBLE = 1e-9  # for what the library's own tests ask for in double precision
SINGLE = 1e-5  # what single precision leaves
MAX_ROWS = 8

Numbers = Any  # a number, a sequence of numbers, or a tensor


def expect(condition: bool, message: str, **values: Any) -> None:
    """Raise the finding ``message`` unless ``condition`` holds."""
    if not condition:
        raise Finding(message, **values)


def expect_close(name: str, yours: Numbers, expected: Numbers, tolerance: float = TOLERANCE) -> None:
    """Raise unless every number of ``yours`` is within ``tolerance`` of the one in ``expected``.

    The finding shows both in a table, from the first difference on; ``name`` is what the formula calls them. Numbers
    are expected as a sequence of the same form, or as a tensor of the same shape.
    """
    places, right = _flat(name, expected)
    their_places, given = _flat(name, yours)
    if places != their_places:
        raise Finding("shape_differs", name=name, yours=_shape(yours), expected=_shape(expected))
    rows = [Row(place, a, b) for place, a, b in zip(places, given, right, strict=True)]
    first = next((index for index, row in enumerate(rows) if not abs(row.yours - row.expected) <= tolerance), None)
    if first is not None:
        if tolerance == DOUBLE and all(abs(row.yours - row.expected) <= SINGLE for row in rows):
            raise Finding("single_precision", name=name)
        start = max(0, min(first - 1, len(rows) - MAX_ROWS))
        raise Finding("numbers_differ", rows=tuple(rows[start : start + MAX_ROWS]), name=name)


def expect_shape(name: str, yours: Any, expected: Sequence[int]) -> None:
    """Raise unless ``yours`` is a tensor of this shape."""
    import torch

    if yours is None:
        raise Finding("nothing_returned", name=name)
    if not isinstance(yours, torch.Tensor):
        raise Finding("not_a_tensor", name=name, yours=type(yours).__name__)
    if tuple(yours.shape) != tuple(expected):
        raise Finding("shape_differs", name=name, yours=tuple(yours.shape), expected=tuple(expected))


def expect_results(result: Any, *names: str) -> tuple[Any, ...]:
    """The values that came back, as many as there are ``names``; raise unless they are a tuple of that many.

    A tensor of two rows would go into two names without a word.
    """
    if not isinstance(result, (tuple, list)) or len(result) != len(names):
        yours = len(result) if isinstance(result, (tuple, list)) else type(result).__name__
        raise Finding("wrong_results", names=", ".join(names), count=len(names), yours=yours)
    return tuple(result)


def expect_finite(name: str, yours: Any) -> None:
    """Raise if a number of the tensor ``yours`` is NaN or infinite."""
    if not bool(yours.isfinite().all()):
        raise Finding("not_finite", name=name)


def expect_dtype(name: str, yours: Any, expected: Any) -> None:
    """Raise unless the tensor ``yours`` has this dtype."""
    if yours.dtype != expected:
        raise Finding("dtype_differs", name=name, yours=yours.dtype, expected=expected)


def expect_gradient(call: Callable[..., Any], *inputs: Any) -> None:
    """Raise unless the gradients of ``call(*inputs)`` are those that finite differences give."""
    import torch

    # A step and a tolerance for which single precision on the way is exact enough: that is no mistake.
    matches = torch.autograd.gradcheck(
        call, [x.detach().requires_grad_() for x in inputs], eps=1e-3, atol=1e-3, raise_exception=False
    )
    expect(matches, "gradient_differs")


def expect_untouched(call: Callable[..., Any], **inputs: Any) -> None:
    """Raise if ``call(**inputs)`` changes one of its tensors in place."""
    before = {name: value.clone() for name, value in inputs.items()}
    call(**inputs)
    for name, value in inputs.items():
        if not bool((value == before[name]).all()):
            raise Finding("input_changed", name=name)


def copy_weights(yours: Any, reference: Any) -> None:
    """Put the weights of the module ``reference`` into the learner's, by name; skip the check if the names differ."""
    own, theirs = dict(yours.named_parameters()), dict(reference.named_parameters())
    if {name: p.shape for name, p in own.items()} != {name: p.shape for name, p in theirs.items()}:
        raise Skipped("layers_renamed")
    yours.to(next(iter(theirs.values())).dtype)
    for name, parameter in own.items():
        parameter.data.copy_(theirs[name].data)


def _flat(name: str, numbers: Numbers) -> tuple[list[str], list[float]]:
    """Every number with its place: α[0,1], or α alone for a single one."""
    if hasattr(numbers, "tolist"):
        numbers = numbers.tolist()
    places: list[str] = []
    flat: list[float] = []

    def visit(value: Any, index: tuple[int, ...]) -> None:
        if isinstance(value, (list, tuple)):
            for position, item in enumerate(value):
                visit(item, (*index, position))
            return
        if not isinstance(value, (int, float)) and not hasattr(value, "__float__"):
            raise Finding("not_a_number", name=name, yours=type(value).__name__)
        places.append(f"{name}[{','.join(map(str, index))}]" if index else name)
        flat.append(float(value))

    visit(numbers, ())
    return places, flat


def _shape(numbers: Numbers) -> tuple[int, ...]:
    if hasattr(numbers, "shape"):
        return tuple(numbers.shape)
    shape = []
    while isinstance(numbers, (list, tuple)):
        shape.append(len(numbers))
        numbers = numbers[0] if numbers else None
    return tuple(shape)
