"""Data that arrives with an installed package: its files and its modules, or how to get them."""

import importlib
from importlib import metadata
from pathlib import Path
from typing import Any

INSTALL = 'pip install "henkan[examples]"'


def package_file(distribution: str, name: str) -> Path:
    """The file called ``name`` of an installed package, found without running the package's code."""
    try:
        files = metadata.files(distribution) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == name and Path(str(file.locate())).is_file():
            return Path(str(file.locate()))
    raise ValueError(f"{name} of the package {distribution} is needed, which is not installed: {INSTALL}")


def package_module(name: str) -> Any:
    """The module called ``name`` of an optional package, imported when it is first needed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise ValueError(f"the package {package} is needed, which is not installed ({error}): {INSTALL}") from error
