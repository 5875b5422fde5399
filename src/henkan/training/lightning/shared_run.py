"""A run that several processes make together: all know the same, and the first one measures and saves."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor
from torch.distributed.fsdp import FSDPModule

from henkan.data.sharing import Group
from henkan.nn import Transformer
from henkan.training.average import put_weights
from henkan.training.keep_best import KeepBest
from henkan.training.lightning.module import LitPairs
from henkan.training.reports import Observer
from henkan.training.run import Run
from henkan.training.state import Checkpoint, Checkpoints, gather_kept, put_random_state, random_state, whole

Measure = Callable[[Transformer], Mapping[str, float]]


class SharedRun(Run):
    """The run of ``module``, on every process of its trainer.

    Its time is that of the first process, told to the others with every update, evaluation and checkpoint, so that all
    decide alike. ``measure`` is called in the first process alone, with a model that is not in pieces.
    """

    def __init__(
        self,
        module: LitPairs,
        batches_per_epoch: int,
        *,
        measure: Measure,
        keep: KeepBest,
        observer: Observer,
        checkpoints: Checkpoints | None,
    ) -> None:
        self.module, self.measure = module, measure
        self.strategy: Any = module.trainer.strategy
        self.agreed = 0.0
        self.begun = time.monotonic()
        optimizer: Any = module.optimizers()
        super().__init__(
            module.model,
            optimizer.optimizer,
            module.config,
            batches_per_epoch,
            evaluate_dev=self._evaluate_dev,
            keep=keep,
            observer=observer,
            checkpoints=None if checkpoints is None else _SharedCheckpoints(self, checkpoints),
        )

    def own_clock(self) -> float:
        """The time of this process alone, in seconds."""
        return time.monotonic() - self.begun

    def clock(self) -> float:
        """The time of the first process when all last heard of it."""
        return self.agreed

    def random_state(self) -> dict[str, Tensor]:
        """The state of this process's generators."""
        return random_state(self.device, self._owner(self.module.global_rank))

    def put_random_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from this process's state; from a seed of its own, if there were fewer processes before."""
        rank = self.module.global_rank
        if f"random.{self._owner(rank)}cpu" in state:
            put_random_state(state, self.device, self._owner(rank))
            self.module.has_own_random = True

    def is_over(self) -> bool:
        """As ``Run``; Ctrl-C while the first process measures ends the run, too."""
        if not self.was_interrupted:
            try:
                return super().is_over()
            except KeyboardInterrupt:
                self.was_interrupted = True
        return True

    def finish(self) -> None:
        """As ``Run``, but Ctrl-C breaks off the measuring."""
        with suppress(KeyboardInterrupt):
            super().finish()

    def after_group(self, group: Group) -> None:
        """Note the update that was made from ``group``; measure and save if all have been asked to stop."""
        update = self.module.update
        assert update is not None
        self.agreed = update.seconds
        self.after_update(len(group.batches), group.num_tokens, update.loss, update.rate)
        if update.stop:
            self.break_off()

    def break_off(self) -> None:
        """End early, as ``interrupt`` does. Ctrl-C breaks off the measuring, too."""
        with suppress(KeyboardInterrupt):
            self.interrupt()

    def tell_time(self) -> None:
        """Let all processes know the time of the first."""
        self.agreed = self.strategy.broadcast(self.own_clock())

    def whole_model(self) -> Transformer | None:
        """The model with its weights of now, not in pieces; ``None`` in all processes but the first."""
        model, is_first = self.module.model, self.module.global_rank == 0
        if not isinstance(model, FSDPModule):
            return model if is_first else None
        weights = {name: whole(parameter.detach()) for name, parameter in model.named_parameters()}
        if not is_first:
            return None
        with torch.random.fork_rng():
            copy = Transformer(**model.config)
        put_weights(copy, weights)
        return copy.to(self.device).eval()

    def all_random_states(self) -> dict[str, Tensor]:
        """The state of the generators of all processes, as a checkpoint has them."""
        states: dict[str, Tensor] = {}
        for full_name, state in self.random.items():
            kind = full_name.rpartition(".")[2]
            everyones = self.strategy.all_gather(state.to(self.device)).reshape(-1, len(state))
            states |= {f"random.{self._owner(rank)}{kind}": own.cpu() for rank, own in enumerate(everyones)}
        return states

    def kept(self) -> dict[str, Tensor]:
        """The tensors of a checkpoint that stand in no module and no optimizer."""
        return gather_kept(self.keep, self.averaging)

    def _evaluate_dev(self) -> Mapping[str, float]:
        """What the first process measures. An error or Ctrl-C while it does reaches all of them."""
        model = self.whole_model()
        metrics: Mapping[str, float] | None = None
        error: BaseException | None = None
        if model is not None:
            try:
                metrics = dict(self.measure(model))
            except (Exception, KeyboardInterrupt) as raised:
                error = raised
        metrics, was_interrupted = self.strategy.broadcast((metrics, isinstance(error, KeyboardInterrupt)))
        if error is not None:
            raise error
        if was_interrupted:
            raise KeyboardInterrupt
        if metrics is None:
            raise ValueError("the first process could not measure the dev examples: see what it says")
        self.tell_time()
        return metrics

    @staticmethod
    def _owner(rank: int) -> str:
        return f"{rank}." if rank else ""


class _SharedCheckpoints:
    """Checkpoints that the first process writes, with what all of them have to add."""

    def __init__(self, run: SharedRun, checkpoints: Checkpoints) -> None:
        self.run, self.checkpoints = run, checkpoints

    def latest(self) -> Checkpoint | None:
        return self.checkpoints.latest()

    def save(self, checkpoint: Checkpoint) -> None:
        tensors = {**checkpoint.tensors, **self.run.all_random_states()}
        if self.run.module.global_rank == 0:
            self.checkpoints.save(Checkpoint(checkpoint.state, tensors))
        self.run.tell_time()
