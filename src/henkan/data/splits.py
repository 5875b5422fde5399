"""Training, development and test examples, divided by source."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from operator import attrgetter

from henkan.data.pairs import Example


@dataclass(frozen=True)
class Splits:
    """``train`` to learn from, ``dev`` to choose by, ``test`` to report on.

    ``train`` may be a file that is read whenever its examples are asked for; a source can stand there more than once.
    """

    train: Collection[Example]
    dev: list[Example]
    test: list[Example]


def split_by_source(
    examples: Iterable[Example],
    dev: float = 0.05,
    test: float = 0.05,
    salt: str = "henkan",
    *,
    key: Callable[[Example], str] = attrgetter("source"),
) -> Splits:
    """Divide ``examples`` by a hash of the source text, about ``dev`` and ``test`` of them held out.

    With ``key``, by a hash of what it says of an example: those with the same key, such as the forms of one word, are
    held out together or not at all.

    Where a source goes depends on its own text alone: not on the file's order, the machine or the other rows. So a
    file may grow and what was held out stays held out. The exception are tiny files: if the shares leave no training
    or no development example, the source nearest to the border is moved over, and it moves back as the file grows.
    A test split may be empty; so is the development split of a single source, and that of ``dev=0``.
    """
    if not 0.0 <= dev < 1.0 or not 0.0 <= test < 1.0 or dev + test >= 1.0:
        raise ValueError(
            f"dev={dev} and test={test} must be shares that leave something for training: "
            f"for example dev=0.05, test=0.05"
        )
    examples = list(examples)
    keys = [key(example) for example in examples]
    place = {value: source_fraction(value, salt) for value in keys}
    ranked = sorted(place, key=lambda value: (place[value], value))
    test_end = sum(fraction < test for fraction in place.values())
    dev_end = sum(fraction < test + dev for fraction in place.values())
    test_end, dev_end = without_gaps(test_end, dev_end, len(ranked), needs_dev=dev > 0)
    in_test, in_dev = set(ranked[:test_end]), set(ranked[test_end:dev_end])
    keyed = list(zip(keys, examples, strict=True))
    return Splits(
        train=[example for value, example in keyed if value not in in_test and value not in in_dev],
        dev=[example for value, example in keyed if value in in_dev],
        test=[example for value, example in keyed if value in in_test],
    )


def source_fraction(source: str, salt: str = "henkan") -> float:
    """A number from 0 to 1, spread evenly, that depends on ``source`` and ``salt`` alone.

    It is the 64-bit BLAKE2b hash of salt, newline and source in UTF-8, divided by 2**64. By hand:
    ``printf 'henkan\\nSOURCE' | b2sum -l 64``.
    """
    digest = blake2b(f"{salt}\n{source}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def without_gaps(test_end: int, dev_end: int, count: int, *, needs_dev: bool) -> tuple[int, int]:
    """The two borders in the ranking test | dev | train, moved so that train, then dev, get at least one source."""
    dev_end = min(dev_end, max(count - 1, 0))
    test_end = min(test_end, dev_end)
    if needs_dev and test_end == dev_end and count > 1:
        if dev_end < count - 1:
            dev_end += 1  # from train, which keeps one
        else:
            test_end -= 1
    return test_end, dev_end
