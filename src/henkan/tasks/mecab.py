"""Dictionaries that come as a package for MeCab, read without MeCab and without running the package's code."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from henkan.tasks.packages import package_file

FILE_NAME = "sys.dic"
# The header: little-endian uint32 numbers, of which the first is the size of the file under this mask, and those from
# byte 24 on are the sizes of the trie, of the table of tokens and of the features; then the name of the encoding.
HEADER_BYTES, SIZES_AT, SIZE_MASK = 72, 24, 0xEF718F77
CHUNK_BYTES = 1 << 20


def dictionary_rows(
    distribution: str, *, starting: tuple[str, ...] = ("",), containing: str = ""
) -> Iterator[list[str]]:
    """The features of every word of an installed dictionary, such as "ipadic", one list of columns each.

    With ``starting``, only rows that begin with one of these texts, and with ``containing`` only those that hold it, as
    they stand in the file: "動詞," are the verbs. What is left out so costs next to nothing.
    """
    return feature_rows(package_file(distribution, FILE_NAME), starting=starting, containing=containing)


def feature_rows(path: Path, *, starting: tuple[str, ...] = ("",), containing: str = "") -> Iterator[list[str]]:
    """The rows of a ``sys.dic``, see ``dictionary_rows``. A file that is not one is a ``ValueError``."""
    start, size = _features(path)
    starts, part = tuple(text.encode() for text in starting), containing.encode()

    def texts() -> Iterator[str]:
        for row in _zero_terminated(path, start, size):
            if row.startswith(starts) and part in row:
                yield row.decode("utf-8")

    return csv.reader(texts(), strict=True)


def _features(path: Path) -> tuple[int, int]:
    """Where the features begin in the file, and how many bytes they take."""
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
    size = path.stat().st_size
    if len(header) < HEADER_BYTES or int(np.frombuffer(header, "<u4", count=1)[0]) ^ SIZE_MASK != size:
        raise ValueError(f"{path} is no MeCab dictionary, or cut off at {size:,} bytes: install its package again")
    encoding = header[SIZES_AT + 16 :].rstrip(b"\0").decode("ascii", "replace")
    if encoding.lower() not in ("utf8", "utf-8"):
        raise ValueError(f"{path} is encoded in {encoding!r}: only dictionaries in UTF-8 can be read")
    trie, tokens, features = map(int, np.frombuffer(header, "<u4", count=3, offset=SIZES_AT))
    return HEADER_BYTES + trie + tokens, features


def _zero_terminated(path: Path, start: int, size: int) -> Iterator[bytes]:
    """The texts of this part of the file, each of which ends with a zero byte, in constant memory."""
    rest = b""
    with path.open("rb") as file:
        file.seek(start)
        while size > 0 and (chunk := file.read(min(size, CHUNK_BYTES))):
            size -= len(chunk)
            *rows, rest = (rest + chunk).split(b"\0")
            yield from rows
