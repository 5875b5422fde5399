"""How the commands speak: aligned lines, figures for people."""

import shutil
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from henkan.decoding import BeamSearch, Greedy, Strategy

if TYPE_CHECKING:
    from henkan.data import Example
    from henkan.evaluation import Figures
    from henkan.workflow.choose import Choice

Say = Callable[[str], None]
BIG = 1e6  # from which on digits are only confusing
MAX_WIDTH = 120
LABEL_WIDTH, SETTINGS_WIDTH = 8, 30


def silent(_: str) -> None:
    """A ``Say`` for those who do not listen."""


def heading(say: Say, text: str) -> None:
    """A line that starts a part of the report."""
    say("")
    say(text)


def describe_choices(choices: "Sequence[Choice]") -> list[str]:
    """Section, settings and reason in columns. Settings with one reason share a line."""
    groups: dict[tuple[str, str], list[str]] = {}
    for choice in choices:
        section, _, name = choice.option.partition(".")
        groups.setdefault((section, choice.reason), []).append(f"{name} {choice.value}")
    lines, last = [], ""
    for (section, reason), settings in groups.items():
        label = section if section != last else ""
        lines += _in_columns(label, ", ".join(settings), reason)
        last = section
    return lines


def _in_columns(label: str, settings: str, reason: str) -> list[str]:
    """The reason stands beside short settings and below long ones."""
    start, column = f"  {label:<{LABEL_WIDTH}}  ", LABEL_WIDTH + SETTINGS_WIDTH + 4
    wrapped = textwrap.wrap(reason[:1].lower() + reason[1:].rstrip("."), max(20, _width() - column))
    below = [" " * column + line for line in wrapped]
    if len(settings) >= SETTINGS_WIDTH:
        return [start + settings, *below]
    return [f"{start}{settings:<{SETTINGS_WIDTH}}{wrapped[0]}", *below[1:]]


def describe_metrics(metrics: Mapping[str, float], margins: Mapping[str, float] | None = None) -> list[str]:
    """A line per figure, the values below each other; behind them their ``margins``, in the same unit."""
    shown = {"sources" if name == "n" else name: figure(name, value) for name, value in metrics.items()}
    behind = {name: f"  ±{figure(name, value).removesuffix('%')}" for name, value in (margins or {}).items()}
    width, value_width = max(map(len, shown)), max(map(len, shown.values()))
    return [f"  {name:<{width}}  {value:>{value_width}}{behind.get(name, '')}" for name, value in shown.items()]


def describe_figures(figures: "Figures") -> list[str]:
    """The figures with their margins, and below what they are and why these."""
    lines = describe_metrics(figures.metrics, figures.margins)
    compares = ": BLEU compares characters" if figures.writing.is_spaceless and "bleu" in figures.metrics else ""
    judged = f"Chosen for {figures.writing.description}{compares}"
    notes = [judged, *(f"{name}: {note}" for name, note in figures.notes.items())]
    if figures.margins:
        from henkan.evaluation import SAMPLES

        notes.append(f"±: half of the 95 % interval, from {SAMPLES:,} draws of the sources with replacement")
    return [*lines, *indented(notes)]


def describe_mistakes(examples: "Sequence[Example]", outputs: Sequence[str], count: int) -> list[str]:
    """Up to ``count`` outputs that equal none of their references, from all over the examples."""
    wrong = [pair for pair in zip(examples, outputs, strict=True) if pair[1] not in pair[0].references]
    chosen = wrong[:: max(1, len(wrong) // count)][:count]
    return table([(example.source, output, " or ".join(example.references)) for example, output in chosen])


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The rows with their columns below each other, set in by two spaces."""
    if not rows:
        return []
    from rich.cells import cell_len  # here, because few commands show a table

    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def padded(text: str, width: int) -> str:
        return text + " " * (width - cell_len(text))  # Japanese characters are two columns wide

    return ["  " + "  ".join(map(padded, row, widths)).rstrip() for row in rows]


def figure(name: str, value: float) -> str:
    """A metric as people write it: counts whole, shares in per cent, sacreBLEU's figures from 0 to 100 as they are."""
    if name == "n":
        return f"{value:,.0f}"
    from henkan.evaluation import CORPUS_NAMES

    if name in (*CORPUS_NAMES, "forced_perplexity"):  # no shares
        return f"{value:.2f}" if value < BIG else f"{value:.2e}"
    return f"{value:.2%}"


def minutes(seconds: float) -> str:
    """A duration: 1:05 or 2:03:09."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    clock = f"{rest // 60:02d}:{rest % 60:02d}"
    return f"{hours}:{clock}" if hours else clock.removeprefix("0")


def roughly(seconds: float) -> str:
    """A duration that is an estimate."""
    if seconds < 90:
        return "about a minute" if seconds > 45 else "less than a minute"
    if seconds < 90 * 60:
        return f"about {seconds / 60:.0f} minutes"
    return f"about {seconds / 3600:.1f} hours"


def plural(number: int, one: str) -> str:
    """A number and what it counts."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def describe_strategy(strategy: Strategy) -> str:
    """How outputs were decoded."""
    if isinstance(strategy, BeamSearch):
        return f"decoded with a beam of {strategy.width} (length penalty {strategy.length_penalty:g})"
    return "decoded greedily" if isinstance(strategy, Greedy) else f"sampled ({strategy})"


def indented(lines: Iterable[str]) -> list[str]:
    """The lines, each wrapped to the terminal and set in by two spaces."""
    wrapper = textwrap.TextWrapper(_width(), initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    return [part for line in lines for part in wrapper.wrap(line)]


def _width() -> int:
    return min(shutil.get_terminal_size((MAX_WIDTH, 24)).columns, MAX_WIDTH)
