"""``henkan solution``."""

from henkan.cli.parser import Parser
from henkan.cli.workspace import add_exercise, open_exercise

DESCRIPTION = """\
Show how the library has it, once the exercise is solved; before that with --give-up, which is noted and no shame."""


def run(arguments: list[str]) -> int:
    """Print the library's source."""
    parser = Parser("henkan solution [ID] [--give-up]", DESCRIPTION)
    add_exercise(parser)
    parser.add_argument("--give-up", action="store_true", help="show it although the exercise is not solved")
    given = parser.given(arguments)
    workspace, language, exercise_id = open_exercise(given)
    from henkan.course.solution import allow, solution

    allow(workspace, exercise_id, language, give_up=given["give_up"], command="solution")
    print(solution(exercise_id, language))
    return 0
