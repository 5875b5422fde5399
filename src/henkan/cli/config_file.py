"""``--config FILE``: settings from a YAML file, or from the training record of a bundle."""

from collections.abc import Sequence
from typing import Any

import yaml  # type: ignore[import-untyped]
from jsonargparse import ArgumentParser, get_loader


def read_settings(parser: ArgumentParser, path: str, sections: Sequence[str]) -> dict[str, Any]:
    """The settings of the file by section, each checked as if it were an option."""
    from henkan.data import read_lines  # here, so that --help is quick

    try:
        settings = get_loader("yaml")("\n".join(read_lines(path)))
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}") from None
    if isinstance(settings, dict) and "settings" in settings:
        settings = settings["settings"]  # a training record
    if not isinstance(settings, dict):
        raise ValueError(f"{path} has no settings: write sections such as training: and under them max_steps: 1000")
    for section in settings:
        if section not in sections:
            raise ValueError(f"{path} has a section {section!r}, which does not exist: use {', '.join(sections)}")
    try:
        checked = parser.parse_object({"target": "", **settings}, defaults=False)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return checked.clone(with_meta=False).as_dict()
