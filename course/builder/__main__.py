"""The builder's commands."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from course.builder import ROOT, SOURCES
from course.builder.lesson import Lesson, SourceError, read_lesson, read_lessons
from course.builder.notebook import build, build_all
from course.builder.placeholders import known_number
from course.builder.stamp import stamp
from henkan.course.text import LANGUAGES, Language

if TYPE_CHECKING:
    from course.builder.execute import Run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all is well."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except SourceError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def run_stamp(options: argparse.Namespace) -> int:
    """Note in each English cell which Japanese text it says the same as."""
    for lesson in _named(options.lessons):
        source, changed = stamp(lesson.path.read_text(encoding="utf-8"), lesson)
        lesson.path.write_text(source, encoding="utf-8", newline="\n")
        _say(f"{lesson.path.name}: {'stamped ' + ', '.join(changed) if changed else 'every stamp is current'}")
    return 0


def run_build(options: argparse.Namespace) -> int:
    """Write the notebooks."""
    changed = build_all(_named(options.lessons))
    _say("\n".join(f"wrote {path.relative_to(ROOT)}" for path in changed) or "every notebook is current")
    return 0


def run_check(options: argparse.Namespace) -> int:
    """Find everything that the guards can find; of the whole course when no lesson is named."""
    from course.builder.guards import problems_of, problems_of_course

    lessons = _named(options.lessons)
    problems = [problem for lesson in lessons for problem in problems_of(lesson)]
    if not options.lessons:
        problems += problems_of_course(lessons)
    _say("\n".join(map(str, problems)) or f"{len(lessons)} lessons: nothing to mend")
    return int(bool(problems))


def run_glossary(options: argparse.Namespace) -> int:
    """Write docs/glossary.md."""
    from course.builder.glossary import PAGE, page, read_glossary

    PAGE.write_text(page(read_glossary()), encoding="utf-8", newline="\n")
    _say(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


def run_run(options: argparse.Namespace) -> int:
    """Run the notebooks as they would be built now."""
    from course.builder.execute import Run, different_numbers, execute  # here, so that other commands start at once

    if options.full:
        os.environ["HENKAN_SMOKE"] = "0"
    failed = False
    for lesson in _named(options.lessons):
        runs: list[Run] = []
        for language in options.lang:
            runs.append(execute(build(lesson, language, known_number), lesson.seconds))
            _report(lesson, language, runs[-1], options.figures)
        if len(runs) == 2 and (differ := different_numbers(runs[0].notebook, runs[1].notebook)):
            _say(f"✗ {lesson.name}: the languages give different numbers in {', '.join(differ)}")
            failed = True
        failed |= any(run.problems for run in runs)
    return int(failed)


def _report(lesson: Lesson, language: Language, run: "Run", folder: str | None) -> None:
    """Say how a run went, and write its figures into ``folder``."""
    from course.builder.execute import figures

    _say(f"{'✗' if run.problems else '✓'} {lesson.name} {language}  {run.seconds:.1f} s of {lesson.seconds} s")
    for problem in run.problems:
        _say(f"  {lesson.name} {language} {problem}")
    if folder is None:
        return
    target = Path(folder) / lesson.name / language
    target.mkdir(parents=True, exist_ok=True)
    for name, png, alternative in figures(run.notebook):
        (target / f"{name}.png").write_bytes(png)
        _say(f"  {target / name}.png  {alternative}")


def _named(names: Sequence[str]) -> list[Lesson]:
    """The lessons of these names or paths; all when none is named."""
    if not names:
        return read_lessons()
    paths = [Path(name) if name.endswith(".py") else SOURCES / f"{name}.py" for name in names]
    for path in paths:
        if not path.is_file():
            raise SourceError(f"there is no lesson {path}")
    return [read_lesson(path) for path in paths]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m course.builder", description="Lesson sources to notebooks.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    texts = {
        "stamp": (run_stamp, "write into each English cell the hash of the Japanese cell beside it"),
        "build": (run_build, "write notebooks/ja and notebooks/en"),
        "check": (run_check, "find stale translations, typed numbers, wrong terms, figures without words and the like"),
        "glossary": (run_glossary, "write docs/glossary.md from course/glossary.toml"),
        "run": (run_run, "run the notebooks and show what went wrong in which cell"),
    }
    for name, (command, text) in texts.items():
        one = commands.add_parser(name, help=text, description=text)
        if name != "glossary":
            one.add_argument("lessons", nargs="+" if name == "stamp" else "*", metavar="LESSON")
        one.set_defaults(command=command)
    run = commands.choices["run"]
    run.add_argument("--lang", nargs="+", choices=LANGUAGES, default=LANGUAGES)
    run.add_argument("--figures", metavar="DIR", help="write each figure as a PNG file into this folder")
    run.add_argument("--full", action="store_true", help="as a reader runs it, without HENKAN_SMOKE=1")
    return parser


if __name__ == "__main__":
    sys.exit(main())
