"""Both READMEs say the same, and what they say works: every command in them is run, every link is followed.

The commands run in order in one folder, as a reader would type them. Only the length of the trainings is cut.
"""

import ast
import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
from importlib import import_module, metadata
from pathlib import Path

import pytest
from pages import (
    BIN,
    ROOT,
    STEPS,
    blocks,
    cut,
    forbidden_forms,
    inline,
    links,
    read_page,
    typed,
    without_comments,
)

import henkan
from henkan.bundle import Bundle
from henkan.cli import COMMANDS, main
from henkan.cli.config_file import read_settings
from henkan.cli.train import SECTIONS, find_target, make_parser
from henkan.tasks import TASKS

PAGES = {name: read_page(name) for name in ("README.md", "README.ja.md")}
ENGLISH, JAPANESE = PAGES.values()


SETUP = ("make ", "python3 -m venv ", ". .venv/")  # blocks that a test run has behind it
TYPED = [block for block in blocks(ENGLISH, "sh") if not block.startswith(SETUP)]


# Both say the same


def test_both_readmes_have_the_same_commands() -> None:
    assert [without_comments(b) for b in blocks(ENGLISH, "sh")] == [without_comments(b) for b in blocks(JAPANESE, "sh")]
    assert blocks(ENGLISH, "text") == blocks(JAPANESE, "text")
    python = [[ast.dump(ast.parse(block)) for block in blocks(page, "python")] for page in PAGES.values()]
    assert python[0] == python[1]
    assert sorted(set(inline(ENGLISH))) == sorted(set(inline(JAPANESE)) - {"import"})


def test_both_readmes_have_the_same_links_and_results() -> None:
    assert links(ENGLISH)[0] == ("日本語", "README.ja.md")
    assert links(JAPANESE)[0] == ("English", "README.md")
    assert links(ENGLISH)[1:] == links(JAPANESE)[1:]
    waiting = [re.findall(r"RESULT:[\w-]+", page) for page in PAGES.values()]
    assert waiting[0] == waiting[1]


# Setting up


@pytest.mark.parametrize("target", ["demo", "test", "course", "install"])
def test_a_make_target_expands_to_commands_that_exist(target: str) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    command = ["make", "--dry-run", "--always-make", "--no-print-directory", target]
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.replace("\\\n", " ").splitlines():
        program, *arguments = shlex.split(line)
        name = program.removeprefix(".venv/bin/")
        assert (BIN / name).exists() if name != program else shutil.which(name), line
        if name == "henkan":
            assert arguments[0] in COMMANDS, line


def test_every_make_target_of_the_readme_is_one_of_these() -> None:
    named = {word for block in blocks(ENGLISH, "sh") for word in re.findall(r"^make (\w+)", block, re.MULTILINE)}
    assert named == {"demo", "test"}


def test_installing_without_make_gives_what_the_readme_uses() -> None:
    [block] = [block for block in blocks(ENGLISH, "sh") if "pip install" in block]
    venv, install = (shlex.split(line) for line in block.splitlines())
    assert venv == ["python3", "-m", "venv", ".venv"]
    assert install[:5] == [".venv/bin/python", "-m", "pip", "install", "-c"]
    constraints, requirement = ROOT / install[5], install[-1]
    assert "torch==2.13.0" in constraints.read_text(encoding="utf-8").split()
    extras = re.fullmatch(r"\.\[(.*)\]", requirement)
    assert extras is not None
    assert set(extras[1].split(",")) <= set(metadata.metadata("henkan").get_all("Provides-Extra") or [])


# Five minutes


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[subprocess.CompletedProcess[str]]]:
    """The folder of somebody who has typed all of it, and what each block answered."""
    folder = tmp_path_factory.mktemp("reader")
    return folder, [typed(cut(block), folder, OMP_NUM_THREADS="1") for block in TYPED]


Session = tuple[Path, list[subprocess.CompletedProcess[str]]]


@pytest.mark.parametrize("number", range(len(TYPED)), ids=[block.splitlines()[0][:40] for block in TYPED])
def test_a_block_of_commands_works(number: int, session: Session) -> None:
    done = session[1][number]
    assert done.returncode == 0, f"{TYPED[number]}\n{done.stdout[-1000:]}{done.stderr[-1000:]}"
    assert "error" not in done.stderr.lower()


