"""Outputs on their way out: to the standard output, or into a file that can be gone on with."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from henkan.workflow.lock import FileLock
from henkan.workflow.predict import Chunk, Findings
from henkan.workflow.predict_input import add_lines
from henkan.workflow.workers import Answer


@dataclass(frozen=True)
class Progress:
    """What stands in an unfinished file: so many lines of the input, with this hash, are done, in so many bytes."""

    asked: dict[str, Any]
    lines: int
    digest: str
    bytes: int
    findings: dict[str, Any]


class OutputFile:
    """Writes FILE by way of FILE.partial, which after a kill can be gone on with; FILE appears when all is there.

    ``asked`` is all that decides the outputs, but for the input: an unfinished file is only gone on with if it is the
    same, and if the input begins with the lines that are done.
    """

    def __init__(self, path: str, asked: dict[str, Any], *, resume: bool) -> None:
        self.path = Path(path)
        self.partial = self.path.with_name(f"{self.path.name}.partial")
        self.state = self.path.with_name(f"{self.path.name}.partial.json")
        self.asked = asked
        self._lock = FileLock(self.path.with_name(f"{self.path.name}.partial.lock"))
        check_place(self.path)
        if self._lock.path.exists():  # a process that was killed may have left it
            self._take()
            self._lock.remove()
        self.begun = self._go_on() if resume else None
        self.has_grown = False  # by outputs that were not there before
        self._read = sha256()  # of the lines that are done
        if not resume and self.is_resumable:
            raise ValueError(
                f"{self.partial} is left of outputs that were broken off: go on with --resume, or delete it with "
                f"{self.state.name}"
            )

    @property
    def lines_done(self) -> int:
        """Lines of the input whose outputs stood in the file at the beginning."""
        return self.begun.lines if self.begun else 0

    @property
    def is_resumable(self) -> bool:
        """Whether there is an unfinished file to go on with."""
        return self.state.exists() and self.partial.exists()

    def still_to_do(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Those of all chunks of the input whose outputs are not in the file yet."""
        rest, lines = iter(chunks), 0
        while self.begun and lines < self.begun.lines and (chunk := next(rest, None)):
            lines += len(chunk.sources)
            add_lines(self._read, chunk)
        if self.begun and (lines, self._read.hexdigest()) != (self.begun.lines, self.begun.digest):
            raise ValueError(
                f"{self.partial} was begun with another input: its first {self.begun.lines:,} lines or their prefixes "
                f"have changed since; go on with the same, or delete {self.state.name} and begin anew"
            )
        yield from rest

    def write(self, answers: Iterable[Answer]) -> Findings:
        """Write the outputs for what was still to do and give the file its name; the findings are those of all lines.

        Whatever goes wrong leaves what is done to be gone on with, and nothing if that is nothing. If another process
        is writing there, that is a ``ValueError``.
        """
        self._take()
        try:
            return self._write(answers)
        finally:
            self._lock.remove()

    def _write(self, answers: Iterable[Answer]) -> Findings:
        done, findings = self.lines_done, Findings()
        if self.begun:
            findings = Findings.from_dict(self.begun.findings)
        else:
            self.state.unlink(missing_ok=True)  # of a file that was finished just when the process was killed
        try:
            with self.partial.open("r+b" if self.begun else "wb") as file:
                if self.begun and file.seek(0, os.SEEK_END) < self.begun.bytes:
                    raise ValueError(f"{self.partial} has been cut: delete {self.state.name} and begin anew")
                file.truncate(self.begun.bytes if self.begun else 0)
                file.seek(0, os.SEEK_END)
                for chunk, lines, found in answers:
                    file.write("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
                    file.flush()
                    os.fsync(file.fileno())
                    add_lines(self._read, chunk)
                    done, findings = done + len(chunk.sources), findings + found
                    self.has_grown = True
                    self._note(Progress(self.asked, done, self._read.hexdigest(), file.tell(), findings.to_dict()))
            self.partial.replace(self.path)
        finally:
            if not self.is_resumable:
                self._remove()
        return findings

    def _take(self) -> None:
        if not self._lock.take():
            raise ValueError(
                f"{self.partial} is being written by another henkan predict ({self._lock.owner()}): wait for it, stop "
                f"it, or choose another --out"
            )

    def _note(self, progress: Progress) -> None:
        temporary = self.state.with_name(f"{self.state.name}.tmp")
        temporary.write_text(json.dumps(asdict(progress)), encoding="utf-8")
        temporary.replace(self.state)

    def _go_on(self) -> Progress:
        if not self.is_resumable:
            raise ValueError(f"there is nothing to resume: no part of {self.path} is done; leave out --resume")
        try:
            progress = Progress(**json.loads(self.state.read_text("utf-8")))
        except (ValueError, TypeError):
            raise ValueError(f"{self.state} is damaged: delete it and begin anew without --resume") from None
        check_asked(progress.asked, self.asked, self.partial, self.state.name)
        return progress

    def _remove(self) -> None:
        for path in (self.partial, self.state, self.state.with_name(f"{self.state.name}.tmp")):
            path.unlink(missing_ok=True)


def write_stream(answers: Iterable[Answer], stream: TextIO | None = None) -> Findings:
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
    check_place(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_asked(before: Mapping[str, Any], now: Mapping[str, Any], begun: Path, delete: str) -> None:
    """Raise if ``begun`` was asked for otherwise than now; ``delete`` is what to delete to begin anew."""
    for name in {**before, **now}:
        if before.get(name) != now.get(name):
            raise ValueError(
                f"{begun} was begun with another {name} ({_shown(before.get(name))}, now {_shown(now.get(name))}): "
                f"go on with the same, or delete {delete} and begin anew"
            )


def check_place(path: Path) -> None:
    """Raise unless a file may be written to ``path``."""
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file to write")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is not a file but a device or a pipe: leave out --out and redirect the output")
    if not path.parent.is_dir():
        raise ValueError(f"there is no folder {path.parent} to write {path.name} to: make it first")


def _shown(value: object) -> str:
    return "not given" if value is None else str(value)
