"""Other right ways to make the table."""

import math

import torch
from torch import Tensor


def by_exponential_in_single_precision(length: int, d_model: int) -> Tensor:
    position = torch.arange(length).float().unsqueeze(1)
    frequency = torch.exp(torch.arange(0, d_model, 2).float() * (-math.log(10000.0) / d_model))
    table = torch.zeros(length, d_model)
    table[:, 0::2] = torch.sin(position * frequency)
    table[:, 1::2] = torch.cos(position * frequency)
    return table


def by_stacking(length: int, d_model: int) -> Tensor:
    frequency = 10000.0 ** (-2 * torch.arange(d_model // 2) / d_model)
    angle = torch.outer(torch.arange(length).to(frequency.dtype), frequency)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).reshape(length, d_model)


def by_phase(length: int, d_model: int) -> Tensor:
    column = torch.arange(d_model)
    angle = torch.arange(length).unsqueeze(1) / 10000.0 ** (2 * (column // 2) / d_model)
    return (angle + (column % 2) * math.pi / 2).sin()


ALTERNATIVES = {
    "by_exponential_in_single_precision": (by_exponential_in_single_precision,),
    "by_stacking": (by_stacking,),
    "by_phase": (by_phase,),
}
