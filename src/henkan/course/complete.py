"""What an exercise does not ask for, filled in by the library, so that the learner's part can stand in its place."""

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Part = Any


def complete(learner: Part, reference: Part, arguments: Sequence[str] = ()) -> Part:
    """``learner`` with all that ``reference`` can do beyond the exercise.

    A function is called for the ``arguments`` that its exercise asks for, all of them if none are named; where a call
    uses another one, the library answers. A class gets the library's other methods.
    """
    if inspect.isclass(reference):
        return complete_class(learner, reference)
    return complete_function(learner, reference, arguments)


def complete_function(learner: Callable[..., Any], reference: Callable[..., Any], arguments: Sequence[str]) -> Part:
    """The learner's function for calls that leave all but ``arguments`` at their defaults, else the library's."""
    signature = inspect.signature(reference)
    later = {name: parameter.default for name, parameter in signature.parameters.items() if name not in arguments}
    if not arguments or not later:
        return learner

    @functools.wraps(learner)
    def completed(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments
        if any(name in given and not _is_default(given[name], default) for name, default in later.items()):
            return reference(*args, **kwargs)
        return learner(**{name: value for name, value in given.items() if name in arguments})

    return completed


def complete_class(learner: type, reference: type) -> type:
    """A class with the learner's methods and, where they wrote none, the library's; it is a subclass of both.

    Where the library would take a shorter way round ``forward`` unless somebody watches, this class is always watched.
    """
    watched = {"is_watched": _always} if hasattr(reference, "is_watched") else {}
    names = {name: getattr(reference, name) for name in ("__module__", "__qualname__", "__doc__")}
    bases = (learner,) if issubclass(learner, reference) else (learner, _bridge(learner, reference), reference)
    return type(reference.__name__, bases, {**names, **watched})


def _bridge(learner: type, reference: type) -> type:
    """What ``super()`` finds in the learner's methods: what stands above the library's class, not the class itself.

    ``super().__init__()`` in a learner's module means the one of ``nn.Module``, which takes no arguments.
    """

    def past(name: str) -> Callable[..., Any]:
        return lambda self, *args, **kwargs: getattr(super(reference, self), name)(*args, **kwargs)

    return type("Bridge", (), {name: past(name) for name in _methods(learner) if name in vars(reference)})


def _methods(learner: type) -> Iterator[str]:
    """The names of the functions in the body of ``learner``."""
    return (name for name, value in vars(learner).items() if inspect.isfunction(value))


def _always(self: object) -> bool:
    """True: a learner's ``forward`` is there to be called."""
    return True


def _is_default(value: object, default: object) -> bool:
    # Tensors are compared by identity alone: whether two are equal is no single answer.
    return value is default or (isinstance(value, (bool, int, float, str)) and value == default)
