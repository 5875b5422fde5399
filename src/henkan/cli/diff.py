"""``henkan diff``."""

from henkan.cli.parser import Parser
from henkan.cli.workspace import add_exercise, open_exercise

DESCRIPTION = """\
Compare your code with the library's, function by function: - is yours, + is the library's. Before the exercise is
solved this shows the solution, so it takes --give-up, which is noted and no shame."""


def run(arguments: list[str]) -> int:
    """Print the differences."""
    parser = Parser("henkan diff [ID] [--give-up]", DESCRIPTION)
    add_exercise(parser)
    parser.add_argument("--give-up", action="store_true", help="compare although the exercise is not solved")
    given = parser.given(arguments)
    workspace, language, exercise_id = open_exercise(given)
    from henkan.course.solution import allow, difference

    allow(workspace, exercise_id, language, give_up=given["give_up"], command="diff")
    print(difference(workspace, exercise_id, language))
    return 0
