"""Text files as lines. UTF-8 alone, only a newline ends a line, and nothing is normalised.

A byte order mark at the start is dropped, and one carriage return at the end of a line (files from Windows). Every
other character is ordinary text, the Unicode line and paragraph separators included. A file may be packed with gzip:
its first bytes say so, not its name. Nothing is held in memory but the lines of one block.
"""

import sys
import zlib
from collections.abc import Iterator
from gzip import BadGzipFile, GzipFile
from io import BufferedIOBase, BufferedReader, BytesIO, RawIOBase
from pathlib import Path
from typing import cast

STDIN = "-"
STDIN_NAME = "the standard input"
BLOCK = 1 << 18  # bytes read at a time: large enough to be fast, small beside a model
GZIP = b"\x1f\x8b"
UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
FOREIGN = {
    b"PK\x03\x04": ("a ZIP archive or a spreadsheet", "unpack it, or save the sheet as tab-separated text"),
    b"\xfd7zXZ\0": ("packed with xz", "unpack it with: xz -d"),
    b"BZh": ("packed with bzip2", "unpack it with: bzip2 -d"),
    b"\x28\xb5\x2f\xfd": ("packed with zstd", "unpack it with: zstd -d"),
}
MAGIC = (GZIP, UTF8_BOM, *UTF16_BOMS, *FOREIGN)


def read_lines(path: str | Path) -> list[str]:
    """The lines of a file. One that cannot be read as text is a ``ValueError`` that says why."""
    return list(iter_lines(path))


def decode_lines(data: bytes, name: str) -> list[str]:
    """The lines of ``data``, which errors call ``name``; a last line needs no newline."""
    return list(stream_lines(BytesIO(data), name))


def iter_lines(path: str | Path) -> Iterator[str]:
    """The lines of a file one after the other, or with ``-`` those of the standard input as they arrive.

    What cannot be read as text is a ``ValueError`` that says why, with line and byte, once its place is reached.
    """
    if path == STDIN:
        yield from stream_lines(cast(BufferedIOBase, sys.stdin.buffer), STDIN_NAME)
        return
    with open_binary(path) as file:
        yield from stream_lines(file, str(path))


def stream_lines(file: BufferedIOBase, name: str) -> Iterator[str]:
    """The lines of an open file, which errors call ``name``."""
    first_line, offset = 1, 0
    for block in _blocks(file, name):
        start = 0
        if offset == 0:
            if block.startswith(UTF16_BOMS):
                raise ValueError(
                    f"{name} is UTF-16, not UTF-8: convert it with: iconv -f UTF-16 -t UTF-8 {name} > NEW_FILE"
                )
            start = len(UTF8_BOM) if block.startswith(UTF8_BOM) else 0
        text = _decode(block, start, name, first_line, offset)
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        yield from (line.removesuffix("\r") for line in lines) if "\r" in text else lines
        first_line += len(lines)
        offset += len(block)


def open_binary(path: str | Path) -> BufferedReader:
    """The file, opened. One that is not there, or may not be read, is a ``ValueError`` that says so."""
    try:
        return Path(path).open("rb")
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}: check the spelling and the folder") from None
    except IsADirectoryError:
        raise ValueError(f"{path} is a folder: name a file in it") from None
    except PermissionError:
        raise ValueError(f"{path} may not be read: allow it with: chmod u+r {path}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}): name another file") from None


def shorten(text: str, width: int = 40) -> str:
    """``text`` in quotes for an error message, cut to ``width`` characters."""
    quoted = repr(text[: width + 1])
    return quoted if len(quoted) <= width and len(text) <= width else quoted[: width - 1] + "…"


def _blocks(file: BufferedIOBase, name: str) -> Iterator[bytes]:
    """The bytes of the file, unpacked, in pieces that end where a line ends."""
    pieces: list[bytes] = []  # of a line longer than a block; joined once, so that a long line takes linear time
    for chunk in _chunks(file, name):
        end = chunk.rfind(b"\n") + 1
        if end:
            yield b"".join([*pieces, chunk[:end]])
            pieces = []
        if end < len(chunk):
            pieces.append(chunk[end:])
    if pieces:
        yield b"".join(pieces)


def _chunks(file: BufferedIOBase, name: str) -> Iterator[bytes]:
    try:
        head = file.read1(BLOCK)
        while head and any(len(head) < len(magic) and magic.startswith(head) for magic in MAGIC):
            more = file.read1(BLOCK)
            if not more:
                break
            head += more
        rest: BufferedIOBase = file
        if head.startswith(GZIP):
            rest = GzipFile(fileobj=BufferedReader(cast(RawIOBase, _Rejoined(head, file))))
            head = rest.read1(BLOCK)
        while head:
            yield head
            head = rest.read1(BLOCK)
    except EOFError:
        raise ValueError(f"{name} is a gzip file that ends too early: fetch or pack it again, see: gzip -t") from None
    except (BadGzipFile, zlib.error) as error:
        raise ValueError(f"{name} is a damaged gzip file ({error}): fetch or pack it again, see: gzip -t") from None
    except OSError as error:
        raise ValueError(f"{name} cannot be read ({error.strerror}): name another file") from None


class _Rejoined(RawIOBase):
    """The file as it was before ``head`` was read from it: the standard input cannot be wound back."""

    def __init__(self, head: bytes, rest: BufferedIOBase) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        chunk = self._head or self._rest.read1(len(buffer))
        count = min(len(chunk), len(buffer))
        buffer[:count] = chunk[:count]
        self._head = chunk[count:]
        return count


def _decode(block: bytes, start: int, name: str, first_line: int, offset: int) -> str:
    """The text of a block from ``start``; lines count from 1 for people, bytes from 0 as editors and dd do."""
    wrong = zero = block.find(b"\0")
    if zero < 0:
        try:
            return block[start:].decode("utf-8")
        except UnicodeDecodeError as error:
            wrong = start + error.start
    for magic, (kind, way_out) in FOREIGN.items():
        if offset == 0 and block.startswith(magic):
            raise ValueError(f"{name} is {kind}, not a text file: {way_out}")
    newlines = block.count(b"\n", 0, wrong)
    place = f"in line {first_line + newlines}, at byte {offset + wrong}"
    if zero >= 0:
        raise ValueError(f"{name} is not a text file (zero byte {place}): name a text file")
    raise ValueError(
        f"{name} is not UTF-8 (byte 0x{block[wrong]:02x} {place}): if it is Shift_JIS, "
        f"convert it with: iconv -f CP932 -t UTF-8 {name} > NEW_FILE"
    )
