"""Where a run stands between two updates: all that the next one depends on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from henkan.training.average import Averaging
from henkan.training.keep_best import KeepBest
from henkan.training.reports import DevReport, Reason

MAX_SKIPPED = 5  # updates in a row whose loss is not finite, before a run is given up


@dataclass(frozen=True)
class RunState:
    """The numbers of a run. How patient it still is, and which weights are best, follows from ``history``.

    ``batches`` counts those read since the beginning, so it says epoch and place; whole groups of them make updates.
    ``seconds`` and ``evaluation_seconds`` are those of all processes that worked on the run.
    """

    step: int = 0
    batches: int = 0
    num_tokens: int = 0
    skipped: int = 0
    skipped_in_a_row: int = 0
    seconds: float = 0.0
    evaluation_seconds: float = 0.0
    history: tuple[DevReport, ...] = ()
    ended: Reason | None = None

    def after_update(self, batches: int, num_tokens: int, *, is_skipped: bool) -> "RunState":
        """The state when so many more batches have made an update, or have been read in vain."""
        state = replace(self, batches=self.batches + batches)
        if not is_skipped:
            return replace(state, step=self.step + 1, num_tokens=self.num_tokens + num_tokens, skipped_in_a_row=0)
        in_a_row = self.skipped_in_a_row + 1
        ended: Reason | None = "diverged" if in_a_row >= MAX_SKIPPED else None
        return replace(state, skipped=self.skipped + 1, skipped_in_a_row=in_a_row, ended=ended)

    def after_evaluation(self, report: DevReport, seconds: float) -> "RunState":
        """The state when an evaluation that took so many seconds has been made."""
        spent = self.evaluation_seconds + seconds
        return replace(self, evaluation_seconds=spent, history=(*self.history, report))

    def to_dict(self) -> dict[str, Any]:
        """The same in types that JSON has."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "RunState":
        """The inverse of ``to_dict``."""
        return cls(**{**data, "history": tuple(DevReport(**report) for report in data["history"])})


@dataclass(frozen=True)
class Checkpoint:
    """A run between two updates.

    ``tensors`` are named model.NAME, optimizer.KEY.NAME, best.NAME, average.NAME and random.DEVICE; those of other
    processes, if there were several, random.RANK.DEVICE.
    """

    state: RunState
    tensors: Mapping[str, Tensor]


class Checkpoints(Protocol):
    """Where a run finds the checkpoint it goes on from, and leaves new ones."""

    def latest(self) -> Checkpoint | None: ...
    def save(self, checkpoint: Checkpoint) -> None: ...


def gather(model: nn.Module, optimizer: Optimizer, keep: KeepBest, averaging: Averaging) -> dict[str, Tensor]:
    """The tensors of a checkpoint, random state apart. They are not copied unless they are in pieces (``whole``)."""
    tensors = gather_kept(keep, averaging)
    for name, parameter in model.named_parameters():
        tensors[f"model.{name}"] = whole(parameter.detach())
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"optimizer.{key}.{name}"] = whole(value)
    return tensors


def gather_kept(keep: KeepBest, averaging: Averaging) -> dict[str, Tensor]:
    """Those tensors of a checkpoint that stand beside the model: the best weights, and what is averaged."""
    tensors = {f"best.{name}": whole(weight) for name, weight in keep.weights.items()}
    return tensors | {f"average.{name}": whole(weight) for name, weight in averaging.tensors().items()}


@torch.no_grad()
def restore(
    checkpoint: Checkpoint, model: nn.Module, optimizer: Optimizer, keep: KeepBest, averaging: Averaging
) -> None:
    """Put everything back as it was, but for the random state."""
    parts = _parts(checkpoint)
    parameters = dict(model.named_parameters())
    if {name: weight.shape for name, weight in parts["model"].items()} != {
        name: parameter.shape for name, parameter in parameters.items()
    }:
        raise ValueError("the checkpoint is of another model: its parameters have other names or shapes")
    for name, parameter in parameters.items():
        parameter.copy_(as_stored(parts["model"][name], parameter))
    for full_name, value in parts["optimizer"].items():
        key, _, name = full_name.partition(".")
        optimizer.state[parameters[name]][key] = _like(parameters, name, value)
    restore_kept(checkpoint, model, keep, averaging)


def restore_kept(checkpoint: Checkpoint, model: nn.Module, keep: KeepBest, averaging: Averaging) -> None:
    """Put back the weights that were kept beside those of ``model``: the best ones, and what is averaged."""
    parts, parameters = _parts(checkpoint), dict(model.named_parameters())
    averages = {name: _like(parameters, name, weight) for name, weight in parts["average"].items()}
    averaging.resume(averages, checkpoint.state.history, keep)
    best = next((report for report in reversed(checkpoint.state.history) if report.is_best), None)
    if best is not None:
        keep.resume({name: _like(parameters, name, weight) for name, weight in parts["best"].items()}, best.metrics)


def _parts(checkpoint: Checkpoint) -> dict[str, dict[str, Tensor]]:
    """The tensors of a checkpoint by the first part of their names."""
    parts: dict[str, dict[str, Tensor]] = {"model": {}, "optimizer": {}, "best": {}, "average": {}, "random": {}}
    for full_name, tensor in checkpoint.tensors.items():
        part, _, name = full_name.partition(".")
        parts[part][name] = tensor
    return parts


def _like(parameters: Mapping[str, Tensor], full_name: str, value: Tensor) -> Tensor:
    """A copy of ``value`` where the parameter is that its name ends with, and in pieces if the parameter is.

    A copy, because the kernels may compute differently on memory that begins at an odd place.
    """
    name = full_name if full_name in parameters else full_name.partition(".")[2]
    return as_stored(value.to(parameters[name].device, copy=True), parameters[name])


def as_stored(value: Tensor, parameter: Tensor) -> Tensor:
    """``value`` in pieces, of which this process has its own, if ``parameter``, of the same shape, is (FSDP)."""
    if not hasattr(parameter, "full_tensor") or value.shape != parameter.shape:
        return value
    from torch.distributed.tensor import DTensor, distribute_tensor

    assert isinstance(parameter, DTensor)
    return distribute_tensor(value.to(parameter.device), parameter.device_mesh, parameter.placements)


def whole(tensor: Tensor) -> Tensor:
    """``tensor``; if it is in pieces (FSDP), what they make up, on the CPU of the first process, and nothing in others.

    One tensor at a time is whole on each device.
    """
    if not hasattr(tensor, "full_tensor"):
        return tensor
    full = tensor.full_tensor()
    return full.cpu() if torch.distributed.get_rank() == 0 else full.new_empty(0)


def random_state(device: torch.device, owner: str = "") -> dict[str, Tensor]:
    """The state of the generators that training draws from: torch's, and no other.

    They are named random.cpu and random.cuda, with an ``owner`` between if several processes have some of their own.
    """
    state = {f"random.{owner}cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state[f"random.{owner}cuda"] = torch.cuda.get_rng_state(device)
    return state


def put_random_state(tensors: Mapping[str, Tensor], device: torch.device, owner: str = "") -> None:
    """Let the generators go on from the state of ``owner`` among the tensors of a checkpoint."""
    torch.set_rng_state(tensors[f"random.{owner}cpu"])
    if device.type == "cuda" and f"random.{owner}cuda" in tensors:
        torch.cuda.set_rng_state(tensors[f"random.{owner}cuda"], device)
