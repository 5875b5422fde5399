"""``henkan explain``: the card of an equation as it stands, in the language of the reader."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from henkan.cli import main
from henkan.course.explain import explain
from henkan.course.ledger import anchor, equation, labels
from henkan.course.plain_formula import plain_formula
from henkan.course.source import LIBRARY
from henkan.course.text import LANGUAGES, Language

JAPANESE = re.compile("[ぁ-んァ-ン一-龯]")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HENKAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("label", labels())
def test_a_card_has_formula_line_shapes_and_numbers(label: str, language: Language) -> None:
    found, place, card = equation(label), anchor(label), explain(label, language)
    assert found.title.say(language) in card
    assert plain_formula(found.latex) in card
    assert found.latex in card
    assert f"{place.where}\n" in card
    assert place.code in card
    for symbol in found.symbols:
        assert re.search(
            rf"{re.escape(symbol.variable)} +{re.escape(symbol.shape)}.*{re.escape(symbol.meaning.say(language))}", card
        )
    assert [line.strip() for line in card.splitlines()][-len(found.worked) :] == list(map(plain_formula, found.worked))


@pytest.mark.parametrize("label", labels())
def test_a_card_is_in_one_language(label: str) -> None:
    assert not JAPANESE.search(explain(label, "en"))
    assert JAPANESE.search(explain(label, "ja"))


def test_the_line_is_the_one_that_stands_in_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "eq-sdpa", "--lang", "en"]) == 0
    file, line = re.search(r"(henkan/\S+\.py):(\d+)", capsys.readouterr().out).groups()
    source = LIBRARY.parent.joinpath(file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert source.endswith("# [eq-sdpa]")


def test_the_numbers_of_the_two_tokens_are_put_in(capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "eq-sdpa"])
    assert "z₁ = 0.637767 × 0.3 + 0.362233 × 0.9 = 0.517340" in capsys.readouterr().out


def test_without_a_label_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    listed = re.findall(r"^  (\S+)", capsys.readouterr().out, re.MULTILINE)
    assert listed == labels()


def test_a_label_may_be_copied_with_its_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "[eq-sdpa]"]) == 0
    with_brackets = capsys.readouterr().out
    main(["explain", "eq-sdpa"])
    assert capsys.readouterr().out == with_brackets


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "did you mean eq-sdpa?"), ("ja", "eq-sdpa のことでしょうか")]
)
@pytest.mark.parametrize("typed", ["eq-sdap", "sdpa", "eq_sdpa", "eq-spda"])
def test_an_unknown_label_is_one_line_with_the_nearest(
    typed: str, language: Language, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", typed, "--lang", language]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert typed in said.err
    assert sentence in said.err


def test_a_label_near_to_nothing_leads_to_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "tensor"]) == 2
    assert capsys.readouterr().err.strip().endswith("henkan explain lists them all")


@pytest.mark.parametrize(
    ("environment", "arguments", "language"),
    [
        ({}, [], "en"),
        ({"LANG": "ja_JP.UTF-8"}, [], "ja"),
        ({"LANG": "en_US.UTF-8"}, [], "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ja_JP.UTF-8"}, [], "ja"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, [], "ja"),
        ({"LANG": "ja_JP.UTF-8", "HENKAN_LANG": "en"}, [], "en"),
        ({"LANG": "ja_JP.UTF-8", "HENKAN_LANG": "ja"}, ["--lang", "en"], "en"),
        ({"HENKAN_LANG": "en"}, ["--lang", "ja"], "ja"),
    ],
)
def test_the_language_is_the_options_then_henkans_then_the_systems(
    environment: dict[str, str],
    arguments: list[str],
    language: Language,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["explain", "eq-dot", *arguments]) == 0
    assert capsys.readouterr().out.strip() == explain("eq-dot", language)


def test_an_unknown_language_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HENKAN_LANG", "fr")
    assert main(["explain", "eq-dot"]) == 2
    assert "choose ja or en" in capsys.readouterr().err


def test_explaining_takes_no_torch() -> None:
    code = "import sys; from henkan.cli import main; main(['explain', 'eq-sdpa']); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, cwd=Path(__file__).parent)
    assert done.returncode == 0, done.stderr.decode()
