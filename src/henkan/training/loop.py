"""One pass over the data: to learn from it, or to see what has been learned."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor, nn

from henkan.data import Batch
from henkan.nn import Transformer
from henkan.training.step import Updates, compute_loss, train_step

Item = TypeVar("Item")


def train_epoch(
    model: Transformer,
    data_loader: Iterable[tuple[Tensor, Tensor]],
    optimizer: Updates,
    criterion: nn.Module,
    device: torch.device | str,
    *,
    accumulate: int = 1,
    max_norm: float = 0.0,
) -> float:
    """Train once over ``data_loader``; return the mean loss per real target token.

    The loader gives (src, tgt) of ids, (B, S) and (B, T); the decoder is fed ``tgt[:, :-1]`` and learns to say
    ``tgt[:, 1:]``. Every ``accumulate`` batches make one update; the last may be made of fewer.
    """
    model.train()
    loss_sum, token_sum = torch.zeros(()), 0
    for group in grouped(on_device(model, data_loader, device), accumulate):
        loss, num_tokens = train_step(model, group, optimizer, criterion, max_norm=max_norm)
        loss_sum = loss_sum.to(loss.device) + loss
        token_sum += num_tokens
    return float(loss_sum) / max(token_sum, 1)


class Evaluation(NamedTuple):
    """What ``evaluate`` measures."""

    loss: float
    """Mean loss per real target token."""
    token_accuracy: float
    """Share of real target tokens that are the model's first choice after the true tokens before them."""
    exact_match: float
    """Share of rows that the model writes without a mistake from its own tokens (greedy decoding)."""


def evaluate(
    model: Transformer,
    data_loader: Iterable[tuple[Tensor, Tensor]],
    criterion: nn.Module,
    device: torch.device | str,
) -> Evaluation:
    """How well ``model`` does on ``data_loader``, without learning. The training mode is left as it was found.

    ``exact_match`` decodes from the start token of each batch to the end token, the last real token of its first row.
    """
    loss_sum, num_correct, num_tokens, num_exact, num_rows = 0.0, 0, 0, 0, 0
    with looking_only(model):
        for batch in on_device(model, data_loader, device):
            loss_sum += float(compute_loss(model, batch, criterion))
            real = batch.tgt_out != batch.pad_idx
            predicted = model(batch.src, batch.tgt_in).argmax(dim=-1)
            num_correct += int(((predicted == batch.tgt_out) & real).sum())
            num_tokens += batch.num_target_tokens
            num_exact += int(_exact_rows(model, batch).sum())
            num_rows += batch.src.size(0)
    return Evaluation(loss_sum / max(num_tokens, 1), num_correct / max(num_tokens, 1), num_exact / max(num_rows, 1))


@contextmanager
def looking_only(model: nn.Module) -> Iterator[None]:
    """Eval mode, no gradients, and random numbers of its own: afterwards all is as it was.

    A ``DataLoader`` draws from torch's generator each time it is iterated, so even a plain look at a validation set
    would change the dropout of the training that follows.
    """
    was_training = model.training
    model.eval()
    try:
        with torch.random.fork_rng(), torch.no_grad():
            yield
    finally:
        model.train(was_training)


def _exact_rows(model: Transformer, batch: Batch) -> Tensor:
    """True for each row of which greedy decoding writes the target, end token included, (B,)."""
    length = batch.tgt.size(1)
    start, end = int(batch.tgt[0, 0]), int(batch.tgt[0][batch.tgt[0] != batch.pad_idx][-1])
    output = model.greedy_decode(batch.src, length, start, end)
    padded = nn.functional.pad(output, (0, length - output.size(1)), value=batch.pad_idx)
    return (padded == batch.tgt).all(dim=1)


def on_device(
    model: Transformer, data_loader: Iterable[tuple[Tensor, Tensor]], device: torch.device | str
) -> Iterator[Batch]:
    """The batches, each checked against the model's vocabularies while it is still on the CPU, then moved."""
    for src, tgt in data_loader:
        model.check_ids(src, tgt)
        yield Batch(src, tgt, model.pad_idx).to(device)


def grouped(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of ``size`` items in order; the last may be shorter."""
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group


class Epochs(Protocol):
    """Batches without end: each epoch has an order of its own, which its number alone decides."""

    def __len__(self) -> int: ...
    def batches_of(self, epoch: int, start: int = 0) -> Iterator[Batch]: ...


def without_end(model: Transformer, batches: Epochs, read: int, device: torch.device) -> Iterator[Batch]:
    """The batches that come after the first ``read`` of all epochs, for ever, each checked like ``on_device``'s."""
    epoch, start = divmod(read, len(batches))
    while True:
        for batch in batches.batches_of(epoch, start):
            model.check_ids(batch.src, batch.tgt)
            yield batch.to(device)
        epoch, start = epoch + 1, 0
