"""``henkan evaluate``."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from henkan.cli.device import add_device, choose_device
from henkan.cli.explain import preferred_language
from henkan.cli.parser import Parser
from henkan.cli.strategy import add_beam, make_strategy

if TYPE_CHECKING:
    from henkan.bundle import Bundle
    from henkan.workflow.evaluate import EvaluationResult

DESCRIPTION = """\
Measure a trained model on a file of pairs with known answers. Without a file, on the test split that its training held
out: pairs whose sources the model has never seen. Which figures are shown depends on the texts: exact match and error
rates for short ones, for sentences also BLEU and its like."""
NUM_SHOWN = 5


def run(arguments: list[str]) -> int:
    """Print the figures and a few outputs that are wrong; write the files that were asked for."""
    given = make_parser().given(arguments)
    strategy = make_strategy(given)
    device = choose_device(given["device"])
    from rich.console import Console  # here, so that --help is quick

    from henkan.bundle import Bundle
    from henkan.workflow.evaluate import evaluate_examples, load_examples
    from henkan.workflow.evaluation_files import check_place
    from henkan.workflow.evaluation_progress import counting
    from henkan.workflow.report import describe_strategy

    for name in ("report", "out", "json"):
        if given[name] is not None:
            check_place(given[name])
    bundle = Bundle.load(given["bundle"], device)
    examples = load_examples(bundle, given.get("pairs"), given["targets"])
    _warn_of_known(bundle, given)
    try:
        with counting(Console(file=sys.stderr)) as progress:
            result = evaluate_examples(bundle, examples, strategy, names=_names(given), progress=progress)
    except ValueError as error:
        raise ValueError(_with_file(str(error), given.get("pairs") or _held_out_file(bundle.data))) from error
    where = given.get("pairs") or "the held-out test split"
    how = describe_strategy(strategy)
    # First the files: whoever reads along may stop listening.
    _write(bundle, result, given, {"bundle": str(given["bundle"]), "pairs": str(where), "decoding": how})
    _show(bundle, result, f"{given['bundle']} on {where}, {how}")
    if given["report"] is not None:
        print(f"\nReport: {given['report']}")
    return 0


def make_parser() -> Parser:
    """The parser."""
    parser = Parser("henkan evaluate BUNDLE [PAIRS.tsv] [options]", DESCRIPTION)
    parser.add_argument("bundle", help="the folder that henkan train wrote")
    parser.add_argument("pairs", nargs="?", help="a file: source, tab, target on each line; - for the standard input")
    parser.add_argument(
        "--targets",
        metavar="FILE",
        help="the right answers, if PAIRS holds the sources alone: line N belongs to line N",
    )
    add_device(parser)
    add_beam(parser)
    group = parser.add_argument_group("figures and files")
    group.add_argument(
        "--metrics",
        metavar="NAMES",
        help="such as exact_match,character_error_rate,bleu,chrf,ter,forced_perplexity, or all [those for such texts]",
    )
    group.add_argument(
        "--report", metavar="FILE.html", help="one page: tables, curves, worst cases and what was looked at"
    )
    group.add_argument("--lang", choices=["ja", "en"], help="language of the page [of HENKAN_LANG, of the system]")
    group.add_argument(
        "--out",
        metavar="FILE",
        help="a line for each output, tabs between the columns; JSON lines if it ends with .jsonl",
    )
    group.add_argument("--json", metavar="FILE", help="the figures as JSON")
    return parser


def _names(given: dict[str, Any]) -> list[str] | None:
    return None if given["metrics"] is None else [name.strip() for name in given["metrics"].split(",") if name.strip()]


def _with_file(message: str, file: str | None) -> str:
    """A message about a line, with the file that the line is in."""
    return f"{file}, {message}" if file is not None and message.startswith("line ") else message


def _held_out_file(data: Mapping[str, Any]) -> str | None:
    """The file that held the test split of a training."""
    return data.get("test") or data.get("file")


def _warn_of_known(bundle: "Bundle", given: dict[str, Any]) -> None:
    from henkan.workflow.evaluate import is_training_file

    if given.get("pairs") and is_training_file(bundle, given["pairs"]):
        print("Note: the model was trained on this file, so most of these pairs are not new to it.")
        print(f"The ones it has not seen are measured by: henkan evaluate {given['bundle']}\n")


def _show(bundle: "Bundle", result: "EvaluationResult", title: str) -> None:
    from henkan.workflow.predict import unknown_notes
    from henkan.workflow.report import describe_figures, describe_mistakes

    print(title)
    for note in unknown_notes([example.source for example in result.examples], bundle.codec):
        print(f"  note: {note}")
    print("\n".join(describe_figures(result.figures)))
    mistakes = describe_mistakes(result.examples, result.outputs, NUM_SHOWN)
    if mistakes:
        print("\nSome that are wrong (source, output, reference)")
        print("\n".join(mistakes))


def _write(bundle: "Bundle", result: "EvaluationResult", given: dict[str, Any], about: dict[str, str]) -> None:
    from henkan.workflow.evaluation_files import write_metrics, write_outputs

    if given["out"] is not None:
        write_outputs(given["out"], result)
    if given["json"] is not None:
        write_metrics(given["json"], result, dict(about))
    if given["report"] is not None:
        from henkan.workflow.evaluation_report import write_report

        language = given["lang"] or preferred_language()
        pairs = given.get("pairs")
        write_report(given["report"], bundle, Path(given["bundle"]), result, pairs=pairs, language=language)
