"""Many processes write the file that one would, and none of them has to know whether another one lives."""

import errno
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundles import SOURCES, random_bundle

from henkan.decoding import BeamSearch, Sampling
from henkan.workflow import lock, pieces, predict, shared_output
from henkan.workflow.pieces import Piece, Shared, pieces_of
from henkan.workflow.predict import Chunk, Findings, Options
from henkan.workflow.predict_file import OutputFile
from henkan.workflow.predict_input import chunks_of, what_decides
from henkan.workflow.share import Share
from henkan.workflow.shared_output import SharedOutput
from henkan.workflow.workers import Answer, predict_chunks

LINES = [f"{source}{number % 7}" if number % 5 else "" for number, source in enumerate(SOURCES * 6)][:58]
SIZE = 2  # lines of a chunk; a part has two chunks
PARTS = 15
BUNDLE = random_bundle()


def decode(chunks: Iterable[Chunk], options: Options) -> Iterator[Answer]:
    """Answers of a model, or for plain text, which is all that most of these tests need, something quick."""
    if options.form != "text":
        yield from predict_chunks(BUNDLE, chunks, options)
        return
    for chunk in chunks:
        check_lengths(chunk)
        prefixes = chunk.prefixes or [""] * len(chunk.sources)
        outputs = [prefix + source[::-1] for source, prefix in zip(chunk.sources, prefixes, strict=True)]
        yield chunk, outputs, Findings(Counter("".join(chunk.sources)), cut=1, first_cut=chunk.first)


def check_lengths(chunk: Chunk) -> None:
    for number, source in enumerate(chunk.sources, start=chunk.first):
        if len(source) > 90:
            raise ValueError(f"line {number}: the source is too long")


PLAIN = Options(max_len=6)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    return path


class Run:
    """A process with a share of the lines of a file, which writes ``out.txt`` beside it. ``decoded`` counts lines."""

    def __init__(
        self, path: Path, number: int = 0, count: int = 1, options: Options = PLAIN, prefixes: str = ""
    ) -> None:
        self.path, self.prefixes, self.options, self.decoded = path, prefixes or None, options, 0
        asked = json.loads(json.dumps(what_decides([], BUNDLE, options, "cpu")))
        shared = Shared(pieces_of(self.chunks(), asked, 2), Share(number, count), asked, 2)
        self.output = SharedOutput(str(path.with_name("out.txt")), shared)

    def chunks(self) -> Iterator[Chunk]:
        return chunks_of(str(self.path), self.prefixes, lines=SIZE)

    def answers(self) -> Iterator[Answer]:
        for answer in decode(self.output.still_to_do(self.chunks()), self.options):
            self.decoded += len(answer[0].sources)
            yield answer

    def work(self) -> Findings | None:
        self.output.write(self.answers())
        return self.output.finish()


def alone(path: Path, options: Options = PLAIN, prefixes: str | None = None) -> tuple[bytes, Findings]:
    """What one process writes."""
    output = OutputFile(str(path.with_name("alone.txt")), {}, resume=False)
    findings = output.write(decode(chunks_of(str(path), prefixes, lines=SIZE), options))
    return path.with_name("alone.txt").read_bytes(), findings


def written(path: Path) -> bytes:
    return path.with_name("out.txt").read_bytes()


def left(path: Path) -> list[str]:
    """What remains in the folder."""
    return sorted(one.name for one in path.with_name("out.txt.shards").iterdir())


# The same as one process


@pytest.mark.parametrize(
    ("options", "order"),
    [
        *((PLAIN, order) for order in ([0], [0, 1], [2, 0, 1], [4, 3, 2, 1, 0])),
        (Options(BeamSearch(3, n_best=2), max_len=6, form="n-best"), [1, 0, 2]),
        (Options(BeamSearch(2), max_len=6, form="json", dictionary={"abc3": "OWN"}), [2, 0, 1]),
        (Options(Sampling(), max_len=6, seed=5, form="scores"), [1, 0]),
    ],
    ids=lambda given: given.form if isinstance(given, Options) else len(given),
)
def test_any_number_of_processes_write_what_one_writes(lines: Path, options: Options, order: list[int]) -> None:
    found = [Run(lines, number, len(order), options).work() for number in order]
    assert (written(lines), found[-1]) == alone(lines, options)
    assert found[:-1] == [None] * (len(order) - 1)
    assert left(lines) == ["joined.json"]


