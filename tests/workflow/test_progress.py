"""Long work is heard of now and then, short work never."""

import io
from collections.abc import Callable

from henkan.workflow.progress import showing_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def clock_of(step: float) -> Callable[[], float]:
    seconds = [0.0]

    def clock() -> float:
        seconds[0] += step
        return seconds[0]

    return clock


def test_items_go_through_as_they_are_and_short_work_is_silent() -> None:
    for stream in (io.StringIO(), Terminal()):
        items = showing_progress("abc", lambda _: 1, 3, "rows", stream=stream, clock=clock_of(0.1))
        assert list(items) == ["a", "b", "c"]
        assert stream.getvalue() == ""


def test_a_log_gets_a_line_every_half_minute() -> None:
    stream = io.StringIO()
    list(showing_progress(range(100), lambda _: 10, 1_000, "rows", stream=stream, clock=clock_of(1.0)))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0] == "  300 of 1,000 rows  10 rows/s  1:10 left"


def test_a_terminal_gets_a_bar_that_goes_away(monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    list(showing_progress(range(100), lambda _: 10, 1_000, "rows", stream=stream, clock=clock_of(1.0)))
    assert "of 1,000 rows" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[2K"), "the line of the bar is cleared"


def test_work_that_is_given_up_leaves_no_bar(monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    items = showing_progress(range(100), lambda _: 1, None, "rows", stream=stream, clock=clock_of(1.0))
    for _ in range(10):
        next(items)
    assert "\x1b[?25l" in stream.getvalue(), "the bar hides the cursor"
    items.close()
    assert "\x1b[?25h" in stream.getvalue(), "and shows it again"
