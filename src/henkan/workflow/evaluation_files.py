"""What an evaluation leaves for other programs: each output in a line, all figures as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from henkan.training.checkpoint import replacing
from henkan.workflow.evaluate import EvaluationResult

HEADER = ("source", "output", "right", "log_prob", "ended", "references")


def write_outputs(path: str | Path, result: EvaluationResult) -> None:
    """Write an output a line: tab-separated, or JSON lines if the name ends with ``.jsonl``.

    Columns are those of ``HEADER``, the references last, one column each. Where a text holds a tab, a line break or a
    backslash it is written with ``\\t``, ``\\n`` and ``\\\\``; JSON lines have every text as it is.
    """
    rows = _rows(result)
    if Path(path).suffix == ".jsonl":
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    else:
        lines = ["\t".join(HEADER), *("\t".join(_cells(row)) for row in rows)]
    write_text(path, "".join(f"{line}\n" for line in lines))


def write_metrics(path: str | Path, result: EvaluationResult, about: dict[str, Any]) -> None:
    """Write the figures, their margins and signatures as JSON, beside ``about``: what was measured, and how."""
    figures = result.figures
    data = {
        **about,
        "metrics": figures.metrics,
        "margins": figures.margins,
        "notes": dict(figures.notes),
        "chosen_for": figures.writing.description,
    }
    write_text(path, json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def write_text(path: str | Path, text: str) -> None:
    """Write a file in UTF-8; it appears complete or not at all."""
    check_place(path)
    with replacing(Path(path)) as temporary:
        temporary.write_bytes(text.encode("utf-8", "replace"))


def check_place(path: str | Path) -> None:
    """Raise unless a file may be written to ``path``: better before the work than after it."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file to write")
    if not path.parent.is_dir():
        raise ValueError(f"there is no folder {path.parent} to write {path.name} to: make it first")


def _rows(result: EvaluationResult) -> Iterator[dict[str, Any]]:
    outputs = zip(result.examples, result.predictions, result.behaviour.right, strict=True)
    for example, prediction, right in outputs:
        yield {
            "source": example.source,
            "output": prediction.text,
            "right": right,
            "log_prob": round(prediction.log_prob, 6),
            "ended": prediction.ended,
            "references": list(example.references),
        }


def _cells(row: dict[str, Any]) -> list[str]:
    texts = [_escaped(text) for text in (row["source"], row["output"])]
    facts = ["yes" if row["right"] else "no", f"{row['log_prob']:.4f}", "yes" if row["ended"] else "no"]
    return [*texts, *facts, *map(_escaped, row["references"])]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
