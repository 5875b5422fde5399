"""A large input in pieces, each of which is done by one process and stands in a file until all are there."""

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from henkan.workflow.predict import Chunk, Findings
from henkan.workflow.predict_file import check_asked
from henkan.workflow.predict_input import add_lines
from henkan.workflow.share import Share

PIECE_CHUNKS = 5  # 10,000 lines: seconds of work to lose, and 10,000 files of a hundred million lines
BLOCK = 1 << 20  # bytes copied at a time
TEMPORARY = ".tmp"
NAME = re.compile(r"([0-9]{8,})-[0-9a-f]{16}")


@dataclass(frozen=True)
class Piece:
    """So many lines from number ``first`` on, with this hash. ``name`` is that of its file.

    The name holds a hash of all that decides the outputs: what is finished is known by its name alone.
    """

    number: int
    first: int
    lines: int
    digest: str
    name: str


@dataclass(frozen=True)
class Shared:
    """What all processes have to do, and which part of it this one has. ``size``: chunks of a piece."""

    pieces: Sequence[Piece]
    share: Share
    asked: Mapping[str, Any]
    size: int = PIECE_CHUNKS


@dataclass(frozen=True)
class Record:
    """The first line of the file of a piece: what it was made from, how, and how many bytes of outputs follow.

    There are as many ``findings`` as chunks, so that they add up as those of one process do, in the same order.
    """

    asked: Mapping[str, Any]
    first: int
    lines: int
    digest: str
    bytes: int
    findings: Sequence[Mapping[str, Any]]


def in_pieces(chunks: Iterable[Chunk], size: int = PIECE_CHUNKS) -> Iterator[list[Chunk]]:
    """The chunks of each piece."""
    rest = iter(chunks)
    while group := list(islice(rest, size)):
        yield group


def pieces_of(chunks: Iterable[Chunk], asked: Mapping[str, Any], size: int = PIECE_CHUNKS) -> list[Piece]:
    """All pieces of an input whose outputs are ``asked`` for in this way; see ``what_decides``."""
    found = []
    for number, group in enumerate(in_pieces(chunks, size)):
        first, lines, digest = group[0].first, sum(len(chunk.sources) for chunk in group), hash_of(group)
        decides = json.dumps([asked, first, lines, digest], sort_keys=True)
        name = f"{number:08d}-{sha256(decides.encode()).hexdigest()[:16]}"
        found.append(Piece(number, first, lines, digest, name))
    return found


def hash_of(chunks: Iterable[Chunk]) -> str:
    """The hash of the lines of these chunks and of their prefixes."""
    digest = sha256()
    for chunk in chunks:
        add_lines(digest, chunk)
    return digest.hexdigest()


def write_piece(path: Path, record: Record, lines: Iterable[str]) -> None:
    """Write the outputs of a piece; the file appears complete or not at all. ``record.bytes`` is counted here."""
    data = "".join([f"{line}\n" for line in lines]).encode("utf-8", "surrogateescape")
    head = json.dumps(asdict(replace(record, bytes=len(data))), ensure_ascii=True).encode()
    write_whole(path, head + b"\n" + data)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file of bytes; it appears complete or not at all, also where several processes write it at once."""
    temporary = temporary_beside(path)
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def temporary_beside(path: Path) -> Path:
    """A name that no other process has, on no machine."""
    return path.with_name(f"{path.name}.{os.urandom(8).hex()}{TEMPORARY}")


def read_record(path: Path, file: BinaryIO) -> Record:
    """The record at the beginning of an open file, which is left before the outputs."""
    try:
        record = Record(**json.loads(file.readline()))
        complete = os.fstat(file.fileno()).st_size - file.tell() == record.bytes
    except (ValueError, TypeError):
        complete = False
    if not complete:
        raise ValueError(f"{path} is damaged: delete it, and the same command makes it anew")
    return record


def refuse(foreign: Path, asked: Mapping[str, Any]) -> None:
    """Raise because of the file of a piece that is none of those that are ``asked`` for now."""
    with foreign.open("rb") as file:
        record = read_record(foreign, file)
    check_asked(record.asked, asked, foreign.parent, "it")
    raise ValueError(
        f"{foreign.parent} was begun with another input: its lines {record.first:,} to "
        f"{record.first + record.lines - 1:,} or their prefixes have changed since; go on with the same, or delete it "
        f"and begin anew"
    )


def changed(where: str) -> ValueError:
    """What to raise if the input is not what it was when the command began."""
    return ValueError(
        f"the input was changed while it was read, at {where}: run the same command again when nobody writes to it "
        f"any more"
    )


@dataclass(frozen=True)
class Joined:
    """All pieces in one file: see ``describe_file``, and what is to be known about the lines."""

    about: dict[str, Any]
    findings: Findings


def join_pieces(path: Path, folder: Path, pieces: Iterable[Piece]) -> Joined:
    """Put the outputs of all pieces into the file ``path``; it appears complete or not at all."""
    temporary, findings = temporary_beside(folder / path.name), Findings()
    try:
        with temporary.open("wb") as file:
            for piece in pieces:
                with (folder / piece.name).open("rb") as part:
                    record = read_record(folder / piece.name, part)
                    shutil.copyfileobj(part, file, BLOCK)
                findings = sum(map(Findings.from_dict, record.findings), findings)
            file.flush()
            os.fsync(file.fileno())
        about = describe_file(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return Joined(about, findings)


def describe_file(path: Path) -> dict[str, Any]:
    """What tells a file from every other: its bytes, and their hash."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
        return {"bytes": file.tell(), "sha256": digest.hexdigest()}
