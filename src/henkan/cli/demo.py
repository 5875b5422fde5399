"""``henkan demo``."""

from henkan.cli.device import add_device, choose_device
from henkan.cli.parser import Parser

DESCRIPTION = """\
Train on English words and their pronunciation (CMU dictionary) for three minutes, then look at words the model has
never seen, and at a picture of what it attends to."""


def run(arguments: list[str]) -> int:
    """Train, and show the result."""
    given = make_parser().given(arguments)
    device = choose_device(given["device"])
    from henkan.workflow.demo import demo  # here, so that --help is quick

    demo(
        minutes=given["minutes"],
        seed=given["seed"],
        out=given["out"],
        device=device,
        say=lambda line: print(line, flush=True),
    )
    return 0


def make_parser() -> Parser:
    """The parser."""
    parser = Parser("henkan demo [options]", DESCRIPTION)
    parser.add_argument("--minutes", type=float, default=3.0, metavar="X", help="of training [3]")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the training [1]")
    parser.add_argument("--out", default="runs/demo", metavar="DIR", help="where the bundle goes [runs/demo]")
    add_device(parser)
    return parser
