"""Text files as lines. UTF-8 alone, only a newline ends a line, and nothing is normalised.

A byte order mark at the start is dropped, and one carriage return at the end of a line (files from Windows). Every
other character is ordinary text, the Unicode line and paragraph separators included.
"""

from pathlib import Path

UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def read_lines(path: str | Path) -> list[str]:
    """The lines of a file. One that cannot be read as text is a ``ValueError`` that says why."""
    return decode_lines(_read_bytes(Path(path)), str(path))


def decode_lines(data: bytes, name: str) -> list[str]:
    """The lines of ``data``, which errors call ``name``; a last line needs no newline."""
    if data.startswith(UTF16_BOMS):
        raise ValueError(f"{name} is UTF-16, not UTF-8: convert it with: iconv -f UTF-16 -t UTF-8 {name} > NEW_FILE")
    if b"\0" in data:
        line, offset = _position(data, data.index(b"\0"))
        raise ValueError(f"{name} is not a text file (zero byte in line {line}, at byte {offset}): name a text file")
    try:
        text = data.removeprefix(UTF8_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        start = error.start + len(data) - len(data.removeprefix(UTF8_BOM))
        line, offset = _position(data, start)
        raise ValueError(
            f"{name} is not UTF-8 (byte 0x{data[start]:02x} in line {line}, at byte {offset}): if it is Shift_JIS, "
            f"convert it with: iconv -f CP932 -t UTF-8 {name} > NEW_FILE"
        ) from None
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def shorten(text: str, width: int = 40) -> str:
    """``text`` in quotes for an error message, cut to ``width`` characters."""
    quoted = repr(text[: width + 1])
    return quoted if len(quoted) <= width and len(text) <= width else quoted[: width - 1] + "…"


def _position(data: bytes, index: int) -> tuple[int, int]:
    """Line and byte offset of a byte, for people: lines count from 1, bytes from 0 as editors and dd do."""
    return data.count(b"\n", 0, index) + 1, index


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}: check the spelling and the folder") from None
    except IsADirectoryError:
        raise ValueError(f"{path} is a folder: name a file in it") from None
    except PermissionError:
        raise ValueError(f"{path} may not be read: allow it with: chmod u+r {path}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}): name another file") from None
