"""A parser that answers with one clear line, and options made from the fields of dataclasses."""

import argparse
import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any, Literal, NoReturn, get_args, get_origin, get_type_hints

import docstring_parser
from jsonargparse import ArgumentParser

METAVARS = {int: "N", float: "X", str: "TEXT"}
NAMES = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}


class Parser(ArgumentParser):
    """A ``jsonargparse`` parser whose errors are a ``ValueError`` of one line.

    An option without a default is absent from the result unless the user, or a configuration file, gave it.
    """

    def __init__(self, usage: str, description: str, epilog: str = "") -> None:
        super().__init__(
            prog=" ".join(usage.split()[:2]),
            usage=usage,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            print_config=None,
            allow_abbrev=False,
        )

    def given(self, arguments: Sequence[str]) -> dict[str, Any]:
        """What was given, options of one section in a dictionary of their own."""
        return self.parse_args(arguments).clone(with_meta=False).as_dict()

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        raise ValueError(_in_one_line(message, self._actions, self.prog)) from ex


def add_fields(parser: ArgumentParser, config: type, title: str, prefix: str, shorthands: Collection[str] = ()) -> None:
    """An option for every field of the dataclass ``config``, with the help text of its docstring.

    The fields in ``shorthands`` are options without the prefix as well, with hyphens as is usual there.
    """
    docs = docstring_parser.parse(config.__doc__ or "")
    help_texts = {param.arg_name: " ".join((param.description or "").split()) for param in docs.params}
    types = get_type_hints(config)
    group = parser.add_argument_group(title)
    for field in fields(config):
        short = [f"--{field.name.replace('_', '-')}"] if field.name in shorthands else []
        options: dict[str, Any] = {
            "type": types[field.name],
            "default": argparse.SUPPRESS,
            "help": f"{help_texts[field.name]} [{field.default}]".replace("%", "%%"),
        }
        if metavar := _metavar(types[field.name]):
            options["metavar"] = metavar
        group.add_argument(f"--{prefix}{field.name}", *short, **options)


def _metavar(kind: Any) -> str | None:
    """What stands for the value in the help text; a ``Literal`` shows its values by itself."""
    return next((METAVARS[part] for part in (kind, *get_args(kind)) if part in METAVARS), None)


def _in_one_line(message: str, actions: Sequence[argparse.Action], prog: str) -> str:
    """What jsonargparse has to say, as a sentence with the way out."""
    if unknown := re.match(r"unrecognized arguments: (.*)|Option '(.*)' is not accepted", message):
        return _unknown(unknown[1] or f"--{unknown[2]}", actions, prog)
    if missing := re.match(r"the following arguments are required: (.*)", message):
        return f"{missing[1].upper()} is missing: see {prog} --help"
    if wrong := re.match(r'Parser key "([^"]+)":(.*)', message, re.DOTALL):
        action = next((action for action in actions if action.dest == wrong[1]), None)
        value = re.search(r"Got value: (.*)", wrong[2], re.DOTALL)
        if value and action:
            return f"{min(action.option_strings, key=len)} cannot be {value[1].strip()!r}: it takes {_expected(action)}"
        return f"--{wrong[1]}: {wrong[2]}"
    return message


def _unknown(given: str, actions: Sequence[argparse.Action], prog: str) -> str:
    first = given.split()[0]
    if not first.startswith("-"):
        return f"{first!r} is one argument too many: see {prog} --help"
    name = first.partition("=")[0]
    known = [option for action in actions for option in action.option_strings if option.startswith("--")]
    plain = {_plain(option): option for option in known}
    for option in known:
        plain.setdefault(_plain(option).rpartition(".")[2], option)  # the section may have been forgotten
    close = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=0.7)
    hint = f"did you mean {plain[close[0]]}?" if close else f"see {prog} --help"
    return f"there is no option {name}: {hint}"


def _plain(option: str) -> str:
    return option.lstrip("-").replace("-", "_").lower()


def _expected(action: argparse.Action) -> str:
    kind = getattr(action, "_typehint", action.type)
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, get_args(kind)))
    names = [NAMES[part] for part in (kind, *get_args(kind)) if part in NAMES]
    return names[0] if names else f"a {kind}"
