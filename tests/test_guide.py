"""Both guides say the same, their commands run in order in one folder, and they name every option that there is."""

import re
import shlex
import shutil
import subprocess
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
from pages import ROOT, blocks, cut, forbidden_forms, inline, links, read_page, typed, without_blocks, without_comments

from henkan.bundle import Bundle
from henkan.cli.parser import Parser
from henkan.cli.train import make_parser
from henkan.config import DataConfig, ModelConfig, TrainingConfig

PAGES = {name: read_page(f"docs/{name}") for name in ("guide.md", "guide.ja.md")}
ENGLISH, JAPANESE = PAGES.values()
COMMANDS = {
    "train": make_parser(None),
    **{name: import_module(f"henkan.cli.{name}").make_parser() for name in ("predict", "evaluate", "score", "export")},
}
CONFIGS = {"data": DataConfig, "model": ModelConfig, "training": TrainingConfig}
STEPS = 2  # of each training: what is learned does not matter here
NOTHING, CHOSEN = "–", "chosen"
IN_ENGLISH = {"自動": CHOSEN}
NAMED = re.compile(r"`[^`\n]*\bhenkan (train|predict|evaluate|score|export)\b")
Session = tuple[Path, list["subprocess.CompletedProcess[str]"]]
OPTION = re.compile(r"(?<![\w-])--[a-z][\w.-]*")


# Both say the same


def tables(page: str) -> list[list[list[str]]]:
    """The cells of each table, its head first, without the line below the head."""
    found = re.findall(r"(?:^\|.*\|\n)+", without_blocks(page), re.MULTILINE)
    rows = [[[c.strip() for c in line.strip("|").split(" | ")] for line in table.splitlines()] for table in found]
    return [[head, *body] for head, _, *body in rows]


def option_tables(page: str) -> list[list[list[str]]]:
    return [table for table in tables(page) if table[0][1] in ("default", "既定値")]


def test_both_guides_have_the_same_commands_and_names() -> None:
    assert [without_comments(b) for b in blocks(ENGLISH, "sh")] == [without_comments(b) for b in blocks(JAPANESE, "sh")]
    assert sorted(inline(ENGLISH)) == sorted(inline(JAPANESE))


def test_both_guides_have_the_same_links_and_headings() -> None:
    assert links(ENGLISH)[0] == ("日本語", "guide.ja.md")
    assert links(JAPANESE)[0] == ("English", "guide.md")
    assert [target for _, target in links(ENGLISH)[1:]] == [target for _, target in links(JAPANESE)[1:]]
    levels = [re.findall(r"^#+(?: \d+\.)?", without_blocks(page), re.MULTILINE) for page in PAGES.values()]
    assert levels[0] == levels[1]


def test_both_guides_have_the_same_tables() -> None:
    both = [[[(len(row), *names(row[0])) for row in table[1:]] for table in tables(page)] for page in PAGES.values()]
    assert len(both[0]) == 17
    assert both[0] == both[1]
    defaults = [
        [IN_ENGLISH.get(row[1], row[1]) for table in option_tables(page) for row in table[1:]]
        for page in PAGES.values()
    ]
    assert defaults[0] == defaults[1]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for _, target in links(PAGES[page]):
        assert (ROOT / "docs" / target).exists(), target


def test_the_japanese_guide_uses_the_terms_of_the_glossary() -> None:
    assert forbidden_forms(JAPANESE) == []


# Options


def options_of(parser: Parser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}


def options_in_tables(command: str) -> dict[str, str]:
    """The options that the tables have for a command, and their defaults."""
    return {
        option: row[1]
        for title, table in titled_tables()
        if title == command
        for row in table[1:]
        for option in names(row[0])
    }


def titled_tables() -> list[tuple[str, list[list[str]]]]:
    """Each table of options with the command that its head, or else the heading above it, names."""
    found = []
    for section in re.split(r"^(?=## )", without_blocks(ENGLISH), flags=re.MULTILINE):
        above = NAMED.search(section.split("\n", 1)[0])
        for table in option_tables(section):
            named = NAMED.search(table[0][0]) or above
            assert named is not None, table[0]
            found.append((named[1], table))
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_the_tables_have_every_option_and_no_other(command: str) -> None:
    assert set(options_in_tables(command)) == options_of(COMMANDS[command])


@pytest.mark.parametrize("section", CONFIGS)
def test_the_defaults_are_those_of_the_configuration(section: str) -> None:
    written = options_in_tables("train")
    for field in fields(CONFIGS[section]):
        shown = written[f"--{section}.{field.name}"]
        default = field.default
        expected = NOTHING if default is None else '`" "`' if default == " " else f"`{default}`"
        assert shown in (CHOSEN, expected), field.name


def test_what_henkan_chooses_is_called_chosen(session: Session) -> None:
    report = session[1][0].stdout.split("Chosen (")[1].split("This model has")[0]
    known = {field.name: f"--{section}.{field.name}" for section, config in CONFIGS.items() for field in fields(config)}
    settings = [re.split(r" {2,}", line[12:])[0] for line in report.splitlines()[1:] if line[12:13].strip()]
    chosen = {known[setting.split()[0]] for line in settings for setting in line.split(", ")}
    written = {option for option, default in options_in_tables("train").items() if default == CHOSEN}
    of_subwords = {"--data.source_vocabulary", "--data.target_vocabulary", "--model.tie_embeddings"}
    assert chosen == written - of_subwords


