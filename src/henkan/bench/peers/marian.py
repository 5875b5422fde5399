"""Hugging Face's ``MarianMTModel``, the encoder-decoder of its library that is the paper's, and its ``generate``."""

from typing import Any

from torch import Tensor
from transformers import MarianConfig, MarianMTModel

from henkan.bench.peers import Decode, Train, Way
from henkan.bench.shapes import BOS, EOS, OUTPUT_LENGTH, PAD, Shape, Work
from henkan.bench.update import make_decode, make_update, smoothed_cross_entropy

PACKAGE = "transformers"


def make_model(shape: Shape, way: Way) -> MarianMTModel:
    """With the paper's activation, and dropout in all three places that Marian has for it."""
    dropout = shape.dropout if way.dropout else 0.0
    config = MarianConfig(
        vocab_size=shape.vocab_size,
        d_model=shape.d_model,
        encoder_layers=shape.num_layers,
        decoder_layers=shape.num_layers,
        encoder_attention_heads=shape.num_heads,
        decoder_attention_heads=shape.num_heads,
        encoder_ffn_dim=shape.d_ff,
        decoder_ffn_dim=shape.d_ff,
        max_position_embeddings=shape.max_len,
        activation_function="relu",
        dropout=dropout,
        attention_dropout=dropout,
        activation_dropout=dropout,
        scale_embedding=True,
        share_encoder_decoder_embeddings=shape.tied,
        tie_word_embeddings=shape.tied,
        pad_token_id=PAD,
        bos_token_id=BOS,
        eos_token_id=EOS,
        decoder_start_token_id=BOS,
        forced_eos_token_id=None,
    )
    return MarianMTModel(config)


def training(shape: Shape, way: Way) -> Train:
    """See ``Peer.training``."""

    def loss(run: Any, work: Work) -> Tensor:
        logits = run(
            work.src,
            attention_mask=work.src != PAD,
            decoder_input_ids=work.tgt_in,
            decoder_attention_mask=work.tgt_in != PAD,
            use_cache=False,
        ).logits
        return smoothed_cross_entropy(logits, work.tgt_out)

    return make_update(make_model(shape, way), way, loss)


def decoding(shape: Shape, way: Way, beam: int) -> Decode:
    """See ``Peer.decoding``."""
    model = make_model(shape, way)

    def search(src: Tensor) -> Any:
        return model.generate(
            src,
            attention_mask=src != PAD,
            num_beams=beam,
            do_sample=False,
            min_new_tokens=OUTPUT_LENGTH,
            max_new_tokens=OUTPUT_LENGTH,
        )[:, 1:]

    return make_decode(model, way, search)
