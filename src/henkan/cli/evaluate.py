"""``henkan evaluate``."""

from henkan.cli.device import add_device, choose_device
from henkan.cli.parser import Parser
from henkan.cli.strategy import add_beam, make_strategy

DESCRIPTION = """\
Measure a trained model on a file of pairs with known answers. Without a file, on the test split that its training held
out: pairs whose sources the model has never seen."""
NUM_SHOWN = 5


def run(arguments: list[str]) -> int:
    """Print the figures and a few outputs that are wrong."""
    parser = make_parser()
    given = parser.given(arguments)
    strategy = make_strategy(given)
    device = choose_device(given["device"])
    from henkan.bundle import Bundle  # here, so that --help is quick
    from henkan.workflow.evaluate import evaluate_examples, is_training_file, load_examples
    from henkan.workflow.predict import unknown_notes
    from henkan.workflow.report import describe_metrics, describe_mistakes, describe_strategy

    bundle = Bundle.load(given["bundle"], device)
    examples = load_examples(bundle, given.get("pairs"))
    if given.get("pairs") and is_training_file(bundle, given["pairs"]):
        print("Note: the model was trained on this file, so most of these pairs are not new to it.")
        print(f"The ones it has not seen are measured by: henkan evaluate {given['bundle']}\n")
    result = evaluate_examples(bundle, examples, strategy)
    where = given.get("pairs") or "the held-out test split"
    print(f"{given['bundle']} on {where}, {describe_strategy(strategy)}")
    for note in unknown_notes([example.source for example in examples], bundle.codec):
        print(f"  note: {note}")
    print("\n".join(describe_metrics(result.metrics)))
    mistakes = describe_mistakes(examples, result.outputs, NUM_SHOWN)
    if mistakes:
        print("\nSome that are wrong (source, output, reference)")
        print("\n".join(mistakes))
    return 0


def make_parser() -> Parser:
    """The parser."""
    parser = Parser("henkan evaluate BUNDLE [PAIRS.tsv] [options]", DESCRIPTION)
    parser.add_argument("bundle", help="the folder that henkan train wrote")
    parser.add_argument("pairs", nargs="?", help="a file: source, tab, target on each line")
    add_device(parser)
    add_beam(parser)
    return parser
