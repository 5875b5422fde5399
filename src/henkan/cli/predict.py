"""``henkan predict``."""

import sys
from typing import TYPE_CHECKING, Any

from henkan.cli.device import add_device, choose_device
from henkan.cli.parser import Parser
from henkan.cli.strategy import add_beam, add_sampling, make_strategy

if TYPE_CHECKING:
    from henkan.bundle import Bundle
    from henkan.decoding import Strategy

DESCRIPTION = """\
Transform lines of text with a trained model: one line out for each line in, in the same order.
A blank line stays blank. Notes, such as on symbols the model has never seen, go to the error output."""
EPILOG = """\
examples:
  henkan predict runs/pairs words.txt --out outputs.txt
  echo hello | henkan predict runs/pairs --beam 4
  henkan predict runs/pairs words.txt --beam 4 --n-best 3     lines of: number of the source, score, output
"""


def run(arguments: list[str]) -> int:
    """Transform the lines of a file, of the standard input, or, on a terminal, each line as it is typed."""
    given = make_parser().given(arguments)
    strategy = make_strategy(given)
    device = choose_device(given["device"])
    from henkan.bundle import Bundle  # here, so that --help is quick
    from henkan.workflow.predict import predict_lines, read_input, write_lines

    bundle = Bundle.load(given["bundle"], device)
    options = {"max_len": given["max_len"], "seed": given["seed"] or 0, "n_best": given["n_best"] is not None}
    file = None if given["file"] == "-" else given["file"]
    if file is None and sys.stdin.isatty():
        return _converse(bundle, strategy, options)
    lines, notes = predict_lines(bundle, read_input(file), strategy, **options)
    if given["out"] is not None:
        write_lines(given["out"], lines)
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines)
        sys.stdout.flush()
    _tell(notes)
    return 0


def _converse(bundle: "Bundle", strategy: "Strategy", options: dict[str, Any]) -> int:
    from henkan.workflow.predict import predict_lines

    print("Type a line and press Enter. Ctrl-D ends.", file=sys.stderr)
    for number, line in enumerate(sys.stdin, start=1):
        try:
            lines, notes = predict_lines(bundle, [line.removesuffix("\n")], strategy, first_line=number, **options)
        except ValueError as error:  # a line too long is no reason to stop
            lines, notes = [], [str(error)]
        print("\n".join(lines), flush=True)
        _tell(notes)
    return 0


def _tell(notes: list[str]) -> None:
    for note in notes:
        print(f"henkan predict: note: {note}", file=sys.stderr)


def make_parser() -> Parser:
    """The parser."""
    parser = Parser("henkan predict BUNDLE [FILE] [options]", DESCRIPTION, EPILOG)
    parser.add_argument("bundle", help="the folder that henkan train wrote")
    parser.add_argument("file", nargs="?", help="a file of lines; without it, or with -, the standard input")
    parser.add_argument("--out", metavar="FILE", help="write there, complete or not at all")
    parser.add_argument("--max-len", type=int, metavar="N", help="most symbols of an output, its end counted")
    add_device(parser)
    add_beam(parser, n_best=True)
    add_sampling(parser)
    return parser
