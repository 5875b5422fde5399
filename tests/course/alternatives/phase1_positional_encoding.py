"""Other right ways to write the module."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from henkan.nn.position_encoding import sinusoidal_encoding


class WithABatchAxis(nn.Module):
    def __init__(self, d_model: int, max_len: int = 5000, dropout: float = 0.1) -> None:
        super().__init__()
        self.register_buffer("encoding", sinusoidal_encoding(max_len, d_model).unsqueeze(0), persistent=False)
        self.drop = nn.Dropout(p=dropout)

    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        length, longest = offset + x.shape[1], self.encoding.shape[1]
        if length > longest:
            raise ValueError(f"{length} positions asked for, {longest} known")
        return self.drop(x + self.encoding[:, offset:length, :])


class WithOwnWavesAndFunctionalDropout(nn.Module):
    def __init__(self, d_model: int, max_len: int = 5000, dropout: float = 0.1) -> None:
        super().__init__()
        self.p = dropout
        angle = torch.arange(max_len).unsqueeze(1) / 10000.0 ** (torch.arange(0, d_model, 2) / d_model)
        waves = torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)
        self.register_buffer("encoding", waves, persistent=False)

    def forward(self, x: Tensor, offset: int = 0) -> Tensor:
        places = offset + torch.arange(x.size(1), device=x.device)
        if int(places[-1]) >= len(self.encoding):
            raise ValueError(f"only {len(self.encoding)} positions, not {int(places[-1]) + 1}")
        return F.dropout(torch.add(self.encoding[places], x), self.p, self.training)


ALTERNATIVES = {
    "with_a_batch_axis": (WithABatchAxis,),
    "with_own_waves_and_functional_dropout": (WithOwnWavesAndFunctionalDropout,),
}
