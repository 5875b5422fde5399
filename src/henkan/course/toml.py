"""Reading the course's own TOML files, which are part of the package."""

import sys
from importlib import resources
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_toml(*path: str) -> dict[str, Any]:
    """The tables of a file inside ``henkan.course``, as ``read_toml("exercises", "phase2", "sdpa.toml")``."""
    return tomllib.loads(resources.files("henkan.course").joinpath(*path).read_text(encoding="utf-8"))
