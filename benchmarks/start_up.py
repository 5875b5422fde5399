"""How long commands take to begin: each as a process of its own, in turn, beside ``import torch`` and nothing at all.

    python benchmarks/start_up.py BUNDLE [ROUNDS]

The predictions are of one line. The bundle is copied, and exported for CTranslate2, which is not timed; figures are
medians.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from record import save

TORCH = "import torch"


def make_commands(bundle: str, folder: Path) -> dict[str, list[str]]:
    """What runs behind ``python``, by the name it has in the results."""
    copy, pairs = folder / "bundle", folder / "pairs.tsv"
    shutil.copytree(bundle, copy, ignore=shutil.ignore_patterns("ctranslate2"))
    subprocess.run([sys.executable, "-m", "henkan", "export", str(copy)], check=True, capture_output=True)
    pairs.write_text("1\t1\n", "utf-8")
    commands = [["--help"], ["tasks"]]
    commands += [[name, "--help"] for name in ("train", "predict", "evaluate", "score", "export", "check", "demo")]
    commands += [["predict", str(copy), "--engine", engine] for engine in ("torch", "ctranslate2")]
    commands += [["score", str(copy), str(pairs)], ["evaluate", str(copy), str(pairs)]]
    named = {" ".join(("henkan", *command)).replace(str(folder) + os.sep, ""): command for command in commands}
    return {
        "nothing": ["-c", "pass"],
        TORCH: ["-c", TORCH],
        **{name: ["-m", "henkan", *command] for name, command in named.items()},
    }


def main(bundle: str, rounds: int) -> list[dict[str, Any]]:
    """All commands, round by round."""
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        commands = make_commands(bundle, Path(folder))
        for _ in range(rounds):
            for name, command in commands.items():
                begun = time.perf_counter()
                subprocess.run([sys.executable, *command], input=b"1\n", check=True, capture_output=True)
                times.setdefault(name, []).append(time.perf_counter() - begun)
    results = []
    for name, found in times.items():
        shares = [own / torch for own, torch in zip(found, times[TORCH], strict=True)]
        results.append(
            {
                "command": name,
                "rounds": rounds,
                "seconds": round(statistics.median(found), 3),
                "least_and_most": [round(min(found), 3), round(max(found), 3)],
                "times_as_long_as_import_torch": round(statistics.median(shares), 2),
            }
        )
        print(results[-1], flush=True)
    return results


if __name__ == "__main__":
    save("start_up", main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5))
