"""How likely a trained model finds given pairs."""

from collections.abc import Sequence
from pathlib import Path

from henkan.bundle import Bundle
from henkan.data import FeatureTokenizer, read_lines
from henkan.data.features import with_features
from henkan.workflow.predict import unknown_notes

HEADER = "log_prob\tper_token\tsource\ttarget"


def score_file(bundle: Bundle, path: str | Path) -> tuple[list[str], list[str]]:
    """A line for each line of the file: log-probability of the target, the same per token, and the pair; tabs between.

    The end token is a token, too. A blank line stays blank. Then notes on what to know before trusting the figures.
    """
    lines = read_lines(path)
    tagged = isinstance(bundle.source_tokenizer, FeatureTokenizer)
    pairs = {
        number: _pair(line, number, path, tagged=tagged) for number, line in enumerate(lines, start=1) if line.strip()
    }
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


def _pair(line: str, number: int, path: str | Path, *, tagged: bool) -> tuple[str, str]:
    columns: Sequence[str] = line.split("\t")
    if tagged and len(columns) == 3:
        return with_features(columns[0], columns[2]), columns[1]
    if len(columns) != 2:
        wanted = "3: write source, tab, target, tab, tags" if tagged else "2: write source, tab, target"
        raise ValueError(f"{path}, line {number} has {len(columns)} columns instead of {wanted}")
    return columns[0], columns[1]
