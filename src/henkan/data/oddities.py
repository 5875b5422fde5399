"""Characters that hint at texts damaged or mixed before they came here."""

import unicodedata
from collections.abc import Mapping

REPLACEMENT = "\ufffd"
INVISIBLE = {
    "\u200b": "zero width space",
    "\u200e": "left-to-right mark",
    "\u200f": "right-to-left mark",
    "\ufeff": "byte order mark inside a text",
}
MARKS = frozenset(map(chr, (*range(0x300, 0x370), 0x3099, 0x309A)))  # that letters with accents, or kana, fall into


def find_oddities(characters: Mapping[str, int]) -> tuple[str, ...]:
    """A sentence for each thing that is suspicious about these characters, which come with their numbers of uses."""
    found = []
    if count := characters.get(REPLACEMENT, 0):
        found.append(
            f"{count:,} times U+FFFD, which stands where a character was lost in an earlier conversion: "
            f"take the texts from before it"
        )
    found += [
        f"{characters[character]:,} times U+{ord(character):04X} ({name}), which nobody sees but the model does"
        for character, name in INVISIBLE.items()
        if characters.get(character)
    ]
    marks = sum(characters.get(mark, 0) for mark in MARKS)
    if marks and any(_composed_of_marks(character) for character in characters):
        found.append(
            f"{marks:,} combining marks beside letters that have theirs built in: one text in two spellings (NFC and "
            f"NFD) is two texts to a model; to make them one: uconv -x any-nfc"
        )
    return tuple(found)


def _composed_of_marks(character: str) -> bool:
    parts = unicodedata.normalize("NFD", character)
    return len(parts) > 1 and parts[1] in MARKS
