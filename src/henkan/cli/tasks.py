"""``henkan tasks``."""

from dataclasses import fields
from typing import Literal, get_args, get_origin, get_type_hints

import docstring_parser

from henkan.cli.parser import Parser

DESCRIPTION = "List the built-in tasks, what they do, and their options."


def run(arguments: list[str]) -> int:
    """Print the list."""
    Parser("henkan tasks", DESCRIPTION).given(arguments)
    from henkan.tasks import TASKS

    width = max(map(len, TASKS))
    for name, task in TASKS.items():
        print(f"{name:<{width}}  {task.description}")
        docs = {param.arg_name: param.description for param in docstring_parser.parse(task.__doc__ or "").params}
        types = get_type_hints(task)
        for field in fields(task):
            kind = types[field.name]
            values = f" {{{','.join(map(str, get_args(kind)))}}}" if get_origin(kind) is Literal else " N"
            option = f"--{'task.' if field.name == 'seed' else ''}{field.name.replace('_', '-')}{values}"
            print(f"{'':<{width}}    {option:<26}  {' '.join((docs[field.name] or '').split())} [{field.default}]")
    print("\nTo train on one of them, for example: henkan train addition --digits 3")
    return 0
