"""``henkan list``."""

import json

from henkan.cli.parser import Parser
from henkan.cli.workspace import add_language, has_colour, open_workspace

DESCRIPTION = "List the exercises in order, and how far you are. `>` marks the current one."


def run(arguments: list[str]) -> int:
    """Print the list."""
    parser = Parser("henkan list [--json]", DESCRIPTION)
    parser.add_argument("--json", action="store_true", help="print the list as JSON")
    add_language(parser)
    given = parser.given(arguments)
    workspace, language = open_workspace(given)
    from henkan.course.overview import as_rows, overview

    if given["json"]:
        print(json.dumps(as_rows(workspace.state, language), ensure_ascii=False, indent=1))
    else:
        print(overview(workspace.state, language, colour=has_colour()))
    return 0
