"""How likely a trained model finds given pairs."""

from pathlib import Path

from henkan.bundle import Bundle
from henkan.data import FeatureTokenizer, open_pairs
from henkan.workflow.predict import unknown_notes

HEADER = "log_prob\tper_token\tsource\ttarget"


def score_file(bundle: Bundle, path: str | Path, targets: str | Path | None = None) -> tuple[list[str], list[str]]:
    """A line for each pair: log-probability of the target, the same per token, and the pair; tabs between.

    The end token is a token, too. A blank line stays blank. Tags come last, as in a file of three columns. Then notes
    on what to know before trusting the figures. All forms of pairs can be read; see ``open_pairs``.
    """
    tagged = isinstance(bundle.source_tokenizer, FeatureTokenizer)
    rows = list(open_pairs(path, targets, features="tags" if tagged else "none").every_row())
    pairs = {index: row[:2] for index, row in enumerate(rows) if row[0].strip() or row[1].strip()}
    scores = dict(zip(pairs, bundle.score(list(pairs.values()), lines=[rows[i][2] for i in pairs]), strict=True))
    sources, found = [pair[0] for pair in pairs.values()], [pair[1] for pair in pairs.values()]
    notes = [
        *(f"sources: {note}" for note in unknown_notes(sources, bundle.codec)),
        *(f"targets: {note}" for note in unknown_notes(found, bundle.target_tokenizer)),
    ]
    scored = [
        f"{scores[index].log_prob:.4f}\t{scores[index].per_token:.4f}\t{_columns(*row[:2], tagged=tagged)}"
        if index in scores
        else ""
        for index, row in enumerate(rows)
    ]
    return scored, notes


def _columns(source: str, target: str, *, tagged: bool) -> str:
    text, tab, tags = source.rpartition("\t") if tagged and "\t" in source else (source, "", "")
    return f"{text}\t{target}{tab}{tags}"
