from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from henkan.data import decode_lines, read_lines

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
