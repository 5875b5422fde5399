import gc
import gzip
import io
import os
import shutil
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from henkan.data import decode_lines, iter_lines, read_lines
from henkan.data.lines import stream_lines
from henkan.data.text_file import TextFile

BOM = b"\xef\xbb\xbf"
line = st.text(st.characters(codec="utf-8", exclude_characters="\n\0")) | st.sampled_from(
    [
        "",
        " ",
        "a\u2028b",
        "a\u0085b",
        "a\u2029b",
        "a\x0bb",
        "a\x0cb",
        "a\x1cb",
        "a\xa0b",
        "a\u3000b",
        "a\tb",
        "か\u3099",
        "が",
    ]
)


@given(st.lists(line.filter(lambda text: not text.endswith("\r"))), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_n_lines_in_are_the_same_n_lines_out(lines: list[str], ending: str, last_line_ends: bool):
    text = "".join(line + ending for line in lines)
    if not last_line_ends and lines and lines[-1]:
        text = text.removesuffix(ending)
    assert decode_lines(BOM + text.encode(), "name") == lines


def test_byte_order_mark_is_dropped_once_and_only_at_the_start():
    assert decode_lines(BOM + b"a\n" + BOM + b"b\n", "name") == ["a", "\ufeffb"]
    assert decode_lines(BOM + BOM + b"a", "name") == ["\ufeffa"]


def test_only_one_carriage_return_is_dropped_and_only_at_the_end_of_a_line():
    assert decode_lines(b"a\rb\r\r\nc\r", "name") == ["a\rb\r", "c"]


def test_empty_data_has_no_lines_and_a_newline_alone_ends_an_empty_line():
    assert decode_lines(b"", "name") == []
    assert decode_lines(b"\n", "name") == [""]


def test_shift_jis_is_an_error_that_names_the_place_and_iconv(tmp_path: Path):
    path = tmp_path / "sjis.tsv"
    path.write_bytes("a\tb\n変\tへん\n".encode("cp932"))
    with pytest.raises(
        ValueError, match=r"sjis\.tsv is not UTF-8 \(byte 0x95 in line 2, at byte 4\).*iconv -f CP932"
    ) as error:
        read_lines(path)
    assert "\n" not in str(error.value)


def test_byte_order_mark_counts_in_the_place_of_a_wrong_byte():
    with pytest.raises(ValueError, match=r"byte 0xff in line 1, at byte 4"):
        decode_lines(BOM + b"a\xff", "name")


def test_utf16_is_an_error_that_names_iconv():
    with pytest.raises(ValueError, match=r"name is UTF-16, not UTF-8: .*iconv -f UTF-16"):
        decode_lines("a\tb\n".encode("utf-16"), "name")


def test_encoded_surrogates_are_not_utf8():
    with pytest.raises(ValueError, match="not UTF-8"):
        decode_lines(b"a\xed\xa0\x80b", "name")


def test_file_without_permission_is_an_error_that_names_chmod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(self: Path, mode: str) -> None:  # in place of real permissions, which do not bind the superuser
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ValueError, match=r"pairs\.tsv may not be read: .*chmod u\+r"):
        read_lines(tmp_path / "pairs.tsv")


def test_failing_disk_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch):
    def fail(self: Path, mode: str) -> None:
        raise OSError(5, "Input/output error", str(self))

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(ValueError, match=r"pairs\.tsv cannot be read \(Input/output error\)"):
        read_lines("pairs.tsv")


class OneByteAtATime(io.BytesIO):
    """A slow pipe."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(1)


@given(st.lists(line.filter(lambda text: not text.endswith("\r"))), st.booleans(), st.booleans())
def test_lines_do_not_depend_on_how_the_bytes_arrive(lines: list[str], marked: bool, packed: bool):
    data = (BOM if marked else b"") + "".join(f"{line}\n" for line in lines).encode()
    data = gzip.compress(data) if packed else data
    assert list(stream_lines(OneByteAtATime(data), "name")) == lines == decode_lines(data, "name")


def test_a_wrong_byte_is_placed_right_far_behind_the_first_block():
    before = "日本語\n".encode() * 100_000
    with pytest.raises(ValueError, match=rf"byte 0xff in line 100001, at byte {len(before) + 1}\)"):
        decode_lines(before + b"a\xff\n", "name")
    with pytest.raises(ValueError, match=rf"zero byte in line 100001, at byte {len(before) + 1}\)"):
        decode_lines(gzip.compress(before + b"a\0\n"), "name")


def test_the_standard_input_is_read_as_its_lines_arrive(monkeypatch: pytest.MonkeyPatch):
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, encoding="utf-8") as stdin, os.fdopen(write_end, "wb", buffering=0) as pipe:
        monkeypatch.setattr(sys, "stdin", stdin)
        lines = iter_lines("-")
        pipe.write(b"a\n")
        assert next(lines) == "a"  # would wait forever for a whole block
        pipe.write(b"b\n")
        assert next(lines) == "b"


def test_a_large_file_takes_no_more_memory_than_its_blocks(tmp_path: Path):
    path = tmp_path / "large.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(100):
            file.write(b"abcdefg\thijklmno\n" * 10_000)
    tracemalloc.start()
    assert sum(1 for _ in iter_lines(path)) == 1_000_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000  # of 17 million bytes


def test_a_line_of_ten_million_characters_is_one_line(tmp_path: Path):
    path = tmp_path / "one"
    path.write_bytes(b"x" * 10_000_000)
    (found,) = iter_lines(path)
    assert len(found) == 10_000_000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_can_be_read_again_and_its_copy_goes_away(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(gzip.compress(b"a\nb\n")))
    writer.start()
    file = TextFile(pipe)
    writer.join()
    copy = file.path
    assert list(file.lines()) == list(file.lines()) == ["a", "b"]
    assert copy != pipe
    assert copy.exists()
    del file
    gc.collect()
    assert not copy.exists()


def test_a_full_disk_for_the_copy_of_the_standard_input_is_an_error_that_names_tmpdir(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", fail)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\n")))
    with pytest.raises(ValueError, match=r"the standard input cannot be copied to .* \(No space left.*TMPDIR"):
        TextFile("-")
