"""The loss: by hand, against torch, and blind to padding."""

import math

import pytest
import torch
import torch.nn.functional as F

from henkan.training import LabelSmoothingCrossEntropy

LOGITS = torch.tensor([[2.0, 1.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
LABEL = torch.tensor([0])


def test_plain_cross_entropy_by_hand() -> None:
    loss = LabelSmoothingCrossEntropy(0.0, ignore_index=4)(LOGITS, LABEL)
    assert loss.item() == pytest.approx(math.log(math.e**2 + math.e + 3) - 2, abs=1e-12)
    assert loss.item() == pytest.approx(0.573172, abs=1e-6)


@pytest.mark.parametrize(("spread", "expected"), [("vocabulary", 0.713172), ("other_words", 0.739839)])
def test_the_two_conventions_of_smoothing_differ_as_documented(spread: str, expected: float) -> None:  # T27
    loss = LabelSmoothingCrossEntropy(0.1, ignore_index=4, spread=spread)(LOGITS, LABEL)
    assert loss.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("spread", "target"),
    [
        # five words, padding is word 0, the label is word 2, smoothing 0.2
        ("vocabulary", [0.04, 0.04, 0.84, 0.04, 0.04]),
        ("other_words", [0.0, 0.2 / 3, 0.8, 0.2 / 3, 0.2 / 3]),
    ],
)
def test_the_smoothed_target_of_five_words_by_hand(spread: str, target: list[float]) -> None:  # T27
    logits = torch.randn(1, 5, dtype=torch.float64)
    loss = LabelSmoothingCrossEntropy(0.2, spread=spread)(logits, torch.tensor([2]))
    by_hand = -(torch.tensor(target, dtype=torch.float64) * logits.log_softmax(-1)).sum()
    torch.testing.assert_close(loss, by_hand)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.4])
def test_it_equals_torch_forward_and_backward(smoothing: float) -> None:
    ours = torch.randn(50, 7, dtype=torch.float64, requires_grad=True)
    theirs = ours.detach().clone().requires_grad_()
    labels = torch.randint(0, 7, (50,))  # label 0 is padding
    loss = LabelSmoothingCrossEntropy(smoothing)(ours, labels)
    expected = F.cross_entropy(theirs, labels, ignore_index=0, label_smoothing=smoothing)
    loss.backward()
    expected.backward()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(ours.grad, theirs.grad)


@pytest.mark.parametrize("spread", ["vocabulary", "other_words"])
def test_the_gradient_is_the_slope(spread: str) -> None:  # T27
    criterion = LabelSmoothingCrossEntropy(0.1, spread=spread)
    labels = torch.tensor([1, 0, 3])
    logits = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: criterion(x, labels), logits)


@pytest.mark.parametrize("spread", ["vocabulary", "other_words"])
def test_padding_costs_nothing_and_learns_nothing(spread: str) -> None:  # T28
    criterion = LabelSmoothingCrossEntropy(0.1, spread=spread)
    logits = torch.randn(4, 6, requires_grad=True)
    labels = torch.tensor([2, 0, 5, 0])
    loss = criterion(logits, labels)
    loss.backward()
    assert torch.equal(logits.grad[[1, 3]], torch.zeros(2, 6))
    torch.testing.assert_close(loss, criterion(logits[[0, 2]], labels[[0, 2]]))


def test_the_padding_class_gets_no_mass_among_other_words() -> None:  # T27
    criterion = LabelSmoothingCrossEntropy(0.1, spread="other_words")
    logits = torch.randn(1, 6, dtype=torch.float64, requires_grad=True)
    criterion(logits, torch.tensor([2])).backward()
    # A class without mass is pushed down by exactly its probability.
    torch.testing.assert_close(logits.grad[0, 0], logits.softmax(-1)[0, 0].detach())


