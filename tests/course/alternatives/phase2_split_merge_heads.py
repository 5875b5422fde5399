"""Other right ways to write phase2/split_merge_heads."""

import torch
from torch import Tensor


def split_by_chunks(x: Tensor, num_heads: int) -> Tensor:
    return torch.stack(x.chunk(num_heads, dim=-1), dim=1)


def merge_by_cat(x: Tensor) -> Tensor:
    return torch.cat([x[:, head] for head in range(x.size(1))], dim=-1)


def split_by_unflatten(x: Tensor, num_heads: int) -> Tensor:
    return x.unflatten(-1, (num_heads, -1)).permute(0, 2, 1, 3).contiguous()


def merge_by_view(x: Tensor) -> Tensor:
    batch, num_heads, length, width = x.shape
    return x.permute(0, 2, 1, 3).contiguous().view(batch, length, num_heads * width)


def split_by_einsum(x: Tensor, num_heads: int) -> Tensor:
    batch, length, d_model = x.shape
    return torch.einsum("bthd->bhtd", x.reshape(batch, length, num_heads, d_model // num_heads))


def merge_by_reshape(x: Tensor) -> Tensor:
    return x.swapaxes(1, 2).reshape(x.size(0), x.size(2), -1)


ALTERNATIVES = {
    "chunks": (split_by_chunks, merge_by_cat),
    "unflatten": (split_by_unflatten, merge_by_view),
    "einsum": (split_by_einsum, merge_by_reshape),
}
