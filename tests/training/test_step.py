"""One update: per real token, however the pairs are divided."""

import copy
import itertools

import pytest
import torch

from henkan.data import Batch, EncodedPair
from henkan.nn import Transformer
from henkan.training import LabelSmoothingCrossEntropy, compute_loss, train_step

PAIRS = [
    EncodedPair([5, 6, 2], [1, 7, 2]),
    EncodedPair([5, 2], [1, 7, 8, 9, 4, 2]),
    EncodedPair([9, 8, 7, 6, 2], [1, 2]),
    EncodedPair([4, 2], [1, 6, 6, 2]),
    EncodedPair([4, 4, 2], [1, 5, 9, 2]),
]
CRITERION = LabelSmoothingCrossEntropy(0.1)


def tiny() -> Transformer:
    return Transformer(10, 10, 8, 1, 2, 16, dropout=0.0)


def updated(model: Transformer, batches: list[Batch], **options: float) -> list[torch.Tensor]:
    model = copy.deepcopy(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train_step(model, batches, optimizer, CRITERION, **options)
    return list(model.parameters())


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("cuts", [[1, 2], [3], [2, 4]])
def test_small_batches_add_up_to_exactly_one_large_batch(cuts: list[int]) -> None:  # T31
    model = tiny()
    edges = [0, *cuts, len(PAIRS)]
    small = [Batch.collate(PAIRS[a:b]) for a, b in itertools.pairwise(edges)]
    for ours, expected in zip(updated(model, small), updated(model, [Batch.collate(PAIRS)]), strict=True):
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-14)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("max_norm", [0.01, 100.0])
def test_the_gradient_that_is_clipped_is_the_whole_updates(max_norm: float) -> None:  # T30
    model = tiny()
    small = [Batch.collate(PAIRS[:1]), Batch.collate(PAIRS[1:])]
    large = [Batch.collate(PAIRS)]
    for ours, expected in zip(
        updated(model, small, max_norm=max_norm), updated(model, large, max_norm=max_norm), strict=True
    ):
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-14)
    moved = [
        after - before
        for after, before in zip(updated(model, small, max_norm=max_norm), model.parameters(), strict=True)
    ]
    length = torch.cat([step.flatten() for step in moved]).norm() / 0.1
    assert (length < 0.0101) == (max_norm == 0.01)


@pytest.mark.usefixtures("float64")
def test_more_padding_and_empty_rows_change_no_loss() -> None:  # T28
    model = tiny().eval()
    batch = Batch.collate(PAIRS)
    wide = Batch(torch.nn.functional.pad(batch.src, (0, 4)), torch.nn.functional.pad(batch.tgt, (0, 6)))
    tall = Batch(torch.nn.functional.pad(batch.src, (0, 0, 0, 2)), torch.nn.functional.pad(batch.tgt, (0, 0, 0, 2)))
    loss = compute_loss(model, batch, CRITERION)
    torch.testing.assert_close(compute_loss(model, wide, CRITERION), loss)
    torch.testing.assert_close(compute_loss(model, tall, CRITERION), loss)


@pytest.mark.usefixtures("float64")
def test_a_row_of_padding_gives_finite_gradients() -> None:  # T7
    model = tiny()
    batch = Batch.collate(PAIRS)
    src = torch.nn.functional.pad(batch.src, (0, 0, 0, 1))
    tgt = torch.nn.functional.pad(batch.tgt, (0, 0, 0, 1))
    compute_loss(model, Batch(src, tgt), CRITERION).backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


def test_the_summed_loss_is_the_mean_times_the_real_tokens() -> None:
    model = tiny().eval()
    batch = Batch.collate(PAIRS)
    logits = model(batch.src, batch.tgt_in)
    expected = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), batch.tgt_out.flatten(), ignore_index=0, label_smoothing=0.1, reduction="sum"
    )
    torch.testing.assert_close(compute_loss(model, batch, CRITERION), expected)


def test_a_criterion_that_sums_is_refused() -> None:
    with pytest.raises(ValueError, match="reduction='sum'"):
        compute_loss(tiny(), Batch.collate(PAIRS), torch.nn.CrossEntropyLoss(ignore_index=0, reduction="sum"))


def test_a_model_that_sees_its_answer_shows_by_a_loss_of_nothing() -> None:  # T26
    """If the shift were missing, the decoder could copy its input: here it cannot, however long it learns."""
    torch.manual_seed(1)
    model = Transformer(8, 8, 16, 1, 2, 32, dropout=0.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    unpredictable = [EncodedPair([4, 2], [1, *torch.randint(4, 8, (12,)).tolist(), 2]) for _ in range(64)]
    losses = []
    for _ in range(60):
        loss_sum, num_tokens = train_step(
            model, [Batch.collate(unpredictable)], optimizer, LabelSmoothingCrossEntropy(0.0)
        )
        losses.append(float(loss_sum) / num_tokens)
    assert losses[-1] > 1.0, "the targets are random: a loss this low means that the decoder sees them"


@pytest.mark.parametrize("where", ["loss", "gradients"])
def test_an_update_that_is_not_finite_is_not_made(where: str) -> None:
    model = tiny()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    if where == "gradients":
        model.output_projection.bias.register_hook(lambda gradient: gradient * torch.inf)
    criterion = (lambda *_: CRITERION(*_) * torch.inf) if where == "loss" else CRITERION
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss, _ = train_step(model, [Batch.collate(PAIRS)], optimizer, criterion, max_norm=1.0)
    assert not loss.isfinite()
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), before, strict=True))
    assert all(parameter.grad is None for parameter in model.parameters())
