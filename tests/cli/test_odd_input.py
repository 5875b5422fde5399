"""What looks odd and is a file of pairs all the same: read, learned from, and answered line by line."""

import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from henkan.bundle import Bundle

from .bad_files import ODD_SOURCES
from .conftest import TINY, Henkan

ROWS = [f"{a}{b}{c}\t{c}{b}{a}" for a in "abcd" for b in "日本語" for c in "xyz"]
NO_TEST = ("--data.test_share", "0")


def as_json(row: str) -> str:
    """The row as a JSON line."""
    source, target = row.split("\t")
    return f'{{"source": "{source}", "target": "{target}"}}'


FORMS = {
    "with a byte order mark and Windows line ends": ("\ufeff" + "\r\n".join(ROWS) + "\r\n").encode(),
    "without a last newline": "\n".join(ROWS).encode(),
    "packed with gzip": gzip.compress("\n".join(ROWS).encode()),
    "packed in several parts": gzip.compress("\n".join([*ROWS[:5], ""]).encode())
    + gzip.compress("\n".join(ROWS[5:]).encode()),
    "as JSON lines": "\n".join(map(as_json, ROWS)).encode(),
    "as JSON lines, packed": gzip.compress("\n".join(map(as_json, ROWS)).encode()),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The weights that the same pairs give as plain columns."""
    from henkan.cli import main

    folder = tmp_path_factory.mktemp("plain")
    (folder / "pairs.tsv").write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    assert main(["train", str(folder / "pairs.tsv"), *TINY, *NO_TEST, "--out", str(folder / "out")]) == 0
    return (folder / "out" / "model.safetensors").read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_a_file_changes_nothing(henkan: Henkan, tmp_path: Path, plain: bytes, form: str) -> None:
    (tmp_path / "pairs").write_bytes(FORMS[form])
    assert henkan("train", "./pairs", *TINY, *NO_TEST, "--out", "out").status == 0
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == plain
    assert henkan("evaluate", "out", "./pairs").status == 0
    assert henkan("score", "out", "./pairs").out.count("\n") == len(ROWS)


def test_two_files_side_by_side_are_the_same_pairs(henkan: Henkan, tmp_path: Path, plain: bytes) -> None:
    for side, name in enumerate(("a.src", "a.tgt")):
        (tmp_path / name).write_text("".join(row.split("\t")[side] + "\n" for row in ROWS), encoding="utf-8")
    assert henkan("train", "a.src", "--targets", "a.tgt", *TINY, *NO_TEST, "--out", "out").status == 0
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == plain
    from_columns = henkan("evaluate", "out", "a.src", "--targets", "a.tgt")
    assert from_columns.status == 0
    assert henkan("score", "out", "a.src", "--targets", "a.tgt").out.count("\n") == len(ROWS)


def test_the_standard_input_is_a_file_like_others(
    henkan: Henkan, tmp_path: Path, plain: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*arguments: object) -> str:
        data = io.BytesIO("\n".join(ROWS).encode())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(data, encoding="utf-8"))
        result = henkan(*arguments)
        assert (result.status, result.err) == (0, "")
        return result.out

    run("train", "-", *TINY, *NO_TEST, "--out", "out")
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == plain
    assert f"{len(ROWS)}" in run("evaluate", "out", "-")
    assert run("score", "out", "-").count("\n") == len(ROWS)
    result = henkan("evaluate", "out")
    assert result.status == 2
    assert "trained on pairs from the standard input" in result.err


@pytest.mark.parametrize("kind", ODD_SOURCES)
def test_odd_characters_are_learned_and_answered_line_by_line(henkan: Henkan, tmp_path: Path, kind: str) -> None:
    sources = [f"{letter}{ODD_SOURCES[kind]}{letter}" for letter in "abcdef"]
    text = "".join(f"{source}\t{source[::-1]}\n" for source in sources)
    (tmp_path / "pairs.tsv").write_bytes(text.encode())
    characters = ("--data.source_tokenizer", "characters", "--data.target_tokenizer", "characters")
    assert henkan("train", "pairs.tsv", *TINY, *NO_TEST, *characters, "--out", "out").status == 0
    bundle = Bundle.load("out")
    tokenizer = bundle.source_tokenizer
    assert tokenizer.decode(tokenizer.encode(ODD_SOURCES[kind])) == ODD_SOURCES[kind]
    (tmp_path / "lines").write_bytes("".join(f"{source}\n\n" for source in sources).encode())
    assert henkan("predict", "out", "lines", "--out", "answers").status == 0
    answers = (tmp_path / "answers").read_bytes().decode().split("\n")
    assert len(answers) == 2 * len(sources) + 1
    assert set(answers[1::2]) == {""}
    assert henkan("score", "out", "pairs.tsv").out.encode().count(b"\n") == len(sources)


def test_a_tab_in_a_json_text_is_a_character(henkan: Henkan, tmp_path: Path) -> None:
    rows = [f'{{"source": "{a}\\t{b}", "target": "{b}\\t{a}"}}\n' for a in "abc" for b in "xyz"]
    (tmp_path / "pairs.jsonl").write_text("".join(rows), encoding="utf-8")
    assert henkan("train", "pairs.jsonl", *TINY, *NO_TEST, "--out", "out").status == 0
    bundle = Bundle.load("out")
    assert bundle.source_tokenizer.split("a\tx") == ["a", "\t", "x"]
    (tmp_path / "lines").write_text("a\tx\n", encoding="utf-8")
    assert henkan("predict", "out", "lines").status == 0


def test_given_splits_are_taken_as_they_are_and_what_they_share_is_said(henkan: Henkan, tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("\n".join(ROWS), encoding="utf-8")
    (tmp_path / "dev.tsv").write_text("\n".join([*ROWS[:2], "zz\tzz"]), encoding="utf-8")
    (tmp_path / "test.tsv").write_text("\n".join(["zz\tzz", "yy\tyy", ROWS[0]]), encoding="utf-8")
    result = henkan("train", "train.tsv", "--dev", "dev.tsv", "--test", "test.tsv", *TINY, "--out", "out")
    assert (result.status, result.err) == (0, "")
    said = " ".join(result.out.split())
    assert f"{len(ROWS)} to train, 3 dev, 3 test" in said
    assert "(2 of 3 dev, 1 of 3 test)" in said
    assert "2 sources stand in both dev and test" in said


def test_a_name_that_no_bundle_could_store_is_refused(henkan: Henkan, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.tsv")
    (tmp_path / name).write_text("\n".join(ROWS), encoding="utf-8")
    result = henkan("train", name, *TINY)
    assert result.status == 2
    assert r"the name '\udcff.tsv' is not UTF-8" in result.err


@pytest.mark.slow
def test_japanese_names_and_texts_work_in_a_c_locale(tmp_path: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment.pop("PYTHONIOENCODING", None)
    for name, rows in (("対.tsv", ROWS), ("確認.tsv", ROWS[:5])):
        (tmp_path / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "設定.yaml").write_text("training: {label_smoothing: 0.2}  # 設定\n", encoding="utf-8")
    (tmp_path / "行.txt").write_text("a日x\n無\n\n", encoding="utf-8")

    def run(*arguments: str, data: bytes = b"") -> str:
        result = subprocess.run(
            [sys.executable, "-m", "henkan", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            input=data,
        )
        assert result.returncode == 0, result.stderr.decode()
        return result.stdout.decode()

    said = run("train", "対.tsv", "--dev", "確認.tsv", "--config", "設定.yaml", *TINY, "--out", "模型")
    assert "対.tsv" in said
    assert "henkan predict 模型" in said
    answers = run("predict", "模型", "行.txt")
    assert answers.count("\n") == 3
    run("predict", "模型", "行.txt", "--out", "出力.txt")
    assert (tmp_path / "出力.txt").read_bytes().decode() == answers
    assert "確認.tsv" in run("evaluate", "模型", "確認.tsv", "--report", "報告.html")
    assert "日" in (tmp_path / "報告.html").read_text("utf-8")
    assert "a日x\tx日a" in run("score", "模型", "-", data="\n".join(ROWS).encode())
    run("train", "-", *TINY, "--out", "標準入力", data="\n".join(ROWS).encode())
    assert (tmp_path / "標準入力" / "config.json").exists()
