"""The katakana task: English words and the loan words that Japanese made of them, from the dictionary UniDic."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from henkan.data import Splits, split_by_source
from henkan.data.pairs import group_rows
from henkan.tasks.base import Task
from henkan.tasks.mecab import dictionary_rows

DISTRIBUTION = "unidic-lite"
LOAN_WORD = "外"
HEADWORD, ORIGIN = 7, 12  # columns
PAIR = re.compile("(?P<katakana>[ァ-ヺー・]+)-(?P<english>[a-z]+)")


@dataclass(frozen=True)
class KatakanaTask(Task):
    """Write an English word as a Japanese loan word: "limonene" to "リモネン".

    The loan words of UniDic whose original is one word of a to z and whose headword is in katakana, split by a hash of
    the English word into 90 % training, 5 % development and 5 % test. A word that was borrowed more than once
    ("strike": ストライキ, ストライク) is right with any of its loan words. Some originals are not English ("arbeit").
    The data is that of the package unidic-lite, of whose three licences henkan relies on the BSD.
    """

    name: ClassVar[str] = "katakana"
    description: ClassVar[str] = "English words to Japanese loan words, UniDic: limonene -> リモネン"
    metric: ClassVar[str] = "character_error_rate"

    def recipe(self) -> dict[str, dict[str, Any]]:
        """Of the size that suits pronunciation. More dropout (0.2) is worse after ten minutes."""
        model = {"d_model": 256, "num_heads": 4, "num_encoder_layers": 3, "num_decoder_layers": 2, "d_ff": 1024}
        return {"model": model, "training": {"learning_rate": 1e-3}}

    def load(self) -> Splits:
        rows = dictionary_rows(DISTRIBUTION, containing=f",{LOAN_WORD},")
        return split_by_source(group_rows(parse_loan_words(rows)), dev=0.05, test=0.05)


def parse_loan_words(rows: Iterable[list[str]]) -> Iterator[tuple[str, str, int]]:
    """The rows (English word, katakana, 0) of the dictionary rows that are such a loan word."""
    for row in rows:
        pair = PAIR.fullmatch(row[HEADWORD]) if row[ORIGIN : ORIGIN + 1] == [LOAN_WORD] else None
        if pair:
            yield pair["english"], pair["katakana"], 0
