"""``henkan evaluate`` with its options."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from bundles import random_bundle

from henkan.config import DataConfig
from henkan.workflow.target import load_target

from .conftest import Henkan

SENTENCES = "abc\tこれは長い日本語の文章です\ncab\t次の駅で電車を降りてください\n"


def test_the_default_for_japanese_is_named(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "ja.tsv").write_text(SENTENCES, encoding="utf-8")
    result = henkan("evaluate", bundle, "ja.tsv")
    assert (result.status, result.err) == (0, "")
    assert "Chosen for Japanese sentences without spaces" in result.out
    assert "BLEU compares characters" in " ".join(result.out.split())
    assert "tok:char" in result.out
    for name in ("exact_match", "character_error_rate", "bleu", "chrf"):
        assert f"  {name} " in result.out
    assert "  word_error_rate " not in result.out


def test_figures_are_those_asked_for(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "p.tsv").write_text("abc\tAB\ncab\tBA\n", encoding="utf-8")
    result = henkan("evaluate", bundle, "p.tsv", "--metrics", "ter, forced_perplexity")
    names = [line.split()[0] for line in result.out.splitlines()[1:4]]
    assert names == ["sources", "ter", "forced_perplexity"]
    wrong = henkan("evaluate", bundle, "p.tsv", "--metrics", "blue")
    assert (wrong.status, wrong.out) == (2, "")
    assert "no figure 'blue': did you mean bleu?" in wrong.err


@pytest.mark.parametrize(("variables", "language"), [({"HENKAN_LANG": "ja"}, "ja"), ({"LC_ALL": "C"}, "en")])
def test_files_are_written_in_the_language_of_the_system(
    henkan: Henkan,
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    language: str,
) -> None:
    monkeypatch.delenv("HENKAN_LANG", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "p.tsv").write_text("abc\tAB\n日本\tBA\n日本\tAB\n", encoding="utf-8")
    files = ["--report", "r.html", "--out", "o.tsv", "--json", "m.json"]
    result = henkan("evaluate", bundle, "p.tsv", *files)
    assert (result.status, result.err) == (0, "")
    assert f'<html lang="{language}">' in (tmp_path / "r.html").read_text("utf-8")
    assert json.loads((tmp_path / "m.json").read_text("utf-8"))["metrics"]["n"] == 2
    assert len((tmp_path / "o.tsv").read_text("utf-8").splitlines()) == 3
    asked = henkan("evaluate", bundle, "p.tsv", "--report", "en.html", "--lang", "en")
    assert asked.status == 0
    assert '<html lang="en">' in (tmp_path / "en.html").read_text("utf-8")


def test_a_file_that_cannot_be_written_is_said_before_anything_is_decoded(henkan: Henkan, bundle: Path) -> None:
    result = henkan("evaluate", bundle, "missing.tsv", "--report", "none/r.html")
    assert result.status == 2
    assert "there is no folder none" in result.err


def test_an_error_names_the_file_and_the_line_of_the_file(henkan: Henkan, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "p.tsv").write_text(f"abc\tAB\n\nabc\tBA\n{'a' * 50}\tA\n", encoding="utf-8")
    result = henkan("evaluate", bundle, "p.tsv")
    assert result.status == 2
    assert "p.tsv, line 4: the source has 50 symbols" in result.err


def test_a_held_out_line_is_named_by_its_line_in_the_training_file(henkan: Henkan, tmp_path: Path) -> None:
    (tmp_path / "p.tsv").write_text("".join(f"{'a' * (40 + n)}\tA\n\n" for n in range(20)), encoding="utf-8")
    described = load_target("p.tsv", DataConfig(dev_share=0.1, test_share=0.4), {})
    replace(random_bundle(), data=described.description).save("bundle")
    longest = max(described.splits.test, key=lambda example: len(example.source))
    result = henkan("evaluate", "bundle")
    assert result.status == 2
    assert f"p.tsv, line {longest.line}: the source has {len(longest.source)} symbols" in result.err
    assert longest.line % 2 == 1
    assert henkan("evaluate", "bundle", "--json", "m.json").status == 2
    assert not Path("m.json").exists()
