"""The built-in tasks: data that needs no download, each with its tokenizers, splits and metric."""

from dataclasses import fields
from typing import Any

from henkan.tasks.addition import AdditionTask
from henkan.tasks.base import Task
from henkan.tasks.copy import CopyTask, CopyTaskDataset, collate_fn
from henkan.tasks.dates import DatesTask
from henkan.tasks.inflection import InflectionTask
from henkan.tasks.japanese_inflection import JapaneseInflectionTask
from henkan.tasks.katakana import KatakanaTask
from henkan.tasks.numbers import NumbersTask
from henkan.tasks.pronunciation import PronunciationTask, share_of_derived_words
from henkan.tasks.reading import ReadingTask
from henkan.tasks.reverse import ReverseTask

_KINDS: tuple[type[Task], ...] = (
    CopyTask,
    ReverseTask,
    AdditionTask,
    DatesTask,
    NumbersTask,
    PronunciationTask,
    ReadingTask,
    KatakanaTask,
    InflectionTask,
    JapaneseInflectionTask,
)
TASKS: dict[str, type[Task]] = {task.name: task for task in _KINDS}


def get_task(name: str, **options: Any) -> Task:
    """The task called ``name``. An unknown name or option is a ``ValueError`` that lists the known ones."""
    if name not in TASKS:
        raise ValueError(f"there is no task {name!r}: choose one of {', '.join(TASKS)}")
    task = TASKS[name]
    known = [field.name for field in fields(task)]
    for option in options:
        if option not in known:
            raise ValueError(f"the task {name} has no option {option!r}: it has {', '.join(known) or 'none'}")
    return task(**options)


__all__ = [
    "TASKS",
    "AdditionTask",
    "CopyTask",
    "CopyTaskDataset",
    "DatesTask",
    "InflectionTask",
    "JapaneseInflectionTask",
    "KatakanaTask",
    "NumbersTask",
    "PronunciationTask",
    "ReadingTask",
    "ReverseTask",
    "Task",
    "collate_fn",
    "get_task",
    "share_of_derived_words",
]
