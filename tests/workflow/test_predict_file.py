"""A whole input: streamed, in several processes, and gone on with after a kill."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bundles import SOURCES, random_bundle

from henkan.decoding import BeamSearch
from henkan.workflow.predict import Chunk, Findings, Options, predict_chunk
from henkan.workflow.predict_file import OutputFile, chunks_of, read_dictionary
from henkan.workflow.workers import Answer, predict_chunks, predict_in_processes

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


def answers(path: Path, *, skip: int = 0, size: int = 16, options: Options | None = None) -> Iterator[Answer]:
    return predict_chunks(random_bundle(), chunks_of(str(path), skip=skip, size=size), options or Options(max_len=6))


# Chunks


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_chunks_are_all_lines_in_their_order(lines: Path, size: int) -> None:
    chunks = list(chunks_of(str(lines), size=size))
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
    chunks = chunks_of(str(lines), str(tmp_path / "prefixes.txt"), size=10)
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


# Several processes


@pytest.mark.slow
def test_several_processes_write_what_one_writes(bundle: Path, lines: Path) -> None:
    chunks = list(chunks_of(str(lines), size=20))
    options = Options(BeamSearch(3, n_best=2), max_len=6, form="n-best")
    alone = list(predict_chunks(random_bundle(), chunks, options))
    assert list(predict_in_processes([str(bundle)], "cpu", chunks, options, 2)) == alone


@pytest.mark.slow
def test_a_worker_that_dies_ends_the_work_with_a_sentence(bundle: Path, lines: Path) -> None:
    import multiprocessing

    found = predict_in_processes([str(bundle)], "cpu", chunks_of(str(lines), size=2), Options(max_len=6), 2)
    next(found)
    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(ValueError, match="--workers 1"):
        list(found)


# Going on


def test_a_finished_file_is_all_there_is(lines: Path, tmp_path: Path) -> None:
    output = OutputFile(str(tmp_path / "out.txt"), {}, resume=False)
    output.write(answers(lines))
    whole = [line for _, part, _ in answers(lines) for line in part]
    assert (tmp_path / "out.txt").read_text("utf-8").split("\n")[:-1] == whole
    assert {path.name for path in tmp_path.iterdir()} == {"lines.txt", "out.txt"}


def test_an_input_that_is_refused_on_the_way_leaves_nothing(lines: Path, tmp_path: Path) -> None:
    lines.write_text("\n".join([*LINES, "a" * 100]), encoding="utf-8")
    with pytest.raises(ValueError, match=f"line {len(LINES) + 1}"):
        OutputFile(str(tmp_path / "out.txt"), {}, resume=False).write(answers(lines))
    assert {path.name for path in tmp_path.iterdir()} == {"lines.txt"}


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
    output.write(answers(lines, skip=output.lines_done))
    assert (tmp_path / "out.txt").read_bytes() == (tmp_path / "whole.txt").read_bytes()
    with pytest.raises(ValueError, match="nothing to resume"):
        OutputFile(str(tmp_path / "out.txt"), {"seed": 1}, resume=True)


KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from henkan.workflow.predict import Findings
from henkan.workflow.predict_file import OutputFile

out = Path({out!r})
output = OutputFile(str(out), {{}}, resume=out.with_name(out.name + ".partial.json").exists())
print("begun", flush=True)
output.write((7, [f"line {{n}}"] * 7, Findings()) for n in range(output.lines_done // 7, 400))
"""


@pytest.mark.slow
def test_kills_at_any_moment_end_in_the_same_file(tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    code = KILLED.format(tests=str(Path(__file__).parent.parent), out=str(out))
    draw, kills = random.Random(1), 0
    while not out.exists():
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        if kills < 20:
            time.sleep(draw.uniform(0.0, 0.01))
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
        else:
            assert process.wait() == 0
    assert kills >= 5
    assert out.read_text("utf-8") == "".join(f"line {n}\n" * 7 for n in range(400))
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
