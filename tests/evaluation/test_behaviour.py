"""Ends, loops, confidence, lengths, confusions: each on cases that can be done by hand."""

import math
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from henkan.data import Tokenizer
from henkan.evaluation import Behaviour, Confusion, calibrate, confusions, loops, slice_by_length, units_of


class Written(NamedTuple):
    text: str
    log_prob: float
    ended: bool


@pytest.mark.parametrize(
    ("output", "reference", "is_loop"),
    [
        ("abcabcabcabc", "abc", True),
        ("abcabcabc", "abc", False),  # two rounds more
        ("xyabababab", "xyab", True),
        ("abcabcabcab", "abc", True),  # cut in the middle of a round
        ("ab", "abababab", False),
        ("aaaaa", "a", False),  # five symbols only
        ("aaaaaa", "a", True),
        ("1000000", "1000000", False),
        ("10000000", "1000000", False),  # one zero too many is a mistake, no loop
        ("1000000000", "1000000", True),
        ("banana", "banana", False),
        ("", "abc", False),
    ],
)
def test_a_loop_repeats_its_end_three_times_more_than_the_reference(output: str, reference: str, is_loop: bool) -> None:
    assert loops(output, [reference]) is is_loop


@given(st.text("ab", max_size=12), st.text("cd", min_size=1, max_size=4), st.integers(6, 9))
def test_whatever_begins_an_output_six_rounds_at_its_end_are_a_loop(begin: str, circle: str, times: int) -> None:
    assert loops(begin + circle * times, [begin, begin + circle])


@given(st.text("ab", max_size=20))
def test_a_right_output_never_loops(text: str) -> None:
    assert not loops(text, ["zz", text])


def test_calibration_by_hand() -> None:
    found = calibrate([0.9, 0.1, 0.5], [True, False, False])
    assert [(group.probability, group.right) for group in found.groups] == [(0.1, 0.0), (0.5, 0.0), (0.9, 1.0)]
    assert found.error == pytest.approx((0.1 + 0.5 + 0.1) / 3)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_tenths_are_of_equal_size_and_hold_every_output_once(rows: list[tuple[float, bool]]) -> None:
    probabilities, right = [list(column) for column in zip(*rows, strict=True)]
    found = calibrate(probabilities, right)
    sizes = [group.count for group in found.groups]
    assert sum(sizes) == len(rows)
    assert max(sizes) - min(sizes) <= 1
    assert len(sizes) == min(10, len(rows))
    assert sum(group.count * group.right for group in found.groups) == pytest.approx(sum(right))
    assert all(a.highest <= b.lowest for a, b in pairwise(found.groups))
    assert 0.0 <= found.error <= 1.0


def test_probabilities_without_outputs_are_refused() -> None:
    with pytest.raises(ValueError, match="2 probabilities do not fit 1 outputs"):
        calibrate([0.1, 0.2], [True])


def test_behaviour_counts_limits_and_loops() -> None:
    outputs = [
        Written("abc", math.log(0.5), True),
        Written("xyxyxyxy", math.log(0.25), False),
        Written("q", math.log(0.25), True),
    ]
    units = units_of(Tokenizer.train("characters", ["abc"]))
    found = Behaviour.of(outputs, [("abc",), ("xy",), ("p", "r")], units)
    assert (found.right, found.by_limit, found.looping) == (
        [True, False, False],
        [False, True, False],
        [False, True, False],
    )
    assert found.metrics["ended_by_limit"] == found.metrics["looping"] == 1 / 3
    assert found.metrics["calibration_error"] == pytest.approx((0.5 + 0.25 + 0.25) / 3)


@given(st.lists(st.integers(1, 30), max_size=60))
def test_slices_hold_every_example_once_and_never_cut_a_length_apart(lengths: list[int]) -> None:
    slices = slice_by_length(lengths)
    assert sorted(place for one in slices for place in one.places) == list(range(len(lengths)))
    assert len(slices) <= 6
    for one in slices:
        assert {one.shortest, one.longest} <= {lengths[place] for place in one.places}
    assert all(a.longest < b.shortest for a, b in pairwise(slices))


def test_slices_are_of_about_the_same_size() -> None:
    assert [len(one.places) for one in slice_by_length(list(range(60)))] == [10] * 6


def test_confusions_by_hand() -> None:
    found = confusions(["cat", "bat", "ca", "dog"], [["cut"], ["but"], ["cat"], ["do", "doge"]])
    assert found[0] == Confusion("u", "a", 2, 0)
    assert set(found[1:]) == {Confusion("t", None, 1, 2), Confusion(None, "g", 1, 3)}


@given(st.lists(st.tuples(st.text("ab", max_size=6), st.text("ab", max_size=6)), max_size=6))
def test_confusions_are_as_many_as_the_edits(rows: list[tuple[str, str]]) -> None:
    from rapidfuzz.distance import Levenshtein

    found = confusions([output for output, _ in rows], [[reference] for _, reference in rows])
    assert sum(one.times for one in found) == sum(Levenshtein.distance(*row) for row in rows)
