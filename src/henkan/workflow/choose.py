"""Sizes, schedule and length of a training, chosen from the data. Pure functions, each choice with its reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np

from henkan.config import PRESETS, DataConfig, ModelConfig, TrainingConfig
from henkan.data import EncodedPair
from henkan.data.arrays import PairArrays

Config = TypeVar("Config", DataConfig, ModelConfig, TrainingConfig)

SMALL_BELOW, WIDE_FROM, LARGE_FROM = 2_000, 10_000, 50_000  # training pairs
SHORT = 32  # symbols of the longer side, on average: words and names, but not sentences
SIZE_FIELDS = ("d_model", "num_heads", "num_encoder_layers", "num_decoder_layers", "d_ff")
MIN_BATCH_TOKENS, MAX_BATCH_TOKENS = 512, 4096
MIN_BUDGET_TOKENS = 1024  # smaller batches make worse updates, hardly faster ones
MIN_BATCHES = 16  # per epoch, before batches are allowed to grow
EPOCHS, MIN_STEPS, MAX_STEPS = 40, 1_000, 20_000
MAX_WARMUP = 400
DEEP = 8  # layers of both stacks
AS_ASKED = "as you asked"


@dataclass(frozen=True)
class Rule:
    """Values for some fields of a configuration, and why."""

    values: Mapping[str, Any]
    reason: str


@dataclass(frozen=True)
class Choice:
    """What was chosen for one field, by its option's name, and why."""

    option: str
    value: Any
    reason: str


@dataclass(frozen=True)
class DataSize:
    """How much there is to learn from. Lengths and tokens count the start or end token of each side."""

    pairs: int
    tokens: int  # the longer side of each pair, added up
    longest_source: int
    longest_target: int

    @property
    def longest(self) -> int:
        """The longest sequence of either side."""
        return max(self.longest_source, self.longest_target)

    @classmethod
    def of(cls, pairs: Sequence[EncodedPair]) -> "DataSize":
        """The size of the training pairs."""
        arrays = PairArrays.of(pairs)
        return cls(
            pairs=len(arrays),
            tokens=int(np.maximum(arrays.src_lengths, arrays.tgt_lengths).sum(dtype=np.int64)),
            longest_source=int(arrays.src_lengths.max()),
            longest_target=int(arrays.tgt_lengths.max()),
        )


def apply(section: str, config: Config, rules: Iterable[Rule]) -> tuple[Config, list[Choice]]:
    """``config`` with the rules applied, later ones over earlier ones, and what became of each field they name."""
    choices: dict[str, Choice] = {}
    for rule in rules:
        config = replace(config, **rule.values)
        for name, value in rule.values.items():
            choices.pop(name, None)
            choices[name] = Choice(f"{section}.{name}", value, rule.reason)
    return config, list(choices.values())


def output_limit(size: DataSize) -> int:
    """The most symbols of an output, end token included."""
    return 2 * (size.longest_target - 2) + 10  # start and end token are not symbols


def model_rules(size: DataSize, *, on_accelerator: bool = False) -> list[Rule]:
    """The size of the model, from the size of the data, and from what the machine can train in a day."""
    name, why = "medium", f"there are fewer than {LARGE_FROM:,} training pairs"
    if size.pairs < SMALL_BELOW:
        name, why = "small", f"there are fewer than {SMALL_BELOW:,} training pairs"
    elif size.pairs >= LARGE_FROM and on_accelerator:
        name, why = "large", f"there are {LARGE_FROM:,} or more training pairs"
    elif size.pairs >= WIDE_FROM and size.tokens < SHORT * size.pairs and not on_accelerator:
        name, why = "wide", "short sequences leave time for a wide model; a shallow decoder, whose steps are many"
    elif size.pairs >= LARGE_FROM:
        why = "a large model would take days without an accelerator"
    sizes = asdict(PRESETS[name])
    rules = [
        Rule({field: sizes[field] for field in SIZE_FIELDS}, f"the {name} preset: {why}"),
        Rule({"norm_first": True}, "learns steadily after a short warm-up; the paper's post-norm needs a long one"),
    ]
    needed = max(size.longest, output_limit(size))
    if needed > ModelConfig.max_len:
        rules.append(Rule({"max_len": needed}, "room for the longest sequence of the data"))
    return rules


def batch_rules(size: DataSize) -> list[Rule]:
    """The size of a batch: large, but not at the price of too few updates."""
    tokens = MIN_BATCH_TOKENS
    while tokens < MAX_BATCH_TOKENS and (size.tokens // (2 * tokens) >= MIN_BATCHES or tokens < size.longest):
        tokens *= 2
    pairs = round(tokens * size.pairs / size.tokens)
    return [Rule({"batch_tokens": tokens}, f"about {max(pairs, 1):,} pairs, {size.pairs:,} in all")]


def budget_rules(batch_tokens: int, step_seconds: float, seconds: float, longest: int) -> list[Rule]:
    """Smaller batches, if too few updates would fit into a time budget of so many seconds."""
    tokens = batch_tokens
    while seconds / step_seconds < MIN_STEPS and tokens // 2 >= max(MIN_BUDGET_TOKENS, longest):
        tokens //= 2
        step_seconds /= 2
    why = f"so that about {seconds / step_seconds:,.0f} updates fit into the time"
    return [Rule({"batch_tokens": tokens}, why)] if tokens < batch_tokens else []


def step_rules(num_batches: int) -> list[Rule]:
    """The number of updates, from the number of batches in an epoch."""
    steps = min(max(EPOCHS * num_batches, MIN_STEPS), MAX_STEPS)
    why = f"{steps / num_batches:,.0f} times through the data"
    if steps == MIN_STEPS:
        why += f", and at least {MIN_STEPS:,}"
    if steps == MAX_STEPS:
        why += f", and at most {MAX_STEPS:,}"
    return [Rule({"max_steps": steps}, why)]


def warmup_rules(num_steps: int) -> list[Rule]:
    """The warm-up: a tenth of the updates, unless that is long."""
    warmup = min(MAX_WARMUP, max(1, num_steps // 10))
    why = f"the usual number for about {num_steps:,} updates" if warmup == MAX_WARMUP else "a tenth of the updates"
    return [Rule({"warmup_steps": warmup}, why)]


def rate_rules(model: ModelConfig) -> list[Rule]:
    """The learning rate: large models take smaller steps."""
    layers = model.num_encoder_layers + model.num_decoder_layers
    sizes = f"d_model {model.d_model}, {layers} layers"
    if model.d_model >= PRESETS["large"].d_model and layers >= DEEP:
        return [Rule({"learning_rate": 5e-4}, f"large models ({sizes}) learn steadier with a low rate")]
    return [Rule({"learning_rate": 1e-3}, f"models of this size ({sizes}) stand a high rate")]
