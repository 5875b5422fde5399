"""Where the results of the scripts here go; the format is that of ``henkan bench``."""

import sys
from pathlib import Path
from typing import Any

from henkan.bench import record

RESULTS = Path(__file__).parent / "results"


def save(name: str, results: list[dict[str, Any]], *, program: str = "") -> Path:
    """Write ``results`` to results/DATE-NAME.json and say where.

    ``program`` is what was run, where it is not a file of this folder.
    """
    command = " ".join(["python", program or f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    path = record.save(name, results, RESULTS, command)
    print(f"\nwritten to {path.relative_to(Path(__file__).parent.parent)}")
    return path
