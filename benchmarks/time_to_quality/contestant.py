"""Who takes part, by what is written on the command line."""

import json
import re
from dataclasses import dataclass
from typing import Any

from henkan.config import TrainingConfig
from time_to_quality.peer import Settings
from time_to_quality.run import MODULES


@dataclass(frozen=True)
class Contestant:
    """Who takes part, by what is written, what is set for it, and the seconds of its schedule if it has its own."""

    written: str
    kind: str
    settings: dict[str, Any]
    seconds: float | None = None

    @classmethod
    def of(cls, text: str) -> "Contestant":
        """The contestant of KIND[:SETTING=VALUE,...][@SECONDS]; what is unknown is a ``ValueError``."""
        kind = kind_of(text)
        words, at, time = text.removeprefix(kind).removeprefix(":").partition("@")
        if kind not in ("henkan", *MODULES):
            raise ValueError(f"{text}: there is no {kind!r}, only henkan, {', '.join(MODULES)}")
        if at and not re.fullmatch(r"[1-9]\d*", time):
            raise ValueError(f"{text}: behind the @ stand whole seconds of training only, not {time!r}")
        known = TrainingConfig if kind == "henkan" else Settings
        settings: dict[str, Any] = {}
        for word in filter(None, words.split(",")):
            name, _, value = word.partition("=")
            if name not in known.__dataclass_fields__:
                raise ValueError(f"{text}: {kind} has no {name!r}, only {', '.join(known.__dataclass_fields__)}")
            settings[name] = _value(value)
        return cls(text, kind, settings, float(time) if time else None)


def kind_of(written: str) -> str:
    """The name before all settings."""
    return re.split("[:@]", written, maxsplit=1)[0]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
