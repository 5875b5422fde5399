import pytest

from henkan.data import Example, Splits, source_fraction
from henkan.tasks import AdditionTask


@pytest.fixture(scope="module")
def three_digits() -> Splits:
    return AdditionTask(digits=3, num_train=5_000).load()


def examples_of(splits: Splits) -> list[Example]:
    return [*splits.train, *splits.dev, *splits.test]


@pytest.fixture(scope="module")
def other_seed() -> Splits:
    return AdditionTask(digits=3, num_train=5_000, seed=1).load()


@pytest.mark.parametrize("digits", [1, 2, 9])
def test_every_sum_is_right_and_of_fixed_width(digits: int):
    for example in examples_of(AdditionTask(digits=digits, num_train=2_000).load()):
        a, plus, b = example.source.partition("+")
        assert (len(a), plus, len(b)) == (digits, "+", digits)
        assert len(example.references[0]) == digits + 1
        assert int(a) + int(b) == int(example.references[0])


def test_published_example_is_among_the_sums():
    assert Example("23+45", ("068",)) in examples_of(AdditionTask().load())
    assert Example("23+45", ("860",)) in examples_of(AdditionTask(answer="reversed").load())


def test_answer_order_changes_the_answers_alone():
    plain, turned = AdditionTask().load(), AdditionTask(answer="reversed").load()
    for one, other in zip(examples_of(plain), examples_of(turned), strict=True):
        assert one.source == other.source
        assert one.references[0] == other.references[0][::-1]


def test_two_digits_use_all_operand_pairs_once_and_hold_a_tenth_out():
    splits = AdditionTask().load()
    sources = [example.source for example in examples_of(splits)]
    assert sorted(sources) == [f"{a:02d}+{b:02d}" for a in range(100) for b in range(100)]
    assert 950 < len(splits.test) < 1_050
    assert 150 < len(splits.dev) < 250


def test_sum_is_held_out_by_its_hash_whatever_the_seed(three_digits: Splits, other_seed: Splits):
    for splits in (three_digits, other_seed, AdditionTask(seed=1).load()):
        assert all(source_fraction(example.source) < 0.1 for example in splits.test)
        assert all(0.1 <= source_fraction(example.source) < 0.12 for example in splits.dev)
        assert all(source_fraction(example.source) >= 0.12 for example in splits.train)


def test_three_digits_have_as_many_sums_as_documented(three_digits: Splits):
    assert [len(part) for part in (three_digits.train, three_digits.dev, three_digits.test)] == [5_000, 1_000, 10_000]
    assert len({example.source for example in examples_of(three_digits)}) == 16_000


def test_sums_of_the_training_are_not_drawn_in_order():
    first = [example.source for example in AdditionTask().load().train[:50]]
    assert first != sorted(first)


def test_another_seed_draws_other_training_sums_and_the_same_seed_the_same(three_digits: Splits, other_seed: Splits):
    assert other_seed.train != three_digits.train
    assert AdditionTask(digits=3, num_train=5_000).load() == three_digits


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"digits": 0}, "digits=0 must be from 1 to 9"),
        ({"digits": 10}, "digits=10 must be from 1 to 9"),
        ({"answer": "backwards"}, "answer='backwards' is unknown: choose plain or reversed"),
        ({"num_train": 0}, "num_train=0 must be at least 1"),
        ({"seed": -1}, "seed=-1 must be at least 0"),
    ],
)
def test_options_out_of_range_are_errors_that_name_them(options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        AdditionTask(**options)
