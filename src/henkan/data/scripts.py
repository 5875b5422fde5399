"""Which scripts a text is written in."""

import unicodedata
from collections import Counter
from collections.abc import Mapping

SCRIPTS = ("kanji", "hiragana", "katakana", "Hangul", "Latin", "Greek", "Cyrillic", "Arabic", "Hebrew", "Thai")
_NAMES = {"CJK": "kanji", "HIRAGANA": "hiragana", "KATAKANA": "katakana", "KATAKANA-HIRAGANA": "katakana"}
_NAMES |= {script.upper(): script for script in SCRIPTS[3:]}


def script_of(character: str) -> str:
    """The script of a letter by its Unicode name; "digits", "spaces" or "signs" for what is no letter."""
    category = unicodedata.category(character)
    if category.startswith("Z"):
        return "spaces"
    if category == "Nd":
        return "digits"
    if not category.startswith(("L", "M")):
        return "signs"
    name = unicodedata.name(character, "").split(" ")[0]
    return _NAMES.get(name, "other letters" if category.startswith("L") else "signs")


def count_scripts(characters: Mapping[str, int]) -> dict[str, int]:
    """How many different characters of each script there are, the script that is used most first."""
    different: Counter[str] = Counter()
    uses: Counter[str] = Counter()
    for character, count in characters.items():
        script = script_of(character)
        different[script] += 1
        uses[script] += count
    return {script: different[script] for script, _ in uses.most_common()}
