"""How the commands speak: aligned lines, figures for people."""

import shutil
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence

from rich.cells import cell_len

from henkan.data import Example
from henkan.workflow.choose import Choice

Say = Callable[[str], None]
MAX_WIDTH = 120


def silent(_: str) -> None:
    """A ``Say`` for those who do not listen."""


def heading(say: Say, text: str) -> None:
    """A line that starts a part of the report."""
    say("")
    say(text)


def describe_choices(choices: Sequence[Choice]) -> list[str]:
    """One entry per reason: the options as they are written on the command line and their values, then why."""
    reasons = dict.fromkeys(choice.reason for choice in choices)
    lines = []
    for reason in reasons:
        values = [f"{choice.option} {choice.value}" for choice in choices if choice.reason == reason]
        lines.append(f"{', '.join(values)}  ({reason})")
    return indented(lines)


def describe_metrics(metrics: Mapping[str, float]) -> list[str]:
    """A line per figure, the values below each other."""
    shown = {name: figure(name, value) for name, value in metrics.items()}
    width, value_width = max(map(len, shown)), max(map(len, shown.values()))
    return [f"  {name:<{width}}  {value:>{value_width}}" for name, value in shown.items()]


def describe_mistakes(examples: Sequence[Example], outputs: Sequence[str], count: int) -> list[str]:
    """Up to ``count`` outputs that equal none of their references, from all over the examples."""
    wrong = [pair for pair in zip(examples, outputs, strict=True) if pair[1] not in pair[0].references]
    chosen = wrong[:: max(1, len(wrong) // count)][:count]
    return table([(example.source, output, " or ".join(example.references)) for example, output in chosen])


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The rows with their columns below each other, set in by two spaces."""
    if not rows:
        return []
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  " + "  ".join(map(_padded, row, widths)).rstrip() for row in rows]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))  # Japanese characters are two columns wide


def figure(name: str, value: float) -> str:
    """A metric as people write it: counts as whole numbers, shares in per cent."""
    return f"{value:,.0f}" if name == "n" else f"{value:.2%}"


def minutes(seconds: float) -> str:
    """A duration: 1:05 or 2:03:09."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    clock = f"{rest // 60:02d}:{rest % 60:02d}"
    return f"{hours}:{clock}" if hours else clock.removeprefix("0")


def indented(lines: Iterable[str]) -> list[str]:
    """The lines, each wrapped to the terminal and set in by two spaces."""
    width = min(shutil.get_terminal_size((MAX_WIDTH, 24)).columns, MAX_WIDTH)
    wrapper = textwrap.TextWrapper(width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    return [part for line in lines for part in wrapper.wrap(line)]
