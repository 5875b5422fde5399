"""What is to be decoded: an input in chunks, and overrides from a file."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Any

from henkan.bundle import Predictor
from henkan.bundle.contents import MODEL, SOURCE, TARGET
from henkan.data import iter_lines
from henkan.data.lines import STDIN, STDIN_NAME, open_binary
from henkan.export import export_folder, read_about
from henkan.workflow.engines import Engine
from henkan.workflow.predict import Chunk, Options

# Sorted by length within a chunk: many lines are fast, few are soon written. Of long lines there are fewer.
CHUNK_LINES, CHUNK_CHARACTERS = 2_000, 1_000_000


def chunks_of(
    path: str, prefixes: str | None = None, *, lines: int = CHUNK_LINES, characters: int = CHUNK_CHARACTERS
) -> Iterator[Chunk]:
    """The lines of a file, or of the standard input (``-``), in chunks that depend on nothing but these lines.

    ``prefixes`` is a file whose line N is what output N must begin with; it must have as many lines.
    """
    if path == prefixes == STDIN:
        raise ValueError(
            "the standard input cannot be the lines and their prefixes at once: name a file for one of them"
        )
    sources: list[str] = []
    given: list[str] = []
    first, length = 1, 0
    for source, prefix in _lines_of(path, prefixes):
        sources.append(source)
        given.append(prefix)
        length += len(source)
        if len(sources) == lines or length >= characters:
            yield Chunk(first, sources, given if prefixes is not None else None)
            first, length = first + len(sources), 0
            sources, given = [], []
    if sources:
        yield Chunk(first, sources, given if prefixes is not None else None)


def _lines_of(path: str, prefixes: str | None) -> Iterator[tuple[str, str]]:
    if prefixes is None:
        yield from ((line, "") for line in iter_lines(path))
        return
    for number, (source, prefix) in enumerate(zip_longest(iter_lines(path), iter_lines(prefixes)), start=1):
        if source is None or prefix is None:
            names = [STDIN_NAME if name == STDIN else name for name in (path, prefixes)]
            short, long = names if source is None else reversed(names)
            raise ValueError(
                f"{short} ends before line {number}, which {long} has: give one prefix per line, blank for none"
            )
        yield source, prefix


def add_lines(digest: Any, chunk: Chunk) -> None:
    """Add the lines of a chunk, and their prefixes, to a hash of ``hashlib``."""
    prefixes = chunk.prefixes or [""] * len(chunk.sources)
    text = "".join([f"{source}\n{prefix}\n" for source, prefix in zip(chunk.sources, prefixes, strict=True)])
    digest.update(text.encode("utf-8", "surrogateescape"))


def count_lines(path: str) -> int | None:
    """How many lines there are, if a file can be read for that without being used up."""
    return sum(1 for _ in iter_lines(path)) if Path(path).is_file() else None


def read_dictionary(path: str, *, tagged: bool = False) -> tuple[dict[str, str], list[str]]:
    """The overrides of a file of pairs, and notes. Of several targets of one source the first counts.

    ``tagged`` says that the sources of the model carry tags, which are the third column of the file.
    """
    from henkan.data import open_pairs

    reader = open_pairs(path, features="tags" if tagged else "none")
    overrides: dict[str, str] = {}
    others: dict[str, int] = {}  # source and line of a second, different target
    for source, target, line in reader.rows():
        if overrides.setdefault(source, target) != target:
            others.setdefault(source, line)
    if not others:
        return overrides, []
    source, line = next(iter(others.items()))
    count = "1 source" if len(others) == 1 else f"{len(others):,} sources"
    return overrides, [
        f"{path} has {count} with several targets: the first one is taken ({source!r} has another in line {line:,})"
    ]


def what_decides(
    bundles: Sequence[str], predictor: Predictor, options: Options, device: str, engine: Engine = "torch"
) -> dict[str, Any]:
    """All that decides the outputs but the input, in types that JSON has: what is equal twice gives the same twice.

    The number of processes is no part of it.
    """
    return {
        "bundle": [_digest(Path(bundle) / name for name in (MODEL, SOURCE, TARGET)) for bundle in bundles],
        "way to decode": repr(options.strategy),
        "--seed": options.seed,
        "--max-len": predictor.limits.output if options.max_len is None else options.max_len,
        "form of output": options.form,
        "--dictionary": sha256(repr(list(options.dictionary.items())).encode()).hexdigest()[:16],
        "--device": device,
        **({} if engine == "torch" else {"--engine": f"{engine}, {read_about(export_folder(bundles[0]))}"}),
    }


def _digest(paths: Iterable[Path]) -> str:
    total = sha256()
    for path in paths:
        with open_binary(path) as file:
            while block := file.read(1 << 20):
                total.update(block)
        total.update(b"\0")
    return total.hexdigest()[:16]
