"""Token embeddings, and the output projection that may share them (paper, section 3.4)."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from henkan.nn.checks import check_ids


class TokenEmbedding(nn.Embedding):
    """A row of a learned matrix for each token, times sqrt(d_model) (paper, section 3.4).

    The row of ``pad_idx`` is zero and stays zero. ``name`` is what an error calls the ids.
    """

    def __init__(self, vocab_size: int, d_model: int, pad_idx: int = 0, *, name: str = "ids") -> None:
        super().__init__(vocab_size, d_model, padding_idx=pad_idx)
        self.scale = math.sqrt(d_model)
        self.name = name

    def reset_parameters(self) -> None:
        # After the scaling by sqrt(d_model) a token's vector has entries of unit variance.
        nn.init.normal_(self.weight, std=self.embedding_dim**-0.5)
        with torch.no_grad():
            self.weight[self.padding_idx] = 0.0

    def forward(self, ids: Int[Tensor, "B T"]) -> Float[Tensor, "B T d_model"]:
        """The scaled vectors of ``ids``. Raises ``ValueError`` for an id outside the vocabulary."""
        check_ids(ids, self.num_embeddings, self.name)
        return super().forward(ids) * self.scale  # [eq-emb]


class TiedProjection(nn.Module):
    """The output projection that shares an embedding's matrix, without a bias (paper, section 3.4)."""

    def __init__(self, embedding: TokenEmbedding) -> None:
        super().__init__()
        self.weight = embedding.weight
        self.pad_idx = embedding.padding_idx

    def forward(self, x: Float[Tensor, "B T d_model"]) -> Float[Tensor, "B T V"]:
        """The logits of ``x``."""
        # The padding's logit is the constant 0, so that its row gets no gradient and stays zero.
        if torch.is_grad_enabled():  # the weights are copied for it, and not the logits: there are more of those
            weight = self.weight.clone()
            weight[self.pad_idx] = 0.0
            return F.linear(x, weight)
        logits = F.linear(x, self.weight)
        logits[..., self.pad_idx] = 0.0
        return logits