def test_beginnings_of_outputs_go_with_their_lines(lines: Path, tmp_path: Path) -> None:
    prefixes = tmp_path / "prefixes.txt"
    prefixes.write_text("".join(f"{'ABC'[number % 3] * (number % 2)}\n" for number in range(len(LINES))), "utf-8")
    for number in range(3):
        Run(lines, number, 3, prefixes=str(prefixes)).work()
    assert written(lines) == alone(lines, prefixes=str(prefixes))[0] != alone(lines)[0]


def test_more_processes_than_parts_and_no_lines_at_all(lines: Path) -> None:
    lines.write_text("abc\n", encoding="utf-8")
    idle = Run(lines, 6, 7)
    assert idle.work() is None
    assert not idle.output.folder.exists()
    assert Run(lines, 0, 7).work() is not None
    assert written(lines) == alone(lines)[0]
    lines.write_text("", encoding="utf-8")
    assert Run(lines, 1, 2).work() == Findings()
    assert written(lines) == b""
    assert Run(lines, 0, 2).output.was_complete


def test_notes_are_the_same_where_unknown_words_are_too_many_to_name(
    lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "NAMED", 4)
    lines.write_text("".join(f"{chr(0x4E00 + number % 20)}ab\n" for number in range(80)), encoding="utf-8")
    found = [Run(lines, number, 2).work() for number in range(2)]
    assert found[-1] == alone(lines)[1]
    assert found[-1] is not None
    assert found[-1].unnamed > 0


# Going on


def test_what_is_finished_is_not_done_again_by_any_number_of_processes(lines: Path) -> None:
    assert [Run(lines, number, 4).work() for number in (1, 2)] == [None, None]
    runs = [Run(lines, number, 3) for number in range(3)]
    finished = [run.output.lines_done for run in runs]
    for run in runs:
        run.work()
    assert sum(finished) == len(LINES) - sum(run.decoded for run in runs) > 20
    assert [run.output.lines for run in runs] == [done + run.decoded for done, run in zip(finished, runs, strict=True)]
    assert written(lines) == alone(lines)[0]


def test_two_processes_with_one_share_do_no_harm(lines: Path) -> None:
    first, second = Run(lines, 0, 2), Run(lines, 0, 2)
    second.work()
    first.work()
    assert (first.decoded, second.decoded) == (0, first.output.lines)
    Run(lines, 1, 2).work()
    assert written(lines) == alone(lines)[0]


def test_what_lacks_is_said_with_the_way_out(lines: Path) -> None:
    run = Run(lines, 1, 3)
    run.work()
    (said,) = run.output.state()
    assert f"of {PARTS} parts" in said
    assert "lacks 10 (1, 3, 4, 6, 7, ...)" in said
    assert "run what failed again: it does what is missing" in said


def test_a_bad_line_costs_its_own_part_and_can_be_mended(lines: Path) -> None:
    good = lines.read_text("utf-8")
    lines.write_text("\n".join([*LINES[:9], "a" * 100, *LINES[10:]]), encoding="utf-8")
    with pytest.raises(ValueError, match="line 10: the source is too long"):
        Run(lines, 0, 2).work()
    assert Run(lines, 1, 2).work() is None
    lines.write_text(good, encoding="utf-8")
    run = Run(lines, 0, 2)
    assert run.output.lines_done == 2 * SIZE
    assert run.work() is not None
    assert written(lines) == alone(lines)[0]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Options(max_len=5), "was begun with another --max-len"),
        (Options(BeamSearch(4), max_len=6), r"was begun with another way to decode \(Greedy\(\), now BeamSearch"),
        (Options(max_len=6, seed=1), "was begun with another --seed"),
    ],
)
def test_what_was_begun_otherwise_is_not_gone_on_with(lines: Path, other: Options, said: str) -> None:
    Run(lines, 0, 2).work()
    before = left(lines)
    with pytest.raises(ValueError, match=said):
        Run(lines, 1, 2, other)
    assert left(lines) == before


