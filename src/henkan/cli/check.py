"""``henkan check``."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from henkan.cli.parser import Parser
from henkan.cli.workspace import PHASES, add_language, find_exercise, has_colour, open_workspace
from henkan.course.text import Language
from henkan.course.words import word
from henkan.course.workspace import Workspace

if TYPE_CHECKING:
    from henkan.course.finding import Report

DESCRIPTION = """\
Check exercises: the current one, those that are named, the ones of a phase (phase2), or --all. What passes is noted.
The exit status is 0 if all passed and 1 if not."""


def run(arguments: list[str]) -> int:
    """Check, and print what was found."""
    given = make_parser().given(arguments)
    workspace, language = open_workspace(given)
    names = _targets(given["exercises"], workspace, language, everything=given["all"])
    if not given["json"]:
        print(word("checking", language), end="\r" if sys.stdout.isatty() else "\n", flush=True)
    from henkan.course.worker import warm_up

    if len(names) > 1:
        warm_up()
    reports = [_check(workspace, name, language, quiet=given["json"], alone=len(names) == 1) for name in names]
    if len(names) == 1 and given["exercises"]:
        workspace.update(lambda state: setattr(state, "current", names[0]))
    if given["json"]:
        print(json.dumps([report.to_dict() for report in reports], ensure_ascii=False, indent=1))
    elif len(names) > 1:
        print(
            "\n" + word("check_sum", language, passed=sum(report.is_passed for report in reports), total=len(reports))
        )
    return 0 if all(report.is_passed for report in reports) else 1


def _check(workspace: Workspace, name: str, language: Language, *, quiet: bool, alone: bool) -> "Report":
    """Check one exercise, note how that ended and, unless ``quiet``, print it: in full if it is ``alone``."""
    from henkan.course.render import render, render_line
    from henkan.course.run import LIMIT, Run

    clear = "\x1b[K" if sys.stdout.isatty() else ""  # what is being checked is written over

    def say_that_it_is_slow() -> None:
        if not quiet:
            print(clear + word("still_checking", language, limit=f"{LIMIT:g}"), flush=True)

    report = Run(name, workspace.file(name)).wait(say_that_it_is_slow)
    if not quiet and alone:
        hints_read = workspace.state.hints.get(name, 0)
        print(clear + render(report, language, colour=has_colour(), hints_read=hints_read), flush=True)
    elif not quiet:
        print(clear + render_line(report, language, colour=has_colour()), flush=True)
    workspace.note(report)  # last: where nothing can be written, the report has been read all the same
    return report


def make_parser() -> Parser:
    """The parser."""
    parser = Parser("henkan check [ID | phaseN ...] [--all] [--json]", DESCRIPTION)
    parser.add_argument("exercises", nargs="*", metavar="ID", help="such as phase2/sdpa, its file, or phase2")
    parser.add_argument("--all", action="store_true", help="check every exercise")
    parser.add_argument("--json", action="store_true", help="print a list of reports as JSON")
    add_language(parser)
    return parser


def _targets(names: Sequence[str], workspace: Workspace, language: Language, *, everything: bool) -> list[str]:
    """The ids that are meant, each once."""
    from henkan.course.exercise import ORDER

    def expanded() -> Iterator[str]:
        for name in ["."] if everything else names:
            phase = Path(name).name
            if name == ".":
                yield from ORDER
            elif phase in PHASES:
                yield from (candidate for candidate in ORDER if candidate.startswith(f"{phase}/"))
            else:
                yield find_exercise(name, workspace, language)

    return list(dict.fromkeys(expanded())) or [workspace.state.current]
