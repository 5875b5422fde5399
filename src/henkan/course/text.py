"""What learners read, in Japanese and in English."""

import os
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


def wished_language() -> Language | None:
    """The language that the environment asks for in ``HENKAN_LANG``, None if it does not."""
    wish = os.environ.get("HENKAN_LANG")
    if not wish:
        return None
    if wish not in LANGUAGES:
        raise ValueError(f"HENKAN_LANG={wish!r} is unknown: choose ja or en")
    return wish


@dataclass(frozen=True)
class Text:
    """The same sentence in both languages. ``{name}`` stands for a value that is filled in."""

    ja: str
    en: str

    @classmethod
    def of(cls, entry: Mapping[str, Any], where: str) -> "Text":
        """The text of a table with the keys ``ja`` and ``en``; one without both is a ``ValueError`` that says where."""
        if not all(isinstance(entry.get(language), str) and entry[language].strip() for language in LANGUAGES):
            raise ValueError(f"{where} needs the keys ja and en, each with a text")
        return cls(entry["ja"].strip(), entry["en"].strip())

    def say(self, language: Language, **values: object) -> str:
        """The sentence in ``language``, with the values in their places."""
        return (self.ja if language == "ja" else self.en).format(**values)

    def placeholders(self, language: Language) -> set[str]:
        """The names of the values that the sentence asks for."""
        sentence = self.ja if language == "ja" else self.en
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
