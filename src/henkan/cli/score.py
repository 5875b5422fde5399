"""``henkan score``."""

import sys

from henkan.cli.device import add_device, choose_device
from henkan.cli.parser import Parser

DESCRIPTION = """\
Say how likely a trained model finds the targets of a file of pairs (source, tab, target on each line; or JSON lines,
gzip, or with - the standard input). One line out for each pair, blank for a blank line: log-probability, tab,
log-probability per token, tab, the pair. 0 is certain, lower is less likely. The end of the target counts as a token.
The first line of the output names the columns with --header."""


def run(arguments: list[str]) -> int:
    """Print the scores."""
    given = make_parser().given(arguments)
    device = choose_device(given["device"])
    from henkan.bundle import Bundle  # here, so that --help is quick
    from henkan.workflow.predict_file import write_lines
    from henkan.workflow.score import HEADER, score_file

    lines, notes = score_file(Bundle.load(given["bundle"], device), given["pairs"], given["targets"])
    lines = [HEADER, *lines] if given["header"] else lines
    if given["out"] is not None:
        write_lines(given["out"], lines)
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines)
        sys.stdout.flush()
    for note in notes:
        print(f"henkan score: note: {note}", file=sys.stderr)
    return 0


def make_parser() -> Parser:
    """The parser."""
    parser = Parser("henkan score BUNDLE PAIRS.tsv [options]", DESCRIPTION)
    parser.add_argument("bundle", help="the folder that henkan train wrote")
    parser.add_argument("pairs", help="a file: source, tab, target on each line; - for the standard input")
    parser.add_argument("--targets", metavar="FILE", help="the targets, if PAIRS holds the sources alone: line by line")
    parser.add_argument("--header", action="store_true", help="name the columns in a first line")
    parser.add_argument("--out", metavar="FILE", help="write there, complete or not at all")
    add_device(parser)
    return parser
