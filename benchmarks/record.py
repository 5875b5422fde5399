"""Where results go: one dated JSON file per run, with what is needed to run it again."""

import json
import platform
import sys
from datetime import date
from pathlib import Path
from typing import Any

import torch

RESULTS = Path(__file__).parent / "results"


def save(name: str, results: list[dict[str, Any]], *, program: str = "") -> Path:
    """Write ``results`` to results/DATE-NAME.json and say where.

    ``program`` is what was run, where it is not a file of this folder.
    """
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{date.today().isoformat()}-{name}.json"
    content = {
        "command": " ".join(["python", program or f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]),
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "results": results,
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nwritten to {path.relative_to(Path(__file__).parent.parent)}")
    return path


def _processor() -> str:
    """The processor's own name and the half-width instructions that it has, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    extras = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
    return f"{names[0]}, {len(names)} cores, {' '.join(extras)}" if names else platform.machine()
