"""``torch.nn.Transformer`` as its user runs it, with what it lacks: embeddings, positions, the output projection."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from henkan.bench.peers import Decode, Train, Way
from henkan.bench.phases import Parts
from henkan.bench.shapes import PAD, Shape, Work

PACKAGE = "torch"


class TorchTransformer(nn.Module):
    """Logits of the token after each position of ``tgt``."""

    positions: Tensor

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.tgt_embedding = nn.Embedding(shape.vocab_size, shape.d_model, padding_idx=PAD)
        self.src_embedding = (
            self.tgt_embedding if shape.tied else nn.Embedding(shape.vocab_size, shape.d_model, padding_idx=PAD)
        )
        nn.init.normal_(self.tgt_embedding.weight, std=shape.d_model**-0.5)
        nn.init.normal_(self.src_embedding.weight, std=shape.d_model**-0.5)
        self.register_buffer("positions", _sinusoids(shape.max_len, shape.d_model), persistent=False)
        self.dropout = nn.Dropout(dropout)
        sizes = (shape.d_model, shape.num_heads, shape.num_layers, shape.num_layers, shape.d_ff)
        self.transformer = nn.Transformer(*sizes, dropout, batch_first=True)
        self.projection = nn.Linear(shape.d_model, shape.vocab_size, bias=not shape.tied)
        if shape.tied:
            self.projection.weight = self.tgt_embedding.weight
        self.scale = math.sqrt(shape.d_model)

    def forward(self, src: Tensor, tgt: Tensor) -> Tensor:
        src_padding = src == PAD
        hidden = self.transformer(
            self._embed(self.src_embedding, src),
            self._embed(self.tgt_embedding, tgt),
            tgt_mask=nn.Transformer.generate_square_subsequent_mask(tgt.size(1), dtype=torch.bool),
            src_key_padding_mask=src_padding,
            tgt_key_padding_mask=tgt == PAD,
            memory_key_padding_mask=src_padding,
            tgt_is_causal=True,
        )
        return self.projection(hidden)

    def _embed(self, embedding: nn.Module, ids: Tensor) -> Tensor:
        return self.dropout(embedding(ids) * self.scale + self.positions[: ids.size(1)])


def parts(shape: Shape, way: Way) -> Parts:
    """The training step, and what its phases are seen by."""
    model: nn.Module = TorchTransformer(shape, shape.dropout if way.dropout else 0.0)
    decoder = model.get_submodule("transformer.decoder")
    fused = way.fused_optimizer or None  # not False: it would keep Adam from choosing the best of its other forms
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-9, fused=fused)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD, label_smoothing=0.1)
    run = torch.compile(model, dynamic=True) if way.compiled else model

    def step(work: Work) -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=way.precision == "bfloat16"):
            logits = run(work.src, work.tgt_in)
            loss = criterion(logits.flatten(0, 1), work.tgt_out.flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return Parts(step, _collate, decoder, optimizer)


def training(shape: Shape, way: Way) -> Train:
    """See ``Peer.training``."""
    return parts(shape, way).step


def decoding(shape: Shape, way: Way, beam: int) -> Decode:
    """There is none: the module has no cache, and no loop that decodes."""
    raise NotImplementedError("torch.nn.Transformer does not decode")


def _collate(sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> tuple[Tensor, ...]:
    padded = [pad_sequence([torch.tensor(row) for row in rows], True, PAD) for rows in (sources, targets)]
    return (*padded, padded[1][:, :-1], padded[1][:, 1:])


def _sinusoids(length: int, d_model: int) -> Tensor:
    angles = torch.arange(length).unsqueeze(1) * torch.exp(torch.arange(0, d_model, 2) * (-math.log(1e4) / d_model))
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
