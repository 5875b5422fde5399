"""Random input for checks and probes: the same numbers in every run, in double precision."""

import torch
from torch import Tensor


def normal(*shape: int, seed: int | None = None) -> Tensor:
    """Normally distributed numbers that depend on shape and seed alone, float64."""
    generator = torch.Generator().manual_seed(sum(shape) if seed is None else seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)
