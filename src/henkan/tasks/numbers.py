"""The numbers task: numbers in words of three languages, and in digits."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from henkan.data import Example, Splits
from henkan.tasks.base import Task, check_at_least
from henkan.tasks.draw import draw_count, exact_recipe, hold_out
from henkan.tasks.packages import package_module

LANGUAGES = ("en", "de", "ja")
MAX_TEST, MAX_DIGITS = 2_000, 9


@dataclass(frozen=True)
class NumbersTask(Task):
    """Write a number in digits: "einundzwanzig", "twenty-one" or "二十一" to "21"; or the other way round.

    All lengths from one digit on are equally frequent, as far as there are numbers of that length. A hash of the digits
    holds out 10 % of the numbers for the test and 2 % for development, whatever the seed: a number that is tested was
    not seen in any language. Up to ``num_train`` are drawn to train on, 2,000 for the test and 1,000 for development,
    each once in a language. The words are those of the package num2words (LGPL).

    Args:
        language: all, or one of en, de, ja.
        direction: from words to digits, or from digits to words; then, with all languages, the source ends with a tab
            and the language, as in "21" tab "de".
        max_digits: digits of the longest numbers.
        num_train: training examples at most.
        seed: of the numbers that are drawn and of their order.
    """

    name: ClassVar[str] = "numbers"
    description: ClassVar[str] = "numbers in words to digits or back, en / de / ja: einundzwanzig -> 21"

    language: Literal["all", "en", "de", "ja"] = "all"
    direction: Literal["digits", "words"] = "digits"
    max_digits: int = 6
    num_train: int = 20_000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.language != "all" and self.language not in LANGUAGES:
            raise ValueError(f"language={self.language!r} is unknown: choose all, {', '.join(LANGUAGES)}")
        if self.direction not in ("digits", "words"):
            raise ValueError(f"direction={self.direction!r} is unknown: choose digits or words")
        check_at_least("max_digits", self.max_digits, 1, MAX_DIGITS)
        check_at_least("num_train", self.num_train, 1)
        check_at_least("seed", self.seed, 0)

    def load(self) -> Splits:
        # Held out before they are put into words, which takes most of the time and is needed for the chosen ones alone.
        chosen = hold_out(self._drawn(), self.num_train, MAX_TEST, key=lambda example: example.references[0])
        to_words = package_module("num2words").num2words
        return Splits(
            *([self._example(drawn, to_words) for drawn in part] for part in (chosen.train, chosen.dev, chosen.test))
        )

    def recipe(self) -> dict[str, dict[str, Any]]:
        """That of addition, because what is to be learned is exact. Of words, the pieces that numbers are made of."""
        words = "source" if self.direction == "digits" else "target"
        data = {f"{words}_tokenizer": "bpe", f"{words}_vocabulary": 300, "unseen": "unknown"}
        return {"data": data, **exact_recipe()}

    def _drawn(self) -> list[Example]:
        """Numbers with a language, "21" tab "de", each with its digits."""
        generator = random.Random(self.seed)
        languages = LANGUAGES if self.language == "all" else (self.language,)
        count = draw_count(self.num_train, MAX_TEST) // len(languages)
        drawn = [
            Example(f"{number}\t{language}", (str(number),))
            for language in languages
            for number in draw_numbers(count, self.max_digits, generator)
        ]
        generator.shuffle(drawn)
        return drawn

    def _example(self, drawn: Example, to_words: Callable[..., str]) -> Example:
        digits, language = drawn.source.split("\t")
        words = to_words(int(digits), lang=language)
        if self.direction == "digits":
            return Example(words, (digits,))
        return Example(drawn.source if self.language == "all" else digits, (words,))


def draw_numbers(count: int, max_digits: int, generator: random.Random) -> Iterator[int]:
    """About ``count`` different numbers, as many of each length as there are, or as their fair share."""
    for digits in range(1, max_digits + 1):
        numbers = range(10 ** (digits - 1) if digits > 1 else 0, 10**digits)
        share = min(len(numbers), count // (max_digits - digits + 1))
        yield from generator.sample(numbers, share)
        count -= share
