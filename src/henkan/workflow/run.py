"""The training itself, which Ctrl-C ends early but not badly."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from henkan.evaluation import Metrics
from henkan.training import Fit, FitResult, KeepBest, Observer, fit
from henkan.workflow.interrupts import Interrupts
from henkan.workflow.observer import Recorder, watching
from henkan.workflow.partial import CheckpointFile
from henkan.workflow.plan import Plan
from henkan.workflow.report import Say

STOPPING = "  Stopping: measuring the weights as they are now (Ctrl-C again skips that)"


def run(  # noqa: PLR0913 - what a run takes
    plan: Plan,
    keep: KeepBest,
    measure: Callable[[], Metrics],
    *,
    interrupts: Interrupts,
    say: Say,
    observer: Observer | None,
    checkpoints: CheckpointFile,
    fit: Fit = fit,
) -> FitResult:
    """Train ``plan.model`` by ``fit``; it ends with its best weights. From then on ``interrupts`` are held back.

    Ctrl-C ends the training: the weights of that moment are measured and kept if they are the best. Another skips that;
    it goes on upwards if there was no update yet, because there is nothing to keep.
    """
    started = time.monotonic()

    def evaluate_dev() -> Metrics:
        if interrupts.count:
            say(STOPPING)
        return measure()

    watch: AbstractContextManager[Observer] = nullcontext(observer) if observer else watching(keep.metric, say)
    with watch as watched:
        recorder = Recorder(checkpoints.log, watched, begun=checkpoints.begun.state if checkpoints.begun else None)
        try:
            result = fit(
                plan.model,
                plan.batches,
                plan.training,
                evaluate_dev=evaluate_dev,
                keep=keep,
                observer=recorder,
                checkpoints=checkpoints,
            )
            interrupts.hold()
        except KeyboardInterrupt:
            if recorder.last_step is None:
                raise
            interrupts.hold()
            keep.restore(plan.model)
            plan.model.eval()
            result = recorder.interrupted(time.monotonic() - started)
    return result
