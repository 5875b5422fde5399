"""What the demo shows, on a model that was never trained."""

import sys
from pathlib import Path

import pytest
from bundles import SOURCES, random_bundle, texts

from henkan.data import Example
from henkan.workflow.demo import show_words, some_examples


@pytest.fixture
def examples() -> list[Example]:
    """Ten sources, of which the model gets one right, by its second reference."""
    bundle = random_bundle(target_kind="separator")
    answers = dict(zip(SOURCES, texts(bundle, SOURCES), strict=True))
    return [Example(source, ("X", answers[source]) if source == "ab cd" else ("X",)) for source in SOURCES]


def test_each_word_is_marked_right_or_wrong(examples: list[Example], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    lines: list[str] = []
    show_words(random_bundle(target_kind="separator"), examples, tmp_path, lines.append)
    assert lines[1] == "10 words it has never seen (1 right)"
    table = lines[3:13]
    assert [line.split("  ")[1] for line in table if " right " in line] == ["ab cd"]
    assert sum(" WRONG " in line for line in table) == 9
    assert " or " in next(line for line in table if " right " in line)
    assert "for 'ab cd'" in lines[-2]  # the picture is of a word that is right
    assert lines[-1] == f"  {tmp_path / 'attention.png'}"
    assert (tmp_path / "attention.png").exists()


def test_the_demo_goes_on_without_matplotlib(
    examples: list[Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    lines: list[str] = []
    show_words(random_bundle(target_kind="separator"), examples, tmp_path, lines.append)
    assert lines[-1] == '  No picture: figures need matplotlib: pip install "henkan[plot]"'


def test_the_words_are_the_same_in_every_run(examples: list[Example]) -> None:
    assert some_examples(examples, 4) == some_examples(list(reversed(examples)), 4)
    assert len({example.source for example in some_examples(examples, 4)}) == 4
