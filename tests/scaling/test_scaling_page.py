"""Both pages on scaling say the same, and what they say can be done."""

import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import ROOT, blocks, forbidden_forms, inline, links, read_page

from henkan import Bundle

from .commands import SMALL, finish, start, write_pairs

pytest.importorskip("lightning", reason='needs pip install "henkan[lightning]"')
PAGES = {name: read_page(f"docs/{name}") for name in ("scaling.md", "scaling.ja.md")}
ENGLISH, JAPANESE = PAGES.values()
SMALL_LIGHTNING = (
    "--data.training.max_steps=4", "--trainer.max_steps=4", "--model.config.d_model=16", "--trainer.logger=false",
    "--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false", "--trainer.enable_checkpointing=false",
)  # fmt: skip


def test_both_pages_have_the_same_commands_names_and_tables() -> None:
    for language in ("console", "text", "python"):
        assert blocks(ENGLISH, language) == blocks(JAPANESE, language)
    assert sorted(inline(ENGLISH)) == sorted(inline(JAPANESE))
    shapes = [[line.count("|") for line in page.splitlines() if line.startswith("|")] for page in PAGES.values()]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for _, target in links(PAGES[page]):
        assert (ROOT / "docs" / target).exists(), target


def test_the_japanese_page_uses_the_terms_of_the_glossary() -> None:
    assert forbidden_forms(JAPANESE) == []


@pytest.mark.parametrize("page", PAGES)
def test_the_estimate_is_that_of_the_script(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from scale_estimate import rows

    assert "\n".join(rows()) in PAGES[page]


def console_commands() -> Iterator[list[str]]:
    """The commands of the page that train something, made small."""
    for block in blocks(ENGLISH, "console"):
        for line in block.splitlines():
            command = shlex.split(line.removeprefix("$ "))
            if "henkan" in command and command[0] != "pip" and "predict" not in command:
                yield command


@pytest.mark.slow
@pytest.mark.parametrize("command", list(console_commands()), ids=shlex.join)
def test_the_commands_train(command: list[str], tmp_path: Path) -> None:
    write_pairs(tmp_path)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    small = SMALL_LIGHTNING if "lightning" in command[:2] else (*SMALL, "--training.max_steps=4")
    status, _, errors = finish(in_folder(tmp_path, [*command, *small]))
    assert status == 0, errors
    out = command[command.index("--out") + 1] if "--out" in command else "runs/lightning"
    assert Bundle.load(tmp_path / out).model.d_model == 16


@pytest.mark.slow
def test_two_machines_train_together_as_the_page_has_it(tmp_path: Path) -> None:
    """Both of them are this one, with a process each."""
    (line,) = [block for block in blocks(ENGLISH, "text") if block.startswith("torchrun")]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for written, here in (
        ("\\\n", " "), ("first-machine", "127.0.0.1"), ("29500", str(port)), ("/shared", str(tmp_path)),
        ("--nproc-per-node 8", "--nproc-per-node 1"), ("--devices 8", "--devices 1"),
    ):  # fmt: skip
        assert written in line
        line = line.replace(written, here)
    write_pairs(tmp_path)
    options = [*SMALL, "--training.max_steps=6"]
    nodes = [in_folder(tmp_path, [*shlex.split(line.replace("$NODE", node)), *options]) for node in "01"]
    ends = [finish(node) for node in nodes]
    assert [status for status, _, _ in ends] == [0, 0], ends
    assert "2 processes share each batch" in ends[0][1]
    assert ends[1][1] == ""  # the second machine is silent
    assert Bundle.load(tmp_path / "runs" / "big").record["machine"]["processes"]["num_nodes"] == 2


@pytest.mark.slow
def test_the_python_of_the_page_trains(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    (code,) = blocks(ENGLISH, "python")
    status, _, errors = finish(in_folder(tmp_path, ["python", "-c", code]))
    assert status == 0, errors
    assert Bundle.load(tmp_path / "runs" / "own").model.d_model == 64


def in_folder(folder: Path, command: list[str]) -> "subprocess.Popen[str]":
    """The command, started in ``folder`` with the programs that stand beside this Python."""
    programs = {"henkan": ["-m", "henkan"], "torchrun": ["-m", "torch.distributed.run"], "python": []}
    return start([sys.executable, *programs[command[0]], *command[1:]], cwd=folder)
