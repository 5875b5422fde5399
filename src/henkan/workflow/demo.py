"""See it work: a few minutes of training on English words, then words that the model has never seen."""

from collections.abc import Sequence
from pathlib import Path

import torch

from henkan.bundle import Bundle
from henkan.data import Example, source_fraction
from henkan.tasks import get_task
from henkan.workflow.attention import draw_attention
from henkan.workflow.evaluate import evaluate_examples
from henkan.workflow.report import Say, heading, table
from henkan.workflow.train import train

TASK = "pronunciation"
OUT = Path("runs/demo")  # the demo's own folder, the only one that it replaces unasked
NUM_WORDS = 12
QUICK_MODEL = {"num_decoder_layers": 1, "dropout": 0.0}  # nothing is seen often enough to be learned by heart
PICTURE = "attention.png"
RIGHT, WRONG = "right", "WRONG"


def demo(*, minutes: float = 3.0, seed: int = 1, out: str | Path, device: torch.device | str, say: Say) -> Path:
    """Train on the CMU dictionary for ``minutes``; show the result. Return the path of the bundle."""
    say(f"henkan learns to pronounce English: {minutes:g} minutes of training on the words of the CMU dictionary,")
    say("then words that it has never seen. It sees letters and must write phones: hello -> HH AH L OW.")
    overrides = {"model": QUICK_MODEL, "training": {"max_minutes": minutes, "seed": seed, "checkpoint_seconds": 0.0}}
    result = train(TASK, overrides=overrides, out=out, overwrite=Path(out) == OUT, device=device, say=say)
    show_words(result.bundle, some_examples(get_task(TASK).load().test), result.path, say)
    say_next(result.path, say)
    return result.path


def some_examples(examples: Sequence[Example], count: int = NUM_WORDS) -> list[Example]:
    """``count`` of the examples, the same ones in every run."""
    return sorted(examples, key=lambda example: source_fraction(example.source, "demo"))[:count]


def show_words(bundle: Bundle, examples: Sequence[Example], path: Path, say: Say) -> None:
    """The model's output for each example beside the references, and a picture of how one of them came about."""
    outputs = evaluate_examples(bundle, examples).outputs
    is_right = [output in example.references for example, output in zip(examples, outputs, strict=True)]
    heading(say, f"{len(examples)} words it has never seen ({sum(is_right)} right)")
    rows = [("word", "the model says", "", "the dictionary says")]
    for example, output, right in zip(examples, outputs, is_right, strict=True):
        rows.append((example.source, output, RIGHT if right else WRONG, " or ".join(example.references)))
    for line in table(rows):
        say(line)
    # A long word that is right shows best how the model finds its way.
    word, output, _ = max(
        zip((example.source for example in examples), outputs, is_right, strict=True),
        key=lambda shown: (shown[2], len(shown[0])),
    )
    heading(say, f"Where the model looks while it writes {output!r} for {word!r}")
    try:
        say(f"  {draw_attention(bundle, word, output, path / PICTURE)}")
    except ValueError as error:  # no matplotlib
        say(f"  No picture: {error}")


def say_next(path: Path, say: Say) -> None:
    """What to type next."""
    heading(say, "Next")
    for command, what in (
        (f"henkan predict {path}", "type a word, see its pronunciation"),
        ("henkan train pairs.tsv", "learn from your own file: source, tab, target on each line"),
        ("henkan predict runs/pairs", "use what it learned"),
        ("henkan --help", "everything else"),
    ):
        say(f"  {command:<28}{what}")
