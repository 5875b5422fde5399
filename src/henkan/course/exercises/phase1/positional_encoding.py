"""phase1/positional_encoding: the table, added to the tokens."""

# ruff: noqa: N801 - mistakes are named as in the card

from typing import Any

import torch
from torch import Tensor, nn

from henkan.course.expect import expect, expect_close, expect_shape, expect_untouched
from henkan.course.finding import Finding
from henkan.course.random_input import normal
from henkan.nn.position_encoding import PositionalEncoding, sinusoidal_encoding

Build = type[Any]  # the learner's class

SINGLE = 1e-5


def shapes(build: Build) -> None:
    module = build(6, max_len=20, dropout=0.0)
    expect_shape("output", module(normal(2, 5, 6).float()), (2, 5, 6))
    expect_shape("output", module(normal(2, 1, 6).float()), (2, 1, 6))
    expect_untouched(lambda x: module(x), x=normal(2, 5, 6).float())


def adds_the_table(build: Build) -> None:
    output = build(4, max_len=20, dropout=0.0)(torch.full((1, 3, 4), 10.0))
    expect_close("x + PE", output, 10 + _table(3, 4).unsqueeze(0), SINGLE)


def same_for_every_row(build: Build) -> None:
    output = build(6, max_len=20, dropout=0.0)(torch.zeros(5, 5, 6))  # B = T: a wrong axis would fit
    expect(all(torch.equal(row, output[0]) for row in output), "rows_differ")
    expect_close("PE", output[0], _table(5, 6), SINGLE)


def buffer_not_parameter(build: Build) -> None:
    module = build(6, max_len=20, dropout=0.0)
    expect(not list(module.parameters()), "is_parameter")
    expect("encoding" in dict(module.named_buffers()), "no_buffer")
    expect(not module.state_dict(), "is_saved")


def moves_with_the_model(build: Build) -> None:
    module = build(6, max_len=20, dropout=0.0).to(torch.bfloat16)
    dtype = module(torch.zeros(1, 3, 6, dtype=torch.bfloat16)).dtype
    expect(dtype == torch.bfloat16, "does_not_move", dtype=dtype)


def dropout_on_the_sum(build: Build) -> None:
    zeros, bare_positions, bare_tokens = _traces_of_dropout(build)
    expect(not bare_positions, "positions_not_dropped")
    expect(not bare_tokens, "tokens_not_dropped")
    expect(zeros, "nothing_dropped")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        output = build(6, max_len=20, dropout=0.5).train()(torch.full((2, 20, 6), 10.0))
    right = torch.where(output == 0, 0.0, 2 * (10 + _table(20, 6)))
    expect(torch.allclose(output, right, atol=1e-4), "kept_not_rescaled")
    module = build(6, max_len=20, dropout=0.5).eval()
    expect_close("x + PE (eval)", module(torch.ones(1, 4, 6)), 1 + _table(4, 6).unsqueeze(0), SINGLE)


def later_positions(build: Build) -> None:
    module = build(6, max_len=20, dropout=0.0)
    expect_close("PE (offset=4)", module(torch.zeros(1, 3, 6), offset=4)[0], _table(7, 6)[4:], SINGLE)


def past_the_end(build: Build) -> None:
    module = build(6, max_len=20, dropout=0.0)
    expect_shape("output", module(torch.zeros(1, 20, 6)), (1, 20, 6))
    for length, offset in ((21, 0), (2, 19)):
        try:
            module(torch.zeros(1, length, 6), offset=offset)
        except ValueError as error:
            expect("20" in str(error) and "21" in str(error), "error_says_too_little")
        except Exception as error:
            raise Finding("not_a_value_error", error=type(error).__name__) from error
        else:
            raise Finding("no_error")


def gradient(build: Build) -> None:
    x = normal(2, 5, 6).float().requires_grad_()
    (gradient,) = torch.autograd.grad(build(6, max_len=20, dropout=0.0)(x).sum(), x)
    expect(bool((gradient == 1).all()), "gradient_differs")


def probe(build: Build) -> list[Any]:
    """Sums, what kind of thing the table is, what dropout leaves traces of, and positions after an offset."""
    module = build(6, max_len=20, dropout=0.0).double()
    facts = [len(list(module.parameters())), len(list(module.buffers()))]
    x = normal(4, 4, 6)  # B = T, so that a mistake in the axes has a result, too
    return [module(x), facts, _traces_of_dropout(build), module(x, offset=3)]


def _traces_of_dropout(build: Build) -> list[bool]:
    """Whether training leaves zeros, bare positions where tokens were dropped, bare tokens where positions were."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        output = build(64, max_len=30, dropout=0.5).train()(torch.full((2, 20, 64), 10.0))
    position = _table(20, 64).expand_as(output)
    is_wave = position.abs() > 0.01
    bare_position = (output - position).abs() < 1e-4
    bare_token = (output - 10.0).abs() < 1e-4
    return [bool(where.any()) for where in (output == 0, bare_position & is_wave, bare_token & is_wave)]


def _table(length: int, d_model: int) -> Tensor:
    return sinusoidal_encoding(length, d_model)


class pe_is_parameter(PositionalEncoding):
    def __init__(self, d_model: int, max_len: int = 5000, dropout: float = 0.1) -> None:
        super().__init__(d_model, max_len, dropout)
        table = self.encoding
        del self.encoding
        self.encoding = nn.Parameter(table)


class table_is_plain_attribute(PositionalEncoding):
    def __init__(self, d_model: int, max_len: int = 5000, dropout: float = 0.1) -> None:
        super().__init__(d_model, max_len, dropout)
        table = self.encoding
        del self.encoding
        self.encoding = table


class added_along_batch(PositionalEncoding):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return self.dropout(x + self.encoding[offset : offset + x.size(0)].unsqueeze(1))


class dropout_before_sum(PositionalEncoding):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return self.dropout(x) + self.encoding[offset : offset + x.size(1)]


class one_position_for_all(PositionalEncoding):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return self.dropout(x + self.encoding[offset + x.size(1)])


class multiplied(PositionalEncoding):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return self.dropout(x * self.encoding[offset : offset + x.size(1)])


class sum_is_scaled(PositionalEncoding):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return self.dropout((x + self.encoding[offset : offset + x.size(1)]) * x.size(2) ** 0.5)


class offset_ignored(PositionalEncoding):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return self.dropout(x + self.encoding[: x.size(1)])


class no_dropout(PositionalEncoding):
    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        return x + self.encoding[offset : offset + x.size(1)]
