"""A whole run in this process: updates until the steps or the time are used up, the best weights kept."""

from collections.abc import Callable, Mapping
from typing import Protocol

import torch

from henkan.config import TrainingConfig
from henkan.nn import Transformer
from henkan.training.keep_best import KeepBest
from henkan.training.loop import Epochs, grouped, without_end
from henkan.training.loss import LabelSmoothingCrossEntropy
from henkan.training.optimizer import make_optimizer
from henkan.training.reports import FitResult, Observer
from henkan.training.run import Run
from henkan.training.state import Checkpoints
from henkan.training.step import train_step


class Fit(Protocol):
    """What trains a model as ``fit`` does, be it in this process or in many."""

    def __call__(
        self,
        model: Transformer,
        batches: Epochs,
        config: TrainingConfig,
        *,
        evaluate_dev: Callable[[], Mapping[str, float]],
        keep: KeepBest,
        observer: Observer,
        checkpoints: Checkpoints | None = None,
    ) -> FitResult: ...


def fit(
    model: Transformer,
    batches: Epochs,
    config: TrainingConfig,
    *,
    evaluate_dev: Callable[[], Mapping[str, float]],
    keep: KeepBest,
    observer: Observer,
    checkpoints: Checkpoints | None = None,
) -> FitResult:
    """Train ``model``, which ends with its best weights, in eval mode; return how the run went.

    ``evaluate_dev`` measures the model ``config.evaluations`` times, in eval mode and without touching training's
    random numbers; if ``config.average`` says so, it measures averaged weights in the model's place. Ctrl-C ends the
    run early, not badly: the weights of that moment are evaluated like any others. An update whose loss is not finite
    is skipped; several in a row end the run as "diverged".

    ``checkpoints`` gets one every ``config.checkpoint_seconds``, after every evaluation, and at Ctrl-C. A run that
    starts from one goes on as if it had never stopped: on one machine's CPU and without a time budget, the weights come
    out the same bit for bit. The precision "auto" is float32 here; ``choose_autocast`` decides it.
    """
    run = Run(
        model,
        make_optimizer(model, config),
        config,
        len(batches),
        evaluate_dev=evaluate_dev,
        keep=keep,
        observer=observer,
        checkpoints=checkpoints,
    )
    try:
        _train(run, batches)
        run.finish()
    except KeyboardInterrupt:
        run.interrupt()
    return run.end()


def _train(run: Run, batches: Epochs) -> None:
    """Make updates until the run is over."""
    model, config = run.model, run.config
    model.train()
    criterion = LabelSmoothingCrossEntropy(config.label_smoothing, model.pad_idx)
    autocast = torch.bfloat16 if config.precision == "bfloat16" else None
    groups = grouped(without_end(model, batches, run.state.batches, run.device), config.accumulate)
    while not run.is_over():
        group, rate = next(groups), run.rate
        for parameters in run.optimizer.param_groups:
            parameters["lr"] = rate
        loss_sum, num_tokens = train_step(
            model, group, run.optimizer, criterion, max_norm=config.max_norm, autocast=autocast
        )
        run.after_update(len(group), num_tokens, float(loss_sum) / max(num_tokens, 1), rate)
