"""Masks: who may look at whom. Boolean, True = may attend (paper, section 3.2.3)."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor


def create_padding_mask(seq: Int[Tensor, "B S"], pad_idx: int = 0) -> Bool[Tensor, "B 1 1 S"]:
    """True at the real tokens of ``seq``, False at the padding, for every head and every query."""
    return (seq != pad_idx)[:, None, None, :]


def create_look_ahead_mask(size: int, *, device: torch.device | str | None = None) -> Bool[Tensor, "1 1 size size"]:
    """True where the key stands at or before the query: position t may see 0 to t, and no future."""
    return torch.ones(size, size, dtype=torch.bool, device=device).tril()[None, None]


def create_masks(
    src: Int[Tensor, "B S"], tgt: Int[Tensor, "B T"], pad_idx: int = 0
) -> tuple[Bool[Tensor, "B 1 1 S"], Bool[Tensor, "B 1 T T"]]:
    """The source mask (padding) and the target mask (padding and look-ahead), True = may attend."""
    return create_padding_mask(src, pad_idx), create_target_mask(tgt, pad_idx)


def create_target_mask(tgt: Int[Tensor, "B T"], pad_idx: int = 0) -> Bool[Tensor, "B 1 T T"]:
    """True where a target position may look: at real tokens, at or before itself."""
    return create_padding_mask(tgt, pad_idx) & create_look_ahead_mask(tgt.size(1), device=tgt.device)
