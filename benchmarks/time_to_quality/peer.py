"""The training loop that the peers share: plain PyTorch, as their users write it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from time_to_quality.batches import Work, works
from time_to_quality.contest import Contest
from time_to_quality.judging import Judge
from time_to_quality.stopwatch import Stopwatch


@dataclass(frozen=True)
class Settings:
    """What can be tuned for a peer."""

    rows: int = 64  # of a batch
    learning_rate: float = 1e-3  # the highest
    warmup_steps: int = 200
    schedule: Literal["linear", "inverse_sqrt"] = "linear"  # linear: to zero at the end of the time
    by_length: bool = False  # batches of like lengths
    inner_dropout: bool = False  # inside attention and feed-forward, too

    def rate_at(self, step: int, progress: float) -> float:
        """The rate of update ``step``, counted from 1, when ``progress`` (0 to 1) of the time is over."""
        if self.schedule == "linear":
            fall = max(0.0, 1.0 - progress)
        else:
            fall = (self.warmup_steps / max(step, self.warmup_steps)) ** 0.5
        return self.learning_rate * min(1.0, step / self.warmup_steps) * fall


class Peer(Protocol):
    """What a peer's module offers."""

    PACKAGE: str
    NOTE: str  # where its model is another than the contest's

    def make_model(self, contest: Contest, settings: Settings) -> nn.Module: ...
    def logits_of(self, model: nn.Module, work: Work, contest: Contest) -> Tensor: ...
    def decode(self, model: nn.Module, src: Tensor, contest: Contest) -> Tensor: ...


def train(peer: Peer, contest: Contest, settings: Settings) -> Judge:
    """Train a model until the contest is over; return who judged it."""
    torch.manual_seed(contest.seed)
    model = peer.make_model(contest, settings)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.0, betas=(0.9, 0.98), eps=1e-9)
    judge = Judge(contest, model, lambda src: peer.decode(model, src, contest))
    batches = works(contest, settings.rows, by_length=settings.by_length)
    model.train()
    watch, step = Stopwatch(contest.clock), 0
    while not judge.is_over:
        seconds = watch.seconds
        if seconds >= judge.due:
            with watch.paused():
                judge.judge(step, seconds)
            continue
        step += 1
        for group in optimizer.param_groups:
            group["lr"] = settings.rate_at(step, seconds / contest.seconds)
        judge.say(step, seconds, _update(peer, model, next(batches), optimizer, contest))
    return judge


def _update(peer: Peer, model: nn.Module, work: Work, optimizer: torch.optim.Optimizer, contest: Contest) -> float:
    with _autocast(contest):
        logits = peer.logits_of(model, work, contest)
        loss = F.cross_entropy(
            logits.flatten(0, 1),
            work.tgt_out.flatten(),
            ignore_index=contest.pad_idx,
            label_smoothing=contest.label_smoothing,
        )
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), contest.max_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()


def _autocast(contest: Contest) -> AbstractContextManager[None]:
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=contest.precision == "bfloat16")
