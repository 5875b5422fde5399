"""``henkan hint``."""

from henkan.cli.parser import Parser
from henkan.cli.workspace import add_exercise, open_exercise

DESCRIPTION = """\
Give the next hint: first the direction, then which part of the formula becomes which line, then almost the code. After
the third, all three are shown again."""


def run(arguments: list[str]) -> int:
    """Print the hint."""
    parser = Parser("henkan hint [ID]", DESCRIPTION)
    add_exercise(parser)
    workspace, language, exercise_id = open_exercise(parser.given(arguments))
    from henkan.course.hints import next_hint

    print(next_hint(workspace, exercise_id, language))
    return 0
