"""The parts of a report that draw curves: learning, length, confidence."""

import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from henkan.evaluation import closest, slice_by_length
from henkan.plotting.svg import Axis, Point, Series, bar_chart, line_chart
from henkan.workflow.evaluation_report_page import paragraph, section, table
from henkan.workflow.report import figure

if TYPE_CHECKING:
    from henkan.workflow.evaluation_report import Report, Row


def curve_section(report: "Report") -> str:
    """The training loss and the metric that chose the weights, over the updates."""
    words = report.word
    loss = _points(report.curves, "loss")
    metric = str(report.bundle.record.get("metric", "exact_match"))
    dev = _points(report.curves, metric)
    charts = []
    if loss:
        axis = Axis(words("loss"), 0.0, _top(loss), "{:.3g}".format)
        charts.append(line_chart([Series("", loss)], _steps(report, loss), axis, words("loss")))
    if dev:
        name = words("dev", metric=metric)
        axis = Axis(name, 0.0, _top(dev), "{:.0%}".format if _top(dev) <= 2 else "{:.3g}".format)
        charts.append(line_chart([Series("", dev, is_dots=True)], _steps(report, dev), axis, name))
    if not charts:
        return section(words("curves"), paragraph(words("no curves")))
    return section(words("curves"), f'<div class="two">{"".join(f"<div>{chart}</div>" for chart in charts)}</div>')


def length_section(report: "Report") -> str:
    """Exact match and error rate by the length of the source."""
    words, result, unit = report.word, report.result, report.unit
    split = report.bundle.source_tokenizer.split if report.bundle.source_tokenizer.kind == "separator" else list
    slices = slice_by_length([len(split(example.source)) for example in result.examples])
    edits, lengths = _edits(report)
    labels, rates, rows = [], [], []
    for one in slices:
        labels.append(f"{one.shortest}" if one.shortest == one.longest else f"{one.shortest}–{one.longest}")
        right = sum(result.behaviour.right[place] for place in one.places) / len(one.places)
        total = max(sum(lengths[place] for place in one.places), 1)
        rates.append(sum(edits[place] for place in one.places) / total)
        shares = (figure("", right), figure("", rates[-1]))
        rows.append([html.escape(labels[-1]), f"{len(one.places):,}", *shares])
    name = words("error rate", unit=unit)
    top = max(*rates, 0.01) * 1.15
    axis = Axis(name, 0.0, top, ("{:.1%}" if top < 1 else "{:.0%}").format)
    source_unit = words("symbol" if report.bundle.source_tokenizer.kind == "separator" else "character")
    chart = bar_chart(labels, rates, words("length"), axis, words("lengths"))
    figures = table([words("length"), words("sources"), words("right"), name], rows, numbers=(1, 2, 3))
    return section(
        words("lengths"),
        paragraph(words("lengths note", unit=source_unit)),
        f'<div class="two"><div>{chart}</div><div>{figures}</div></div>',
    )


def calibration_section(report: "Report") -> str:
    """The share of right outputs against the probability that the model gave them."""
    words, calibration = report.word, report.result.behaviour.calibration
    points = [(group.probability, group.right) for group in calibration.groups]
    axes = [Axis(words(name), 0.0, 1.0, "{:.0%}".format) for name in ("probability", "right")]
    chart = line_chart([Series("", points, is_dots=True)], axes[0], axes[1], words("calibration"), diagonal=True)
    rows = [
        [
            f"{figure('', group.lowest)} – {figure('', group.highest)}",
            f"{group.count:,}",
            figure("", group.probability),
            figure("", group.right),
        ]
        for group in calibration.groups
    ]
    header = [words("probability"), words("sources"), "⌀", words("right")]
    return section(
        words("calibration"),
        paragraph(words("calibration note")),
        f'<div class="two"><div>{chart}</div><div>{table(header, rows, numbers=(0, 1, 2, 3))}</div></div>',
        paragraph(f"{words('calibration_error')}: {figure('', calibration.error)}"),
    )


def _edits(report: "Report") -> tuple[list[int], list[int]]:
    """The edits of each output, and the length of the reference it is closest to."""
    judge = report.result.judge
    found = [
        closest(judge.units.split(output), [judge.units.split(text) for text in texts])
        for output, texts in zip(report.result.outputs, judge.references, strict=True)
    ]
    return [one.edits for one in found], [len(one.reference) for one in found]


def _points(rows: "Sequence[Row]", name: str) -> list[Point]:
    """The column ``name`` over the updates, where it has a finite number."""
    points = []
    for row in rows:
        try:
            point = (float(row["step"]), float(row.get(name) or "nan"))
        except ValueError:
            continue
        if all(map(math.isfinite, point)):
            points.append(point)
    return points


def _top(points: Sequence[Point]) -> float:
    return max([value for _, value in points] + [0.01]) * 1.08


def _steps(report: "Report", points: Sequence[Point]) -> Axis:
    return Axis(report.word("step"), 0.0, max(step for step, _ in points) or 1.0, "{:,.0f}".format)
