"""A whole input, chunk by chunk: in constant memory, in several processes, and with a file that can be gone on with."""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, TextIO

from henkan.data import iter_lines, open_pairs
from henkan.data.lines import STDIN, open_binary
from henkan.workflow.predict import Chunk, Findings

CHUNK = 2_000  # lines; sorted by length within, so many are fast, and few are soon written


def chunks_of(path: str, prefixes: str | None = None, *, skip: int = 0, size: int = CHUNK) -> Iterator[Chunk]:
    """The lines of a file, or of the standard input (``-``), in chunks, without the first ``skip`` lines.

    ``prefixes`` is a file whose line N is what output N must begin with; it must have as many lines.
    """
    beginnings = iter_lines(prefixes) if prefixes is not None else None
    both = zip_longest(iter_lines(path), beginnings) if beginnings else ((line, "") for line in iter_lines(path))
    numbered = islice(enumerate(both, start=1), skip, None)
    while part := list(islice(numbered, size)):
        for number, (source, prefix) in part:
            if source is None or prefix is None:
                short, long = (path, prefixes) if source is None else (prefixes, path)
                raise ValueError(
                    f"{short} ends before line {number}, which {long} has: give one prefix per line, blank for none"
                )
        given = [prefix for _, (_, prefix) in part] if beginnings else None
        yield Chunk(part[0][0], [source for _, (source, _) in part], given)


def read_dictionary(path: str) -> tuple[dict[str, str], list[str]]:
    """The overrides of a file of pairs, and notes. Of several targets of one source the first counts."""
    reader = open_pairs(path)
    overrides: dict[str, str] = {}
    for source, target, _ in reader.rows():
        overrides.setdefault(source, target)
    several = reader.report.several_references
    found = "1 source" if several == 1 else f"{several:,} sources"
    return overrides, [f"{path} has {found} with several targets: the first one is taken"] if several else []


@dataclass(frozen=True)
class Progress:
    """What stands in an unfinished file: so many lines of the input are done, in so many bytes."""

    asked: dict[str, Any]
    lines: int
    bytes: int
    findings: dict[str, Any]


class OutputFile:
    """Writes FILE by way of FILE.partial, which after a kill can be gone on with; FILE appears when all is there.

    ``asked`` is all that decides the outputs: an unfinished file is only gone on with if it is the same.
    """

    def __init__(self, path: str, asked: dict[str, Any], *, resume: bool) -> None:
        self.path = Path(path)
        self.partial = self.path.with_name(f"{self.path.name}.partial")
        self.state = self.path.with_name(f"{self.path.name}.partial.json")
        self.asked = asked
        _check_place(self.path)
        self.begun = self._go_on() if resume else None
        if not resume and self.state.exists():
            raise ValueError(
                f"{self.partial} is left of outputs that were broken off: go on with --resume, or delete it with "
                f"{self.state.name}"
            )

    @property
    def lines_done(self) -> int:
        """Lines of the input whose outputs stand in the file already."""
        return self.begun.lines if self.begun else 0

    def write(self, answers: Iterable[tuple[int, list[str], Findings]]) -> Findings:
        """Write all outputs and give the file its name. Each answer: lines of the input, output lines, findings.

        An input that is refused leaves nothing; a kill or Ctrl-C leaves what is done.
        """
        done, findings = self.lines_done, Findings()
        if self.begun:
            findings = Findings.from_dict(self.begun.findings)
        try:
            with self.partial.open("r+b" if self.begun else "wb") as file:
                file.truncate(self.begun.bytes if self.begun else 0)
                file.seek(0, os.SEEK_END)
                for count, lines, found in answers:
                    file.write("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
                    file.flush()
                    os.fsync(file.fileno())
                    done, findings = done + count, findings + found
                    self._note(Progress(self.asked, done, file.tell(), findings.to_dict()))
        except ValueError:
            self._remove()
            raise
        except KeyboardInterrupt:
            if not self.state.exists():
                self._remove()
            raise
        self.partial.replace(self.path)
        self._remove()
        return findings

    def _note(self, progress: Progress) -> None:
        temporary = self.state.with_name(f"{self.state.name}.tmp")
        temporary.write_text(json.dumps(asdict(progress)), encoding="utf-8")
        temporary.replace(self.state)

    def _go_on(self) -> Progress | None:
        if not self.state.exists() or not self.partial.exists():
            raise ValueError(f"there is nothing to resume: {self.partial} does not exist; leave out --resume")
        try:
            progress = Progress(**json.loads(self.state.read_text("utf-8")))
        except (ValueError, TypeError):
            raise ValueError(f"{self.state} is damaged: delete it and begin anew without --resume") from None
        for name, value in self.asked.items():
            if progress.asked.get(name) != value:
                raise ValueError(
                    f"{self.partial} was begun with another {name} ({_shown(progress.asked.get(name))}, now "
                    f"{_shown(value)}): go on with the same, or delete it and begin anew"
                )
        return progress

    def _remove(self) -> None:
        for path in (self.partial, self.state, self.state.with_name(f"{self.state.name}.tmp")):
            path.unlink(missing_ok=True)


def digest(paths: Iterable[str | Path]) -> str:
    """A hash of the content of files."""
    total = sha256()
    for path in paths:
        with open_binary(path) as file:
            while block := file.read(1 << 20):
                total.update(block)
        total.update(b"\0")
    return total.hexdigest()[:16]


def count_lines(path: str) -> int | None:
    """How many lines there are, if that can be known before they are read."""
    return None if path == STDIN else sum(1 for _ in iter_lines(path))


def write_stream(answers: Iterable[tuple[int, list[str], Findings]], stream: TextIO | None = None) -> Findings:
    """Write all outputs to the standard output as they come."""
    stream = stream or sys.stdout
    findings = Findings()
    for _, lines, found in answers:
        stream.writelines(f"{line}\n" for line in lines)
        stream.flush()
        findings += found
    return findings


def write_lines(path: str | Path, lines: Iterable[str]) -> None:
    """Write a file of lines in UTF-8; it appears complete or not at all."""
    path = Path(path)
    _check_place(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file to write")
    if not path.parent.is_dir():
        raise ValueError(f"there is no folder {path.parent} to write {path.name} to: make it first")


def _shown(value: object) -> str:
    return "not given" if value is None else str(value)
