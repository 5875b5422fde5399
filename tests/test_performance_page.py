"""Both pages on speed say the same, and their tables are those of the result files."""

import importlib.util
import re
from types import ModuleType

import pytest
from pages import ROOT, blocks, forbidden_forms, inline, links, read_page

PAGES = {name: read_page(f"docs/{name}") for name in ("performance.md", "performance.ja.md")}
ENGLISH, JAPANESE = PAGES.values()
LANGUAGES = {"performance.md": "en", "performance.ja.md": "ja"}


@pytest.fixture(scope="module")
def page_tables() -> ModuleType:
    """The program that makes the tables."""
    spec = importlib.util.spec_from_file_location("page_tables", ROOT / "benchmarks" / "page_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_are_those_of_the_result_files(page: str, page_tables: ModuleType) -> None:
    places = re.findall(r"<!-- table .*? -->\n\|", PAGES[page])
    assert len(places) == PAGES[page].count("<!-- table"), "no table is empty"
    assert page_tables.filled(PAGES[page], LANGUAGES[page]) == PAGES[page]


def test_a_figure_that_differs_would_be_noticed(page_tables: ModuleType) -> None:
    changed = re.sub(r"(henkan, float32 \| )[\d,]+", r"\g<1>999,999", ENGLISH)
    assert changed != ENGLISH
    assert page_tables.filled(changed, "en") == ENGLISH


def test_both_pages_have_the_same_tables_commands_and_names() -> None:
    places = [re.findall(r"<!-- table (.*?) -->", page) for page in PAGES.values()]
    assert places[0] == places[1]
    assert blocks(ENGLISH, "console") == blocks(JAPANESE, "console")
    assert sorted(inline(ENGLISH)) == sorted(inline(JAPANESE))
    shapes = [[line.count("|") for line in page.splitlines() if line.startswith("|")] for page in PAGES.values()]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_is_there(page: str) -> None:
    for _, target in links(PAGES[page]):
        assert (ROOT / "docs" / target.partition("#")[0]).exists(), target
    for script in re.findall(r"benchmarks/[\w/]+\.py", PAGES[page]):
        assert (ROOT / script).exists(), script
    for result in re.findall(r"20\d\d-\d\d-\d\d-[\w.-]+?\.json", PAGES[page]):
        assert (ROOT / "benchmarks" / "results" / result).exists(), result


def test_the_japanese_page_uses_the_terms_of_the_glossary() -> None:
    assert forbidden_forms(JAPANESE) == []
