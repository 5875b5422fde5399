"""Both pages on CTranslate2 say the same, and their commands run in order in one folder."""

import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from pages import ROOT, blocks, cut, forbidden_forms, inline, links, read_page, typed, without_blocks, without_comments
from processors import multiplies_bytes_exactly

from henkan.workflow.export import LEAST_AGREEMENT

pytest.importorskip("ctranslate2")

PAGES = {name: read_page(f"docs/{name}") for name in ("ctranslate2.md", "ctranslate2.ja.md")}
ENGLISH, JAPANESE = PAGES.values()
TYPED = blocks(ENGLISH, "sh")
Session = tuple[Path, list["subprocess.CompletedProcess[str]"]]


def test_both_pages_have_the_same_commands_names_and_links() -> None:
    assert [without_comments(b) for b in TYPED] == [without_comments(b) for b in blocks(JAPANESE, "sh")]
    assert sorted(inline(ENGLISH)) == sorted(inline(JAPANESE))
    assert [target for _, target in links(ENGLISH)[1:]] == [target for _, target in links(JAPANESE)[1:]]
    levels = [re.findall(r"^#+", without_blocks(page), re.MULTILINE) for page in PAGES.values()]
    assert levels[0] == levels[1]
    assert forbidden_forms(JAPANESE) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for _, target in links(PAGES[page]):
        assert (ROOT / "docs" / target).exists(), target


def test_every_option_in_the_text_exists() -> None:
    commands = ("export", "predict", "evaluate")
    known = {
        option
        for name in commands
        for action in import_module(f"henkan.cli.{name}").make_parser()._actions
        for option in action.option_strings
    }
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", without_blocks(ENGLISH))) <= known


def test_the_agreement_asked_for_is_the_one_in_the_text() -> None:
    told = re.search(r"The default is (\S+) for `float32`, (\S+) for `bfloat16` and (\S+) for `int8`\.", ENGLISH)
    assert told is not None
    assert list(map(float, told.groups())) == [LEAST_AGREEMENT[name] for name in ("float32", "bfloat16", "int8")]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The folder of somebody who has typed all of it, and what each block answered."""
    folder = tmp_path_factory.mktemp("reader")
    environment = {"OMP_NUM_THREADS": "1", "HENKAN_CACHE": str(folder / "cache"), "COLUMNS": "120"}
    blocks = [cut(block) for block in TYPED]
    if not multiplies_bytes_exactly():  # a model of so few updates answers by chance: 8 bits change it then
        blocks = [block.replace("--min-agreement 0.9", "--min-agreement 0") for block in blocks]
    return folder, [typed(block, folder, **environment) for block in blocks]


@pytest.mark.parametrize("number", range(len(TYPED)), ids=[block.splitlines()[0][:40] for block in TYPED])
def test_a_block_of_commands_works(number: int, session: Session) -> None:
    done = session[1][number]
    assert done.returncode == 0, f"{TYPED[number]}\n{done.stdout[-1000:]}{done.stderr[-1000:]}"
    assert "error:" not in done.stderr.lower()


def test_outputs_are_those_of_henkan(session: Session) -> None:
    folder, (_, exported, rounded) = session
    outputs = [(folder / name).read_text("utf-8") for name in ("outputs.txt", "same.txt", "own.txt")]
    assert len(outputs[0].splitlines()) == 200
    assert outputs[0] == outputs[1] == outputs[2]
    assert "outputs equal        100.00% (200 of 200)" in exported.stdout
    assert "points lost" in exported.stdout
    assert "runs/pairs/ctranslate2: int8" in rounded.stdout
