"""Train a model from a task or a file of pairs, choosing what was not asked for, and save it as a bundle."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from henkan.bundle import Bundle, check_free
from henkan.config import Processes
from henkan.evaluation import Metrics, units_of
from henkan.training import FitResult, KeepBest, Observer
from henkan.workflow.announce import say_data, say_plan, say_result, say_training
from henkan.workflow.begun import check_unchanged, describe_begun
from henkan.workflow.engine import check_processes, make_engine
from henkan.workflow.evaluate import dev_evaluator, evaluate_examples
from henkan.workflow.event_file import check_tensorboard
from henkan.workflow.interrupts import Interrupts
from henkan.workflow.partial import Begun, Partial
from henkan.workflow.plan import Plan, plan_again, plan_training
from henkan.workflow.plan_tokenizers import Tokenizers
from henkan.workflow.prepare import prepare, prepare_training, store_prepared
from henkan.workflow.record import make_record
from henkan.workflow.report import Say, describe_figures, heading, silent
from henkan.workflow.run import run
from henkan.workflow.shown import Shown
from henkan.workflow.target import Target
from henkan.workflow.wishes import Overrides, check_overrides

RUNS = Path("runs")


@dataclass(frozen=True)
class TrainResult:
    """A finished training: the bundle, where it was saved, and how it went. ``test`` is None if it was not measured."""

    bundle: Bundle
    path: Path
    fit: FitResult
    test: Metrics | None


def train(  # noqa: PLR0913 - what the command takes
    target: str,
    *,
    overrides: Overrides | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    tensorboard: bool = False,
    find_batch_size: bool = False,
    test: bool = True,
    device: torch.device | str = "cpu",
    processes: Processes | None = None,
    say: Say = silent,
    observer: Observer | None = None,
) -> TrainResult:
    """Train on the task or the file ``target`` and save a bundle to ``out``, by default runs/NAME.

    ``overrides`` are settings by section ("task", "data", "model", "training") that win over what would be chosen.
    Without ``test`` the test split is not measured.
    ``say`` hears the report, line by line; ``observer`` watches the training itself. Ctrl-C before the training
    begins leaves nothing behind; during the training it ends it, and the bundle is saved.

    ``tensorboard`` writes the metrics for TensorBoard, too, which is an extra. ``find_batch_size`` tries out which
    batches this machine trains fastest; what was found is part of the training that ``resume`` goes on with.

    With ``processes`` it runs on Lightning, which is an extra; in all processes but the first, call ``take_part``.

    A training leaves checkpoints in a folder beside the bundle, see ``Partial``. Given the same arguments, ``resume``
    goes on from there: after a kill, or after Ctrl-C.
    """
    overrides = overrides or {}
    check_overrides(overrides)
    check_processes(processes, overrides)
    if tensorboard:
        check_tensorboard()
    if find_batch_size and "batch_tokens" in overrides.get("training", {}):
        raise ValueError("--find-batch-size chooses batch_tokens: leave one of them out")
    loaded, wishes, prepared = prepare_training(target, overrides, say)
    path = Path(out) if out is not None else RUNS / loaded.name
    partial = Partial(path)
    begun = _begun(partial, loaded, overrides) if resume else None
    overwrite = _check_place(path, partial, begun, overwrite=overwrite)
    stored = begun.about if begun is not None else None
    if prepared is None or (stored is not None and stored["tokenizers"] != prepared.tokenizers.to_dict()):
        prepared = store_prepared(prepare(loaded, wishes, say, stored), target, overrides, wishes, say)
    tokenizers = prepared.tokenizers
    say_data(say, prepared)
    if begun is not None:
        plan, about = plan_again(prepared, begun.about, torch.device(device)), begun.about
    else:
        plan = plan_training(prepared, wishes, torch.device(device), say if find_batch_size else None)
        about = None
    plan = replace(plan, processes=processes)
    about = about or describe_begun(loaded, overrides, tokenizers, plan)
    say_plan(say, plan, tokenizers)
    bundle = Bundle(plan.model, tokenizers.source, tokenizers.target, plan.limits, data=loaded.description)
    keep = keep_best(loaded, tokenizers)
    measure = dev_evaluator(bundle, loaded.dev_examples(plan.training.dev_size))

    with partial, Interrupts() as interrupts:
        checkpoints = partial.begin(about, say) if begun is None else partial.resume(about, say)
        shown = Shown(checkpoints.log, partial, keep, about, say, tensorboard=tensorboard)
        say_training(say, begun, plan)
        engine = make_engine(processes, torch.device(device), prepared, partial, interrupts)
        result = run(
            plan, keep, measure, interrupts=interrupts, say=say, observer=observer, checkpoints=checkpoints, fit=engine
        )
        _check_learned(result, plan, partial)
        record = make_record(target, loaded, tokenizers, plan, result)
        bundle = bundle.with_record(**record, metric=keep.metric, started=about["started"])
        bundle.save(path, overwrite=overwrite)
        shown.write(path)
        say_result(say, result, plan, path)
        metrics = _test(bundle, path, loaded, interrupts, say) if test else None
        _leave(say, partial, result)
    return TrainResult(bundle, path, result, metrics)


def keep_best(target: Target, tokenizers: Tokenizers) -> KeepBest:
    """Keeps the weights that are best by the task's metric.

    For files it is one that tells weights apart long before whole outputs are right.
    """
    metric = f"{units_of(tokenizers.target).name}_error_rate"  # never of pieces: see units_of
    if target.task is not None:
        metric = target.task.metric
    return KeepBest(metric, "max" if metric == "exact_match" else "min")


def _begun(partial: Partial, target: Target, overrides: Overrides) -> Begun:
    """The training to go on with; a ``ValueError`` if there is none, or if it would not be the same."""
    begun = partial.begun()
    check_unchanged(begun.about, target, overrides)
    return begun


def _check_place(path: Path, partial: Partial, begun: Begun | None, *, overwrite: bool) -> bool:
    """Raise unless there is room for the bundle and its checkpoints; return whether a bundle may be replaced.

    A training that goes on may replace the bundle that it left itself when it was interrupted.
    """
    overwrite = overwrite or (begun is not None and begun.owns(path))
    if begun is None:
        partial.check_free(overwrite=overwrite)
    check_free(path, overwrite=overwrite)
    return overwrite


def _test(bundle: Bundle, path: Path, target: Target, interrupts: Interrupts, say: Say) -> Metrics | None:
    """The figures for the test split, which the record of the saved bundle gets too. Ctrl-C skips it."""
    examples = target.splits.test
    if not examples:
        return None
    heading(say, f"Test: {len(examples):,} held-out sources, decoded greedily")
    try:
        interrupts.release()
        figures = evaluate_examples(bundle, examples).figures
        interrupts.hold()
    except KeyboardInterrupt:
        say(f"  Not measured; this does it: henkan evaluate {path}")
        return None
    bundle.with_record(test=figures.metrics).save_record(path)
    for line in describe_figures(figures):
        say(line)
    return figures.metrics


def _leave(say: Say, partial: Partial, result: FitResult) -> None:
    """Keep the checkpoint of a training that could go on, and nothing else."""
    if result.stopped_by == "interrupted" and partial.checkpoint.exists():
        say("")
        say(f"To go on where it stopped, give the same command with --resume; {partial.folder} is what that takes.")
    else:
        partial.remove()


def _check_learned(result: FitResult, plan: Plan, partial: Partial) -> None:
    if result.stopped_by == "diverged" and result.best is None:
        partial.remove()  # it would end there again
        raise ValueError(
            f"the loss was not a number any more after {result.steps:,} updates, before anything was worth keeping: "
            f"try a lower rate, --training.learning_rate {plan.training.learning_rate / 3:.1g}"
        )
