"""The sentences of ``messages.toml``: what checks, cards and commands say."""

from collections.abc import Mapping
from functools import cache

from henkan.course.text import Language, Text
from henkan.course.toml import read_toml


def word(name: str, language: Language, /, **values: object) -> str:
    """The sentence of this name in ``language``, with the values in their places."""
    return messages()[name].say(language, **values)


@cache
def messages() -> Mapping[str, Text]:
    """Every sentence by its name."""
    return {name: Text.of(entry, f"messages.toml: {name}") for name, entry in read_toml("messages.toml").items()}
