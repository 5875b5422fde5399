"""``henkan explain``."""

import locale
import os
import sys

from henkan.cli.parser import Parser
from henkan.course.text import Language, wished_language

DESCRIPTION = """\
Explain an equation: the formula, the line of henkan that computes it as it stands today, what the code calls each
symbol, and the formula with numbers put in. Without a label, list all equations."""


def run(arguments: list[str]) -> int:
    """Print the card of one equation, or the list of all."""
    given = make_parser().given(arguments)
    from henkan.cli.workspace import language_here  # here, so that --help is quick
    from henkan.course.explain import explain, overview

    language = given["lang"] or language_here() or preferred_language()

    print(overview(language) if given["label"] is None else explain(given["label"], language))
    return 0


def make_parser() -> Parser:
    """The parser."""
    parser = Parser("henkan explain [LABEL] [options]", DESCRIPTION)
    parser.add_argument("label", nargs="?", default=None, metavar="LABEL", help="such as eq-sdpa")
    parser.add_argument(
        "--lang",
        type=Language,
        default=None,
        help="ja or en [that of the exercises here, of HENKAN_LANG, of the system]",
    )
    return parser


def preferred_language() -> Language:
    """What ``HENKAN_LANG`` says, else Japanese where the system speaks it, else English."""
    if wish := wished_language():
        return wish
    system = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if sys.platform == "win32" and not system:
        system = locale.getlocale()[0] or ""
    return "ja" if system.lower().startswith("ja") else "en"
