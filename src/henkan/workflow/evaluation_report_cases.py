"""The parts of a report that show outputs: confusions, the worst ones, and what the model looked at."""

import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from henkan.evaluation import WORDS, closest, confusions
from henkan.plotting.svg import heat_map
from henkan.workflow.attention import sharpest_cross_attention
from henkan.workflow.evaluation_report_page import data, folded, paragraph, section, table, visible
from henkan.workflow.report import figure

if TYPE_CHECKING:
    from henkan.workflow.evaluation_report import Report

NUM_CONFUSIONS, NUM_CASES, NUM_MAPS = 20, 20, 6
MAX_SYMBOLS = 40  # of each side of an attention map


def confusion_section(report: "Report") -> str:
    """The edits that come most often."""
    words, result = report.word, report.result
    is_text = result.figures.writing.kind == "sentences"  # single letters of long sentences say nothing
    units = WORDS if is_text else result.judge.units
    outputs = [units.split(output) for output in result.outputs]
    references = [[units.split(text) for text in texts] for texts in result.judge.references]
    rows = []
    for one in confusions(outputs, references)[:NUM_CONFUSIONS]:
        source, output = result.examples[one.example].source, result.outputs[one.example]
        reference = _closest_text(report, one.example)
        example = f"{data(source)}: {data(reference)} → {data(output)}"
        rows.append([_symbol(report, one.expected), _symbol(report, one.written), f"{one.times:,}", example])
    header = [words("expected"), words("written"), words("times"), words("example")]
    if not rows:
        return section(words("confusions"), paragraph(words("all right")))
    return section(
        words("confusions"),
        paragraph(words("confusions note", unit=words(units.name))),
        table(header, rows, numbers=(2,)),
    )


def case_sections(report: "Report") -> list[str]:
    """The outputs furthest from right and those that were wrong for sure, each with what was looked at."""
    words, result = report.word, report.result
    wrong = [place for place, right in enumerate(result.behaviour.right) if not right]
    if not wrong:
        return [section(words("furthest"), paragraph(words("all right")))]
    edits = {place: _edits(report, place) for place in wrong}
    furthest = sorted(wrong, key=lambda place: (-edits[place], place))
    surest = sorted(wrong, key=lambda place: (-result.predictions[place].log_prob, place))
    return [
        _cases(report, "furthest", furthest[:NUM_CASES], edits),
        _cases(report, "surest", surest[:NUM_CASES], edits),
    ]


def _cases(report: "Report", name: str, places: Sequence[int], edits: dict[int, int]) -> str:
    words, result = report.word, report.result
    rows = []
    for place in places:
        example, prediction = result.examples[place], result.predictions[place]
        references = "<br>".join(map(data, example.references))
        probability = figure("", math.exp(prediction.log_prob))
        output = f'<span class="wrong">{data(prediction.text)}</span>'
        rows.append([data(example.source), output, references, f"{edits[place]:,}", probability])
    header = [words("source"), words("written"), words("expected"), words("edits"), words("probability")]
    maps = "\n".join(_attention(report, place) for place in places[:NUM_MAPS])
    return section(
        words(name),
        paragraph(words(f"{name} note", unit=report.unit)),
        table(header, rows, numbers=(3, 4)),
        folded(words("attention"), maps, is_open=name == "furthest"),
    )


def _attention(report: "Report", place: int) -> str:
    """What the model looked at while it wrote this output."""
    source, output = report.result.examples[place].source, report.result.outputs[place]
    found = sharpest_cross_attention(report.bundle, source, output)
    columns, rows = found.source_symbols[:MAX_SYMBOLS], found.target_symbols[:MAX_SYMBOLS]
    weights = found.weights[: len(rows), : len(columns)].tolist()
    shown = [[visible("␣" if symbol == " " else symbol) for symbol in side] for side in (rows, columns)]
    picture = heat_map(weights, shown[0], shown[1], f"{visible(source)} → {visible(output)}")
    is_cut = len(found.source_symbols) > len(columns) or len(found.target_symbols) > len(rows)
    note = report.word("attention note", layer=found.layer)
    if is_cut:
        note += " " + report.word("attention cut", count=MAX_SYMBOLS)
    return f'<h3>{data(source)} → {data(output)}</h3>{paragraph(note)}<div class="scroll">{picture}</div>'


def _closest_text(report: "Report", place: int) -> str:
    split, texts = report.result.judge.units.split, report.result.examples[place].references
    output = split(report.result.outputs[place])
    return min(texts, key=lambda text: closest(output, [split(text)]).edits)


def _edits(report: "Report", place: int) -> int:
    split, texts = report.result.judge.units.split, report.result.examples[place].references
    return closest(split(report.result.outputs[place]), [split(text) for text in texts]).edits


def _symbol(report: "Report", symbol: str | None) -> str:
    if symbol is None:
        return f'<span class="soft">{html.escape(report.word("nothing"))}</span>'
    return data("␣" if symbol == " " else symbol)
