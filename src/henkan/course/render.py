"""A report as a learner reads it."""

from henkan.course.exercise import load_card
from henkan.course.finding import Report
from henkan.course.text import Language
from henkan.course.words import messages


def render(report: Report, language: Language, *, place: str = "terminal") -> str:
    """The report as text in ``language``."""
    card = load_card(report.exercise)
    if report.failure is None:
        return f"✓ {report.exercise}"
    sentences = {**messages(), **card.messages}
    return f"✗ {report.exercise}: " + sentences[report.failure.message].say(language, **report.failure.values)
