"""What a training says before it begins and when it has ended."""

from pathlib import Path

from henkan.config import Processes, TrainingConfig
from henkan.data.sharing import measure_balance
from henkan.nn import count_parameters
from henkan.training import DevReport, FitResult
from henkan.workflow.begun import other_machine
from henkan.workflow.partial import Begun
from henkan.workflow.plan import Plan
from henkan.workflow.plan_tokenizers import Tokenizers
from henkan.workflow.prepare import Prepared
from henkan.workflow.report import Say, describe_choices, heading, indented, minutes, plural, roughly

LONG_SECONDS = 10 * 60  # of training, from which on a way to shorten it is named


def say_data(say: Say, prepared: Prepared) -> None:
    """What was read, and what is odd about it."""
    heading(say, "Data")
    for line in indented(prepared.report):
        say(line)
    if prepared.place is not None:
        say(f"  the encoded pairs are in {prepared.place}")


def say_plan(say: Say, plan: Plan, tokenizers: Tokenizers) -> None:
    """What was chosen, why, and how long it will take."""
    heading(say, "Chosen (to set one yourself: --model.d_model 64, for example)")
    for line in describe_choices([*tokenizers.choices, *plan.choices]):
        say(line)
    say(f"  This model has {count_parameters(plan.model):,} parameters.")
    padding = plan.batches.padding_share()
    say(f"  Batches in an epoch: {len(plan.batches):,}; {padding:.1%} of what they hold is padding.")
    if plan.processes is not None:
        say(_sharing(plan, plan.processes))
    if plan.training.max_minutes is None:
        alone = " in one process" if plan.processes and plan.processes.count > 1 else ""
        say(f"  The training takes {roughly(plan.seconds)} on this machine{alone}.")
        if plan.seconds > LONG_SECONDS:
            say("  To fit it into ten minutes instead: --max-minutes 10")


def _sharing(plan: Plan, processes: Processes) -> str:
    if processes.count == 1:
        return "  One process on Lightning makes the updates of the plain loop."
    balance = measure_balance(plan.batches, processes.count)
    return (
        f"  {processes.count} processes share each batch ({processes.strategy}): {balance.padding:.1%} is padding; "
        f"{balance.waiting:.1%} of their time goes by in waiting for the one with the longest rows."
    )


def say_training(say: Say, begun: Begun | None, plan: Plan) -> None:
    """That the training begins, or from where it goes on."""
    if begun is None:
        heading(say, "Training (Ctrl-C ends it early and keeps the best weights)")
        return
    state = begun.state
    heading(say, f"Training, resumed after {plural(state.step, 'update')} and {minutes(state.seconds)}")
    if warning := other_machine(begun.about, plan):
        for line in indented([warning]):
            say(line)


def say_result(say: Say, result: FitResult, plan: Plan, path: Path) -> None:
    """How the training ended."""
    endings = {
        "steps": "All updates made",
        "time": "The time is used up",
        "patience": "No improvement for as long as patience allows",
        "interrupted": "Interrupted",
        "diverged": "The loss was not a number several times in a row",
    }
    best = f"; the best weights are {_whose(result.best, plan.training)}" if result.best else ""
    say(f"  {endings[result.stopped_by]}: {plural(result.steps, 'update')} in {minutes(result.seconds)}{best}.")
    if result.skipped:
        say(f"  {plural(result.skipped, 'update')} skipped, because the loss was not a number.")
    if result.stopped_by == "diverged":
        say(f"  Try a lower rate: --training.learning_rate {plan.training.learning_rate / 3:.1g}")
    say(f"  Saved: {path}")


def _whose(best: DevReport, config: TrainingConfig) -> str:
    if best.weights == "average":
        return f"the average of the {config.average} {config.average_of}"
    return f"{'the EMA' if best.weights == 'ema' else 'those'} of step {best.step:,}"