@pytest.mark.parametrize("changed", [["other", *LINES[1:]], LINES[:3], ["", *LINES], []], ids=len)
def test_a_changed_input_is_not_gone_on_with(lines: Path, changed: list[str]) -> None:
    Run(lines, 0, 2).work()
    lines.write_text("".join(f"{line}\n" for line in changed), encoding="utf-8")
    with pytest.raises(ValueError, match=r"was begun with another input: its lines 1 to 4 or their prefixes"):
        Run(lines, 1, 2)


def test_two_commands_at_once_notice_each_other(lines: Path) -> None:
    one, other = Run(lines, 0, 2), Run(lines, 0, 2, replace(PLAIN, seed=1))
    one.work()
    with pytest.raises(ValueError, match="was begun with another --seed"):
        other.work()


def test_an_input_that_grows_while_it_is_read_is_noticed(lines: Path) -> None:
    for changed in ([*LINES[:-1], "other"], LINES[:-3], [*LINES, "more"], [*LINES, *LINES]):
        run = Run(lines)
        lines.write_text("".join(f"{line}\n" for line in changed), encoding="utf-8")
        with pytest.raises(ValueError, match="the input was changed while it was read"):
            run.work()
        lines.write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")


# Complete


def test_whoever_comes_late_finds_the_file_complete_and_does_nothing(lines: Path) -> None:
    assert [Run(lines, number, 2).work() is None for number in range(2)] == [True, False]
    before = lines.with_name("out.txt").stat()  # its reading is allowed, and changes a time
    late = Run(lines, 1, 5)
    assert (late.work(), late.decoded) == (None, 0)
    assert late.output.lines_done == late.output.lines
    assert "is complete and was left as it is: delete it" in late.output.state()[0]
    after = lines.with_name("out.txt").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("how", ["deleted", "changed", "other length"])
def test_a_file_that_is_gone_or_changed_is_made_anew(lines: Path, how: str) -> None:
    Run(lines).work()
    good = written(lines)
    lines.with_name("out.txt").unlink()
    if how != "deleted":
        lines.with_name("out.txt").write_bytes(b"?" + good[how == "changed" :])
    run = Run(lines)
    assert not run.output.was_complete
    assert run.work() is not None
    assert (written(lines), run.decoded) == (good, len(LINES))


def test_after_the_end_other_options_begin_anew(lines: Path) -> None:
    Run(lines).work()
    other = Options(max_len=5)
    assert Run(lines, options=other).work() is not None
    assert written(lines) == alone(lines, other)[0]


def test_a_record_that_is_damaged_makes_nothing_complete(lines: Path) -> None:
    Run(lines).work()
    for data in (b"", b"[]", b"{}", b'{"pieces": 1}', b"\xff"):
        lines.with_name("out.txt.shards").joinpath("joined.json").write_bytes(data)
        assert not Run(lines).output.was_complete


