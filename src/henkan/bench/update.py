"""What stands around the peers' own code: how a model is updated, and how it decodes, in the way that is asked for."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from henkan.bench.peers import Decode, Train, Way
from henkan.bench.shapes import PAD, Work


def make_update(model: nn.Module, way: Way, loss: Callable[[Any, Work], Tensor]) -> Train:
    """One update: ``loss`` of the model on a batch, its gradients, Adam, and no gradients again.

    ``loss`` is handed the model, compiled if ``way`` says so. A precision that nobody trains in is a ``ValueError``.
    """
    if way.precision == "int8":
        raise ValueError("a model is not trained in int8: measure float32 or bfloat16")
    model.train()
    run = torch.compile(model, dynamic=True) if way.compiled else model
    # Not False: it would keep Adam from choosing the best of its other forms.
    optimizer = torch.optim.Adam(model.parameters(), fused=way.fused_optimizer or None)

    def update(work: Work) -> None:
        with _precision(way, work.src):
            value = loss(run, work)
        value.backward()
        optimizer.step()
        optimizer.zero_grad()

    return update


def make_decode(model: nn.Module, way: Way, search: Callable[[Tensor], Any]) -> Decode:
    """``search``, which decodes rows of source ids, without gradients and dropout.

    A way that a search in PyTorch does not have is a ``ValueError``.
    """
    if way.precision == "int8" or way.compiled or way.workers > 1:
        raise ValueError(
            "this peer decodes in float32 or bfloat16, not compiled and with one worker: leave the rest out"
        )
    model.eval()

    def decode(src: Tensor) -> Any:
        with torch.no_grad(), _precision(way, src):
            return search(src)

    return decode


def smoothed_cross_entropy(logits: Tensor, tgt_out: Tensor) -> Tensor:
    """The loss of those that have none with label smoothing, per token: logits are (B, T, V)."""
    return F.cross_entropy(logits.flatten(0, 1), tgt_out.flatten(), ignore_index=PAD, label_smoothing=0.1)


def _precision(way: Way, near: Tensor) -> torch.autocast:
    return torch.autocast(near.device.type, torch.bfloat16, enabled=way.precision == "bfloat16")
