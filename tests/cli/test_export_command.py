"""``henkan export``, and ``henkan predict --engine``."""

import json
from pathlib import Path

import pytest
from bundles import SOURCES, random_bundle

from henkan.bundle import Bundle
from henkan.export import export_folder, folder

from .conftest import Henkan, files_below

pytest.importorskip("ctranslate2")


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    (tmp_path / "lines.txt").write_text("\n".join(SOURCES) + "\n", encoding="utf-8")
    return Path("lines.txt")


def test_an_export_is_written_compared_and_used(henkan: Henkan, bundle: Path, lines: Path) -> None:
    result = henkan("export", bundle, "--to", "ctranslate2", "--verify", lines)
    assert (result.status, result.err) == (0, "")
    assert "outputs equal        100.00% (10 of 10)" in result.out
    ours = henkan("predict", bundle, lines, "--engine", "torch")
    assert henkan("predict", bundle, lines, "--engine", "ctranslate2") == ours
    assert henkan("predict", bundle, lines) == ours


def test_it_is_ctranslate2_that_answers(
    henkan: Henkan, bundle: Path, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    henkan("export", bundle)
    monkeypatch.setattr(Bundle, "load", lambda *_: pytest.fail("henkan's own weights were read"))
    assert henkan("predict", bundle, lines, "--engine", "ctranslate2").status == 0
    assert henkan("predict", bundle, lines).status == 0
    for options in (["--scores"], ["--json"], ["--max-len", "3"]):
        assert henkan("predict", bundle, lines, *options).status == 0


def test_several_processes_write_the_same(henkan: Henkan, bundle: Path, lines: Path, tmp_path: Path) -> None:
    henkan("export", bundle)
    henkan("predict", bundle, lines, "--engine", "ctranslate2", "--out", "one.txt")
    result = henkan("predict", bundle, lines, "--engine", "ctranslate2", "--out", "two.txt", "--workers", "2")
    assert result.status == 0
    assert (tmp_path / "one.txt").read_bytes() == (tmp_path / "two.txt").read_bytes()


def test_shares_write_the_same(henkan: Henkan, bundle: Path, lines: Path, tmp_path: Path) -> None:
    henkan("export", bundle)
    for share in ("2/2", "1/2"):
        result = henkan("predict", bundle, lines, "--engine", "ctranslate2", "--out", "shared.txt", "--shard", share)
        assert result.status == 0
    assert (tmp_path / "shared.txt").read_text("utf-8") == henkan("predict", bundle, lines, "--engine", "torch").out


def test_a_beam_of_ctranslate2_has_scores_and_several_outputs(henkan: Henkan, bundle: Path, lines: Path) -> None:
    henkan("export", bundle)
    options = ["--engine", "ctranslate2", "--beam", "4", "--n-best", "3"]
    result = henkan("predict", bundle, lines, *options)
    assert (result.status, len(result.out.splitlines())) == (0, 3 * len(SOURCES))
    outputs = [
        json.loads(line)["outputs"] for line in henkan("predict", bundle, lines, *options, "--json").out.splitlines()
    ]
    assert [len(found) for found in outputs] == [3] * len(SOURCES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sample"], "cannot draw each line by a seed of its own"),
        (["--beam", "2", "--prefixes", "lines.txt"], "leaves out outputs that end right behind their prefix"),
        (["--device", "meta"], "on the processor only, not on meta"),
    ],
)
def test_what_ctranslate2_cannot_do_is_refused(
    options: list[str], message: str, henkan: Henkan, bundle: Path, lines: Path
) -> None:
    henkan("export", bundle)
    result = henkan("predict", bundle, lines, "--engine", "ctranslate2", *options)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert result.err.count("\n") == 1


def test_several_bundles_are_not_decoded_by_ctranslate2(henkan: Henkan, bundle: Path, lines: Path) -> None:
    result = henkan("predict", bundle, bundle, lines, "--engine", "ctranslate2")
    assert (result.status, result.out) == (2, "")
    assert "several bundles together" in result.err


def test_without_an_export_the_command_is_named(henkan: Henkan, bundle: Path, lines: Path) -> None:
    result = henkan("predict", bundle, lines, "--engine", "ctranslate2")
    assert (result.status, result.out) == (2, "")
    assert "henkan export bundle --to ctranslate2 writes one" in result.err
    assert "there is no bundle nowhere" in henkan("predict", "nowhere", lines, "--engine", "ctranslate2").err


def test_outputs_of_one_engine_are_not_gone_on_with_by_another(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    henkan("export", bundle)
    (tmp_path / "bad.txt").write_text("a\n" * 2000 + "a" * 50 + "\n", encoding="utf-8")
    broken = henkan("predict", bundle, "bad.txt", "--engine", "ctranslate2", "--out", "out.txt")
    assert (broken.status, "--resume goes on" in broken.err) == (2, True)
    (tmp_path / "bad.txt").write_text("a\n" * 2001, encoding="utf-8")
    other = henkan("predict", bundle, "bad.txt", "--engine", "torch", "--out", "out.txt", "--resume")
    assert (other.status, "was begun with another --engine" in other.err) == (2, True)
    same = henkan("predict", bundle, "bad.txt", "--engine", "ctranslate2", "--out", "out.txt", "--resume")
    assert (same.status, len((tmp_path / "out.txt").read_text("utf-8").splitlines())) == (0, 2001)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--to", "onnx"], "invalid choice: 'onnx'"),
        (["--quantization", "int4"], "--quantization: invalid choice: 'int4'"),
        (["--min-agreement", "0.5"], "--min-agreement says how to compare: name a file with --verify FILE"),
        (["--beam", "4"], "--beam says how to compare"),
        (["--verify", "lines.txt", "--min-agreement", "7"], "must lie between 0 and 1"),
        (["--verify", "nothing.txt"], "nothing.txt"),
        (["--out", "lines.txt"], "is no export, so it is not replaced"),
        (["--out", "bundle"], "is no export, so it is not replaced"),
    ],
)
def test_bad_options_are_one_line_and_write_nothing(
    options: list[str], message: str, henkan: Henkan, bundle: Path, lines: Path, tmp_path: Path
) -> None:
    before = files_below(tmp_path)
    result = henkan("export", bundle, *options)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert result.err.count("\n") == 1
    assert files_below(tmp_path) == before


def test_what_is_no_bundle_is_refused(henkan: Henkan, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "is not a bundle (it has no config.json)" in henkan("export", "empty").err
    assert "there is no bundle nowhere" in henkan("export", "nowhere").err


def test_an_export_that_differs_is_status_two_and_leaves_the_disk_as_it_was(
    henkan: Henkan, bundle: Path, lines: Path, tmp_path: Path
) -> None:
    other = random_bundle(seed=4)
    before = files_below(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        from henkan.export import specification

        written = specification.make_specification
        patch.setattr(specification, "make_specification", lambda _: written(other.model))
        result = henkan("export", bundle, "--verify", lines)
    assert result.status == 2
    assert "of the outputs are equal, and 98.00% have to be: nothing was written to" in result.err
    assert "Some that differ (source, henkan, CTranslate2)" in result.out
    assert files_below(tmp_path) == before


def test_without_ctranslate2_everything_else_works(
    henkan: Henkan, bundle: Path, lines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "find_spec", lambda _: None)
    for command in (["export", bundle], ["predict", bundle, lines, "--engine", "ctranslate2"]):
        result = henkan(*command)
        assert (result.status, result.out) == (2, "")
        assert "pip install 'henkan[ctranslate2]'" in result.err
    assert henkan("predict", bundle, lines).status == 0
    assert not export_folder(bundle).exists()
