"""What the commands of the course share: the learner's folder, their language, and which exercise is meant."""

import difflib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from henkan.cli.parser import Parser
from henkan.course.exercise import ORDER
from henkan.course.text import Language
from henkan.course.words import word
from henkan.course.workspace import Workspace

PHASES = tuple(dict.fromkeys(name.partition("/")[0] for name in ORDER))


def add_exercise(parser: Parser, default: str = "the current one") -> None:
    """The exercise that the command is about, and the language it answers in."""
    help_text = f"such as phase2/sdpa, or its file [{default}]"
    parser.add_argument("exercise", nargs="?", default=None, metavar="ID", help=help_text)
    add_language(parser)


def add_language(parser: Parser) -> None:
    """The option ``--lang``."""
    parser.add_argument("--lang", type=Language, default=None, help="language of the answer [that of the exercises]")


def open_workspace(given: Mapping[str, Any]) -> tuple[Workspace, Language]:
    """The learner's folder, which is this one or one above, and the language to answer in."""
    workspace = Workspace.find(Path.cwd())
    return workspace, given["lang"] or workspace.state.language


def language_here() -> Language | None:
    """The language of the exercises in this folder, for commands that work anywhere; None if there are none."""
    try:
        return Workspace.find(Path.cwd()).state.language
    except ValueError:
        return None


def open_exercise(given: Mapping[str, Any]) -> tuple[Workspace, Language, str]:
    """The learner's folder, the language, and the exercise that was named, else the current one."""
    workspace, language = open_workspace(given)
    name = given["exercise"]
    return workspace, language, workspace.state.current if name is None else find_exercise(name, workspace, language)


def find_exercise(name: str, workspace: Workspace, language: Language) -> str:
    """The id that ``name`` means: an id, its last part, or the path of a learner's file."""
    plain = name.replace("\\", "/").removeprefix("./").removesuffix(".py").rstrip("/")
    path = Path(os.path.abspath(name)).with_suffix("")
    root = workspace.root.absolute()
    from_path = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
    for candidate in (plain, from_path):
        if candidate in ORDER:
            return candidate
    same_name = [exercise_id for exercise_id in ORDER if exercise_id.endswith(f"/{plain}")]
    if len(same_name) == 1:
        return same_name[0]
    close = difflib.get_close_matches(plain, [*ORDER, *(item.partition("/")[2] for item in ORDER)], n=1)
    if close:
        raise ValueError(word("no_such_exercise_but", language, name=name, close=close[0]))
    raise ValueError(word("no_such_exercise", language, name=name))


def has_colour() -> bool:
    """Whether to colour what is printed: on a terminal, unless NO_COLOR is set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
