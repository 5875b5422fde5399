"""Other right ways to look tokens up."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def by_look_up(ids: Tensor, matrix: Tensor, pad_idx: int = 0) -> Tensor:
    return F.embedding(ids, matrix, padding_idx=pad_idx) * math.sqrt(matrix.shape[1])


def by_einsum(ids: Tensor, matrix: Tensor, pad_idx: int = 0) -> Tensor:
    one_hot = (ids.unsqueeze(-1) == torch.arange(len(matrix))) & (ids != pad_idx).unsqueeze(-1)
    return torch.einsum("btv,vd->btd", one_hot.to(matrix.dtype), matrix * matrix.shape[1] ** 0.5)


def by_indexing_and_masking(ids: Tensor, matrix: Tensor, pad_idx: int = 0) -> Tensor:
    return matrix[ids] * (ids != pad_idx).unsqueeze(-1) * math.sqrt(matrix.shape[1])


def root_in_single_precision(ids: Tensor, matrix: Tensor, pad_idx: int = 0) -> Tensor:
    return F.embedding(ids, matrix, padding_idx=pad_idx) * torch.sqrt(torch.tensor(matrix.size(1)))


ALTERNATIVES = {
    "by_look_up": (by_look_up,),
    "by_einsum": (by_einsum,),
    "by_indexing_and_masking": (by_indexing_and_masking,),
    "root_in_single_precision": (root_in_single_precision,),
}
