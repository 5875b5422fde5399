"""Everything that is decided before a training begins: tokenizers, model, schedule."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice

import torch

from henkan.bundle import Limits
from henkan.config import DataConfig, ModelConfig, TrainingConfig
from henkan.data import EncodedPair, Kind, TokenBatches, Tokenizer, choose_kind, encode_examples
from henkan.nn import Transformer
from henkan.training import LabelSmoothingCrossEntropy, choose_autocast
from henkan.workflow.choose import (
    Choice,
    DataSize,
    Rule,
    apply,
    batch_rules,
    model_rules,
    output_limit,
    rate_rules,
    step_rules,
    warmup_rules,
)
from henkan.workflow.pace import seconds_per_batch
from henkan.workflow.target import Target
from henkan.workflow.wishes import Wishes

PACE_BATCHES = 3


@dataclass(frozen=True)
class Tokenizers:
    """One for each side, and how they were chosen."""

    source: Tokenizer
    target: Tokenizer
    config: DataConfig
    choices: Sequence[Choice]


@dataclass(frozen=True)
class Plan:
    """A model about to be trained, its batches, and how it will be done. ``seconds`` is an estimate."""

    model: Transformer
    model_config: ModelConfig
    limits: Limits
    batches: TokenBatches
    training: TrainingConfig
    autocast: torch.dtype | None
    seconds: float
    choices: Sequence[Choice]


def plan_tokenizers(target: Target, wishes: Wishes) -> Tokenizers:
    """The tokenizers, their vocabularies from the training texts alone."""
    sources = [example.source for example in target.splits.train]
    targets = [text for example in target.splits.train for text in example.references]
    wished = [
        Rule({name: value for name, value in rule.values.items() if value != "auto"}, rule.reason)
        for rule in wishes.rules("data")
    ]
    config, choices = apply("data", DataConfig(), [*_kind_rules(target, sources, targets), *wished])
    source_kind, target_kind = _decided(config.source_tokenizer), _decided(config.target_tokenizer)
    if wishes.get("model", "tie_embeddings") == "all":  # one matrix, so one vocabulary
        if source_kind != target_kind:
            raise ValueError(
                f"tie_embeddings=all needs one tokenizer for both sides, but the source has {source_kind} and the "
                f"target {target_kind}: use --model.tie_embeddings target"
            )
        sources = targets = [*sources, *targets]
    source = Tokenizer.train(source_kind, sources, config.separator)
    return Tokenizers(source, Tokenizer.train(target_kind, targets, config.separator), config, choices)


def plan_training(target: Target, tokenizers: Tokenizers, wishes: Wishes, device: torch.device) -> Plan:
    """The model, its weights made from the seed, and the schedule that fits data and machine."""
    pairs = encode_examples(target.splits.train, tokenizers.source, tokenizers.target)
    size = DataSize.of(pairs)
    model_config, model_choices = apply("model", ModelConfig(), [*model_rules(size), *wishes.rules("model")])
    _check_lengths(pairs, model_config)
    rules = [*batch_rules(size), *rate_rules(model_config)]
    first, _ = apply("training", TrainingConfig(), [*rules, *wishes.rules("training")])
    batches = TokenBatches(pairs, first.batch_tokens, max_rows=first.batch_rows or None, seed=first.seed)
    torch.manual_seed(first.seed)
    vocabularies = len(tokenizers.source.vocabulary), len(tokenizers.target.vocabulary)
    model = Transformer(*vocabularies, **asdict(model_config)).to(device)

    some = [batch.to(device) for batch in islice(batches.batches_of(0), PACE_BATCHES)]
    criterion = LabelSmoothingCrossEntropy(first.label_smoothing, model.pad_idx)
    autocast, precision_why = choose_autocast(model, some[0], criterion, first)
    step_seconds = first.accumulate * seconds_per_batch(model, some, criterion, autocast)

    rules += _length_rules(first, wishes, step_seconds, len(batches))
    training, choices = apply("training", TrainingConfig(), [*rules, *wishes.rules("training")])
    precision = Choice("training.precision", "bfloat16" if autocast else "float32", precision_why)
    choices = [*(choice for choice in choices if choice.option != precision.option), precision]
    return Plan(
        model=model,
        model_config=model_config,
        limits=Limits(size.longest_source - 1, min(output_limit(size), model_config.max_len)),
        batches=batches,
        training=training,
        autocast=autocast,
        seconds=60 * training.max_minutes if training.max_minutes else step_seconds * training.max_steps,
        choices=[*model_choices, *choices],
    )


def _kind_rules(target: Target, sources: Sequence[str], targets: Sequence[str]) -> list[Rule]:
    if target.task is not None:
        kinds = {"source_tokenizer": target.task.source_kind, "target_tokenizer": target.task.target_kind}
        return [Rule(kinds, f"so defined by the task {target.task.name}")]
    (source_kind, source_why), (target_kind, target_why) = choose_kind(sources), choose_kind(targets)
    return [Rule({"source_tokenizer": source_kind}, source_why), Rule({"target_tokenizer": target_kind}, target_why)]


def _length_rules(first: TrainingConfig, wishes: Wishes, step_seconds: float, num_batches: int) -> list[Rule]:
    """How many updates, and how many of them to warm up."""
    if first.max_minutes is not None:
        return warmup_rules(max(1, round(60 * first.max_minutes / step_seconds)))
    rules = step_rules(max(1, num_batches // first.accumulate))
    return [*rules, *warmup_rules(wishes.get("training", "max_steps") or rules[0].values["max_steps"])]


def _decided(kind: str) -> Kind:
    assert kind in ("characters", "separator")
    return "separator" if kind == "separator" else "characters"


def _check_lengths(pairs: Sequence[EncodedPair], config: ModelConfig) -> None:
    for pair in pairs:
        longest = max(len(pair.src), len(pair.tgt) - 1)
        if longest > config.max_len:
            where = f"line {pair.line}" if pair.line else "a pair"
            raise ValueError(
                f"{where} has {longest:,} symbols with its end token, more than max_len={config.max_len}: "
                f"leave it out, or set --model.max_len {longest}"
            )
