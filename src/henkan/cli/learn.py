"""``henkan learn``."""

import shlex
from pathlib import Path

from henkan.cli.parser import Parser
from henkan.course.text import Language, wished_language

DESCRIPTION = """\
A course in which you write the Transformer yourself. Each exercise is a part of henkan: a signature, a docstring, and
what there is to do; the checks say what is wrong, and which common mistake it is.

  henkan learn init                      make the folder henkan-course (Japanese)
  henkan learn init DIR --lang en        make the folder DIR (English)
  cd henkan-course
  henkan watch                           check the current exercise each time its file is saved

トランスフォーマーを自分の手で書く講座です。練習の一つひとつが henkan の部品になっています。どこが違うか、よくあるどの
間違いかは、検査が教えます。henkan learn init でフォルダーを作り、その中で henkan watch を始めてください。"""

DEFAULT = "henkan-course"


def run(arguments: list[str]) -> int:
    """Make the folder; say what was made and how to begin."""
    given = make_parser().given(arguments)
    if given["action"] is None:
        print(DESCRIPTION)
        return 0
    if given["action"] != "init":
        raise ValueError(f"did you mean henkan learn init {shlex.quote(given['action'])}?")
    from henkan.course.words import word
    from henkan.course.workspace import create

    root = _root(given["dir"])
    created = create(root, given["lang"] or wished_language())
    state = created.workspace.state
    is_here = root.resolve() == Path.cwd().resolve()
    shown = str(root)
    if created.damaged is not None:
        print(word("init_damaged", state.language, kept=created.damaged.name))
    name = "init_new" if not created.was_there else "init_added" if created.new else "init_nothing"
    print(word(name, state.language, folder=shown, count=len(created.new)))
    if created.was_there and created.new:
        print(*(f"  {exercise_id}" for exercise_id in created.new), sep="\n")
    begin = "init_begin_here" if is_here else "init_begin"
    print("\n" + word(begin, state.language, folder=shlex.quote(shown), file=f"{state.current}.py"))
    return 0


def make_parser() -> Parser:
    """The parser."""
    parser = Parser("henkan learn init [DIR] [--lang ja|en]", DESCRIPTION)
    parser.add_argument(
        "action", nargs="?", default=None, metavar="init", help="make the exercises, or add those that are missing"
    )
    parser.add_argument("dir", nargs="?", default=None, metavar="DIR", help=f"where they go [{DEFAULT}]")
    parser.add_argument("--lang", type=Language, default=None, help="language of the exercises [ja]")
    return parser


def _root(folder: str | None) -> Path:
    """The folder that is meant: inside of a course, without a name, that course."""
    if folder is not None:
        return Path(folder)
    from henkan.course.workspace import Workspace

    try:
        return Workspace.find(Path.cwd()).root
    except ValueError:
        return Path(DEFAULT)
