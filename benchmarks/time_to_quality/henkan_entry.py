"""henkan as ``henkan train`` runs it: what it chooses from the data and the time, and its own loop."""

from contextlib import suppress
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from henkan.data import BOS_IDX, EOS_IDX, PAD_IDX, Codec, encode_examples
from henkan.training import DevReport, KeepBest, Run, StepReport, fit
from henkan.workflow.plan import Plan, plan_training
from henkan.workflow.prepare import Prepared, prepare, prepare_training
from henkan.workflow.report import silent
from henkan.workflow.wishes import Wishes
from time_to_quality.contest import Contest, Sizes
from time_to_quality.judging import Judge
from time_to_quality.stopwatch import Stopwatch

Overrides = dict[str, dict[str, Any]]


def prepared_for(task: str, overrides: Overrides) -> tuple[Prepared, Wishes]:
    """The data of a task, as ``henkan train`` prepares it."""
    target, wishes, prepared = prepare_training(task, overrides, silent)
    return prepared or prepare(target, wishes, silent), wishes


def make_contest(task: str, overrides: Overrides, dev_size: int, **options: Any) -> Contest:
    """The contest on a task: henkan's pairs as ids, and the model that it chooses for them.

    ``options`` are further fields of ``Contest``.
    """
    given = {**overrides, "training": {"precision": "float32", **overrides.get("training", {})}}  # no trial of speeds
    prepared, wishes = prepared_for(task, given)
    plan = plan_training(prepared, wishes, torch.device("cpu"))
    source, target = prepared.tokenizers.source, prepared.tokenizers.target
    codec = Codec(source, target)
    dev = [
        (
            encode_examples([example], source, target)[0].src,
            [codec.encode_target(reference, ()) for reference in example.references],
        )
        for example in prepared.target.dev_examples(dev_size)
    ]
    return Contest(
        train=[(pair.src, pair.tgt) for pair in plan.batches.pairs],
        dev=dev,
        src_vocab_size=len(source.vocabulary),
        tgt_vocab_size=len(target.vocabulary),
        sizes=Sizes(**{name: plan.model.config[name] for name in Sizes.__dataclass_fields__}),
        max_output=max(len(answer) for _, answers in dev for answer in answers) + 1,
        task=task,
        overrides=overrides,
        pad_idx=PAD_IDX,
        bos_idx=BOS_IDX,
        eos_idx=EOS_IDX,
        **options,
    )


def plan_for(contest: Contest) -> Plan:
    """What henkan plans for the contest; a ``ValueError`` if its pairs are others."""
    time = {"max_minutes": contest.seconds / 60, "evaluations": contest.points, "seed": contest.seed}
    training = {"precision": contest.precision, **contest.overrides.get("training", {}), **time}
    prepared, wishes = prepared_for(contest.task, {**contest.overrides, "training": training})
    plan = plan_training(prepared, wishes, torch.device("cpu"))
    if [(pair.src, pair.tgt) for pair in plan.batches.pairs] != [tuple(pair) for pair in contest.train]:
        raise ValueError("henkan trains on other pairs than the contest has: export them anew")
    return plan


def train(plan: Plan, contest: Contest) -> Judge:
    """Train the plan's model by ``fit`` until the contest is over; return who judged it."""
    model = plan.model

    def decode(src: Tensor) -> Tensor:
        return model.greedy_decode(src, contest.max_output + 1, contest.bos_idx, contest.eos_idx)

    watcher = _Watcher(Judge(contest, model, decode), Stopwatch(contest.clock))
    with patch.object(Run, "clock", lambda _: watcher.watch.seconds), suppress(_Over):
        fit(
            model,
            plan.batches,
            plan.training,
            evaluate_dev=watcher.evaluate,
            keep=KeepBest("word_error_rate"),
            observer=watcher,
        )
    return watcher.judge


class _Over(Exception):  # noqa: N818 - no error
    """The contest is over for this contestant."""


class _Watcher:
    """Says how a training goes and judges it, while the stopwatch, which the run and its schedule go by, is paused."""

    def __init__(self, judge: Judge, watch: Stopwatch) -> None:
        self.judge, self.watch, self.updates = judge, watch, 0

    def on_step(self, report: StepReport) -> None:
        self.updates = report.step
        self.judge.say(report.step, report.seconds, report.loss)

    def evaluate(self) -> dict[str, float]:
        """What ``fit`` is told."""
        with self.watch.paused():
            self.judge.judge(self.updates, self.watch.seconds)
        return {"word_error_rate": self.judge.points[-1].word_error_rate}

    def on_evaluation(self, report: DevReport) -> None:
        if self.judge.is_over:
            raise _Over
