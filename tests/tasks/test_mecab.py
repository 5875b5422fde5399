"""Reading MeCab's dictionaries: small ones written here byte by byte, and the two that come as packages."""

import struct
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from henkan.tasks import mecab

VERBS = ("動詞,自立,書く,カク", "動詞,自立,読む,ヨム")
ROWS = ("名詞,一般,犬,イヌ", *VERBS, '記号,読点,",",",",外')


def dictionary(
    rows: tuple[str, ...], *, trie: bytes = b"trie", tokens: bytes = b"token", encoding: bytes = b"utf8"
) -> bytes:
    """A ``sys.dic`` of these rows, with something in its other parts that must not be read."""
    features = b"".join(row.encode() + b"\0" for row in rows)
    sizes = struct.pack("<3I", len(trie), len(tokens), len(features))
    head = struct.pack("<5I", 102, 0, len(rows), 1, 1) + sizes + struct.pack("<I", 0) + encoding.ljust(32, b"\0")
    body = head + trie + tokens + features
    return struct.pack("<I", (len(body) + 4) ^ 0xEF718F77) + body


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_every_row_comes_in_order_with_its_quoted_commas(tmp_path: Path) -> None:
    path = write(tmp_path / "sys.dic", dictionary(ROWS))
    assert list(mecab.feature_rows(path)) == [
        ["名詞", "一般", "犬", "イヌ"],
        ["動詞", "自立", "書く", "カク"],
        ["動詞", "自立", "読む", "ヨム"],
        ["記号", "読点", ",", ",", "外"],
    ]


def test_rows_are_chosen_by_their_beginning_and_by_what_they_hold(tmp_path: Path) -> None:
    path = write(tmp_path / "sys.dic", dictionary(ROWS))
    assert [row[2] for row in mecab.feature_rows(path, starting=("動詞,",))] == ["書く", "読む"]
    assert [row[2] for row in mecab.feature_rows(path, starting=("名詞,", "記号,"))] == ["犬", ","]
    assert [row[2] for row in mecab.feature_rows(path, containing=",外")] == [","]
    assert list(mecab.feature_rows(path, starting=("動詞,",), containing=",外")) == []


@given(
    st.lists(st.text(st.characters(exclude_characters='\0\r\n,"', exclude_categories=["Cs"]), min_size=1), max_size=8)
)
def test_rows_survive_wherever_a_chunk_ends(texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as directory:
        patch.setattr(mecab, "CHUNK_BYTES", 3)
        path = write(Path(directory) / "sys.dic", dictionary(tuple(texts)))
        assert list(mecab.feature_rows(path)) == [[text] for text in texts]


@pytest.mark.parametrize("content", [b"", b"abc", b"\0" * 100, dictionary(ROWS)[:-1], dictionary(ROWS) + b"\0"])
def test_a_file_that_is_no_whole_dictionary_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path / "sys.dic", content)
    with pytest.raises(ValueError, match=r"sys\.dic is no MeCab dictionary, or cut off at .*: install"):
        list(mecab.feature_rows(path))


def test_an_old_encoding_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = write(tmp_path / "sys.dic", dictionary(ROWS, encoding=b"EUC-JP"))
    with pytest.raises(ValueError, match="EUC-JP"):
        list(mecab.feature_rows(path))


def test_a_missing_package_is_an_error_with_the_command_that_installs_it() -> None:
    with pytest.raises(ValueError, match=r'package no-such-dictionary .* pip install "henkan\[examples\]"'):
        mecab.dictionary_rows("no-such-dictionary")


def test_a_package_without_a_dictionary_is_such_an_error_too() -> None:
    with pytest.raises(ValueError, match="package pytest "):
        mecab.dictionary_rows("pytest")


@pytest.mark.parametrize(("distribution", "columns", "nouns"), [("ipadic", 9, 229_690), ("unidic-lite", 26, 277_217)])
def test_the_packages_have_the_rows_that_were_counted(distribution: str, columns: int, nouns: int) -> None:
    lengths = [len(row) for row in mecab.dictionary_rows(distribution, starting=("名詞,",))]
    assert len(lengths) == nouns
    assert set(lengths) == {columns}
    assert distribution.replace("-", "_") not in sys.modules  # the package's code is not run
