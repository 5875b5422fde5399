"""One update of the parameters, shared by every loop."""

import math
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from henkan.data import Batch


class Updates(Protocol):
    """What makes an update: an optimizer, or a ``NoamScheduler`` around one."""

    def step(self) -> object: ...
    def zero_grad(self, set_to_none: bool = True) -> None: ...


def compute_loss(model: nn.Module, batch: Batch, criterion: nn.Module) -> Tensor:
    """The loss of ``batch``, summed over its real target tokens.

    ``criterion`` gives the mean per real token of (N, V) logits and (N,) labels; one that says it gives something else
    (``reduction="sum"``) is a ``ValueError``.
    """
    reduction = getattr(criterion, "reduction", "mean")
    if reduction != "mean":
        raise ValueError(f"the criterion has reduction={reduction!r}: make it with reduction='mean', its default")
    logits = model(batch.src, batch.tgt_in)
    mean = criterion(logits.flatten(0, 1), batch.tgt_out.flatten())
    return mean * batch.num_target_tokens


def train_step(
    model: nn.Module,
    batches: Sequence[Batch],
    optimizer: Updates,
    criterion: nn.Module,
    *,
    max_norm: float = 0.0,
    autocast: torch.dtype | None = None,
) -> tuple[Tensor, int]:
    """Make one update from all of ``batches``; return the summed loss, without its graph, and the token count.

    The sum is divided once, by the tokens of all batches together, so small batches add up to exactly the update of one
    large batch. Gradients longer than ``max_norm`` are scaled to it; 0 leaves them alone. ``autocast`` is the dtype of
    the matrix products.

    If the loss or the norm of the gradients is not finite, the parameters stay as they are and the sum is not finite:
    one such update would make all weights useless.
    """
    num_tokens = sum(batch.num_target_tokens for batch in batches)
    loss_sum = torch.zeros(())
    for batch in batches:
        with torch.autocast(batch.src.device.type, dtype=autocast, enabled=autocast is not None):
            loss = compute_loss(model, batch, criterion)
        (loss / max(num_tokens, 1)).backward()
        loss_sum = loss_sum.to(loss.device) + loss.detach()
    if max_norm > 0:
        norm = clip_grad_norm_(model.parameters(), max_norm)
        loss_sum = loss_sum.where(norm.isfinite(), torch.nan)
    if math.isfinite(loss_sum):
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss_sum, num_tokens
