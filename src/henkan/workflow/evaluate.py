"""How good a bundle is on examples with known answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from henkan.bundle import Bundle
from henkan.data import Example, read_pairs
from henkan.decoding import Greedy, Strategy
from henkan.evaluation import Metrics, compute_metrics
from henkan.workflow.target import reload, sha256


@dataclass(frozen=True)
class EvaluationResult:
    """What was measured: the best output for each of ``examples``, and the figures."""

    examples: Sequence[Example]
    outputs: Sequence[str]
    metrics: Metrics


def load_examples(bundle: Bundle, pairs: str | Path | None = None) -> list[Example]:
    """The examples of a file of pairs; without one, the test split that the bundle's training held out."""
    if pairs is not None:
        return read_pairs(pairs).examples
    examples = reload(bundle.data).test
    if not examples:
        raise ValueError("the data of this bundle was too small for a test split: name a file of pairs")
    return examples


def is_training_file(bundle: Bundle, pairs: str | Path) -> bool:
    """Whether the bundle was trained on this very file."""
    return sha256(Path(pairs)) == bundle.data.get("sha256")


def evaluate_examples(
    bundle: Bundle,
    examples: Sequence[Example],
    strategy: Strategy = Greedy(),  # noqa: B008 - frozen
) -> EvaluationResult:
    """Decode the sources of ``examples`` and compare the best output of each with its references."""
    lines = [example.line or number for number, example in enumerate(examples, start=1)]
    found = bundle.predict([example.source for example in examples], strategy, lines=lines)
    outputs = [predictions[0].text for predictions in found]
    # Symbols are called what the task calls them: a phone error rate, for example.
    metrics = compute_metrics(outputs, examples, bundle.target_tokenizer, symbol_name=bundle.data.get("symbol_name"))
    return EvaluationResult(examples, outputs, metrics)


def dev_evaluator(bundle: Bundle, examples: Sequence[Example]) -> Callable[[], Metrics]:
    """A function that measures the bundle's model as it is when it is called, decoding greedily."""
    return lambda: evaluate_examples(bundle, examples).metrics
