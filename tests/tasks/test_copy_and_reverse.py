import pytest

from henkan.data import Example
from henkan.tasks import CopyTask, ReverseTask, Task

TASKS = [CopyTask, ReverseTask]


def examples_of(task: Task) -> list[Example]:
    splits = task.load()
    return [*splits.train, *splits.dev, *splits.test]


def test_copy_says_the_same_again():
    assert all(example.references == (example.source,) for example in examples_of(CopyTask()))


def test_reverse_says_it_backwards():
    assert all(example.references == (example.source[::-1],) for example in examples_of(ReverseTask()))


@pytest.mark.parametrize("task", TASKS)
def test_strings_are_different_and_use_all_symbols_and_lengths_and_no_others(task: type):
    sources = [example.source for example in examples_of(task(symbols=3, max_length=5, num_samples=2_000))]
    assert len(set(sources)) == len(sources)
    assert set("".join(sources)) == set("abc")
    assert {len(source) for source in sources} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("task", TASKS)
def test_same_seed_gives_the_same_splits_and_another_seed_others(task: type):
    assert task(seed=1).load() == task(seed=1).load()
    assert task(seed=1).load() != task(seed=2).load()


@pytest.mark.parametrize("task", TASKS)
def test_longer_strings_are_as_frequent_as_shorter_ones(task: type):
    lengths = [len(example.source) for example in examples_of(task(max_length=20))]
    assert all(400 < lengths.count(length) < 600 for length in range(4, 21))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"symbols": 0}, "symbols=0 must be from 1 to 26"),
        ({"symbols": 27}, "symbols=27 must be from 1 to 26"),
        ({"max_length": 0}, "max_length=0 must be at least 1"),
        ({"num_samples": 0}, "num_samples=0 must be at least 1"),
        ({"seed": -1}, "seed=-1 must be at least 0"),
        ({"symbols": 1, "max_length": 1}, "allow only the string 'a'"),
    ],
)
def test_options_out_of_range_are_errors_that_name_them(task: type, options: dict, message: str):
    with pytest.raises(ValueError, match=message):
        task(**options)