def test_what_the_text_promises_about_the_files_is_so(session: Session) -> None:
    folder, _ = session
    count = {name: len((folder / name).read_text(encoding="utf-8").splitlines()) for name in ("pairs.tsv", "iso.txt")}
    assert count == {"pairs.tsv": 2000, "iso.txt": 20}
    records = {name: Bundle.load(folder / "runs" / name).record for name in ("pairs", "again", "wide")}
    assert records["pairs"]["steps"] == records["again"]["steps"] == STEPS
    assert records["again"]["settings"]["training"]["seed"] == 2
    assert records["wide"]["settings"]["model"]["d_model"] == 96
    for name in "model", "data":
        assert records["again"]["settings"][name] == records["pairs"]["settings"][name]


def test_the_columns_are_those_the_comments_name(session: Session) -> None:
    folder, answers = session
    [output] = [done.stdout for block, done in zip(TYPED, answers, strict=True) if "henkan score" in block]
    lines = output.splitlines()
    assert [line.split("\t")[0] for line in lines if len(line.split("\t")) == 3] == [
        str(number) for number in range(1, 21) for _ in range(3)
    ]
    scored = [line.split("\t") for line in lines if len(line.split("\t")) == 4]
    assert ["\t".join(row[2:]) for row in scored] == (folder / "few.tsv").read_text(encoding="utf-8").splitlines()
    assert all(float(row[0]) < float(row[1]) < 0 for row in scored)


def test_the_python_code_runs_and_prints_what_its_comments_say(
    session: Session, monkeypatch: pytest.MonkeyPatch, unchecked_shapes: None
) -> None:
    monkeypatch.chdir(session[0])
    names: dict[str, object] = {}
    for block in blocks(ENGLISH, "python"):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(block, "README.md", "exec"), names)
        for expected in re.findall(r"^ *print\(.*\)  # (.+)$", block, re.MULTILINE):
            assert expected in printed.getvalue().splitlines()
    assert (session[0] / "attention.png").stat().st_size > 1000


@pytest.mark.slow
def test_the_answer_shown_is_the_one_a_reader_gets(tmp_path: Path) -> None:
    shown = ENGLISH[: ENGLISH.index("```text")]
    read = [block for block in blocks(shown, "sh") if not block.startswith(SETUP)]
    *before, ask = read
    for block in before:
        done = typed(block, tmp_path)
        assert done.returncode == 0, done.stderr
    assert typed(ask, tmp_path).stdout == blocks(ENGLISH, "text")[0]


# The text between


@pytest.mark.parametrize("code", sorted({code for code in inline(ENGLISH) if code.startswith("henkan ")}))
def test_a_command_in_the_text_is_accepted(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, *arguments = shlex.split(code)[1:]
    if name == "train" and "--help" not in arguments:
        parser = make_parser(find_target(arguments))
        config = parser.given(arguments).get("config")
        assert config is None or read_settings(parser, str(ROOT / config), SECTIONS)
    else:
        assert main([name, *arguments]) == 0
        assert capsys.readouterr().out


@pytest.mark.parametrize("code", sorted({code for code in inline(ENGLISH) if code.startswith("--")}))
def test_an_option_in_the_text_exists(code: str) -> None:
    option = code.split()[0]
    assert re.search(rf"^ .*{re.escape(option)}\b", make_parser(None).format_help(), re.MULTILINE)


@pytest.mark.parametrize("code", sorted({code for code in inline(ENGLISH) if code.startswith("python ")}))
def test_a_benchmark_in_the_text_exists(code: str) -> None:
    _, script, *claims = code.split()
    text = (ROOT / script).read_text(encoding="utf-8")
    for claim in claims:
        assert f'"{claim}"' in text or claim in TASKS or re.fullmatch(r"[\d.]+", claim), claim


def test_every_name_in_the_text_is_importable_from_henkan() -> None:
    names = {code for code in inline(ENGLISH) if re.fullmatch(r"[A-Z]\w*[a-z]\w*", code)} | {"generate"}
    assert names >= {"BeamSearch", "LitTransformer"}
    assert names <= set(henkan.__all__)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for text, target in links(PAGES[page]):
        assert (ROOT / target).exists(), target
        if text.startswith("test_"):
            assert re.search(rf"^ *def {text}\(", (ROOT / target).read_text(encoding="utf-8"), re.MULTILINE), text


def test_the_order_of_reading_is_the_one_that_the_code_names() -> None:
    doc = import_module("henkan.nn").__doc__ or ""
    order = re.findall(r"`(\w+)`", doc.split("Read in this order:")[1].split('"')[0])
    assert [code.removesuffix(".py") for code in inline(ENGLISH) if re.fullmatch(r"\w+\.py", code)] == order


# Words


def test_the_japanese_readme_uses_the_terms_of_the_glossary() -> None:
    assert forbidden_forms("変圧器とトランスフォーマーのデコーダ") == ["変圧器", "デコーダ"]
    assert forbidden_forms(JAPANESE) == []
