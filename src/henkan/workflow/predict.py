"""Lines in, lines out, with a trained model."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from henkan.bundle import Bundle, Prediction, unknown_symbols
from henkan.data import Codec, Tokenizer, decode_lines, read_lines
from henkan.decoding import Greedy, Strategy
from henkan.workflow.report import plural

MAX_SHOWN = 5  # unseen symbols named in a note


def read_input(path: str | Path | None) -> list[str]:
    """The lines of a file; without one, those of the standard input."""
    if path is not None:
        return read_lines(path)
    return decode_lines(sys.stdin.buffer.read(), "the standard input")


def predict_lines(
    bundle: Bundle,
    sources: Sequence[str],
    strategy: Strategy = Greedy(),  # noqa: B008 - frozen
    *,
    max_len: int | None = None,
    seed: int = 0,
    n_best: bool = False,
    first_line: int = 1,
) -> tuple[list[str], list[str]]:
    """The output lines for ``sources``, and notes on what a reader should know before trusting them.

    One line for each source; with ``n_best``, one for each output of each source: number of the source, tab, score,
    tab, output. Sources are numbered from ``first_line``.
    """
    numbers = range(first_line, first_line + len(sources))
    predictions = bundle.predict(sources, strategy, max_len=max_len, seed=seed, lines=numbers)
    if n_best:
        lines = [
            f"{number}\t{prediction.score:.4f}\t{one_line(prediction.text)}"
            for number, found in enumerate(predictions, start=first_line)
            for prediction in found
        ]
    else:
        lines = [one_line(found[0].text) for found in predictions]
    return lines, [*_source_notes(bundle, sources, first_line), *_output_notes(predictions, first_line)]


def one_line(text: str) -> str:
    """``text`` without newlines, which no training file can teach and no output file could hold."""
    return text.replace("\n", " ")


def write_lines(path: str | Path, lines: Iterable[str]) -> None:
    """Write a file of lines in UTF-8; it appears complete or not at all."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file to write")
    if not path.parent.is_dir():
        raise ValueError(f"there is no folder {path.parent} to write {path.name} to: make it first")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def unknown_notes(texts: Sequence[str], reader: Codec | Tokenizer) -> list[str]:
    """What of these texts the model never saw in training, if anything; the sources of a codec, or a side alone."""
    unknown = unknown_symbols(texts, reader)
    if not unknown:
        return []
    tokenizer = reader.source if isinstance(reader, Codec) else reader
    how = "spelt in bytes" if tokenizer.vocabulary.has_bytes else "read as <unk>"
    return [f"{plural(unknown.total(), 'symbol')} never seen in training, {how}: {_most(unknown)}"]


def _source_notes(bundle: Bundle, sources: Sequence[str], first_line: int) -> list[str]:
    notes = unknown_notes(sources, bundle.codec)
    longest = bundle.limits.source
    too_long = [len(bundle.source_tokenizer.split(source)) > longest for source in sources]
    if any(too_long):
        notes.append(
            f"{plural(sum(too_long), 'line')} longer than every source in training ({longest:,} symbols), the first is "
            f"line {too_long.index(True) + first_line:,}: expect little of the output"
        )
    return notes


def _output_notes(predictions: Sequence[Sequence[Prediction]], first_line: int) -> list[str]:
    cut = [not found[0].ended for found in predictions]
    if not any(cut):
        return []
    return [
        f"{plural(sum(cut), 'output')} cut off by the length limit (--max-len), the first is that of line "
        f"{cut.index(True) + first_line:,}"
    ]


def _most(symbols: Counter[str]) -> str:
    shown = [f"{symbol!r} ({count})" for symbol, count in symbols.most_common(MAX_SHOWN)]
    return ", ".join(shown) + (", ..." if len(symbols) > MAX_SHOWN else "")
