"""One page about an evaluation, for people: everything in a single file, readable without a network or JavaScript."""

import csv
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from henkan.bundle import Bundle
from henkan.decoding import BeamSearch
from henkan.evaluation import SAMPLES, Metrics
from henkan.workflow.evaluate import EvaluationResult
from henkan.workflow.evaluation_files import write_text
from henkan.workflow.evaluation_report_cases import case_sections, confusion_section
from henkan.workflow.evaluation_report_charts import calibration_section, curve_section, length_section
from henkan.workflow.evaluation_report_page import Language, data, page, paragraph, section, table, visible
from henkan.workflow.evaluation_report_texts import TEXTS, word
from henkan.workflow.forced import forced_metrics
from henkan.workflow.partial import METRICS
from henkan.workflow.report import figure, minutes

CARDS = 4
Row = Mapping[str, str]


@dataclass(frozen=True)
class Report:
    """What a report shows: the bundle of ``folder``, and what was measured on the file ``pairs`` or the test split."""

    bundle: Bundle
    folder: Path
    result: EvaluationResult
    pairs: str | None
    language: Language
    curves: Sequence[Row] = ()
    forced: Metrics = field(default_factory=dict)

    def word(self, name: str, **values: object) -> str:
        """A text in the language of the report."""
        return word(name, self.language, **values)

    @property
    def unit(self) -> str:
        """What errors are counted in, in the language of the report."""
        return self.word(self.result.judge.units.name)


def write_report(
    path: str | Path,
    bundle: Bundle,
    folder: Path,
    result: EvaluationResult,
    *,
    pairs: str | None = None,
    language: Language = "en",
) -> None:
    """Write the page; it appears complete or not at all.

    ``folder`` is that of the bundle, where its learning curves are; ``pairs`` the file that was measured, None for the
    test split.
    """
    forced = forced_metrics(bundle, result.examples)
    report = Report(bundle, folder, result, pairs, language, read_curves(folder / METRICS), forced)
    write_text(path, render(report))


def render(report: Report) -> str:
    """The page as text."""
    title = report.word("title", bundle=report.folder)
    count = f"{len(report.result.examples):,}"
    pairs = report.pairs or report.word("test split")
    subtitle = report.word("subtitle", pairs=pairs, n=count, decoding=_decoding(report))
    body = [
        f"<h1>{html.escape(visible(title))}</h1>",
        paragraph(visible(subtitle)),
        _cards(report),
        _figures(report),
        curve_section(report),
        length_section(report),
        calibration_section(report),
        confusion_section(report),
        *case_sections(report),
        _facts(report),
    ]
    return page(report.language, title, body)


def read_curves(path: Path) -> list[Row]:
    """The rows of a ``metrics.csv``; none if there is no such file, or it is no such file."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
    return [row for row in rows if row.get("step") and None not in row]


def _decoding(report: Report) -> str:
    strategy = report.result.strategy
    if isinstance(strategy, BeamSearch):
        return report.word("beam", width=strategy.width, penalty=strategy.length_penalty)
    return report.word("greedy")


def _cards(report: Report) -> str:
    figures = report.result.figures
    names = [name for name in figures.metrics if name != "n"][:CARDS]
    cards = [
        f'<div class="card"><span>{html.escape(name)}</span><b>{figure(name, figures.metrics[name])}</b>'
        f"<span>{_margin(report, name) or '&nbsp;'}</span></div>"
        for name in names
    ]
    return f'<div class="cards">{"".join(cards)}</div>'


def _margin(report: Report, name: str) -> str:
    margin = report.result.figures.margins.get(name)
    return "" if margin is None else f"± {figure(name, margin).removesuffix('%')}"


def _figures(report: Report) -> str:
    figures = report.result.figures
    metrics = {**{name: value for name, value in figures.metrics.items() if name != "n"}, **report.forced}
    rows = []
    for name, value in metrics.items():
        note = figures.notes.get(name, "")
        signature = f"<br><code>{html.escape(note)}</code>" if "version:" in note else ""
        meaning = html.escape(_meaning(report, name)) + signature
        rows.append([f"<code>{html.escape(name)}</code>", figure(name, value), _margin(report, name), meaning])
    words = report.word
    return section(
        words("figures"),
        paragraph(words("chosen for", what=words(f"kind {figures.writing.kind}"))),
        table([words("figure"), words("value"), "±", words("meaning")], rows, numbers=(1, 2), has_names=True),
        paragraph(words("margin", samples=f"{SAMPLES:,}")),
    )


def _meaning(report: Report, name: str) -> str:
    if name == "word_error_rate" and name in report.result.figures.notes:
        return report.word("word_error_rate whole")
    if name in TEXTS:
        return report.word(name)
    return report.word("error_rate", unit=report.word(name.removesuffix("_error_rate")))


def _facts(report: Report) -> str:
    record, words = report.bundle.record, report.word
    rows: list[tuple[str, str]] = [("trained on", str(record.get("target", report.bundle.data.get("file", ""))))]
    if counts := record.get("sources"):
        rows.append(("split", " / ".join(f"{counts.get(part, 0):,}" for part in ("train", "dev", "test"))))
    kinds = (report.bundle.source_tokenizer, report.bundle.target_tokenizer)
    rows.append(("tokenizers", " / ".join(f"{one.kind} ({len(one.vocabulary):,})" for one in kinds)))
    if "parameters" in record:
        rows.append(("parameters", f"{record['parameters']:,}"))
    if "seconds" in record:
        steps, why = f"{record.get('steps', 0):,}", record.get("stopped_by", "")
        rows.append(("training", words("took", steps=steps, minutes=minutes(record["seconds"]), why=why)))
    if record.get("best_step"):
        rows.append(("best", words("best step", step=f"{record['best_step']:,}")))
    rows += [(name, _flat(record[name])) for name in ("versions", "machine") if name in record]
    settings = record.get("settings", {})
    rows += [(f"{words('settings')}: {name}", _flat(values)) for name, values in settings.items() if values]
    cells = [[html.escape(words(name)), data(value)] for name, value in rows]
    return section(words("facts"), table(["", ""], cells))


def _flat(values: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items()) if isinstance(values, dict) else str(values)