@pytest.mark.parametrize("spread", ["vocabulary", "other_words"])
def test_padding_alone_is_zero_and_not_nan(spread: str) -> None:
    logits = torch.randn(2, 4, requires_grad=True)
    loss = LabelSmoothingCrossEntropy(0.1, spread=spread)(logits, torch.tensor([0, 0]))
    loss.backward()
    assert loss.item() == 0.0
    assert torch.equal(logits.grad, torch.zeros(2, 4))


def test_impossible_padding_does_not_make_nan() -> None:  # T27
    logits = torch.tensor([[-torch.inf, 1.0, 2.0, 0.5]])
    assert LabelSmoothingCrossEntropy(0.1, spread="other_words")(logits, torch.tensor([2])).isfinite()
    assert LabelSmoothingCrossEntropy(0.0)(logits, torch.tensor([2])).isfinite()


def test_an_ignored_label_may_lie_outside_the_vocabulary() -> None:
    labels = torch.tensor([1, -100])
    logits = torch.randn(2, 4)
    loss = LabelSmoothingCrossEntropy(0.1, ignore_index=-100)(logits, labels)
    torch.testing.assert_close(loss, F.cross_entropy(logits, labels, label_smoothing=0.1))


def test_a_class_to_leave_out_that_is_none_is_refused() -> None:
    criterion = LabelSmoothingCrossEntropy(0.1, ignore_index=-100, spread="other_words")
    with pytest.raises(ValueError, match="ignore_index=-100"):
        criterion(torch.randn(2, 4), torch.tensor([1, 2]))


@pytest.mark.parametrize("spread", ["vocabulary", "other_words"])
def test_the_gradient_can_be_asked_for_twice_and_scaled(spread: str) -> None:
    criterion = LabelSmoothingCrossEntropy(0.1, spread=spread)
    logits = torch.randn(5, 9, dtype=torch.float64, requires_grad=True)
    loss = criterion(logits, torch.tensor([1, 0, 8, 3, 0]))
    (once,) = torch.autograd.grad(loss, logits, retain_graph=True)
    (thrice,) = torch.autograd.grad(3 * loss, logits)
    torch.testing.assert_close(thrice, 3 * once)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("spread", ["vocabulary", "other_words"])
def test_the_way_back_needs_one_tensor_of_the_size_of_the_logits(spread: str, smoothing: float) -> None:
    logits = torch.randn(64, 500, requires_grad=True)
    kept: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        LabelSmoothingCrossEntropy(smoothing, spread=spread)(logits, torch.randint(1, 500, (64,)))
    assert 64 * 500 * 4 <= sum(kept.values()) < 1.1 * 64 * 500 * 4


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_width_logits_get_half_width_gradients(dtype: torch.dtype) -> None:
    logits = torch.randn(6, 11, dtype=dtype, requires_grad=True)
    labels = torch.randint(1, 11, (6,))
    LabelSmoothingCrossEntropy(0.1)(logits, labels).backward()
    exact = logits.detach().float().requires_grad_()
    LabelSmoothingCrossEntropy(0.1)(exact, labels).backward()
    assert logits.grad.dtype == dtype
    torch.testing.assert_close(logits.grad.float(), exact.grad, rtol=0.05, atol=2e-3)


@pytest.mark.parametrize("classes", [5, 14, 102])
def test_a_smoothed_loss_has_a_floor_above_zero(classes: int) -> None:
    """The floor is the entropy of the smoothed target, reached when the model says exactly that target."""
    floors = {5: 0.389673, 14: 0.547273, 102: 0.779911}
    target = torch.full((1, classes), 0.1 / classes, dtype=torch.float64)
    target[0, 1] += 0.9
    loss = LabelSmoothingCrossEntropy(0.1)(target.log(), torch.tensor([1]))
    assert loss.item() == pytest.approx(floors[classes], abs=1e-6)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_a_share_outside_0_and_1_is_refused(smoothing: float) -> None:
    with pytest.raises(ValueError, match=f"smoothing={smoothing}"):
        LabelSmoothingCrossEntropy(smoothing)
