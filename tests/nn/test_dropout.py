"""Dropout: the right share, the right mean, and only while training."""

import pytest
import torch

from henkan.nn import Dropout


@pytest.mark.parametrize("p", [0.002, 0.1, 0.5, 0.9])
def test_the_share_is_a_256th_close_to_p_and_the_mean_is_kept(p: float) -> None:
    ones = torch.ones(1000, 1001, dtype=torch.float64)
    dropped = Dropout(p)(ones)
    share = max(round(256 * p), 1) / 256
    assert abs(share - p) <= 1 / 512 + 1e-9
    assert (dropped == 0).double().mean().item() == pytest.approx(share, abs=0.002)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.01)
    assert sorted(dropped.unique().tolist()) == pytest.approx([0.0, 1 / (1 - share)])


def test_the_gradient_passes_where_the_entry_stayed() -> None:
    x = torch.randn(64, 7, requires_grad=True)
    y = Dropout(0.5)(x)
    y.sum().backward()
    torch.testing.assert_close(x.grad, (y / x).detach())


def test_eval_mode_and_no_share_leave_the_input_alone() -> None:
    x = torch.randn(5, 5)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x


def test_the_seed_decides_and_two_calls_differ() -> None:
    x, dropout = torch.ones(100), Dropout(0.5)
    torch.manual_seed(1)
    first, second = dropout(x), dropout(x)
    torch.manual_seed(1)
    assert torch.equal(dropout(x), first)
    assert not torch.equal(first, second)


def test_neighbouring_entries_are_independent() -> None:
    """Eight entries share one draw of 64 bits: none may follow from another."""
    kept = (Dropout(0.5)(torch.ones(20_000, 8, dtype=torch.float64)) > 0).double()
    correlation = torch.corrcoef(kept.T) - torch.eye(8)
    assert correlation.abs().max() < 0.04


@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (2, 0, 4)])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_any_shape_and_width(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    y = Dropout(0.1)(torch.ones(shape, dtype=dtype))
    assert y.shape == shape
    assert y.dtype == dtype


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_a_share_outside_0_and_1_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match=f"dropout={p}"):
        Dropout(p)
