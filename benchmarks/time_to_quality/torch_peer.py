"""``torch.nn.Transformer`` with embeddings and positions around it, as PyTorch's tutorials have it."""

import math

import torch
from torch import Tensor, nn

from time_to_quality.batches import Work
from time_to_quality.contest import Contest, Sizes
from time_to_quality.peer import Settings

PACKAGE = "torch"
NOTE = ""


class Seq2Seq(nn.Module):
    """Embeddings, sinusoids, ``nn.Transformer`` and a projection."""

    def __init__(self, contest: Contest) -> None:
        super().__init__()
        sizes = contest.sizes
        self.src_embedding = nn.Embedding(contest.src_vocab_size, sizes.d_model, padding_idx=contest.pad_idx)
        self.tgt_embedding = nn.Embedding(contest.tgt_vocab_size, sizes.d_model, padding_idx=contest.pad_idx)
        for embedding in (self.src_embedding, self.tgt_embedding):
            nn.init.normal_(embedding.weight, std=sizes.d_model**-0.5)
        self.transformer = nn.Transformer(
            sizes.d_model, sizes.num_heads, sizes.num_encoder_layers, sizes.num_decoder_layers, sizes.d_ff,
            sizes.dropout, batch_first=True, norm_first=sizes.norm_first,
        )  # fmt: skip
        self.dropout = nn.Dropout(sizes.dropout)
        self.projection = nn.Linear(sizes.d_model, contest.tgt_vocab_size)
        self.register_buffer("positions", sinusoids(sizes), persistent=False)
        self.scale, self.pad_idx = math.sqrt(sizes.d_model), contest.pad_idx

    def forward(self, src: Tensor, tgt_in: Tensor) -> Tensor:
        """The logits after each target position."""
        return self.projection(self.decode(tgt_in, self.encode(src), src))

    def encode(self, src: Tensor) -> Tensor:
        """The memory of ``src``."""
        return self.transformer.encoder(
            self._embedded(self.src_embedding, src), src_key_padding_mask=src == self.pad_idx
        )

    def decode(self, tgt: Tensor, memory: Tensor, src: Tensor) -> Tensor:
        """The target's vectors."""
        causal = torch.ones(tgt.size(1), tgt.size(1), dtype=torch.bool).triu(1)  # True hides
        return self.transformer.decoder(
            self._embedded(self.tgt_embedding, tgt), memory, tgt_mask=causal, tgt_is_causal=True,
            tgt_key_padding_mask=tgt == self.pad_idx, memory_key_padding_mask=src == self.pad_idx,
        )  # fmt: skip

    def _embedded(self, embedding: nn.Embedding, ids: Tensor) -> Tensor:
        return self.dropout(embedding(ids) * self.scale + self.positions[: ids.size(1)])


def sinusoids(sizes: Sizes) -> Tensor:
    """The positional encoding of the paper's section 3.5, (max_len, d_model)."""
    rates = torch.exp(torch.arange(0, sizes.d_model, 2) * (-math.log(10_000.0) / sizes.d_model))
    angles = torch.arange(sizes.max_len).unsqueeze(1) * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def make_model(contest: Contest, settings: Settings) -> nn.Module:
    """The model, its dropout where the contest has it, unless ``settings.inner_dropout`` leaves it as torch has it."""
    model = Seq2Seq(contest)
    if not settings.inner_dropout:
        for module in model.modules():
            if isinstance(module, nn.MultiheadAttention):
                module.dropout = 0.0
            if isinstance(module, (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)):
                module.dropout.p = 0.0  # between the two matrices of the feed-forward network
    return model


def logits_of(model: nn.Module, work: Work, contest: Contest) -> Tensor:
    """The logits after each target position."""
    return model(work.src, work.tgt_in)


def decode(model: nn.Module, src: Tensor, contest: Contest) -> Tensor:
    """The likeliest next token, until all rows have ended: the whole prefix again at each step, for want of a cache."""
    assert isinstance(model, Seq2Seq)
    memory = model.encode(src)
    tgt = torch.full((src.size(0), 1), contest.bos_idx)
    ended = torch.zeros(src.size(0), dtype=torch.bool)
    while not ended.all() and tgt.size(1) <= contest.max_output:
        symbol = model.projection(model.decode(tgt, memory, src)[:, -1]).argmax(dim=-1)
        symbol = symbol.masked_fill(ended, contest.pad_idx)
        ended |= symbol == contest.eos_idx
        tgt = torch.cat([tgt, symbol.unsqueeze(1)], dim=1)
    return tgt
