from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from henkan.data import Example, read_pairs
from henkan.data.pairs import group_rows


@pytest.fixture
def write(tmp_path: Path):
    def write(content: bytes | str) -> Path:
        path = tmp_path / "pairs.tsv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_repeated_source_brings_further_references_in_order(write):
    file = read_pairs(write("read\tR IY D\ncat\tK AE T\nread\tR EH D\n"))
    assert file.examples == [Example("read", ("R IY D", "R EH D"), line=1), Example("cat", ("K AE T",), line=2)]
    assert file.report.several_references == 1


def test_repeated_pair_is_counted_and_kept_once(write):
    file = read_pairs(write("a\tx\na\ty\na\tx\na\tx\n"))
    assert file.examples == [Example("a", ("x", "y"), line=1)]
    assert (file.report.rows, file.report.duplicates) == (4, 2)


def test_blank_lines_and_one_sided_rows_are_dropped_and_reported(write):
    file = read_pairs(write("\na\tx\n\tx\n \u3000\nb\t\nc\t \nd\ty\n\t\n"))
    assert [example.source for example in file.examples] == ["a", "d"]
    assert [example.line for example in file.examples] == [2, 7]
    report = file.report
    assert (report.rows, report.duplicates) == (2, 0)
    assert (report.blank_lines, report.first_blank_line) == (3, 1)
    assert (report.one_sided_rows, report.first_one_sided_row) == (3, 3)


def test_clean_file_reports_nothing_dropped(write):
    report = read_pairs(write("a\tx\n")).report
    assert (report.blank_lines, report.first_blank_line) == (0, 0)
    assert (report.one_sided_rows, report.first_one_sided_row) == (0, 0)


@pytest.mark.parametrize(
    "text", ["a\u2028b", "a\u0085b", "a\xa0b", " a ", '"a""b', "が", "か\u3099", "ａ", "<unk>", "a\rb"]
)
def test_characters_of_both_sides_arrive_unchanged(write, text: str):
    assert read_pairs(write(f"{text}\t{text}x\n")).examples == [Example(text, (f"{text}x",), line=1)]


def test_windows_file_reads_like_any_other(write):
    assert read_pairs(write(b"\xef\xbb\xbfa\tx\r\nb\ty\r\n")).examples == [
        Example("a", ("x",), line=1),
        Example("b", ("y",), line=2),
    ]


@pytest.mark.parametrize(
    ("content", "finding", "way_out"),
    [
        ("", "is empty", "source, tab, target"),
        ("\n \n\tx\n", "has no pair (blank lines: 2, rows with one side empty: 1)", "source, tab, target"),
        ("a\tx\nb y\n", "line 2 has no tab, found 'b y'", "source, tab, target"),
        ("\na\tx\tz\n", r"line 2 has 3 columns instead of 2, found 'a\tx\tz'", "cut -f1,2"),
        ("a\tx\n" + "b\t" * 9 + "\n", "line 2 has 10 columns instead of 2", "cut -f1,2"),
        (b"a\tx\nb\t\0\n", "is not a text file (zero byte in line 2, at byte 6)", "name a text file"),
        ("変\tへん\n".encode("euc-jp"), "is not UTF-8 (byte 0xca in line 1, at byte 0)", "iconv -f CP932"),
    ],
)
def test_file_that_is_not_of_pairs_is_one_line_with_place_finding_and_way_out(
    write, content: bytes | str, finding: str, way_out: str
):
    path = write(content)
    with pytest.raises(ValueError, match=r"pairs\.tsv") as error:
        read_pairs(path)
    message = str(error.value)
    assert finding in message
    assert way_out in message
    assert "\n" not in message


def test_missing_file_is_an_error_that_names_it(tmp_path: Path):
    with pytest.raises(ValueError, match=r"there is no file .*nowhere\.tsv"):
        read_pairs(tmp_path / "nowhere.tsv")


def test_folder_is_an_error_that_asks_for_a_file(tmp_path: Path):
    with pytest.raises(ValueError, match="is a folder: name a file in it"):
        read_pairs(tmp_path)


def test_long_line_is_shortened_in_the_message(write):
    path = write("x" * 10_000)
    with pytest.raises(ValueError, match=r"found 'x{38}…:") as error:
        read_pairs(path)
    assert len(str(error.value)) < len(str(path)) + 120


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(1, 99))))
def test_grouping_rows_keeps_every_pair_once_in_order(rows: list[tuple[str, str, int]]):
    examples = group_rows(rows)
    assert [example.source for example in examples] == list(dict.fromkeys(source for source, _, _ in rows))
    for example in examples:
        own = [(target, line) for source, target, line in rows if source == example.source]
        assert list(example.references) == list(dict.fromkeys(target for target, _ in own))
        assert example.line == own[0][1]
