"""Positions added to tokens: the same for every row, not trained, not saved."""

import copy

import pytest
import torch

from henkan.nn import PositionalEncoding, sinusoidal_encoding


def test_two_positions_never_share_an_encoding() -> None:
    encoding = PositionalEncoding(d_model=16, dropout=0.0)(torch.zeros(1, 50, 16))
    distances = torch.cdist(encoding[0], encoding[0]) + torch.eye(50)
    assert distances.min() > 1e-3, "some positions are indistinguishable: is the slice `:length`?"


def test_every_row_of_a_batch_gets_the_same_positions() -> None:
    encoding = PositionalEncoding(d_model=6, dropout=0.0)(torch.zeros(5, 5, 6))  # B = T: a wrong axis would fit
    torch.testing.assert_close(encoding, sinusoidal_encoding(5, 6).expand(5, 5, 6))


def test_the_offset_is_the_first_position() -> None:  # T22
    positional_encoding = PositionalEncoding(6, max_len=12, dropout=0.0)
    x = torch.randn(2, 9, 6)
    torch.testing.assert_close(positional_encoding(x[:, 4:], offset=4), positional_encoding(x)[:, 4:])


def test_the_table_is_a_buffer_that_is_not_saved_and_not_trained() -> None:  # T23
    positional_encoding = PositionalEncoding(8)
    assert list(positional_encoding.parameters()) == []
    assert positional_encoding.state_dict() == {}
    assert [name for name, _ in positional_encoding.named_buffers()] == ["encoding"]


def test_the_table_follows_dtype_and_device() -> None:  # T23
    positional_encoding = PositionalEncoding(8, dropout=0.0)
    half = copy.deepcopy(positional_encoding).to(torch.bfloat16)
    assert half(torch.zeros(1, 3, 8, dtype=torch.bfloat16)).dtype == torch.bfloat16
    assert positional_encoding.to("meta").encoding.device.type == "meta"


def test_the_input_gets_its_gradient_through_the_table() -> None:  # T23
    x = torch.randn(2, 5, 8, requires_grad=True)
    PositionalEncoding(8, dropout=0.0)(x).sum().backward()
    torch.testing.assert_close(x.grad, torch.ones_like(x))


def test_dropout_acts_on_the_sum_and_only_while_training() -> None:
    positional_encoding = PositionalEncoding(64, dropout=0.5)
    x = 10 + torch.rand(1, 40, 64)
    total = x + sinusoidal_encoding(40, 64)
    dropped = positional_encoding(x)
    kept = dropped != 0
    assert 0.4 < kept.float().mean() < 0.6
    torch.testing.assert_close(dropped[kept], 2 * total[kept])
    torch.testing.assert_close(positional_encoding.eval()(x), total)


def test_max_len_is_the_last_length_that_fits() -> None:  # T19
    positional_encoding = PositionalEncoding(4, max_len=3)
    assert positional_encoding(torch.zeros(1, 3, 4)).shape == (1, 3, 4)
    for x, offset in ((torch.zeros(1, 4, 4), 0), (torch.zeros(1, 1, 4), 3)):
        with pytest.raises(ValueError, match=r"\b4\b.*\b3\b|\b3\b.*\b4\b"):  # the length and what fits
            positional_encoding(x, offset=offset)
