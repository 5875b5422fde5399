"""Pages of documentation, taken apart: their commands, links and words, and a reader who types the commands."""

import os
import re
import subprocess
import sys
from pathlib import Path

from course.builder.glossary import slips

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
STEPS, MINUTES = 30, 0.05  # of each training
WAITING = ("henkan watch", "henkan exam")  # for a learner to write something: they have tests of their own


def read_page(name: str) -> str:
    """The text of a page, named from the root of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def without_comments(command: str) -> str:
    """The commands alone."""
    return re.sub(r"\s+# .*$", "", command, flags=re.MULTILINE)


def without_blocks(page: str) -> str:
    """The page without what is fenced."""
    return re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)


def inline(page: str) -> list[str]:
    """What stands between single backquotes."""
    return re.findall(r"`([^`\n]+)`", without_blocks(page))


def links(page: str) -> list[tuple[str, str]]:
    """Text and target of each link inside the repository."""
    return [(text.strip("`"), target) for text, target in re.findall(r"\[([^]]+)\]\(([^):]+)\)", page)]


def cut(block: str, steps: int = STEPS) -> str:
    """The block with its trainings cut short, in updates or in minutes."""
    lines = []
    for line in without_comments(block).splitlines():
        if "henkan train" in line:
            limited = re.sub(r"--max-minutes \S+", f"--max-minutes {MINUTES}", line)
            line = limited if limited != line else f"{line} --training.max_steps {steps}"
        if line.startswith(WAITING):
            line += " --help"
        lines.append(line)
    return "\n".join(lines)


def typed(block: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The block, run in ``folder`` with henkan on the path. A failure anywhere, in a pipe too, is a failure."""
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def forbidden_forms(text: str) -> list[str]:
    """The forms of the glossary that should not stand in ``text``."""
    return [slip.form for slip in slips(text)]
