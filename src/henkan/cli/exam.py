"""``henkan exam``."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from henkan.cli.parser import Parser
from henkan.cli.workspace import add_language, open_workspace
from henkan.course.text import Language
from henkan.course.workspace import Workspace

if TYPE_CHECKING:
    from henkan.course.exam import Stage, Watcher

DESCRIPTION = """\
Run henkan's own tests and a short training on the copy task with everything you have solved in place of the library's
own code. A test that fails is run again with one of your parts at a time, to say which of them it fails through.
The exit status is 0 if all is well and 1 if not."""


def run(arguments: list[str]) -> int:
    """Sit the exam; print how it went."""
    given = make_parser().given(arguments)
    from henkan.course.exam import sit  # here, so that --help is quick
    from henkan.course.exam_report import render, say

    workspace, language = open_workspace(given)
    files = workspace.solved_files()
    if not files:
        raise ValueError(say("nothing_solved", language))
    if changed := _changed_since(workspace, files):
        raise ValueError(say("changed_since", language, exercises=", ".join(changed), first=changed[0]))
    if given["json"]:
        exam = sit(files, lambda stage, done, total: None)
        print(json.dumps(exam.to_dict(), ensure_ascii=False, indent=1))
    else:
        print(say("start", language, count=len(files)), flush=True)
        exam = sit(files, _shower(language))
        print(f"\n{render(exam, language)}")
    return 0 if exam.is_passed else 1


def make_parser() -> Parser:
    """The parser."""
    parser = Parser("henkan exam [options]", DESCRIPTION)
    add_language(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


def _changed_since(workspace: Workspace, files: Mapping[str, Path]) -> list[str]:
    """The exercises that passed when they were last checked and do not pass as they are now. It is noted."""
    from henkan.course.run import Run
    from henkan.course.worker import warm_up

    warm_up()
    reports = [Run(exercise_id, path).wait() for exercise_id, path in files.items()]
    for report in reports:
        workspace.note(report)
    return [report.exercise for report in reports if not report.is_solved]


def _shower(language: Language) -> "Watcher":
    """Shows on a terminal how the exam goes on, in one line that is written over; elsewhere, when a stage begins."""
    from henkan.course.exam_report import progress_line

    shown = ""

    def show(stage: "Stage", done: int, total: int) -> None:
        nonlocal shown
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            print(f"\r\x1b[K{progress_line(stage, done, total, language)}", end=end, file=sys.stderr, flush=True)
        elif stage != shown:
            print(progress_line(stage, done, total, language), file=sys.stderr, flush=True)
        shown = stage

    return show
