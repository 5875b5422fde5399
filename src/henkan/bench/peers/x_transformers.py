"""lucidrains' ``XTransformer``: learned positions, GELU and an output matrix of its own, as it has them."""

from typing import Any

import torch
from torch import Tensor, nn
from x_transformers import XTransformer

from henkan.bench.peers import Decode, Train, Way
from henkan.bench.shapes import BOS, EOS, OUTPUT_LENGTH, PAD, Shape, Work
from henkan.bench.update import make_decode, make_update, smoothed_cross_entropy

PACKAGE = "x-transformers"


def make_model(shape: Shape, way: Way) -> XTransformer:
    """Post-norm, and its heads as wide as the paper's: its own would be 64 wide, however many they are."""
    dropout = shape.dropout if way.dropout else 0.0
    side = {
        "num_tokens": shape.vocab_size,
        "max_seq_len": shape.max_len,
        "depth": shape.num_layers,
        "heads": shape.num_heads,
        "attn_dim_head": shape.d_model // shape.num_heads,
        "ff_mult": shape.d_ff / shape.d_model,
        "pre_norm": False,
        "emb_dropout": dropout,
        "attn_dropout": dropout,
        "attn_sublayer_dropout": dropout,
        "ff_dropout": dropout,
        "ff_sublayer_dropout": dropout,
    }
    sides = {f"{name}_{key}": value for name in ("enc", "dec") for key, value in side.items()}
    return XTransformer(dim=shape.d_model, tie_token_emb=shape.tied, pad_value=PAD, **sides)


def training(shape: Shape, way: Way) -> Train:
    """See ``Peer.training``."""

    def loss(run: Any, work: Work) -> Tensor:
        return smoothed_cross_entropy(run(work.src, work.tgt_in), work.tgt_out)

    return make_update(_Logits(make_model(shape, way)), way, loss)


class _Logits(nn.Module):
    """What ``XTransformer`` computes a loss from, as its own has no label smoothing."""

    def __init__(self, model: XTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, src: Tensor, tgt_in: Tensor) -> Tensor:
        mask = src != PAD
        memory = self.model.encoder(src, mask=mask, return_embeddings=True)
        return self.model.decoder.net(tgt_in, context=memory, context_mask=mask)


def decoding(shape: Shape, way: Way, beam: int) -> Decode:
    """See ``Peer.decoding``. Its beam search is for one row: more are a ``ValueError`` when they come."""
    model = make_model(shape, way)
    model.decoder.net.to_logits.register_forward_hook(_forbid_special)

    def search(src: Tensor) -> Any:
        mask, start = src != PAD, src.new_full((src.size(0), 1), BOS)
        if beam == 1:
            return model.generate(src, start, OUTPUT_LENGTH, mask=mask, temperature=0.0)
        if src.size(0) > 1:
            raise ValueError("the beam search of x-transformers fails for more than one row: decode greedily")
        memory = model.encoder(src, mask=mask, return_embeddings=True)
        return model.decoder.beam_search(start, OUTPUT_LENGTH, beams=beam, context=memory, context_mask=mask)

    return make_decode(model, way, search)


def _forbid_special(_module: Any, _inputs: Any, logits: Tensor) -> None:
    """It has no other way to keep the end token away when it decodes greedily."""
    logits[..., [PAD, BOS, EOS]] = -torch.inf
