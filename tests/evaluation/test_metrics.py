import pytest
from hypothesis import given
from hypothesis import strategies as st

from henkan.data import Example, Tokenizer
from henkan.evaluation import compute_metrics, error_rate, exact_match

symbols = st.lists(st.sampled_from(["AH", "B", "K", ""]), max_size=6)


def test_edits_are_counted_per_reference_symbol_over_the_corpus():
    # kitten -> sitting: k/s, e/i, +g: 3 edits of 7. cat -> cat: 0 of 3.
    assert error_rate([list("kitten"), list("cat")], [[list("sitting")], [list("cat")]]) == 3 / 10


def test_phones_are_compared_as_phones_not_as_letters():
    assert error_rate([["HH", "AH", "L"]], [[["HH", "EH", "L", "OW"]]]) == 2 / 4


def test_several_references_take_the_closest_and_its_length():
    assert error_rate([list("ab")], [[list("xyz"), list("abcd"), list("abc")]]) == 1 / 3


def test_equally_close_references_take_the_first():
    assert error_rate([list("ab")], [[list("abc"), list("a")]]) == 1 / 3
    assert error_rate([list("ab")], [[list("a"), list("abc")]]) == 1 / 1


def test_swapping_output_and_reference_changes_the_rate():
    short, long = list("ab"), list("abcd")
    assert error_rate([short], [[long]]) == 2 / 4
    assert error_rate([long], [[short]]) == 2 / 2


def test_empty_reference_counts_every_symbol_as_an_edit():
    assert error_rate([[]], [[[]]]) == 0.0
    assert error_rate([["a", "b"]], [[[]]]) == 2.0
    assert error_rate([["a", "b"], ["c"]], [[[]], [["c"]]]) == 2 / 1
    assert error_rate([[]], [[["a", "b"]]]) == 1.0


@given(st.lists(st.tuples(symbols, st.lists(symbols, min_size=1, max_size=3)), min_size=1, max_size=5))
def test_rate_is_zero_exactly_when_everything_matches(rows: list[tuple[list[str], list[list[str]]]]):
    hypotheses, references = [list(column) for column in zip(*rows, strict=True)]
    assert (error_rate(hypotheses, references) == 0.0) == (exact_match(hypotheses, references) == 1.0)


@given(symbols, symbols)
def test_edits_are_within_the_bounds_that_lengths_and_contents_set(hypothesis: list[str], reference: list[str]):
    edits = error_rate([hypothesis], [[reference]]) * max(len(reference), 1)
    assert edits >= abs(len(hypothesis) - len(reference)) - 1e-9
    mismatches = sum(a != b for a, b in zip(hypothesis, reference, strict=False))
    assert edits <= mismatches + abs(len(hypothesis) - len(reference)) + 1e-9


def test_output_is_right_with_any_of_its_references():
    assert exact_match([["a"], ["b"], ["c"]], [[["x"], ["a"]], [["b"]], [["x"], ["y"]]]) == 2 / 3


def test_figures_come_in_a_stable_order_under_the_names_of_the_task():
    tokenizer = Tokenizer.train("separator", ["R EH D", "R IY D", "K AE T"])
    examples = [Example("read", ("R EH D", "R IY D")), Example("cat", ("K AE T",))]
    metrics = compute_metrics(["R IY D", "K AH T S"], examples, tokenizer, symbol_name="phone")
    assert list(metrics) == ["n", "exact_match", "word_error_rate", "phone_error_rate"]
    assert metrics == {"n": 2, "exact_match": 0.5, "word_error_rate": 0.5, "phone_error_rate": 2 / 6}


def test_symbols_are_called_by_their_kind_unless_the_task_names_them():
    example = [Example("a", ("a b",))]
    assert list(compute_metrics(["a"], example, Tokenizer.train("characters", ["a"])))[-1] == "character_error_rate"
    assert list(compute_metrics(["a"], example, Tokenizer.train("separator", ["a"])))[-1] == "symbol_error_rate"


def test_empty_output_is_all_deletions():
    metrics = compute_metrics([""], [Example("a", ("X Y",))], Tokenizer.train("separator", ["X Y"]))
    assert metrics["symbol_error_rate"] == 1.0


@pytest.mark.parametrize("function", [error_rate, exact_match])
def test_what_cannot_be_measured_is_an_error(function):
    with pytest.raises(ValueError, match="nothing to measure"):
        function([], [])
    with pytest.raises(ValueError, match="2 outputs cannot be compared with the references of 1 examples"):
        function([["a"], ["b"]], [[["a"]]])
    with pytest.raises(ValueError, match="example 2 has no reference"):
        function([["a"], ["b"]], [[["a"]], []])
