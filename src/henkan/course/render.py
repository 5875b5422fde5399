"""A report as a learner reads it, in Japanese or English, with colour on a terminal that has it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from rich.cells import cell_len

from henkan.course.exercise import Card, load_card
from henkan.course.finding import Failure, Report, Row
from henkan.course.text import Language
from henkan.course.width import pad, wrap
from henkan.course.words import messages, word

Place = Literal["terminal", "watch", "notebook"]
"""Where the report is read: it decides what there is to do next."""

COLUMNS = 76
MAX_PRINTED = 12  # lines of the learner's own prints
GREEN, RED, BOLD, DIM, PLAIN = "32", "31", "1", "2", ""


def render(
    report: Report, language: Language, *, place: Place = "terminal", colour: bool = False, hints_read: int = 0
) -> str:
    """The report as lines of text: what passed, what did not and where, which mistake it is, and what to do next."""
    page = _Page(load_card(report.exercise), language, colour)
    lines = [page.headline(report), *page.passed(report), *page.skipped(report)]
    if report.failure is not None:
        lines += page.failure(report.failure)
    lines += page.printed(report.output)
    if place != "notebook":
        lines += ["", *page.next_steps(report, place, hints_read)]
    return "\n".join(lines)


def render_line(report: Report, language: Language, *, colour: bool = False) -> str:
    """The report in one line, or in full if there is something wrong with what the learner has written."""
    if report.failure is None or report.failure.message == "not_written_yet":
        sign = "✓" if report.is_passed else "·"
        code = GREEN if report.is_passed else DIM
        end = "" if report.is_passed else "   " + word("todo", language)
        return paint(f"{sign} {report.exercise}   {load_card(report.exercise).title.say(language)}{end}", code, colour)
    page = _Page(load_card(report.exercise), language, colour)
    return "\n".join([page.headline(report), *page.failure(report.failure)])


def paint(text: str, code: str, colour: bool) -> str:
    """``text`` in a colour, if colours are wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text


class _Page:
    """The pieces of a report."""

    def __init__(self, card: Card, language: Language, colour: bool) -> None:
        self._card, self._language, self._colour = card, language, colour

    def headline(self, report: Report) -> str:
        sign, code = ("✓", GREEN) if report.is_passed else ("✗", RED)
        count = self._word("report_count", passed=len(report.passed) + len(report.skipped), total=report.total)
        left = f"{sign} {report.exercise}   {self._card.title.say(self._language)}   {count}"
        right = self._word("report_seconds", seconds=f"{report.seconds:.1f}")
        return self._paint(pad(left, COLUMNS - cell_len(right)), code) + " " + self._paint(right, DIM)

    def passed(self, report: Report) -> Iterator[str]:
        """The checks that passed, several to a line."""
        line = ""
        for name in report.passed:
            item = "✓ " + self._card.check_names[name].say(self._language)
            if line and cell_len(line) + 2 + cell_len(item) > COLUMNS - 2:
                yield "  " + self._paint(line, GREEN)
                line = ""
            line = f"{line}  {item}" if line else item
        if line:
            yield "  " + self._paint(line, GREEN)

    def skipped(self, report: Report) -> Iterator[str]:
        for name, message in report.skipped.items():
            yield f"  - {self._card.check_names[name].say(self._language)}"
            yield from self._indented(self._say(message, {}))

    def failure(self, failure: Failure) -> Iterator[str]:
        names = {**messages(), **self._card.check_names}  # "loading" and "running" are rungs of no exercise
        yield "  " + self._paint(f"✗ {names[failure.check].say(self._language)}", RED)
        if failure.rows:
            yield from self._table(failure.rows)
        # A recognised mistake says what is wrong; that numbers differ, the table has shown.
        if failure.mistake is None or not failure.rows:
            yield from self._indented(self._say(failure.message, failure.values))
        if failure.values.get("code"):
            yield " " * 8 + self._paint(f"{failure.values['where']}   {failure.values['code']}", BOLD)
        if failure.mistake is not None:
            yield from self._mistake(failure.mistake)

    def printed(self, output: str) -> Iterator[str]:
        lines = output.rstrip().splitlines()
        if lines:
            yield "  " + self._paint(self._word("printed"), DIM)
            if len(lines) > MAX_PRINTED:
                yield "    …"
            yield from (f"    {line}" for line in lines[-MAX_PRINTED:])

    def next_steps(self, report: Report, place: Place, hints_read: int) -> Iterator[str]:
        if place == "watch" and report.is_passed:
            yield self._word("compare", exercise=report.exercise)
        if place == "watch":
            yield self._paint(self._word("keys", hint=min(hints_read + 1, 3)), DIM)
        elif report.is_passed:
            yield self._word("after_passing", exercise=report.exercise)
        else:
            yield self._word("after_failing", exercise=report.exercise, hint=min(hints_read + 1, 3))

    def _table(self, rows: Sequence[Row]) -> Iterator[str]:
        """The numbers side by side, with the decimals it takes to tell them apart; the first difference is marked."""
        first = _first_difference(rows)
        decimals = next((n for n in (6, 9, 12) if f"{first.yours:.{n}f}" != f"{first.expected:.{n}f}"), 15)
        cells = [[self._word("place"), self._word("yours"), self._word("expected"), ""]]
        for row in rows:
            mark = self._word("first_difference") if row is first else ""
            cells.append([row.place, f"{row.yours:.{decimals}f}", f"{row.expected:.{decimals}f}", mark])
        widths = [max(cell_len(line[column]) for line in cells) for column in range(3)]
        for line in cells:
            numbers = [" " * (width - cell_len(cell)) + cell for cell, width in zip(line[1:3], widths[1:], strict=True)]
            text = " " * 6 + "   ".join([pad(line[0], widths[0]), *numbers])
            yield (text + (f"   {line[3]}" if line[3] else "")).rstrip()

    def _mistake(self, name: str) -> Iterator[str]:
        yield from self._indented(self._word("recognised"))
        yield from self._indented(self._card.mistake_texts[name].say(self._language), BOLD)
        if name in self._card.mistake_cards:
            yield from self._indented(self._word("mistake_card", card=self._card.mistake_cards[name]))

    def _indented(self, text: str, code: str = PLAIN) -> Iterator[str]:
        return (" " * 6 + self._paint(line, code) for piece in text.splitlines() for line in wrap(piece, COLUMNS - 6))

    def _say(self, message: str, values: Mapping[str, str]) -> str:
        sentence = self._card.messages.get(message) or messages()[message]
        return sentence.say(self._language, **values)

    def _word(self, name: str, /, **values: object) -> str:
        return word(name, self._language, **values)

    def _paint(self, text: str, code: str) -> str:
        return paint(text, code, self._colour)


def _first_difference(rows: Sequence[Row]) -> Row:
    """The first row that differs by more than rounding would; failing that, by anything."""
    for tolerance in (1e-6, 1e-9, 0.0):
        for row in rows:
            if not abs(row.yours - row.expected) <= tolerance:
                return row
    return rows[0]
