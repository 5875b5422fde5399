"""The course as software: exercises that name the mistake, equations that lead to their line of code.

In a notebook: ``from henkan.course import check``, then ``check("phase2/sdpa", my_function)``.
"""

from typing import Any

__all__ = ["check"]


def check(exercise_id: str, *parts: Any) -> None:
    """Check the learner's ``parts``, functions or classes, and display what was found."""
    from henkan.course.notebook import check  # here, so that no command pays for what only a notebook needs

    check(exercise_id, *parts)
