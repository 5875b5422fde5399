"""The published loops: one epoch of learning, one of looking."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from henkan import (
    CopyTaskDataset,
    LabelSmoothingCrossEntropy,
    NoamScheduler,
    Transformer,
    collate_fn,
    evaluate,
    train_epoch,
)
from henkan.training import compute_loss
from henkan.training.loop import grouped


def copy_loader(num_samples: int = 48, batch_size: int = 16) -> DataLoader:
    return DataLoader(CopyTaskDataset(num_samples, 5, 9), batch_size, collate_fn=collate_fn)


def tiny(dropout: float = 0.0) -> Transformer:
    return Transformer(9, 11, 16, 1, 2, 32, 7, dropout)


def test_an_epoch_returns_the_mean_loss_per_real_token() -> None:
    loader = copy_loader()
    model = tiny()
    frozen = torch.optim.SGD(model.parameters(), lr=0.0)
    criterion = LabelSmoothingCrossEntropy(0.1)
    loss = train_epoch(model, loader, frozen, criterion, "cpu")
    total, count = 0.0, 0
    for src, tgt in loader:
        logits, labels = model(src, tgt[:, :-1]), tgt[:, 1:]
        total += nn.functional.cross_entropy(
            logits.flatten(0, 1), labels.flatten(), ignore_index=0, label_smoothing=0.1, reduction="sum"
        ).item()
        count += int((labels != 0).sum())
    assert loss == pytest.approx(total / count, rel=1e-5)


@pytest.mark.parametrize("criterion", [LabelSmoothingCrossEntropy(0.1), nn.CrossEntropyLoss(ignore_index=0)])
def test_it_learns_with_any_criterion_and_a_noam_scheduler(criterion: nn.Module) -> None:
    loader = copy_loader()
    model = tiny()
    optimizer = NoamScheduler(torch.optim.Adam(model.parameters(), lr=0, betas=(0.9, 0.98), eps=1e-9), 16, 20)
    first = train_epoch(model, loader, optimizer, criterion, torch.device("cpu"))
    for _ in range(9):
        last = train_epoch(model, loader, optimizer, criterion, torch.device("cpu"))
    assert last < first
    assert optimizer.num_steps == 30


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("accumulate", [2, 3, 5])
def test_accumulated_batches_equal_larger_ones_and_the_last_may_be_short(accumulate: int) -> None:  # T31
    dataset = CopyTaskDataset(20, 5, 9)
    results = []
    for batch_size, count in ((2, accumulate), (2 * accumulate, 1)):
        torch.manual_seed(3)
        model = tiny()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        loader = DataLoader(dataset, batch_size, collate_fn=collate_fn)
        train_epoch(model, loader, optimizer, LabelSmoothingCrossEntropy(0.1), "cpu", accumulate=count)
        results.append(nn.utils.parameters_to_vector(model.parameters()).detach())
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=1e-13)


def test_evaluation_learns_nothing_and_leaves_the_mode_alone() -> None:  # T36
    model = tiny(dropout=0.5)
    loader = copy_loader()
    before = nn.utils.parameters_to_vector(model.parameters()).clone()
    state = torch.get_rng_state()
    for mode in (True, False):
        model.train(mode)
        first = evaluate(model, loader, LabelSmoothingCrossEntropy(0.0), "cpu")
        assert first == evaluate(model, loader, LabelSmoothingCrossEntropy(0.0), "cpu"), "dropout is off"
        assert model.training is mode
    assert torch.equal(before, nn.utils.parameters_to_vector(model.parameters()))
    assert torch.equal(state, torch.get_rng_state())


class Parrot(Transformer):
    """Says the next symbol of the source after the start token, by rule: right, except for rows that start with 5."""

    def forward(self, src: torch.Tensor, tgt: torch.Tensor, *masks: torch.Tensor) -> torch.Tensor:
        said = src[:, 1 : tgt.size(1) + 1].clone()
        said[:, 0] = torch.where(src[:, 1] == 5, 6, said[:, 0])
        return nn.functional.one_hot(said, 11).float() * 20

    def greedy_decode(self, src: torch.Tensor, *limits: int) -> torch.Tensor:
        return torch.cat([src[:, :1], self(src, src[:, :-1]).argmax(-1)], dim=1)


def test_accuracy_counts_tokens_and_exact_match_counts_rows() -> None:
    rows = torch.tensor([[9, 5, 1, 10], [9, 2, 3, 10], [9, 4, 10, 0]])
    result = evaluate(Parrot(11, 11, 4, 1, 1, 4), [(rows, rows)], nn.CrossEntropyLoss(ignore_index=0), "cpu")
    assert result.token_accuracy == pytest.approx(7 / 8)
    assert result.exact_match == pytest.approx(2 / 3)
    assert result.loss == pytest.approx(20 / 8, abs=1e-3)


def test_ids_outside_the_vocabulary_are_refused_before_they_reach_a_device() -> None:
    batch = torch.tensor([[1, 30, 2]])
    with pytest.raises(ValueError, match="src contains id 30"):
        train_epoch(tiny(), [(batch, batch)], torch.optim.SGD([nn.Parameter()]), nn.CrossEntropyLoss(), "meta")


def test_groups_keep_order_and_the_last_may_be_short() -> None:
    assert list(grouped(range(5), 2)) == [[0, 1], [2, 3], [4]]


@pytest.mark.usefixtures("float64")
def test_the_loss_of_a_batch_is_the_same_alone_and_in_company() -> None:
    from henkan.data import Batch

    src, tgt = next(iter(copy_loader(8, 8)))
    model, criterion = tiny().eval(), LabelSmoothingCrossEntropy(0.1)
    rows = [compute_loss(model, Batch(src[i : i + 1], tgt[i : i + 1]), criterion) for i in range(8)]
    torch.testing.assert_close(sum(rows), compute_loss(model, Batch(src, tgt), criterion))
