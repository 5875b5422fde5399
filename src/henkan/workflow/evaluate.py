"""How good a bundle is on examples with known answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from henkan.bundle import Bundle, Prediction
from henkan.data import Example, FeatureTokenizer, read_pairs
from henkan.decoding import BeamSearch, Greedy, Strategy
from henkan.evaluation import BEHAVIOUR_NAMES, Behaviour, Figures, Judge, Metrics, compute_metrics
from henkan.evaluation.figures import unknown_name
from henkan.workflow.forced import FORCED_NAMES, forced_metrics
from henkan.workflow.target import reload, sha256

CHUNK_ROWS = 512  # outputs decoded between two reports of progress
ALL = "all"

Progress = Callable[[int, int], None]
"""Hears how many of how many sources are done."""


@dataclass(frozen=True)
class EvaluationResult:
    """What was measured: the best output for each of ``examples``, and what they show."""

    examples: Sequence[Example]
    predictions: Sequence[Prediction]
    judge: Judge
    figures: Figures
    behaviour: Behaviour
    strategy: Strategy

    @property
    def outputs(self) -> list[str]:
        """The texts of the outputs."""
        return [prediction.text for prediction in self.predictions]

    @property
    def metrics(self) -> Metrics:
        """All figures that were asked for, by name."""
        return self.figures.metrics


def load_examples(bundle: Bundle, pairs: str | Path | None = None, targets: str | Path | None = None) -> list[Example]:
    """The examples of a file of pairs; without one, the test split that the bundle's training held out.

    ``targets`` is the other file, if sources and targets are side by side in two. Whether there is a column of tags is
    what the model was trained for, not what the file looks like.
    """
    if pairs is not None:
        has_tags = isinstance(bundle.source_tokenizer, FeatureTokenizer)
        return read_pairs(pairs, targets, features="tags" if has_tags else "none").examples
    if targets is not None:
        raise ValueError(f"--targets {targets} needs the file of the sources: name it before")
    examples = reload(bundle.data).test
    if not examples:
        raise ValueError("the data of this bundle was too small for a test split: name a file of pairs")
    return examples


def is_training_file(bundle: Bundle, pairs: str | Path) -> bool:
    """Whether the bundle was trained on this very file."""
    return Path(pairs).is_file() and sha256(Path(pairs)) == bundle.data.get("sha256")


def evaluate_examples(
    bundle: Bundle,
    examples: Sequence[Example],
    strategy: Strategy = Greedy(),  # noqa: B008 - frozen
    *,
    names: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> EvaluationResult:
    """Decode the sources of ``examples`` and compare the best output of each with its references.

    ``names`` are the figures to compute, ["all"] for all there are; by default those that suit the data, see
    ``Judge``, and how the model behaves. Teacher-forced ones are called ``forced_...`` and only computed if named.
    """
    # Symbols are called what the task calls them: a phone error rate, for example.
    judge = Judge(examples, bundle.target_tokenizer, bundle.data.get("symbol_name"))
    names = chosen_names(judge, names)
    predictions = predict_all(bundle, examples, strategy, progress)
    behaviour = Behaviour.of(predictions, judge.references, judge.units)
    texts = [prediction.text for prediction in predictions]
    figures = judge.measure(texts, [name for name in names if name in judge.names])
    values = {**figures.metrics, **behaviour.metrics}
    if set(names) & set(FORCED_NAMES):
        values.update(forced_metrics(bundle, examples))
    chosen = replace(figures, metrics={name: values[name] for name in ("n", *names)})
    return EvaluationResult(examples, predictions, judge, chosen, behaviour, strategy)


def chosen_names(judge: Judge, names: Sequence[str] | None) -> list[str]:
    """The figures to compute, in the order asked for, each once; one that does not exist is a ``ValueError``."""
    every = [*judge.names, *BEHAVIOUR_NAMES, *FORCED_NAMES]
    if names is None:
        return [*judge.suitable_names, *BEHAVIOUR_NAMES]
    if ALL in names:
        return every
    for name in names:
        if name not in every:
            raise ValueError(unknown_name(name, [*every, ALL]))
    return list(dict.fromkeys(names))


def predict_all(
    bundle: Bundle, examples: Sequence[Example], strategy: Strategy, progress: Progress | None = None
) -> list[Prediction]:
    """The best output for each example. Long sources come first, so that a source that is too long costs no work."""
    numbers = [example.line or number for number, example in enumerate(examples, start=1)]
    order = sorted(range(len(examples)), key=lambda place: -len(examples[place].source))
    found: dict[int, Prediction] = {}
    size = CHUNK_ROWS // (strategy.width if isinstance(strategy, BeamSearch) else 1) or 1
    if progress is not None:
        progress(0, len(order))
    for start in range(0, len(order), size):
        places = order[start : start + size]
        sources = [examples[place].source for place in places]
        outputs = bundle.predict(sources, strategy, lines=[numbers[place] for place in places])
        found.update(zip(places, (best for best, *_ in outputs), strict=True))
        if progress is not None:
            progress(len(found), len(order))
    return [found[place] for place in range(len(examples))]


def dev_evaluator(bundle: Bundle, examples: Sequence[Example]) -> Callable[[], Metrics]:
    """A function that measures the bundle's model as it is when it is called, decoding greedily.

    It computes exact match and error rates alone, which take no time beside the decoding.
    """
    symbol_name = bundle.data.get("symbol_name")

    def measure() -> Metrics:
        outputs = [prediction.text for prediction in predict_all(bundle, examples, Greedy())]
        return compute_metrics(outputs, examples, bundle.target_tokenizer, symbol_name=symbol_name)

    return measure
