"""A file of pairs or a task as a data module, for a ``Trainer`` of one's own or for Lightning's commands."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from henkan.bundle import Bundle
from henkan.config import DataConfig, ModelConfig, TrainingConfig
from henkan.data.batching import make_batches
from henkan.nn import Transformer
from henkan.training import KeepBest
from henkan.training.lightning import PairsDataModule
from henkan.workflow.attention import draw_attention
from henkan.workflow.choose import DataSize
from henkan.workflow.evaluate import dev_evaluator
from henkan.workflow.plan import limits_of
from henkan.workflow.prepare import prepare, prepare_training, store_prepared
from henkan.workflow.report import silent
from henkan.workflow.train import keep_best


class PairsFile(PairsDataModule):
    """The pairs of the file or the task ``target``, prepared as ``henkan train`` prepares them.

    ``src_vocab_size`` and ``tgt_vocab_size`` are what the model needs to know; ``report`` tells what was read.
    """

    def __init__(
        self,
        target: str,
        training: TrainingConfig = TrainingConfig(),  # noqa: B008 - frozen
        config: DataConfig = DataConfig(),  # noqa: B008 - frozen
    ) -> None:
        asked = {field.name: getattr(config, field.name) for field in fields(config)}
        overrides = {"data": {name: value for name, value in asked.items() if value != getattr(DataConfig(), name)}}
        self.loaded, wishes, prepared = prepare_training(target, overrides, silent)
        if prepared is None:
            prepared = store_prepared(prepare(self.loaded, wishes, silent), target, overrides, wishes, silent)
        self.target = target
        self.report, self.training_config = prepared.report, training
        super().__init__(make_batches(prepared.pairs, training), training.accumulate)
        self.tokenizers, self.size = prepared.tokenizers, DataSize.of(prepared.pairs)
        self.src_vocab_size = len(self.tokenizers.source.vocabulary)
        self.tgt_vocab_size = len(self.tokenizers.target.vocabulary)
        self.dev = self.loaded.dev_examples(training.dev_size)

    def make_keep(self) -> KeepBest:
        """Keeps what is best by the metric that suits the data."""
        return keep_best(self.loaded, self.tokenizers)

    def make_bundle(self, model: Transformer, record: Mapping[str, Any] | None = None) -> Bundle:
        """``model`` with all that it takes to use it on texts."""
        limits = limits_of(self.size, replace(ModelConfig(), max_len=model.config["max_len"]))
        bundle = Bundle(model, self.tokenizers.source, self.tokenizers.target, limits, data=self.loaded.description)
        return bundle.with_record(**(record or {}))

    def evaluate_dev(self, model: Transformer) -> Mapping[str, float]:
        """The figures of the dev examples, decoded greedily."""
        return dev_evaluator(self.make_bundle(model), self.dev)()

    def export_bundle(self, model: Transformer, folder: Path) -> None:
        """Save a bundle to ``folder``, in place of one that stands there."""
        settings = {
            "data": asdict(self.tokenizers.config),
            "model": {field.name: model.config[field.name] for field in fields(ModelConfig)},
            "training": asdict(self.training_config),
        }
        record = {
            "target": self.target,
            "data": dict(self.loaded.description),
            "settings": settings,
            "metric": self.make_keep().metric,
        }
        self.make_bundle(model, record).save(folder, overwrite=True)

    def draw_attention(self, model: Transformer, path: Path) -> None:
        """Draw where ``model`` looks while it writes the answer to the first dev example."""
        if not self.dev:
            raise ValueError("there is no dev example to draw: leave out AttentionMaps, or hold some out")
        draw_attention(self.make_bundle(model), self.dev[0].source, self.dev[0].references[0], path)
