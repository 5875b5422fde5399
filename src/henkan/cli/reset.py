"""``henkan reset``."""

from henkan.cli.parser import Parser
from henkan.cli.workspace import add_exercise, open_exercise
from henkan.course.words import word

DESCRIPTION = "Write the file of an exercise as it was at the beginning. What you wrote is kept beside it."


def run(arguments: list[str]) -> int:
    """Reset; say where the work is kept."""
    parser = Parser("henkan reset [ID]", DESCRIPTION)
    add_exercise(parser)
    workspace, language, exercise_id = open_exercise(parser.given(arguments))
    backup = workspace.reset(exercise_id, language)
    print(word("reset_done", language, file=f"{exercise_id}.py"))
    if backup is not None:
        print(word("reset_kept", language, backup=backup.relative_to(workspace.root).as_posix()))
    return 0
