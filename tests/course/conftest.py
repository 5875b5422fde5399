"""After the tests of the exercises: how long a learner waits for each ladder."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.getreports("passed")
    seconds = dict(value for report in reports for name, value in report.user_properties if name == "ladder")
    if seconds:
        terminalreporter.section("seconds for all checks of an exercise, on the library")
        for exercise_id, taken in sorted(seconds.items(), key=lambda entry: -entry[1]):
            terminalreporter.write_line(f"{taken:7.2f}  {exercise_id}")
