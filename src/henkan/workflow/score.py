"""How likely a trained model finds given pairs."""

from collections.abc import Sequence
from pathlib import Path

from henkan.bundle import Bundle
from henkan.data import read_lines
from henkan.workflow.predict import unknown_notes

HEADER = "log_prob\tper_token\tsource\ttarget"


def score_file(bundle: Bundle, path: str | Path) -> tuple[list[str], list[str]]:
    """A line for each line of the file: log-probability of the target, the same per token, and the pair; tabs between.

    The end token is a token, too. A blank line stays blank. Then notes on what to know before trusting the figures.
    """
    lines = read_lines(path)
    pairs = {number: _pair(line, number, path) for number, line in enumerate(lines, start=1) if line.strip()}
    scores = dict(zip(pairs, bundle.score(list(pairs.values()), lines=list(pairs)), strict=True))
    sources, targets = [pair[0] for pair in pairs.values()], [pair[1] for pair in pairs.values()]
    notes = [
        *(f"sources: {note}" for note in unknown_notes(sources, bundle.codec)),
        *(f"targets: {note}" for note in unknown_notes(targets, bundle.target_tokenizer)),
    ]
    scored = [
        f"{scores[number].log_prob:.4f}\t{scores[number].per_token:.4f}\t{line}" if number in scores else ""
        for number, line in enumerate(lines, start=1)
    ]
    return scored, notes


def _pair(line: str, number: int, path: str | Path) -> tuple[str, str]:
    columns: Sequence[str] = line.split("\t")
    if len(columns) != 2:
        raise ValueError(f"{path}, line {number} has {len(columns)} columns instead of 2: write source, tab, target")
    return columns[0], columns[1]
