"""Other right ways to make the matrix."""

import math

import torch
from torch import Tensor

from henkan.nn.position_encoding import sinusoidal_encoding


def entry_by_entry(shift: int, d_model: int) -> Tensor:
    matrix = torch.zeros(d_model, d_model)
    for column in range(0, d_model, 2):
        angle = shift * 10000 ** (-column / d_model)
        matrix[column, column] = matrix[column + 1, column + 1] = math.cos(angle)
        matrix[column, column + 1] = math.sin(angle)
        matrix[column + 1, column] = -math.sin(angle)
    return matrix


def by_matrix_exponential(shift: int, d_model: int) -> Tensor:
    frequency = 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    turn = torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    return torch.linalg.matrix_exp(torch.block_diag(*[shift * f * turn for f in frequency]))


def from_the_table(shift: int, d_model: int) -> Tensor:
    sine, cosine = sinusoidal_encoding(shift + 1, d_model)[shift].view(-1, 2).unbind(1)
    diagonal = cosine.repeat_interleave(2).diag()
    beside = torch.stack([sine, torch.zeros_like(sine)], 1).flatten()[:-1].diag(1)
    return diagonal + beside - beside.T


ALTERNATIVES = {
    "entry_by_entry": (entry_by_entry,),
    "by_matrix_exponential": (by_matrix_exponential,),
    "from_the_table": (from_the_table,),
}
