"""Where results go: one dated JSON file per run, with what is needed to run it again."""

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import torch

RESULTS = Path("benchmarks/results")


def default_folder() -> Path:
    """``benchmarks/results`` where the current folder has it, as the repository does; else the current folder."""
    return RESULTS if RESULTS.is_dir() else Path()


def save(name: str, results: Sequence[Mapping[str, Any]], folder: Path, command: str) -> Path:
    """Write ``results``, and what ran where by ``command``, to FOLDER/DATE-NAME.json; the path of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{date.today().isoformat()}-{name}.json"
    content = {
        "command": command,
        "processor": processor(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "results": results,
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def processor() -> str:
    """The processor's own name and the half-width instructions that it has, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    extras = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
    return f"{names[0]}, {len(names)} cores, {' '.join(extras)}" if names else platform.machine()
