import dataclasses
import itertools
from collections.abc import Iterator

import pytest
from docstring_parser import parse

from henkan.data import Splits, Tokenizer
from henkan.evaluation import compute_metrics
from henkan.tasks import TASKS, AdditionTask, Task, get_task

NAMES = [
    *("copy", "reverse", "addition", "dates", "numbers"),
    *("pronunciation", "reading", "katakana", "inflection", "inflection-ja"),
]
OPEN_SETS = {"reading": 0.02, "inflection-ja": 0.6}  # share of held-out sources with a kanji not seen in training


def test_tasks_are_found_by_their_names():
    assert list(TASKS) == NAMES
    assert get_task("addition", digits=3, answer="reversed") == AdditionTask(digits=3, answer="reversed")


def test_unknown_task_is_an_error_that_lists_the_tasks():
    with pytest.raises(ValueError, match=f"no task 'sort': choose one of {', '.join(NAMES)}"):
        get_task("sort")


def test_unknown_option_is_an_error_that_lists_the_options():
    with pytest.raises(ValueError, match="addition has no option 'length': it has digits, answer, num_train, seed"):
        get_task("addition", length=3)
    with pytest.raises(ValueError, match="pronunciation has no option 'digits': it has none"):
        get_task("pronunciation", digits=3)


@pytest.mark.parametrize("task", TASKS.values())
def test_every_option_is_documented_under_its_own_name(task: type[Task]):
    documented = {parameter.arg_name: parameter.description for parameter in parse(task.__doc__ or "").params}
    assert list(documented) == [field.name for field in dataclasses.fields(task)]
    assert all(documented.values())


@pytest.mark.parametrize("name", TASKS)
def test_every_task_brings_what_a_run_needs(name: str):
    task = get_task(name)
    splits = task.load()
    assert splits.train
    assert splits.dev
    assert splits.test
    assert "\n" not in task.description
    source = Tokenizer.train(task.source_kind, [example.source for example in splits.train])
    target = Tokenizer.train(task.target_kind, [text for example in splits.train for text in example.references])
    held_out = [*splits.dev, *splits.test]
    unseen = sum(bool(source.unknown(example.source)) for example in held_out) / len(held_out)
    assert unseen == 0 or unseen < OPEN_SETS[name]
    assert all(
        tokenizer.decode(tokenizer.encode(text)) == text for tokenizer, text in _training_texts(splits, source, target)
    )
    right = compute_metrics(
        [example.references[-1] for example in held_out], held_out, target, symbol_name=task.symbol_name
    )
    assert task.metric in right
    assert right["exact_match"] == 1.0
    assert right[f"{task.symbol_name}_error_rate"] == 0.0
    assert set(task.recipe()) <= {"data", "model", "training"}


def _training_texts(splits: Splits, source: Tokenizer, target: Tokenizer) -> Iterator[tuple[Tokenizer, str]]:
    for example in itertools.islice(splits.train, 500):
        yield source, example.source
        yield from ((target, text) for text in example.references)
