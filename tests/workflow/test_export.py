"""An export is compared with its bundle, and kept if it agrees."""

from pathlib import Path

import pytest
from bundles import SOURCES, random_bundle

from henkan.bundle import Bundle
from henkan.data import Example
from henkan.decoding import BeamSearch, Greedy
from henkan.export import export_folder
from henkan.workflow.compare import Answer, Comparison, compare, lost, read_examples
from henkan.workflow.export import Check, export_bundle
from henkan.workflow.report import silent

pytest.importorskip("ctranslate2")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    random_bundle().save(tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.txt"
    path.write_text("\n".join([*SOURCES, "", "abc"]) + "\n", encoding="utf-8")
    return path


def test_an_export_in_float32_agrees_in_everything(saved: Path, lines: Path) -> None:
    said: list[str] = []
    place = export_bundle(saved, said.append, check=Check(str(lines), min_agreement=1.0))
    assert place == export_folder(saved)
    text = "\n".join(said)
    assert "outputs equal        100.00% (11 of 11)" in text
    assert "tokens equal         100.00%" in text
    assert "points lost" not in text  # lines have no answers
    assert said[-1].startswith(f"{place}: float32, ")


def test_pairs_are_measured_on_both_sides(saved: Path, tmp_path: Path) -> None:
    bundle = Bundle.load(saved)
    right = [(source, bundle.predict([source])[0][0].text) for source in SOURCES]
    rows = [*right[:5], *((source, "x") for source, _ in right[5:])]
    (tmp_path / "pairs.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in rows), encoding="utf-8")
    said: list[str] = []
    export_bundle(saved, said.append, check=Check(str(tmp_path / "pairs.tsv")))
    (line,) = (line for line in said if "exact_match" in line)
    assert line.split() == ["exact_match", "50.00%", "50.00%", "+0.00"]


def test_an_export_that_does_not_agree_is_not_kept(saved: Path, lines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export_bundle(saved, silent)
    before = (export_folder(saved) / "model.bin").read_bytes()
    monkeypatch.setattr(Comparison, "agreement", 0.5)
    said: list[str] = []
    with pytest.raises(ValueError, match=r"50.00% of the outputs are equal, and 90.00% have to be: the export that"):
        export_bundle(saved, said.append, quantization="int8", check=Check(str(lines)))
    assert said[0].startswith("Compared on ")
    assert (export_folder(saved) / "model.bin").read_bytes() == before
    with pytest.raises(ValueError, match=r"nothing was written to .*other"):
        export_bundle(saved, silent, out=saved.parent / "other", check=Check(str(lines)))
    assert not (saved.parent / "other").exists()
    export_bundle(saved, silent, quantization="int8", check=Check(str(lines), min_agreement=0.4))


def test_a_beam_is_compared_with_a_beam(saved: Path, lines: Path) -> None:
    said: list[str] = []
    export_bundle(saved, said.append, check=Check(str(lines), BeamSearch(3), 0.0))
    assert "decoded with a beam of 3 (length penalty 0.6)" in said[0]


def test_agreement_by_hand() -> None:
    ours = [Answer("ab", (5, 6, 2), -1.0), Answer("a", (5, 2), -2.0), Answer("c", (7, 2), -1.5)]
    theirs = [Answer("ab", (5, 6, 2), -1.25), Answer("abb", (5, 6, 6, 2), -2.5), Answer("c", (7, 2), -1.5)]
    found = Comparison([Example("x", ()), Example("y", ()), Example("z", ())], ours, theirs, Greedy())
    assert (found.equal, found.agreement) == (2, 2 / 3)
    assert found.token_agreement == (3 + 1 + 2) / (3 + 4 + 2)
    assert found.score_differences == [0.25, 0.0]
    assert found.describe("file")[-1].split() == ["y", "a", "abb"]


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "shown"),
    [
        ("exact_match", 0.9, 0.88, "+2.00"),
        ("word_error_rate", 0.1, 0.12, "+2.00"),
        ("word_error_rate", 0.12, 0.1, "-2.00"),
        ("bleu", 30.0, 29.5, "+0.50"),
        ("ter", 50.0, 50.5, "+0.50"),
        ("exact_match", 0.5, 0.5, "+0.00"),
        ("word_error_rate", 0.5, 0.5, "+0.00"),
    ],
)
def test_what_is_lost_is_positive_whatever_the_figure_counts(name: str, ours: float, theirs: float, shown: str) -> None:
    assert lost(name, ours, theirs) == shown


def test_a_file_is_lines_or_pairs_as_its_first_line_is(tmp_path: Path) -> None:
    bundle, path = random_bundle(), tmp_path / "file"
    for text, references in (("abc\n", ()), ("\nabc\tX\n", ("X",)), ('{"source": "abc", "target": "X"}\n', ("X",))):
        path.write_text(text, encoding="utf-8")
        assert [(one.source, one.references) for one in read_examples(bundle, path)] == [("abc", references)]


def test_a_file_that_cannot_be_compared_on_is_an_error_before_anything_is_written(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "blank").write_text("\n \n", encoding="utf-8")
    (tmp_path / "long").write_text("a\n" + "a" * 50 + "\n", encoding="utf-8")
    for name, message in (
        ("blank", "has no line to compare on"),
        ("none", "none"),
        ("long", "long, line 2: the source has"),
    ):
        with pytest.raises((ValueError, OSError), match=message):
            export_bundle(saved, silent, check=Check(str(tmp_path / name)))
        assert not export_folder(saved).exists()
    with pytest.raises(ValueError, match=r"--min-agreement 98.0 must lie between 0 and 1"):
        Check("file", min_agreement=98.0)


def test_the_figures_are_those_of_both_engines(saved: Path) -> None:
    bundle = Bundle.load(saved)
    wrong = random_bundle(seed=4)
    examples = [Example(source, (bundle.predict([source])[0][0].text,)) for source in SOURCES]
    found = compare(bundle, wrong.engine, examples, Greedy())
    ours, theirs = found.figures["exact_match"]
    assert (ours, theirs) == (1.0, pytest.approx(found.agreement, abs=0.1))
    assert theirs < 1.0
