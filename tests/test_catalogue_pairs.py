"""The example that makes pairs of sentences from translation catalogues."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "examples" / "catalogue_pairs.py"


def write_catalogue(path: Path, messages: dict[str, str]) -> Path:
    """A .mo file: a head of seven numbers, two tables of length and place, and the texts."""
    messages = {"": "Content-Type: text/plain; charset=UTF-8\n", **messages}
    pairs = sorted((key.encode(), value.encode()) for key, value in messages.items())
    count, start = len(pairs), 28
    texts = b"".join(text + b"\0" for pair in zip(*pairs, strict=True) for text in pair)
    tables, place = b"", start + 16 * count
    for side in (0, 1):
        for pair in pairs:
            tables += struct.pack("<2I", len(pair[side]), place)
            place += len(pair[side]) + 1
    head = struct.pack("<7I", 0x950412DE, 0, count, start, start + 8 * count, 0, 0)
    path.write_bytes(head + tables + texts)
    return path


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


def test_translated_messages_become_rows(tmp_path: Path) -> None:
    catalogue = write_catalogue(
        tmp_path / "app.mo",
        {
            "menu\x04~File": "ファイル(~F)",
            "Save the document": "文書を保存",
            "_Open": "開く",
            "OK": "OK",
            "two\nlines": "二\n行",
            "not translated": "",
        },
    )
    done = run(catalogue, catalogue)
    assert done.returncode == 0
    assert set(done.stdout.splitlines()) == {"File\tファイル", "Save the document\t文書を保存", "Open\t開く"}
    assert "3 pairs of 2 catalogues" in done.stderr


@pytest.mark.parametrize("data", [None, b"", b"no catalogue at all"])
def test_what_is_no_catalogue_is_named(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "app.mo").write_bytes(data)
    done = run(tmp_path / "app.mo")
    assert done.returncode == 2
    assert "app.mo is not a catalogue" in done.stderr
    assert "Traceback" not in done.stderr
