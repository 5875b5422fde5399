"""What is said while it is measured: a line now and then in a log, a bar that leaves nothing on a terminal."""

import io

import pytest

from henkan.bench.progress import telling


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_the_first_line_and_then_one_every_half_minute() -> None:
    times = iter([0.0, 0.0, 0.0, 10.0, 31.0, 40.0])
    log = io.StringIO()
    with telling("small, training", 4, log, clock=lambda: next(times)) as tell:
        for words in ("a", "b", "c", "d"):
            tell(words)
    assert log.getvalue().splitlines() == [
        "small, training: a (0 of 4 done, 0 s)",
        "small, training: c (2 of 4 done, 31 s)",
    ]


def test_a_terminal_gets_a_bar_that_says_what_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    with telling("small, training", 2, terminal) as tell:
        tell("starting henkan")
        tell("round 1 of 1: henkan")
    assert "small, training: round 1 of 1: henkan" in terminal.getvalue()
    assert "1/2" in terminal.getvalue()
