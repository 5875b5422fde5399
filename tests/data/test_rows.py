"""Pairs from every kind of file: what is read, what is left out and counted, what is refused."""

import gzip
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from henkan.data import open_pairs
from henkan.data.features import find_features
from henkan.data.tally import PairTally

LINE = st.text(st.characters(exclude_characters="\n\0", exclude_categories=["Cs"]), min_size=1, max_size=12)
CELL = LINE.map(lambda text: text.replace("\t", " ").replace("\r", "·")).filter(lambda text: bool(text.strip()))


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pairs.tsv"


@given(rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8))
def test_columns_json_lines_parallel_files_and_gzip_are_the_same_rows(
    rows: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    expected = [(*row, number) for number, row in enumerate(rows, start=1)]
    columns = "".join(f"{source}\t{target}\n" for source, target in rows)
    objects = "".join(json.dumps({"source": s, "target": t}) + "\n" for s, t in rows)
    if not columns.startswith(("{", "\ufeff")):
        assert list(open_pairs(write(folder / "a.tsv", columns), features="none").rows()) == expected
        packed = write(folder / "b.bin", gzip.compress(columns.encode()))
        assert list(open_pairs(packed, features="none").rows()) == expected
    assert list(open_pairs(write(folder / "a.jsonl", objects)).rows()) == expected
    if not columns.startswith("\ufeff"):
        sources, targets = ("".join(f"{row[side]}\n" for row in rows) for side in (0, 1))
        if not targets.startswith("\ufeff"):
            reader = open_pairs(write(folder / "a.src", sources), write(folder / "a.tgt", targets))
            assert list(reader.rows()) == expected


def test_a_byte_order_mark_and_windows_line_ends_are_no_text(path: Path) -> None:  # T37
    reader = open_pairs(write(path, "\ufeffa\tb\r\nc\td\r\n"))
    assert list(reader.rows()) == [("a", "b", 1), ("c", "d", 2)]


def test_other_line_separators_and_spaces_are_text(path: Path) -> None:  # T37
    text = "a\u2028b\x85c\x0bd\u3000\xa0\te\u2029f"
    assert list(open_pairs(write(path, f"{text}\n")).rows()) == [(*text.split("\t"), 1)]


def test_reserved_words_are_text(path: Path) -> None:  # T38
    rows = [("<s>", "</s>"), ("<unk>", "[PAD]"), ('"a', 'b"'), ("#c", "d\\t")]
    reader = open_pairs(write(path, "".join(f"{s}\t{t}\n" for s, t in rows)))
    assert [row[:2] for row in reader.rows()] == rows


def test_a_pair_with_a_blank_side_is_left_out_whole_and_counted(path: Path) -> None:
    reader = open_pairs(write(path, "a\tb\n\n \t\n\tx\ny\t \u3000\na\tb\na\tc\n"))
    assert list(reader.rows()) == [("a", "b", 1), ("a", "b", 6), ("a", "c", 7)]
    report = reader.report
    assert (report.rows, report.sources) == (3, 1)
    assert (report.blank_lines, report.first_blank_line) == (2, 2)
    assert (report.one_sided_rows, report.first_one_sided_row) == (2, 4)
    assert (report.duplicates, report.first_duplicate) == (1, 6)
    assert (report.several_references, report.first_conflict) == (1, 7)


def test_rows_can_be_read_again_from_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\tb\nc\td\n")))
    reader = open_pairs("-")
    assert list(reader.rows()) == list(reader.rows()) == [("a", "b", 1), ("c", "d", 2)]
    assert reader.name == "the standard input"


def test_a_tab_in_parallel_files_is_a_character(tmp_path: Path) -> None:
    reader = open_pairs(write(tmp_path / "s", "a\tb\nc\n"), write(tmp_path / "t", "x\ny\tz\n"))
    assert list(reader.rows()) == [("a\tb", "x", 1), ("c", "y\tz", 2)]


# Features


def test_a_third_column_of_tags_is_found_and_becomes_part_of_the_source(path: Path) -> None:
    reader = open_pairs(
        write(path, "go\twent\tV;PST\nrun\tran\tV;PST\ngo\tgoing\tV;PRS\nox\toxen\tN;PL\nox\tox\tN;PL\n")
    )
    assert next(reader.rows()) == ("go\tV;PST", "went", 1)
    assert reader.features is not None
    assert set(reader.features.tags) == {"V", "PST", "PRS", "N", "PL"}


@pytest.mark.parametrize(
    "columns",
    [
        ["1.5", "2.5", "1.5", "2.5"],  # scores
        ["a comment", "another", "a comment", "another"],
        [f"tag{n}" for n in range(100)],  # never again
        ["", "V", "V", "V"],
    ],
)
def test_a_third_column_of_anything_else_is_no_features(columns: list[str]) -> None:
    assert find_features(columns) is None


def test_features_can_be_declared_or_denied(path: Path) -> None:
    write(path, "a\tb\tx\nc\td\ty\n")
    assert next(open_pairs(path, features="tags").rows()) == ("a\tx", "b", 1)
    with pytest.raises(ValueError, match=r"3 columns instead of 2.*--data\.features tags"):
        list(open_pairs(path, features="none").rows())


def test_json_lines_may_have_several_targets_and_features(path: Path) -> None:
    rows = [{"source": "a", "targets": ["b", "c"], "features": ["V", "PST"]}, {"source": "d", "target": "e", "id": 3}]
    reader = open_pairs(write(path, "".join(json.dumps(row) + "\n" for row in rows)))
    assert list(reader.rows()) == [("a\tV;PST", "b", 1), ("a\tV;PST", "c", 1), ("d", "e", 2)]


# What is refused


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "is empty"),
        ("\n \n", "has no pair"),
        ("one column\n", "line 1 has no tab"),
        ("a\tb\na\tb\tc\n", "line 2 has 3 columns"),
        ("a\tb\tV\nc\td\tV\ne\tf\n", "has 3 columns instead of 2|instead of 3"),
        (b"a\tb\n\xff\n", "is not UTF-8 .byte 0xff in line 2"),
        (b"a\tb\n\xed\xa0\x80\tx\n", "is not UTF-8"),
        ("a\tb\n\0\tx\n", "zero byte in line 2"),
        ("a\tb\n".encode("utf-16"), "is UTF-16, not UTF-8"),
        ("日本\tにほん\n".encode("cp932"), "iconv -f CP932"),
        (gzip.compress(b"a\tb\n" * 999)[:-9], "ends too early"),
        (gzip.compress(b"a\tb\n" * 999)[:30] + b"x" * 50, "damaged gzip|ends too early"),
        (b"PK\x03\x04\x14\0rest", "a ZIP archive or a spreadsheet"),
        ('{"source": "a", "target": "b"}\n{"source": "a"\n', "line 2 is not JSON"),
        ('{"source": "a", "target": "b"}\n{"source": "a"}\n', 'line 2 has neither key "target" and "targets"'),
        ('{"source": "a", "target": "b"}\n{"target": "a"}\n', 'line 2 has no key "source"'),
        ('{"source": "a", "target": 3}\n', '"target" is a number and not text'),
        ('{"source": "a", "target": "b\\nc"}\n', '"target" has a newline in its text'),
        ('{"source": "a", "target": "\\ud800"}\n', "lone surrogate"),
        ('{"source": "a", "target": "c", "features": "V"}\n{"source": "a\\tb", "target": "c"}\n', '"source" has a tab'),
        ('["a", "b"]\n', "has no tab"),
    ],
)
def test_what_is_no_file_of_pairs_is_refused_with_its_line(path: Path, data: str | bytes, said: str) -> None:
    write(path, data)
    with pytest.raises(ValueError, match=said) as caught:
        list(open_pairs(path).rows())
    assert str(path) in str(caught.value)


