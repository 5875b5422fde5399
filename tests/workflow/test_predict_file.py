"""A whole input: streamed, in several processes, and gone on with after a kill."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from bundles import SOURCES, random_bundle

from henkan.decoding import BeamSearch
from henkan.workflow import predict
from henkan.workflow.predict import Chunk, Findings, Options, predict_chunk
from henkan.workflow.predict_file import OutputFile
from henkan.workflow.predict_input import chunks_of, count_lines, read_dictionary, what_decides
from henkan.workflow.workers import Answer, predict_chunks

LINES = [f"{source}{number % 7}" if number % 5 else "" for number, source in enumerate(SOURCES * 30)]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    random_bundle().save(tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    return path


def answers(path: Path, *, size: int = 16, options: Options | None = None) -> Iterator[Answer]:
    return predict_chunks(random_bundle(), chunks_of(str(path), lines=size), options or Options(max_len=6))


def go_on(output: OutputFile, path: Path, size: int = 16) -> Findings:
    chunks = output.still_to_do(chunks_of(str(path), lines=size))
    return output.write(predict_chunks(random_bundle(), chunks, Options(max_len=6)))


# Chunks


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_chunks_are_all_lines_in_their_order(lines: Path, size: int) -> None:
    chunks = list(chunks_of(str(lines), lines=size))
    assert [source for chunk in chunks for source in chunk.sources] == LINES
    assert [chunk.first for chunk in chunks] == list(range(1, len(LINES) + 1, size))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_size_of_a_chunk_changes_no_output(lines: Path, size: int) -> None:  # T10
    together, _ = predict_chunk(random_bundle(), Chunk(1, LINES), Options(max_len=6))
    assert [line for _, part, _ in answers(lines, size=size) for line in part] == together


def test_input_is_read_as_outputs_are_asked_for(lines: Path) -> None:
    """So memory does not grow with the input: a bad line far behind costs nothing before it is reached."""
    lines.write_bytes(lines.read_bytes() * 300 + b"\xff\n")
    found = answers(lines, size=4)
    assert len(next(found)[1]) == 4


def test_findings_of_chunks_add_up(lines: Path) -> None:
    _, whole = predict_chunk(random_bundle(), Chunk(1, LINES), Options(max_len=3))
    parts = sum((found for _, _, found in answers(lines, size=9, options=Options(max_len=3))), Findings())
    assert parts == whole
    assert whole.cut > 0
    assert Findings.from_dict(json.loads(json.dumps(whole.to_dict()))) == whole


def test_each_output_begins_with_its_line_of_the_prefixes(lines: Path, tmp_path: Path) -> None:
    prefixes = [random.Random(number).choice(["", "A", "BC"]) for number in range(len(LINES))]
    (tmp_path / "prefixes.txt").write_text("\n".join(prefixes) + "\n", encoding="utf-8")
    chunks = chunks_of(str(lines), str(tmp_path / "prefixes.txt"), lines=10)
    outputs = [line for _, part, _ in predict_chunks(random_bundle(), chunks, Options(max_len=6)) for line in part]
    for source, prefix, output in zip(LINES, prefixes, outputs, strict=True):
        assert output.startswith(prefix) or not source


@pytest.mark.parametrize("count", [3, len(LINES) + 2])
def test_another_number_of_prefixes_is_refused(lines: Path, tmp_path: Path, count: int) -> None:
    (tmp_path / "prefixes.txt").write_text("A\n" * count, encoding="utf-8")
    with pytest.raises(ValueError, match="give one prefix per line"):
        list(chunks_of(str(lines), str(tmp_path / "prefixes.txt")))


def test_the_first_target_of_a_dictionary_counts(tmp_path: Path) -> None:
    (tmp_path / "d.tsv").write_text("abc\tX\nabc\tY\na\tZ\n", encoding="utf-8")
    overrides, notes = read_dictionary(str(tmp_path / "d.tsv"))
    assert overrides == {"abc": "X", "a": "Z"}
    assert any("1 source with several targets" in note for note in notes)


def test_of_a_dictionary_with_several_targets_one_is_shown(tmp_path: Path) -> None:
    (tmp_path / "d.tsv").write_text("a\tZ\nabc\tX\nabc\tY\nabc\tV\na\tZ\n", encoding="utf-8")
    _, notes = read_dictionary(str(tmp_path / "d.tsv"))
    assert "'abc' has another in line 3" in notes[0]


def test_the_sources_of_a_dictionary_carry_tags_if_those_of_the_model_do(tmp_path: Path) -> None:
    (tmp_path / "d.tsv").write_text("run\tran\tV;PST\n", encoding="utf-8")
    assert read_dictionary(str(tmp_path / "d.tsv"), tagged=True)[0] == {"run\tV;PST": "ran"}


def test_long_lines_come_in_small_chunks(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("a" * 30 + "\nb\nc\n" + "d" * 9 + "\n\ne\n", encoding="utf-8")
    chunks = list(chunks_of(str(tmp_path / "long.txt"), lines=3, characters=10))
    assert [[len(source) for source in chunk.sources] for chunk in chunks] == [[30], [1, 1, 9], [0, 1]]
    assert [chunk.first for chunk in chunks] == [1, 2, 5]


def test_a_pipe_is_not_read_to_count_its_lines(lines: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert count_lines(str(tmp_path / "pipe")) is None
    assert count_lines("-") is None
    assert count_lines(str(lines)) == len(LINES)


def test_unknown_words_without_number_are_counted_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "NAMED", 4)
    parts = [Findings(Counter({f"word {n}": 1, "often": 3})) for n in range(50)]
    whole = sum(parts, Findings())
    assert len(whole.unknown) <= 4
    assert whole.unknown["often"] == 150
    assert "200 symbols never seen in training, read as <unk>: 'often' (150)" in whole.notes(random_bundle())[0]


def test_only_outputs_that_the_dictionary_gave_are_counted_as_such() -> None:
    chunk = Chunk(1, ["xa", "a", "a" * 13, "  "], ["", "B", "", ""])
    _, found = predict_chunk(random_bundle(), chunk, Options(dictionary={"xa": "A", "a": "A", "a" * 13: "A"}))
    assert (found.from_dictionary, found.unknown, found.too_long) == (2, Counter(), 0)


# Forms


def test_every_form_has_what_it_names() -> None:
    bundle, chunk = random_bundle(), Chunk(5, ["abc", "", "xb"])
    beam = BeamSearch(3, n_best=2)
    found = bundle.predict(chunk.sources, beam, lines=[5, 6, 7])
    scores, _ = predict_chunk(bundle, chunk, Options(beam, form="scores"))
    assert scores == [f"{one[0].log_prob:.4f}\t{one[0].text}" for one in found]
    rows = [json.loads(line) for line in predict_chunk(bundle, chunk, Options(beam, form="json"))[0]]
    assert [row["line"] for row in rows] == [5, 6, 7]
    assert [row["source"] for row in rows] == chunk.sources
    assert [[one["text"] for one in row["outputs"]] for row in rows] == [[one.text for one in row] for row in found]
    assert rows[2]["unknown"] == ["x"]


# Going on


def test_a_finished_file_is_all_there_is(lines: Path, tmp_path: Path) -> None:
    output = OutputFile(str(tmp_path / "out.txt"), {}, resume=False)
    output.write(answers(lines))
    whole = [line for _, part, _ in answers(lines) for line in part]
    assert (tmp_path / "out.txt").read_text("utf-8").split("\n")[:-1] == whole
    assert {path.name for path in tmp_path.iterdir()} == {"lines.txt", "out.txt"}


def test_an_input_that_is_refused_at_once_leaves_nothing(lines: Path, tmp_path: Path) -> None:
    lines.write_text("abc\n" + "a" * 100, encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        OutputFile(str(tmp_path / "out.txt"), {}, resume=False).write(answers(lines))
    assert {path.name for path in tmp_path.iterdir()} == {"lines.txt"}


def test_after_a_line_far_behind_is_mended_the_file_is_gone_on_with(lines: Path, tmp_path: Path) -> None:
    good = lines.read_bytes()
    OutputFile(str(tmp_path / "whole.txt"), {}, resume=False).write(answers(lines))
    lines.write_text("\n".join([*LINES[:-1], "a" * 100]), encoding="utf-8")
    with pytest.raises(ValueError, match=f"line {len(LINES)}"):
        OutputFile(str(tmp_path / "out.txt"), {}, resume=False).write(answers(lines))
    lines.write_bytes(good)
    output = OutputFile(str(tmp_path / "out.txt"), {}, resume=True)
    assert output.lines_done == 288
    assert go_on(output, lines) == go_on(OutputFile(str(tmp_path / "again.txt"), {}, resume=False), lines)
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()


def interrupted(found: Iterator[Answer], after: int) -> Iterator[Answer]:
    for number, answer in enumerate(found):
        if number == after:
            raise KeyboardInterrupt
        yield answer


def test_after_ctrl_c_the_file_is_gone_on_with(lines: Path, tmp_path: Path) -> None:
    OutputFile(str(tmp_path / "whole.txt"), {}, resume=False).write(answers(lines))
    with pytest.raises(KeyboardInterrupt):
        OutputFile(str(tmp_path / "out.txt"), {"seed": 1}, resume=False).write(interrupted(answers(lines), 3))
    assert not (tmp_path / "out.txt").exists()
    with pytest.raises(ValueError, match="go on with --resume, or delete it"):
        OutputFile(str(tmp_path / "out.txt"), {"seed": 1}, resume=False)
    with pytest.raises(ValueError, match="begun with another seed"):
        OutputFile(str(tmp_path / "out.txt"), {"seed": 2}, resume=True)
    output = OutputFile(str(tmp_path / "out.txt"), {"seed": 1}, resume=True)
    assert output.lines_done == 48
    go_on(output, lines)
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()
    with pytest.raises(ValueError, match="nothing to resume"):
        OutputFile(str(tmp_path / "out.txt"), {"seed": 1}, resume=True)


@pytest.fixture
def broken_off(lines: Path, tmp_path: Path) -> Path:
    """Where outputs were to go, of which 48 are there."""
    with pytest.raises(KeyboardInterrupt):
        OutputFile(str(tmp_path / "out.txt"), {}, resume=False).write(interrupted(answers(lines), 3))
    return tmp_path / "out.txt"


@pytest.mark.parametrize(
    "changed", [["other", *LINES[1:]], [*LINES[:47], "other"], LINES[:40], [], LINES[:48] + LINES[:1]], ids=len
)
def test_an_input_whose_done_lines_have_changed_is_refused(lines: Path, broken_off: Path, changed: list[str]) -> None:
    lines.write_text("".join(f"{line}\n" for line in changed), encoding="utf-8")
    before = broken_off.with_name("out.txt.partial").read_bytes()
    output = OutputFile(str(broken_off), {}, resume=True)
    if changed[:48] == LINES[:48]:
        go_on(output, lines)
        assert broken_off.read_bytes().count(b"\n") == 49
        return
    with pytest.raises(ValueError, match="begun with another input: its first 48 lines"):
        go_on(output, lines)
    assert broken_off.with_name("out.txt.partial").read_bytes() == before
    assert not output.has_grown


def test_an_unfinished_file_that_has_been_cut_is_refused(lines: Path, broken_off: Path) -> None:
    broken_off.with_name("out.txt.partial").write_bytes(b"cut\n")
    with pytest.raises(ValueError, match=r"out.txt.partial has been cut"):
        go_on(OutputFile(str(broken_off), {}, resume=True), lines)


def test_of_two_that_write_one_file_the_second_is_refused_and_harms_nothing(lines: Path, tmp_path: Path) -> None:
    said = []
    late = OutputFile(str(tmp_path / "out.txt"), {}, resume=False)

    def meanwhile(found: Iterator[Answer]) -> Iterator[Answer]:
        for number, answer in enumerate(found):
            if number == 3:
                for begin in (lambda: OutputFile(str(tmp_path / "out.txt"), {}, resume=False), lambda: late):
                    with pytest.raises(ValueError, match=rf"written by another henkan predict \(process {os.getpid()}"):
                        go_on(begin(), lines)
                    said.append(number)
            yield answer

    OutputFile(str(tmp_path / "out.txt"), {}, resume=False).write(meanwhile(answers(lines)))
    assert said == [3, 3]
    assert (tmp_path / "out.txt").read_text("utf-8").split("\n")[:-1] == [
        line for _, part, _ in answers(lines) for line in part
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"lines.txt", "out.txt"}


def test_a_lock_that_a_killed_process_left_is_in_nobodys_way(lines: Path, broken_off: Path) -> None:
    broken_off.with_name("out.txt.partial.lock").write_text("1", encoding="utf-8")
    with pytest.raises(ValueError, match="go on with --resume, or delete it"):
        OutputFile(str(broken_off), {}, resume=False)
    assert not broken_off.with_name("out.txt.partial.lock").exists()
    broken_off.with_name("out.txt.partial.lock").write_text("1", encoding="utf-8")
    go_on(OutputFile(str(broken_off), {}, resume=True), lines)
    assert {path.name for path in broken_off.parent.iterdir()} == {"lines.txt", "out.txt"}


def test_a_kill_just_after_the_file_has_its_name_is_in_nobodys_way(lines: Path, broken_off: Path) -> None:
    broken_off.with_name("out.txt.partial").rename(broken_off)
    go_on(OutputFile(str(broken_off), {}, resume=False), lines)
    assert broken_off.read_bytes().count(b"\n") == len(LINES)
    assert {path.name for path in broken_off.parent.iterdir()} == {"lines.txt", "out.txt"}


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="a device or a pipe"):
        OutputFile(str(tmp_path / "pipe"), {}, resume=False)


def test_whatever_decides_the_outputs_is_noticed(bundle: Path, tmp_path: Path) -> None:
    random_bundle(seed=4).save(tmp_path / "other")
    wishes = [
        ([bundle], Options(), "cpu"),
        ([tmp_path / "other"], Options(), "cpu"),
        ([bundle, bundle], Options(), "cpu"),
        ([bundle], Options(), "cuda"),
        ([bundle], Options(seed=1), "cpu"),
        ([bundle], Options(max_len=4), "cpu"),
        ([bundle], Options(form="json"), "cpu"),
        ([bundle], Options(BeamSearch(4)), "cpu"),
        ([bundle], Options(BeamSearch(4, 0.5)), "cpu"),
        ([bundle], Options(dictionary={"a": "b"}), "cpu"),
    ]
    found = [what_decides(paths, random_bundle(), *rest) for paths, *rest in wishes]
    assert all(found.count(one) == 1 for one in found)
    assert what_decides([bundle], random_bundle(), Options(max_len=10), "cpu") == found[0]  # its limit anyway
    assert json.loads(json.dumps(found)) == found


KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from henkan.workflow.predict import Chunk, Findings
from henkan.workflow.predict_file import OutputFile

out = Path({out!r})
output = OutputFile(str(out), {{}}, resume=out.with_name(out.name + ".partial.json").exists())
print("begun", flush=True)
chunks = output.still_to_do(Chunk(7 * n + 1, [str(n)] * 7) for n in range(400))
output.write((chunk, [f"line {{chunk.first}}"] * 7, Findings()) for chunk in chunks)
"""


@pytest.mark.slow
def test_kills_at_any_moment_end_in_the_same_file(tmp_path: Path) -> None:
    out, state = tmp_path / "out.txt", tmp_path / "out.txt.partial.json"
    code = KILLED.format(tests=str(Path(__file__).parent.parent), out=str(out))
    draw, kills, done = random.Random(1), 0, set()
    while not out.exists():
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        if kills < 25:
            time.sleep(draw.uniform(0.0, 0.01))
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
            if state.exists():
                done.add(json.loads(state.read_text("utf-8"))["lines"])
        else:
            assert process.wait() == 0
    assert kills >= 20
    assert len(done) >= 5  # it was killed in many places
    assert out.read_text("utf-8") == "".join(f"line {7 * n + 1}\n" * 7 for n in range(400))
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
