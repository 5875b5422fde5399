"""Lines in, lines out."""

from pathlib import Path

import pytest
from bundles import SOURCES, copying_bundle, random_bundle, texts

from henkan.bundle import Bundle
from henkan.decoding import BeamSearch
from henkan.workflow.predict import Chunk, Options, predict_chunk
from henkan.workflow.predict_file import write_lines
from henkan.workflow.predict_input import chunks_of


def notes_on(bundle: Bundle, sources: list[str], max_len: int | None = None) -> list[str]:
    """What is said about the outputs of these lines."""
    return predict_chunk(bundle, Chunk(1, sources), Options(max_len=max_len))[1].notes(bundle)


def test_one_line_comes_out_for_each_line_in() -> None:
    bundle = random_bundle()
    lines, findings = predict_chunk(bundle, Chunk(1, SOURCES), Options())
    assert lines == texts(bundle, SOURCES)
    assert all(line.count("\n") == 0 for line in lines)
    assert [note for note in findings.notes(bundle) if "never seen" in note] == []


def test_several_outputs_are_numbered_by_their_line() -> None:
    options = Options(BeamSearch(3, n_best=2), form="n-best")
    lines, _ = predict_chunk(random_bundle(), Chunk(5, ["abc", "", "a"]), options)
    rows = [line.split("\t") for line in lines]
    assert [row[0] for row in rows] == ["5", "5", "6", "7", "7"]
    assert rows[2] == ["6", "0.0000", ""]
    assert float(rows[0][1]) >= float(rows[1][1])


def test_unknown_symbols_are_counted_and_named() -> None:
    notes = notes_on(random_bundle(), ["axé", "xb", "ok", "c"], max_len=3)
    assert "5 symbols never seen in training, read as <unk>: 'x' (2), 'é' (1), 'o' (1), 'k' (1)" in notes


def test_characters_that_are_copied_are_counted_and_not_called_lost() -> None:
    notes = notes_on(copying_bundle(), ["鬱ab鬱", "ab", "h鬱", ""], max_len=3)
    assert any(note.startswith("3 symbols that the vocabulary does not have") and "copies" in note for note in notes)
    assert "1 symbol never seen in training, read as <unk>: '鬱' (1)" in notes  # the second one of its line


def test_a_source_longer_than_all_in_training_is_named() -> None:
    notes = notes_on(random_bundle(), ["abc", "a" * 13, "a" * 14])
    assert any("2 lines longer than every source in training (12 symbols), the first is line 2" in n for n in notes)


def test_an_output_that_was_cut_off_is_named() -> None:
    notes = notes_on(random_bundle(), ["", "abc"], max_len=2)
    assert any("1 output cut off by the length limit (--max-len), the first is that of line 2" in n for n in notes)


def test_an_output_file_is_written_as_it_is(tmp_path: Path) -> None:
    write_lines(tmp_path / "out.txt", ["a\r", "", "日本\u2028語"])
    assert (tmp_path / "out.txt").read_bytes() == "a\r\n\n日本\u2028語\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]


def test_an_output_file_appears_complete_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("old", encoding="utf-8")

    def lines() -> object:
        yield "new"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_lines(tmp_path / "out.txt", lines())
    assert (tmp_path / "out.txt").read_text("utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a folder"):
        write_lines(tmp_path, [])
    with pytest.raises(ValueError, match="there is no folder"):
        write_lines(tmp_path / "deep" / "out.txt", [])


def test_input_is_split_at_newlines_alone(tmp_path: Path) -> None:  # T37
    path = tmp_path / "in.txt"
    path.write_bytes("a\u2028b\x0c\x85\r\n\n\u3000日\n".encode())
    assert [line for chunk in chunks_of(str(path)) for line in chunk.sources] == ["a\u2028b\x0c\x85", "", "\u3000日"]
