"""``henkan export``."""

from typing import Any

from henkan.cli.parser import Parser
from henkan.cli.strategy import add_beam, make_strategy

DESCRIPTION = """\
Write a trained model for CTranslate2, a decoding engine, which henkan predict then uses. With --verify, what henkan and
CTranslate2 answer to a file is compared, and an export that differs too much is not kept. Takes henkan[ctranslate2]."""
EPILOG = """\
examples:
  henkan export runs/pairs --to ctranslate2 --verify test.tsv
  henkan export runs/pairs --to ctranslate2 --quantization int8 --verify test.tsv
  henkan predict runs/pairs words.txt --engine ctranslate2
"""


def run(arguments: list[str]) -> int:
    """Write the export."""
    given = make_parser().given(arguments)
    from henkan.workflow.export import Check, export_bundle  # here, so that --help is quick

    strategy = make_strategy(given)
    _check_options(given)
    check = None if given["verify"] is None else Check(given["verify"], strategy, given["min_agreement"])
    export_bundle(given["bundle"], print, quantization=given["quantization"], out=given["out"], check=check)
    return 0


def _check_options(given: dict[str, Any]) -> None:
    """Raise if an option says how to compare and nothing is compared."""
    for name in ("min_agreement", "beam", "length_penalty"):
        if given[name] is not None and given["verify"] is None:
            raise ValueError(f"--{name.replace('_', '-')} says how to compare: name a file with --verify FILE")


def make_parser() -> Parser:
    """The parser."""
    parser = Parser("henkan export BUNDLE [options]", DESCRIPTION, EPILOG)
    parser.add_argument("bundle", help="the folder that henkan train wrote")
    parser.add_argument("--to", choices=["ctranslate2"], default="ctranslate2", help="the engine [ctranslate2]")
    parser.add_argument(
        "--quantization",
        choices=["float32", "bfloat16", "int8", "int8_float32"],
        default="float32",
        help="how numbers are stored: fewer bits are quicker, and change outputs [float32]",
    )
    parser.add_argument(
        "--out", metavar="FOLDER", help="write there, not into the bundle; henkan predict does not look there"
    )
    parser.add_argument(
        "--verify", metavar="FILE", help="compare both on these lines or pairs; - for the standard input"
    )
    parser.add_argument(
        "--min-agreement",
        type=float,
        metavar="X",
        help="share of outputs that must be equal [0.98 for float32, 0.95 for bfloat16, 0.9 for int8]",
    )
    add_beam(parser)
    return parser
