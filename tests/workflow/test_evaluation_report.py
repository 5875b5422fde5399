"""The page: whole, alone, in two languages, and no text of users can do anything in it."""

import string
from html.parser import HTMLParser
from pathlib import Path

import pytest
from bundles import SOURCES, random_bundle

from henkan.bundle import Bundle
from henkan.data import Example
from henkan.decoding import BeamSearch
from henkan.workflow.evaluate import evaluate_examples
from henkan.workflow.evaluation_report import read_curves, write_report
from henkan.workflow.evaluation_report_texts import TEXTS

EVIL = "<script>alert('x')</script>"
VOID = {"meta", "br", "rect", "line", "circle", "path"}
CURVES = "step,loss,character_error_rate\n10,3.5,\n10,,0.9\n20,2.5,\n20,,0.5\n"


class Page(HTMLParser):
    """What a browser would see: the tags, what they load, all text. Tags that do not match are an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a bundle, with learning curves."""
    folder = tmp_path / "バンドル"
    random_bundle().with_record(metric="character_error_rate", settings={"model": {"d_model": 16}}).save(folder)
    (folder / "metrics.csv").write_text(CURVES, encoding="utf-8")
    return folder


def made(folder: Path, language: str = "en", examples: list[Example] | None = None) -> tuple[str, Page]:
    bundle = Bundle.load(folder)
    if examples is None:
        examples = [Example(source, ("AB", EVIL)) for source in SOURCES]
    path = folder.parent / "report.html"
    write_report(path, bundle, folder, evaluate_examples(bundle, examples), pairs=EVIL, language=language)
    text = path.read_text(encoding="utf-8")
    assert [one.name for one in folder.parent.iterdir() if one.name.endswith(".tmp")] == []
    return text, Page(text)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_page_has_every_part_and_loads_nothing(folder: Path, language: str) -> None:
    _, page = made(folder, language)
    assert ("lang", language) in page.attributes
    assert page.tags.count("section") == 8
    assert page.tags.count("svg") >= 4 + 6  # two curves, lengths, calibration, and what was looked at
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert not {name for name, _ in page.attributes} & {"src", "href", "onload", "onclick"}
    text = "".join(page.text)
    place = 0 if language == "ja" else 1
    for name in ("figures", "curves", "lengths", "calibration", "confusions", "furthest", "surest", "facts"):
        assert TEXTS[name][place] in text
    assert "forced_perplexity" in text
    assert "日本語" in text


def test_markup_in_the_data_is_text(folder: Path) -> None:
    bundle = Bundle.load(folder)
    source = "a<b>&\"'"
    text, page = made(folder, examples=[Example(source, (EVIL,)), Example("a\x1b[0m", ("x",))])
    assert "<script" not in text
    assert EVIL in page.text
    assert source in page.text
    assert "\x1b" not in text
    assert "default-src 'none'" in text
    assert bundle.predict([source])  # it was really decoded


def test_a_perfect_model_has_a_page_too(folder: Path) -> None:
    bundle = Bundle.load(folder)
    outputs = [found[0].text for found in bundle.predict(["a", "b"])]
    _, page = made(folder, examples=[Example("a", (outputs[0] or "x",)), Example("b", (outputs[1] or "x",))])
    assert page.tags.count("section") >= 7


def test_a_bundle_without_curves_or_record_has_a_page_that_says_so(tmp_path: Path) -> None:
    random_bundle().save(tmp_path / "bundle")
    _, page = made(tmp_path / "bundle")
    assert TEXTS["no curves"][1] in page.text


def test_the_beam_is_named(folder: Path) -> None:
    bundle = Bundle.load(folder)
    result = evaluate_examples(bundle, [Example("abc", ("AB",))], BeamSearch(3))
    path = folder.parent / "beam.html"
    write_report(path, bundle, folder, result, language="en")
    text = "".join(Page(path.read_text("utf-8")).text)
    assert "beam of 3" in text
    assert "the held-out test split" in text


def test_a_damaged_curve_file_costs_the_curves_alone(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_bytes(b"\xff\xfe\x00")
    assert read_curves(tmp_path / "metrics.csv") == []
    (tmp_path / "metrics.csv").write_text("step,loss\n1,2,3\n2,abc\n", encoding="utf-8")
    assert [row["step"] for row in read_curves(tmp_path / "metrics.csv")] == ["2"]


def test_both_languages_fill_in_the_same_values() -> None:
    for name, sentences in TEXTS.items():
        fields = [{field for _, field, _, _ in string.Formatter().parse(text) if field} for text in sentences]
        assert fields[0] == fields[1], name