def test_parallel_files_of_different_length_are_refused_with_both(tmp_path: Path) -> None:
    sources, targets = write(tmp_path / "s.txt", "a\nb\nc\n"), write(tmp_path / "t.txt", "x\ny\n")
    with pytest.raises(ValueError, match=r"s\.txt has 3 lines and .*t\.txt has 2 lines"):
        list(open_pairs(sources, targets).rows())
    with pytest.raises(ValueError, match="named for both sources and targets"):
        open_pairs(sources, sources)


def test_a_very_long_line_takes_linear_time_and_is_read(path: Path) -> None:
    write(path, "a" * 3_000_000 + "\tb\n")
    [(source, target, line)] = open_pairs(path).rows()
    assert (len(source), target, line) == (3_000_000, "b", 1)


# Counting


@given(
    pairs=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from([0, 1])), max_size=30),
    buffer=st.sampled_from([1, 3, 1 << 15]),
)
def test_repeats_are_counted_as_by_hand(pairs: list[tuple[str, str, int]], buffer: int) -> None:
    from henkan.data import tally as module

    before, module.BUFFER = module.BUFFER, buffer
    try:
        tally = PairTally(("train", "dev"))
        for line, (source, target, split) in enumerate(pairs, start=1):
            tally.add(source, target, line, split)
        found = tally.count()
    finally:
        module.BUFFER = before
    different = {(source, target) for source, target, _ in pairs}
    targets = {source: {t for s, t in different if s == source} for source, _, _ in pairs}
    assert (found.rows, found.pairs, found.sources) == (len(pairs), len(different), len(targets))
    assert found.conflicting == sum(len(each) > 1 for each in targets.values())
    in_split = [{source for source, _, split in pairs if split == number} for number in (0, 1)]
    assert found.shared.get(("train", "dev"), 0) == len(in_split[0] & in_split[1])
