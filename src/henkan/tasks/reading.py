"""The reading task: Japanese nouns in kanji and how they are read, from the dictionary IPADIC."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from henkan.data import Splits, split_by_source
from henkan.data.pairs import group_rows
from henkan.tasks.base import Task
from henkan.tasks.mecab import dictionary_rows

DISTRIBUTION = "ipadic"
KANJI = re.compile("[\u4e00-\u9fff]")
CLASSES = {"common": ("一般", "サ変接続", "形容動詞語幹"), "proper": ("固有名詞",)}
WORD, READING = 6, 7  # columns


@dataclass(frozen=True)
class ReadingTask(Task):
    """Say how a Japanese noun is read: "変換" to "ヘンカン".

    The nouns of IPADIC that have a kanji, split by a hash of the word into 90 % training, 5 % development and 5 % test.
    A word with several readings is right with any of them. Nouns alone, because the dictionary has the readings of
    all inflected forms under the base form. The data, under a BSD-like licence, is that of the package ipadic.

    Args:
        nouns: common (with those that make a verb or an adjective), or proper, the names of people and places.
    """

    name: ClassVar[str] = "reading"
    description: ClassVar[str] = "Japanese nouns to their readings, IPADIC: 変換 -> ヘンカン"
    metric: ClassVar[str] = "character_error_rate"

    nouns: Literal["common", "proper"] = "common"

    def __post_init__(self) -> None:
        if self.nouns not in CLASSES:
            raise ValueError(f"nouns={self.nouns!r} is unknown: choose common or proper")

    def recipe(self) -> dict[str, dict[str, Any]]:
        """Wide, because matrix products are cheap; a shallow decoder, because many small steps are not."""
        model = {"d_model": 256, "num_heads": 4, "num_encoder_layers": 3, "num_decoder_layers": 2, "d_ff": 1024}
        return {"model": model, "training": {"learning_rate": 1e-3}}

    def load(self) -> Splits:
        starting = tuple(f"名詞,{noun_class}," for noun_class in CLASSES[self.nouns])
        rows = parse_readings(dictionary_rows(DISTRIBUTION, starting=starting))
        return split_by_source(group_rows(rows), dev=0.05, test=0.05)


def parse_readings(rows: Iterable[list[str]]) -> Iterator[tuple[str, str, int]]:
    """The rows (word, reading, 0) of dictionary rows whose word has a kanji."""
    for row in rows:
        if KANJI.search(row[WORD]):
            yield row[WORD], row[READING], 0
