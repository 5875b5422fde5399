"""How likely given pairs are."""

from pathlib import Path

import pytest
import torch
from bundles import random_bundle

from henkan.bundle import Bundle
from henkan.data import Tokenizer
from henkan.nn import Transformer
from henkan.workflow.score import HEADER, score_file


def test_each_line_gets_its_score(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("abc\tAB\n\nabc\tAB\nabc\tBA\n", encoding="utf-8")
    bundle = random_bundle()
    lines, notes = score_file(bundle, path)
    assert notes == []
    assert len(lines) == 4
    assert lines[1] == ""
    assert lines[0] == lines[2] != lines[3]
    row = dict(zip(HEADER.split("\t"), lines[0].split("\t"), strict=True))
    assert (row["source"], row["target"]) == ("abc", "AB")
    expected = bundle.score([("abc", "AB")])[0]
    assert float(row["log_prob"]) == pytest.approx(expected.log_prob, abs=1e-3)
    assert float(row["per_token"]) == pytest.approx(expected.log_prob / 3, abs=1e-3)


def test_unknown_symbols_of_both_sides_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("xyz\tAB\na\t??\n", encoding="utf-8")
    _, notes = score_file(random_bundle(), path)
    assert [note.partition(",")[0] for note in notes] == [
        "sources: 3 symbols never seen in training",
        "targets: 2 symbols never seen in training",
    ]


@pytest.mark.parametrize(("text", "said"), [("abc\n", "line 1 has no tab"), ("a\tA\na\tA\tx\n", "line 2 has 3 col")])
def test_a_line_that_is_no_pair_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        score_file(random_bundle(), path)


def test_tags_stand_in_the_third_column(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("abc\tAB\tV;PST\n", encoding="utf-8")
    plain = random_bundle()
    with pytest.raises(ValueError, match="line 1 has 3 columns instead of 2"):
        score_file(plain, path)
    source = Tokenizer.train("characters", ["abcdefgh 日本語\tV;PST;N"], features=True)
    torch.manual_seed(1)
    model = Transformer(len(source.vocabulary), len(plain.target_tokenizer.vocabulary), 16, 1, 2, 32, 40).eval()
    bundle = Bundle(model, source, plain.target_tokenizer, plain.limits, {}, {})
    lines, notes = score_file(bundle, path)
    assert notes == []
    assert float(lines[0].split("\t")[0]) == pytest.approx(bundle.score([("abc\tV;PST", "AB")])[0].log_prob, abs=1e-3)


def test_every_form_of_pairs_is_scored_alike(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("abc\tAB\n\nabc\tBA\n", encoding="utf-8")
    (tmp_path / "sources").write_text("abc\n\nabc\n", encoding="utf-8")
    (tmp_path / "targets").write_text("AB\n\nBA\n", encoding="utf-8")
    rows = '{"source": "abc", "target": "AB"}\n\n{"source": "abc", "target": "BA"}\n'
    (tmp_path / "pairs.jsonl").write_text(rows, encoding="utf-8")
    (tmp_path / "several.jsonl").write_text('{"source": "abc", "targets": ["AB", "BA"]}\n', encoding="utf-8")
    bundle = random_bundle()
    expected = score_file(bundle, tmp_path / "pairs.tsv")
    assert [bool(line) for line in expected[0]] == [True, False, True]
    assert score_file(bundle, tmp_path / "pairs.jsonl") == expected
    assert score_file(bundle, tmp_path / "sources", tmp_path / "targets") == expected
    assert score_file(bundle, tmp_path / "several.jsonl")[0] == [expected[0][0], expected[0][2]]
