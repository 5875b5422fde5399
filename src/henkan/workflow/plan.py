"""What is decided before a training begins once its tokenizers stand: model, batches, schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from henkan.bundle import Limits
from henkan.config import ModelConfig, Processes, TrainingConfig
from henkan.data import PairArrays, TokenBatches, iter_encoded
from henkan.data.batching import make_batches
from henkan.data.tokenizers import SUBWORD_KINDS
from henkan.nn import Transformer
from henkan.workflow.batch_size import choose_batch_size, describe_trials, try_batch_sizes
from henkan.workflow.choose import (
    Choice,
    DataSize,
    Rule,
    apply,
    batch_rules,
    budget_rules,
    model_rules,
    output_limit,
    rate_rules,
    step_rules,
    warmup_rules,
)
from henkan.workflow.pace import seconds_per_update, try_precision
from henkan.workflow.plan_tokenizers import Tokenizers
from henkan.workflow.prepare import Prepared
from henkan.workflow.report import Say, heading
from henkan.workflow.wishes import Wishes

PACE_BATCHES = 3


@dataclass(frozen=True)
class Plan:
    """A model about to be trained, its batches, and how it will be done. ``seconds`` is an estimate.

    ``training.precision`` is not "auto" any more. Without ``processes`` it is done by the plain loop.
    """

    model: Transformer
    model_config: ModelConfig
    limits: Limits
    batches: TokenBatches
    training: TrainingConfig
    seconds: float
    choices: Sequence[Choice]
    processes: Processes | None = None


def plan_training(prepared: Prepared, wishes: Wishes, device: torch.device, find: Say | None = None) -> Plan:
    """The model, its weights made from the seed, and the schedule that fits data and machine.

    With ``find``, the batches are as large as this machine trains them fastest; it hears what was tried.
    """
    target, tokenizers, pairs = prepared.target, prepared.tokenizers, prepared.pairs
    size = DataSize.of(pairs)
    sizes = model_rules(size, on_accelerator=device.type != "cpu")
    model_config, model_choices = apply(
        "model", ModelConfig(), [*sizes, *_tying_rules(tokenizers), *wishes.rules("model")]
    )
    # Held-out pairs too: found out later, a long one would cost the training.
    held_out = [*target.splits.dev, *target.splits.test]
    for part in (pairs, PairArrays.of(iter_encoded(held_out, tokenizers.source, tokenizers.target))):
        _check_lengths(part, model_config)
    rules, wished = [*batch_rules(size), *rate_rules(model_config)], wishes.rules("training")
    first, _ = apply("training", TrainingConfig(), [*rules, *wished])
    batches = make_batches(pairs, first)

    model = _make_model(tokenizers, model_config, first.seed, device)
    autocast, precision_why = try_precision(model, pairs, first)
    if find is not None:
        wished = [*wished, _found_rule(model, pairs, first, autocast, find)]
        first, _ = apply("training", TrainingConfig(), [*rules, *wished])
        batches = make_batches(pairs, first)
    step_seconds = seconds_per_update(model, batches, first, autocast)

    rules += _length_rules(first, wishes, size, step_seconds, len(batches))
    training, choices = apply("training", TrainingConfig(), [*rules, *wished])
    if training.precision == "auto":
        rule = Rule({"precision": "bfloat16" if autocast else "float32"}, precision_why)
        training, tried = apply("training", training, [rule])
        choices = [*(choice for choice in choices if choice.option != "training.precision"), *tried]
    return Plan(
        model=model,
        model_config=model_config,
        limits=limits_of(size, model_config),
        batches=make_batches(pairs, training),
        training=training,
        seconds=60 * training.max_minutes if training.max_minutes else step_seconds * training.max_steps,
        choices=[*model_choices, *choices],
    )


def plan_again(prepared: Prepared, about: Mapping[str, Any], device: torch.device) -> Plan:
    """The plan of a training that was begun earlier, as its checkpoint has it. Nothing is chosen or timed anew."""
    tokenizers, pairs = prepared.tokenizers, prepared.pairs
    model_config = ModelConfig(**about["settings"]["model"])
    training = TrainingConfig(**about["settings"]["training"])
    return Plan(
        model=_make_model(tokenizers, model_config, training.seed, device),
        model_config=model_config,
        limits=limits_of(DataSize.of(pairs), model_config),
        batches=make_batches(pairs, training),
        training=training,
        seconds=about["seconds"],
        choices=[Choice(*choice) for choice in about["choices"]],
    )


def _found_rule(
    model: Transformer, pairs: PairArrays, config: TrainingConfig, autocast: torch.dtype | None, say: Say
) -> Rule:
    """The size of a batch, tried out on this machine."""
    heading(say, "Trying batches (the smallest that is nearly as fast as the fastest makes the most updates)")
    trials = try_batch_sizes(model, pairs, config, autocast)
    chosen = choose_batch_size(trials, 60 * config.max_minutes if config.max_minutes else None)
    for line in describe_trials(trials, chosen):
        say(line)
    return Rule({"batch_tokens": chosen}, f"tried out: {len(trials)} sizes on this machine")


def _make_model(tokenizers: Tokenizers, config: ModelConfig, seed: int, device: torch.device) -> Transformer:
    torch.manual_seed(seed)
    return Transformer(len(tokenizers.source.vocabulary), len(tokenizers.target.vocabulary), **asdict(config)).to(
        device
    )


def limits_of(size: DataSize, config: ModelConfig) -> Limits:
    """The longest source that was learned from, and the longest output to be written."""
    return Limits(size.longest_source - 1, min(output_limit(size), config.max_len))


def _tying_rules(tokenizers: Tokenizers) -> list[Rule]:
    """One matrix instead of three or two, where they are large and what is learned in one is good for the others."""
    if tokenizers.config.vocabularies == "shared":
        return [Rule({"tie_embeddings": "all"}, "both sides have one vocabulary")]
    if tokenizers.target.kind in SUBWORD_KINDS:
        return [Rule({"tie_embeddings": "target"}, "the matrix of so many sub-words is the largest there is")]
    return []


def _length_rules(
    first: TrainingConfig, wishes: Wishes, size: DataSize, step_seconds: float, num_batches: int
) -> list[Rule]:
    """How many updates, and how many of them to warm up."""
    if first.max_minutes is None:
        rules = step_rules(max(1, num_batches // first.accumulate))
        return [*rules, *warmup_rules(wishes.get("training", "max_steps") or rules[0].values["max_steps"])]
    seconds = 60 * first.max_minutes
    rules = []
    if wishes.get("training", "batch_tokens") is None:
        rules = budget_rules(first.batch_tokens, step_seconds, seconds, size.longest)
    if rules:
        step_seconds *= rules[0].values["batch_tokens"] / first.batch_tokens
    return [*rules, *warmup_rules(max(1, round(seconds / step_seconds)))]


def _check_lengths(pairs: PairArrays, config: ModelConfig) -> None:
    longest = np.maximum(pairs.src_lengths.astype(np.int64), pairs.tgt_lengths.astype(np.int64) - 1)
    too_long = np.flatnonzero(longest > config.max_len)
    if len(too_long):
        index = int(too_long[0])
        where = f"line {pairs.lines[index]}" if pairs.lines[index] else "a pair"
        raise ValueError(
            f"{where} has {longest[index]:,} symbols with its end token, more than max_len={config.max_len}: "
            f"leave it out, or set --model.max_len {longest[index]}"
        )