def test_a_file_that_is_completed_at_this_very_moment_is_not_begun_again(
    lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, late = Run(lines), Run(lines, 1, 2)
    present = late.output._present

    def meanwhile() -> set[str]:
        run.work()
        return present()

    monkeypatch.setattr(late.output, "_present", meanwhile)
    assert late.output.missing() == set()
    assert (late.work(), late.decoded) == (None, 0)


def kill_at(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let the process be killed at this step of the end."""

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(*{"record": (shared_output, "write_whole"), "clean": (SharedOutput, "_clean")}[step], kill)


@pytest.mark.parametrize("step", ["record", "clean"])
def test_a_kill_at_the_very_end_leaves_what_the_next_one_tidies(
    lines: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as patch:
        kill_at(patch, step)
        with pytest.raises(KeyboardInterrupt):
            Run(lines).work()
    assert len(left(lines)) >= PARTS
    run = Run(lines, 1, 2)
    run.work()
    assert (run.decoded, left(lines)) == (0, ["joined.json"])
    assert written(lines) == alone(lines)[0]


def test_while_one_puts_the_file_together_another_leaves_it_alone(lines: Path) -> None:
    run = Run(lines)
    run.output.write(run.answers())
    held = lock.FileLock(run.output.folder / "lock")
    assert held.take()
    assert run.output.finish() is None
    assert run.output.state() == [f"{lines.with_name('out.txt')} is being put together by another process"]
    held.release()
    assert run.output.finish() is not None


def test_two_put_the_file_together_at_once_where_there_are_no_locks(
    lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_lock", lambda _: True)
    run, other = Run(lines, 0, 2), Run(lines, 1, 2)
    for one in (run, other):
        one.output.write(one.answers())
    found: list[Findings | None] = []
    read = pieces.read_record

    def meanwhile(path: Path, file: Any) -> pieces.Record:
        if path.name.startswith("00000003") and not found:
            found.append(None)
            found[0] = other.output.finish()
        return read(path, file)

    monkeypatch.setattr(pieces, "read_record", meanwhile)
    assert run.output.finish() is None
    assert run.output.state() == []
    assert (written(lines), found[0]) == alone(lines)
    assert left(lines) == ["joined.json"]


# What goes wrong


def test_a_part_that_is_damaged_is_named(lines: Path) -> None:
    run = Run(lines)
    run.output.write(run.answers())
    part = run.output.folder / left(lines)[4]
    good = part.read_bytes()
    for data in (b"", good[:-1], good[30:], b"{}\n", b"\xff\n"):
        part.write_bytes(data)
        with pytest.raises(ValueError, match=rf"{part.name} is damaged: delete it"):
            run.output.finish()
    part.unlink()
    again = Run(lines)
    assert again.work() is not None
    assert again.decoded == 2 * SIZE
    assert written(lines) == alone(lines)[0]


@pytest.mark.parametrize("after", [0, 5, PARTS], ids=["at once", "between", "at the end"])
def test_a_full_disk_is_said_and_costs_nothing_that_is_finished(
    lines: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    calls = []

    def full(_: int) -> None:
        calls.append(1)
        if len(calls) > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(pieces.os, "fsync", full)
        with pytest.raises(ValueError, match=r"cannot be written or read \(No space left"):
            Run(lines).work()
    assert not [name for name in left(lines) if name.endswith(".tmp")]
    assert not lines.with_name("out.txt").exists()
    run = Run(lines)
    assert run.work() is not None
    assert run.decoded == len(LINES) - min(after * 2 * SIZE, len(LINES))
    assert written(lines) == alone(lines)[0]


def test_a_file_in_the_place_of_the_folder_is_left_alone(lines: Path) -> None:
    lines.with_name("out.txt.shards").write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match=r"out.txt.shards is needed for what is finished, but is a file"):
        Run(lines)


def test_files_of_others_in_the_folder_are_left_alone(lines: Path) -> None:
    lines.with_name("out.txt.shards").mkdir()
    lines.with_name("out.txt.shards").joinpath("notes.txt").write_text("mine", encoding="utf-8")
    Run(lines).work()
    assert left(lines) == ["joined.json", "notes.txt"]


# Parts


def test_parts_depend_on_nothing_but_the_input_and_what_is_asked(lines: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.txt").write_bytes(lines.read_bytes())
    (tmp_path / "more.txt").write_bytes(lines.read_bytes() + b"more\n")
    asked = {"--seed": 1}

    def names(path: Path, asked: dict[str, Any] = asked) -> list[str]:
        return [piece.name for piece in pieces_of(chunks_of(str(path), lines=SIZE), asked, 2)]

    assert names(lines) == names(tmp_path / "copy.txt")
    assert names(lines)[:-1] == names(tmp_path / "more.txt")[:-1]
    assert names(lines)[-1] != names(tmp_path / "more.txt")[-1]
    assert not {*names(lines)} & {*names(lines, {"--seed": 2})}
    assert all(pieces.NAME.fullmatch(name) for name in names(lines))


def test_equal_parts_in_other_places_have_other_names() -> None:
    chunks = [Chunk(first, ["a", "b"]) for first in range(1, 40, 2)]
    found: list[Piece] = pieces_of(chunks, {}, 2)
    assert len({piece.name for piece in found}) == len(found) == 10
    assert {piece.lines for piece in found} == {4}
