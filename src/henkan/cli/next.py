"""``henkan next``."""

from henkan.cli.parser import Parser
from henkan.cli.workspace import add_exercise, find_exercise, open_workspace
from henkan.course.words import word

DESCRIPTION = "Go on to the next exercise that is not solved, or to the one that is named."


def run(arguments: list[str]) -> int:
    """Go on; say where to."""
    parser = Parser("henkan next [ID]", DESCRIPTION)
    add_exercise(parser, default="the next one")
    given = parser.given(arguments)
    workspace, language = open_workspace(given)
    from henkan.course.overview import introduce

    state = workspace.state
    if given["exercise"] is not None:
        following: str | None = find_exercise(given["exercise"], workspace, language)
    else:
        following = state.next_after(state.current)
    if following is None:
        print(word("all_solved", language))
        return 0
    if state.current not in state.solved and following != state.current:
        print(word("left_unsolved", language, exercise=state.current) + "\n")
    workspace.update(lambda state: setattr(state, "current", following))
    print(introduce(following, language))
    return 0