def mentions(page: str) -> list[tuple[str, str]]:
    """Command and option of each option in the text.

    The command is the one named before it in its cell or paragraph; without one, the first that is named there at all;
    else that of the head of its table; else that of the heading above.
    """
    found, heading, head = [], "", ""
    for line in without_blocks(page).splitlines():
        heading = line if line.startswith("## ") else heading
        is_row = line.startswith("| ")
        head = (head or line) if is_row else ""
        for match in OPTION.finditer(line):
            before = line[: match.start()]
            cell = before.rpartition(" | ")[2] if is_row else before
            named = NAMED.findall(cell)[-1:] + NAMED.findall(line) + NAMED.findall(head) + NAMED.findall(heading)
            found.append((named[0] if named else "", match[0].rstrip(".")))
    return found


def paragraphs_as_lines(page: str) -> str:
    """The page with each paragraph in one line, as the Japanese page has them."""
    return re.sub(r"(?<=[^\n|])\n(?=[^\n|#-])", " ", without_blocks(page))


@pytest.mark.parametrize("page", PAGES)
def test_every_option_in_the_text_is_one_of_the_command_it_is_named_for(page: str) -> None:
    found = mentions(paragraphs_as_lines(PAGES[page]))
    assert len(found) > 100
    for command, option in found:
        assert command in COMMANDS, option
        assert option in options_of(COMMANDS[command]), f"{command} {option}"


VALUED = {code for code in inline(ENGLISH) if re.match(r"henkan \w+ --\S+ ", code)}


@pytest.mark.parametrize("code", sorted(VALUED))
def test_an_option_with_a_value_in_the_text_is_accepted(code: str) -> None:
    command, *arguments = shlex.split(code)[1:]
    COMMANDS[command].given(["any.tsv", *arguments])


# What it quotes


QUOTED = [name for t in tables(ENGLISH) if t[0][0] in ("line", "symptom") for row in t[1:] for name in names(row[0])]


@pytest.mark.parametrize("words", QUOTED)
def test_what_henkan_is_said_to_say_stands_in_its_code(words: str) -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "src" / "henkan").rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*f?"', "", code)  # of texts that are written in several pieces
    for part in words.split("…"):
        plain = re.escape(part.strip())
        assert re.search(plain.removesuffix(":"), joined), part


# The commands


TYPED = blocks(ENGLISH, "sh")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The folder of somebody who has typed all of it, and what each block answered."""
    folder = tmp_path_factory.mktemp("reader")
    environment = {"OMP_NUM_THREADS": "1", "HENKAN_CACHE": str(folder / "cache"), "COLUMNS": "120"}
    return folder, [typed(cut(block, STEPS), folder, **environment) for block in TYPED]


@pytest.mark.parametrize("number", range(len(TYPED)), ids=[block.splitlines()[0][:40] for block in TYPED])
def test_a_block_of_commands_works(number: int, session: Session) -> None:
    done = session[1][number]
    assert done.returncode == 0, f"{TYPED[number]}\n{done.stdout[-1000:]}{done.stderr[-1000:]}"
    assert "error:" not in done.stderr.lower()


def test_the_files_are_those_of_the_table(session: Session) -> None:
    table = next(table for table in tables(ENGLISH) if table[0][0] == "file")
    named = {name for row in table[1:] for name in names(row[0])}
    assert named == {path.name for path in (session[0] / "runs" / "pairs").iterdir()}
    assert (session[0] / "runs" / "second" / "tensorboard").is_dir()


def test_the_first_three_lines_of_the_table_make_a_bundle(session: Session, tmp_path: Path) -> None:
    table = next(table for table in tables(ENGLISH) if table[0][0] == "file")
    for name in (name for row in table[1:4] for name in names(row[0])):
        shutil.copy(session[0] / "runs" / "pairs" / name, tmp_path)
    whole, part = Bundle.load(session[0] / "runs" / "pairs"), Bundle.load(tmp_path)
    assert part.predict(["3 May 1990"])[0] == whole.predict(["3 May 1990"])[0]


def test_each_form_is_read_as_the_guide_says(session: Session) -> None:
    folder, _ = session
    lines = (folder / "verbs.tsv").read_text("utf-8").splitlines()
    assert lines[0] == "walk\twalked\tV;PST"
    assert {"\nV", "\nPST"} <= set(Bundle.load(folder / "runs" / "verbs").source_tokenizer.vocabulary.symbols)
    assert Bundle.load(folder / "runs" / "split").data["targets"].endswith("train.tgt")
    assert Bundle.load(folder / "runs" / "piped").data["file"] == "-"


def test_the_outputs_are_as_many_and_as_the_guide_says(session: Session) -> None:
    folder, _ = session
    files = ("iso.txt", "best.jsonl", "scores.tsv")
    count = {name: len((folder / name).read_text("utf-8").splitlines()) for name in files}
    assert count == {"iso.txt": 10, "best.jsonl": 10, "scores.tsv": 101}
    answers = session[1][-1].stdout.splitlines()
    fixed = [line.split("\t")[1] for line in (folder / "fixed.tsv").read_text("utf-8").splitlines()]
    assert answers[-10:-8] == fixed
    assert all(line.startswith("20") for line in answers[-20:-10])
