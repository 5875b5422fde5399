"""JoeyNMT: its model, its loss and its two searches. They keep no keys and values."""

import logging
from types import SimpleNamespace
from typing import Any

from joeynmt.model import Model, build_model
from joeynmt.search import beam_search, greedy
from joeynmt.vocabulary import Vocabulary
from torch import Tensor

from henkan.bench.peers import Decode, Train, Way
from henkan.bench.shapes import BOS, EOS, FIRST_WORD, OUTPUT_LENGTH, PAD, Shape, Work
from henkan.bench.update import make_decode, make_update

PACKAGE = "joeynmt"


def make_model(shape: Shape, way: Way) -> Model:
    """From a configuration as its users write it, with its loss."""
    dropout = shape.dropout if way.dropout else 0.0
    side = {
        "type": "transformer",
        "num_layers": shape.num_layers,
        "num_heads": shape.num_heads,
        "hidden_size": shape.d_model,
        "ff_size": shape.d_ff,
        "dropout": dropout,
        "layer_norm": "post",
        "embeddings": {"embedding_dim": shape.d_model, "scale": True, "dropout": dropout},
    }
    logging.getLogger("joeynmt.model").setLevel(logging.WARNING)  # each model would say that it is being built
    vocabulary = _make_vocabulary(shape.vocab_size)
    tying = {"tied_embeddings": shape.tied, "tied_softmax": shape.tied}
    model = build_model({"encoder": side, "decoder": side, **tying}, vocabulary, vocabulary)
    model.loss_function = ("crossentropy", 0.1)
    return model


def training(shape: Shape, way: Way) -> Train:
    """See ``Peer.training``. The loss is per token, as its configurations have it (``normalization: "tokens"``)."""

    def loss(run: Any, work: Work) -> Tensor:
        found, *_ = run(
            return_type="loss",
            src=work.src,
            src_length=None,  # for its recurrent encoder
            src_mask=_mask(work.src),
            trg_input=work.tgt_in,
            trg=work.tgt_out,
            trg_mask=_mask(work.tgt_out),
        )
        return found / work.num_target_tokens

    return make_update(make_model(shape, way), way, loss)


def decoding(shape: Shape, way: Way, beam: int) -> Decode:
    """See ``Peer.decoding``."""
    model = make_model(shape, way)

    def search(src: Tensor) -> Any:
        src_mask = _mask(src)
        memory, hidden, *_ = model(return_type="encode", src=src, src_length=None, src_mask=src_mask)
        common: dict[str, Any] = {
            "model": model,
            "encoder_output": memory,
            "encoder_hidden": hidden,
            "src_mask": src_mask,
            "max_output_length": OUTPUT_LENGTH,
            "min_output_length": OUTPUT_LENGTH,
            "autocast": {"device_type": src.device.type, "enabled": way.precision == "bfloat16"},
        }
        return (greedy(**common) if beam == 1 else beam_search(beam_size=beam, alpha=1.0, **common))[0]

    return make_decode(model, way, search)


def _mask(ids: Tensor) -> Tensor:
    return (ids != PAD).unsqueeze(1)


def _make_vocabulary(size: int) -> Vocabulary:
    names = SimpleNamespace(
        unk_token="<unk>", pad_token="<pad>", bos_token="<s>", eos_token="</s>", sep_token=None, lang_tags=[],
        unk_id=0, pad_id=1, bos_id=2, eos_id=3,
    )  # fmt: skip
    vocabulary = Vocabulary([f"<{idx}>" for idx in range(FIRST_WORD, size)], names)
    # It wants its own order of the first four; the model only asks for these numbers.
    vocabulary.pad_index, vocabulary.bos_index, vocabulary.eos_index, vocabulary.unk_index = PAD, BOS, EOS, 3
    return vocabulary
