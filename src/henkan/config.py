"""What can be chosen about a run. Each field is an option of the command line and a key of a configuration file."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class DataConfig:
    """How text becomes symbols and sources become splits.

    Args:
        source_tokenizer: characters, separator (what stands between separators), words, bpe or unigram (sub-words), or
            auto to choose from the data.
        target_tokenizer: the same for the targets.
        separator: what stands between the symbols of a separator tokenizer.
        source_vocabulary: most symbols of the source; 0 leaves that to the data. Sub-words are cut to fit it.
        target_vocabulary: the same for the targets.
        vocabularies: shared (one for both sides), separate, or auto to choose from the data.
        min_count: how often training must show a symbol for it to be learned.
        unseen: what becomes of a symbol that training does not show: unknown, bytes (spelt as its UTF-8 bytes), copy
            (put into the output where the model writes a place-holder), or auto to choose from the data.
        features: tags (as V;PST) in a third column, or as "features" in JSON lines; none, or auto to look for them.
        targets: a file whose line N is the target of line N of TARGET, which then holds sources alone.
        dev: pairs to choose the best weights by, in a file of their own.
        dev_targets: as targets, for the file that dev names.
        test: pairs for the final evaluation, in a file of their own.
        test_targets: as targets, for the file that test names.
        dev_share: share of the sources held out to choose the best weights, without a file for that.
        test_share: share of the sources held out for the final evaluation, without a file for that.
    """

    source_tokenizer: Literal["auto", "characters", "separator", "words", "bpe", "unigram"] = "auto"
    target_tokenizer: Literal["auto", "characters", "separator", "words", "bpe", "unigram"] = "auto"
    separator: str = " "
    source_vocabulary: int = 0
    target_vocabulary: int = 0
    vocabularies: Literal["auto", "shared", "separate"] = "auto"
    min_count: int = 1
    unseen: Literal["auto", "unknown", "bytes", "copy"] = "auto"
    features: Literal["auto", "none", "tags"] = "auto"
    targets: str | None = None
    dev: str | None = None
    dev_targets: str | None = None
    test: str | None = None
    test_targets: str | None = None
    dev_share: float = 0.05
    test_share: float = 0.05

    def __post_init__(self) -> None:
        if not self.separator:
            raise ValueError("separator is empty: use the characters tokenizer to split between all characters")
        for name in ("source_vocabulary", "target_vocabulary"):
            value = getattr(self, name)
            _check(self, name, value == 0 or value >= 16, "at least 16, or 0 to leave it to the data")
        _check(self, "min_count", self.min_count >= 1, "at least 1")
        for name in ("dev_share", "test_share"):
            _check(self, name, 0.0 <= getattr(self, name) < 0.5, "at least 0 and below 0.5")
        for name in ("dev", "test"):
            targets = getattr(self, f"{name}_targets")
            if targets is not None and getattr(self, name) is None:
                raise ValueError(f"{name}_targets={targets} needs the sources, too: name their file with {name}")


@dataclass(frozen=True)
class ModelConfig:
    """The sizes and options of the Transformer.

    Args:
        d_model: width of the model.
        num_heads: attention heads; must divide d_model.
        num_encoder_layers: layers that read the source.
        num_decoder_layers: layers that write the target.
        d_ff: inner width of the feed-forward networks.
        dropout: share of each sub-layer's output set to zero while training.
        max_len: longest sequence in symbols, start and end included.
        norm_first: normalise before each sub-layer (pre-norm) instead of after it, as the paper does.
        tie_embeddings: none, target (target embedding and output share a matrix), or all (both embeddings do).
        activation: relu (the paper), gelu or silu.
        attention_dropout: dropout on the attention weights; the paper has none.
        activation_dropout: dropout inside the feed-forward networks; the paper has none.
    """

    d_model: int = 128
    num_heads: int = 4
    num_encoder_layers: int = 3
    num_decoder_layers: int = 3
    d_ff: int = 512
    dropout: float = 0.1
    max_len: int = 1024
    norm_first: bool = False
    tie_embeddings: Literal["none", "target", "all"] = "none"
    activation: Literal["relu", "gelu", "silu"] = "relu"
    attention_dropout: float = 0.0
    activation_dropout: float = 0.0


PRESETS = {
    "small": ModelConfig(64, 4, 2, 2, 256),
    "medium": ModelConfig(128, 4, 3, 3, 512),
    "wide": ModelConfig(256, 4, 3, 2, 1024),
    "large": ModelConfig(256, 8, 4, 4, 1024),
}


@dataclass(frozen=True)
class TrainingConfig:
    """How the model learns.

    Args:
        seed: of the initial weights, the order of the data and the dropout.
        max_steps: updates at most; the schedule ends there.
        max_minutes: time budget; with it the schedule follows the clock and max_steps does not end the run.
        batch_tokens: symbols per batch and side, padding included.
        batch_rows: pairs per batch at most; 0 sets no limit.
        accumulate: batches per update, weighed by their tokens.
        optimizer: adam or adamw.
        learning_rate: the highest rate, reached at the end of the warm-up.
        warmup_steps: updates over which the rate rises.
        schedule: after the warm-up: linear or cosine to zero, inverse_sqrt (falling with the root of the step; noam is
            the same), or constant.
        weight_decay: pulls matrices towards zero (adamw); biases, norms and embeddings are left alone.
        label_smoothing: share of the target probability spread over the whole vocabulary.
        max_norm: longest gradient; longer ones are scaled down. 0 leaves them alone.
        evaluations: how often the dev set is decoded, evenly over the run; the best weights are kept.
        dev_size: dev sources decoded at each evaluation.
        patience: evaluations without improvement after which the run stops; 0 never stops it.
        average: weights that are averaged, none; last (those of the last tenth of the run) or best (those of the best
            evaluations), measured at the end and kept if they are the best; or ema (an exponential mean of all
            updates, measured instead of the weights themselves).
        average_of: how many weights are averaged, with last and best.
        ema_decay: share of the mean that an update leaves as it is, with ema; less in the first updates.
        precision: float32, bfloat16 (matrix products in half width), or auto to take the faster on this machine.
        checkpoint_seconds: how often a checkpoint is written, from which --resume goes on; one follows each evaluation,
            too. 0 writes none.
    """

    seed: int = 1
    max_steps: int = 10_000
    max_minutes: float | None = None
    batch_tokens: int = 4096
    batch_rows: int = 0
    accumulate: int = 1
    optimizer: Literal["adam", "adamw"] = "adam"
    learning_rate: float = 1e-3
    warmup_steps: int = 400
    schedule: Literal["linear", "cosine", "inverse_sqrt", "noam", "constant"] = "linear"
    weight_decay: float = 0.0
    label_smoothing: float = 0.1
    max_norm: float = 1.0
    evaluations: int = 10
    dev_size: int = 1000
    patience: int = 0
    average: Literal["none", "last", "best", "ema"] = "none"
    average_of: int = 5
    ema_decay: float = 0.999
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    checkpoint_seconds: float = 30.0

    def __post_init__(self) -> None:
        for name in ("max_steps", "batch_tokens", "accumulate", "evaluations", "dev_size"):
            _check(self, name, getattr(self, name) >= 1, "at least 1")
        for name in ("batch_rows", "warmup_steps", "weight_decay", "max_norm", "patience", "checkpoint_seconds"):
            _check(self, name, getattr(self, name) >= 0, "at least 0")
        _check(self, "seed", 0 <= self.seed < 2**63, "at least 0 and below 2^63")
        minutes = self.max_minutes
        _check(self, "max_minutes", minutes is None or 0 < minutes < 1e6, "above 0 and below a million")
        _check(self, "learning_rate", self.learning_rate > 0, "above 0")
        _check(self, "label_smoothing", 0 <= self.label_smoothing < 1, "at least 0 and below 1")
        _check(self, "average_of", self.average_of >= 2, "at least 2")
        _check(self, "ema_decay", 0 < self.ema_decay < 1, "above 0 and below 1")


@dataclass(frozen=True)
class Processes:
    """On how many devices and machines a training runs, and how it is spread over them.

    Args:
        devices: processes on each machine, each with a device of its own; on a CPU they share the cores.
        num_nodes: machines.
        strategy: ddp (every process holds the whole model) or fsdp (each holds a piece of it and of its optimizer).
    """

    devices: int = 1
    num_nodes: int = 1
    strategy: Literal["ddp", "fsdp"] = "ddp"

    def __post_init__(self) -> None:
        for name in ("devices", "num_nodes"):
            _check(self, name, getattr(self, name) >= 1, "at least 1")

    @property
    def count(self) -> int:
        """All processes together."""
        return self.devices * self.num_nodes


def _check(config: object, name: str, holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(f"{name}={getattr(config, name)!r} must be {rule}")
