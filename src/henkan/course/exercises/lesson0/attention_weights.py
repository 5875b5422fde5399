"""lesson0/attention_weights: how much a query looks at each key."""

import math
from collections.abc import Callable, Sequence

from henkan.course import by_hand as library
from henkan.course.by_hand import Vector, dot
from henkan.course.exercises.lesson0.example import KEYS, Q, numbers, rows
from henkan.course.expect import expect, expect_close

Softmax = Callable[[Vector], list[float]]
Weigh = Callable[[Vector, Sequence[Vector]], list[float]]


def one_weight_each(softmax: Softmax, weigh: Weigh) -> None:
    for name, given in (
        ("softmax", softmax(numbers(5, 1))),
        ("attention_weights", weigh(numbers(3, 1), rows(5, 3, 2))),
    ):
        expect(given is not None, "nothing_returned", name=name)
        expect(isinstance(given, (list, tuple)), "not_a_list", name=name, yours=type(given).__name__)
        expect(len(given) == 5, "not_one_weight_each", name=name, yours=len(given))


def zero_counts(softmax: Softmax, weigh: Weigh) -> None:
    expect_close("softmax", softmax([0.0, 0.0, 0.0]), [1 / 3, 1 / 3, 1 / 3])
    expect_close("softmax", softmax([math.log(3), 0.0]), [0.75, 0.25])


def sum_to_one(softmax: Softmax, weigh: Weigh) -> None:
    for name, given in (
        ("softmax", softmax(numbers(5, 1))),
        ("attention_weights", weigh(numbers(3, 1), rows(5, 3, 2))),
    ):
        expect(abs(sum(given) - 1) < 1e-9, "weights_do_not_sum_to_one", name=name, sum=f"{sum(given):.6f}")


def by_hand(softmax: Softmax, weigh: Weigh) -> None:
    expect_close("α", weigh(Q, KEYS), [0.637767, 0.362233])


def other_widths(softmax: Softmax, weigh: Weigh) -> None:
    # D is 9, there are two keys, and the query is 6 long. In the example by hand these are 2, 2 and 1.
    expect_close("α", weigh((2.0,) * 9, ((math.log(2) / 2,) * 9, (0.0,) * 9)), [8 / 9, 1 / 9])


def order_of_keys(softmax: Softmax, weigh: Weigh) -> None:
    q, keys = numbers(3, 1), rows(4, 3, 2)
    expect_close("α", weigh(q, keys[::-1])[::-1], weigh(q, keys))


def probe(softmax: Softmax, weigh: Weigh) -> list[list[float]]:
    q, keys = numbers(3, 4), (*rows(4, 3, 5), (0.0, 0.0, 0.0))
    return [softmax((*numbers(4, 3), 0.0)), weigh(Q, KEYS), weigh(q, keys)]


def _zero_left_out(scores: Vector) -> list[float]:
    total = sum(math.exp(score) for score in scores if score != 0)
    return [math.exp(score) / total if score != 0 else 0.0 for score in scores]


def _no_exponential(scores: Vector) -> list[float]:
    return [score / sum(scores) for score in scores]


def _only_exponential(scores: Vector) -> list[float]:
    return [math.exp(score) for score in scores]


def _by_the_largest(scores: Vector) -> list[float]:
    return [math.exp(score) / math.exp(max(scores)) for score in scores]


def _weigh(softmax: Softmax, divisor: Callable[[Vector, Sequence[Vector]], float]) -> tuple[Softmax, Weigh]:
    """Both parts, with this softmax and this number under the dot products."""
    return softmax, lambda q, keys: softmax([dot(q, key) / divisor(q, keys) for key in keys])


def _root(q: Vector, keys: Sequence[Vector]) -> float:
    return math.sqrt(len(q))


zero_score_left_out = _weigh(_zero_left_out, _root)
no_exponential = _weigh(_no_exponential, _root)
not_normalised = _weigh(_only_exponential, _root)
divided_by_the_largest = _weigh(_by_the_largest, _root)
no_scale = _weigh(library.softmax, lambda q, keys: 1.0)
div_by_d_k = _weigh(library.softmax, lambda q, keys: len(q))
root_of_two = _weigh(library.softmax, lambda q, keys: math.sqrt(2))
root_of_number_of_keys = _weigh(library.softmax, lambda q, keys: math.sqrt(len(keys)))
divided_by_length_of_q = _weigh(library.softmax, lambda q, keys: math.sqrt(dot(q, q)))


def multiplied_by_root(q: Vector, keys: Sequence[Vector]) -> list[float]:
    return library.softmax([dot(q, key) * math.sqrt(len(q)) for key in keys])


def scaled_after_softmax(q: Vector, keys: Sequence[Vector]) -> list[float]:
    return [weight / math.sqrt(len(q)) for weight in library.softmax([dot(q, key) for key in keys])]


scale_multiplied = (library.softmax, multiplied_by_root)
scale_after_softmax = (library.softmax, scaled_after_softmax)
