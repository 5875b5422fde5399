"""Yoyodyne's ``TransformerModel`` without its trainer: pre-norm, and it keeps no keys and values."""

from typing import Any

import torch
from torch import Tensor
from yoyodyne.data import Batch, PaddedTensor
from yoyodyne.models import TransformerModel
from yoyodyne.models.modules import TransformerEncoder
from yoyodyne.special import END_IDX

from henkan.bench.peers import Decode, Train, Way
from henkan.bench.shapes import FIRST_WORD, OUTPUT_LENGTH, Shape, Work
from henkan.bench.update import make_decode, make_update

PACKAGE = "yoyodyne"
MOST_SYMBOLS = 1000  # for its beam search, which visits every one for every hypothesis in Python


def make_model(shape: Shape, way: Way, beam: int = 1, max_target_length: int = 0) -> TransformerModel:
    """One matrix embeds both sides, as it does by default; the output has its own."""
    dropout = shape.dropout if way.dropout else 0.0
    common = {"embedding_size": shape.d_model}
    encoder = TransformerEncoder(
        attention_heads=shape.num_heads, hidden_size=shape.d_ff, layers=shape.num_layers, dropout=dropout, **common
    )
    return TransformerModel(
        source_encoder=encoder,
        decoder_attention_heads=shape.num_heads,
        decoder_hidden_size=shape.d_ff,
        decoder_layers=shape.num_layers,
        decoder_dropout=dropout,
        beam_width=beam,
        label_smoothing=0.1,
        max_source_length=shape.max_len,
        max_target_length=max_target_length or shape.max_len,
        vocab_size=shape.vocab_size,
        target_vocab_size=shape.vocab_size,
        **common,
    )


def training(shape: Shape, way: Way) -> Train:
    """See ``Peer.training``. The model puts its own start symbol before ``tgt_out``, and has its own loss."""

    model = make_model(shape, way)
    criterion = model.loss_func

    def loss(run: Any, work: Work) -> Tensor:
        return criterion(run(_batch(work.src, work.tgt_out)), work.tgt_out)

    return make_update(model, way, loss)


def decoding(shape: Shape, way: Way, beam: int) -> Decode:
    """See ``Peer.decoding``. A beam over a vocabulary that it needs minutes for is a ``ValueError``."""
    if beam > 1 and shape.vocab_size > MOST_SYMBOLS:
        raise ValueError(
            "the beam search of yoyodyne visits every symbol in Python, "
            f"which takes minutes with more than {MOST_SYMBOLS}: decode greedily"
        )
    model = make_model(shape, way, beam, OUTPUT_LENGTH)
    model.teacher_forcing = False
    with torch.no_grad():  # it cannot be told to keep its end symbol away
        model.classifier.bias[: max(FIRST_WORD, END_IDX + 1)] = -torch.inf

    def search(src: Tensor) -> Any:
        found = model(_batch(src))
        return found.argmax(1) if beam == 1 else found[0][:, 0, 1:]  # the best of each row, without its start symbol

    return make_decode(model, way, search)


def _batch(src: Tensor, target: Tensor | None = None) -> Batch:
    return Batch(PaddedTensor.from_tensor(src), target=None if target is None else PaddedTensor.from_tensor(target))
