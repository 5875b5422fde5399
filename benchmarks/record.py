"""Where the results of the scripts here go; the format is that of ``henkan bench``."""

import sys
from pathlib import Path
from typing import Any

from henkan.bench import record

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"


def save(name: str, results: list[dict[str, Any]], *, program: str = "") -> Path:
    """Write ``results`` to results/DATE-NAME.json and say where.

    ``program`` is what was run, where it is not a file of this folder. The command is written as from the repository.
    """
    command = [program or f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]
    path = record.save(name, results, RESULTS, " ".join(["python", *map(without_machine, command)]))
    print(f"\nwritten to {path.relative_to(ROOT)}")
    return path


def without_machine(argument: str) -> str:
    """``argument`` as on any machine: an absolute path from the repository on or, outside it, the name alone."""
    path = Path(argument)
    if not path.is_absolute():
        return argument
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
