"""The dates task: dates as people write them in three languages, and the form that computers sort."""

import datetime
import random
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from henkan.data import Example, Splits
from henkan.data.pairs import group_rows
from henkan.tasks.base import Task, check_at_least
from henkan.tasks.draw import draw_count, exact_recipe, hold_out
from henkan.tasks.packages import package_module

MAX_TEST = 2_000
# In the notation of the Unicode CLDR. No text means two dates: years are written out, and 3/4 is March in all of them.
STYLES: dict[str, tuple[str, ...]] = {
    "en": ("EEEE, MMMM d, y", "MMMM d, y", "MMM d, y", "M/d/y", "EEEE, d MMMM y", "d MMMM y", "d MMM y"),
    "de": ("EEEE, d. MMMM y", "d. MMMM y", "d. MMM y", "dd.MM.y", "d.M.y"),
    "ja": ("y年M月d日EEEE", "y年M月d日(E)", "y年M月d日", "y/MM/dd"),
}


@dataclass(frozen=True)
class DatesTask(Task):
    """Write a date in the form of ISO 8601: "Saturday, March 14, 2026" or "2026年3月14日" to "2026-03-14".

    Dates in seven English, five German and four Japanese styles. A hash of the ISO form holds out 10 % of the dates
    for the test and 2 % for development, whatever the seed: a date that is tested was not seen in any style. Texts are
    drawn at random, each at most once: up to ``num_train`` to train on, 2,000 for the test and 1,000 for development.
    The names of months and days are those of the package babel (BSD), which has them from the Unicode CLDR (Unicode
    licence).

    Args:
        language: all, or one of en, de, ja.
        first_year: earliest year.
        last_year: latest year.
        num_train: training texts at most.
        seed: of the texts that are drawn and of their order.
    """

    name: ClassVar[str] = "dates"
    description: ClassVar[str] = "written dates to ISO 8601, en / de / ja: March 14, 2026 -> 2026-03-14"

    language: Literal["all", "en", "de", "ja"] = "all"
    first_year: int = 1900
    last_year: int = 2099
    num_train: int = 20_000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.language != "all" and self.language not in STYLES:
            raise ValueError(f"language={self.language!r} is unknown: choose all, {', '.join(STYLES)}")
        check_at_least("first_year", self.first_year, 1000, 9999)  # of four digits, and not of two calendars
        check_at_least("last_year", self.last_year, self.first_year, 9999)
        check_at_least("num_train", self.num_train, 1)
        check_at_least("seed", self.seed, 0)

    def load(self) -> Splits:
        return hold_out(self._examples(), self.num_train, MAX_TEST, key=lambda example: example.references[0])

    def recipe(self) -> dict[str, dict[str, Any]]:
        """That of addition: what is to be learned is exact, so nothing is dropped or smoothed."""
        return exact_recipe()

    def _examples(self) -> list[Example]:
        """Random texts, different ones: some styles agree on some dates, as in May, which has no shorter name."""
        format_date = package_module("babel.dates").format_date
        languages = list(STYLES) if self.language == "all" else [self.language]
        styles = [(pattern, language) for language in languages for pattern in STYLES[language]]
        first, last = datetime.date(self.first_year, 1, 1), datetime.date(self.last_year, 12, 31)
        total = ((last - first).days + 1) * len(styles)
        drawn = random.Random(self.seed).sample(range(total), min(total, draw_count(self.num_train, MAX_TEST)))
        rows = []
        for index in drawn:
            days, style = divmod(index, len(styles))
            date = first + datetime.timedelta(days)
            rows.append((format_date(date, *styles[style]), date.isoformat(), 0))
        return group_rows(rows)
