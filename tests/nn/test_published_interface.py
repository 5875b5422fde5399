"""Code written for the published notes runs with only its import line changed."""

import inspect

import pytest
import torch

from henkan.nn import (
    Decoder,
    DecoderLayer,
    Encoder,
    EncoderLayer,
    FeedForward,
    LayerNorm,
    MultiHeadAttention,
    PositionalEncoding,
    SelfAttention,
    Transformer,
    count_parameters,
    create_look_ahead_mask,
    create_masks,
    create_padding_mask,
)

from .small import SRC_VOCAB, TGT_VOCAB, random_ids

REQUIRED = inspect.Parameter.empty
LAYER = {"d_model": REQUIRED, "num_heads": REQUIRED, "d_ff": REQUIRED, "dropout": 0.1}
BASE = {"d_model": 512, "num_layers": 6, "num_heads": 8, "d_ff": 2048, "max_len": 5000, "dropout": 0.1}

SIGNATURES = [
    (Transformer, {"src_vocab_size": REQUIRED, "tgt_vocab_size": REQUIRED, **BASE}),
    (Transformer.forward, {"src": REQUIRED, "tgt": REQUIRED, "src_mask": None, "tgt_mask": None}),
    (Transformer.encode, {"src": REQUIRED, "src_mask": None}),
    (Transformer.decode, {"tgt": REQUIRED, "memory": REQUIRED, "src_mask": None, "tgt_mask": None}),
    (Transformer.greedy_decode, dict.fromkeys(["src", "max_len", "start_token_id", "end_token_id"], REQUIRED)),
    (
        Transformer.generate,
        {
            **dict.fromkeys(["src", "max_len", "start_token_id", "end_token_id"], REQUIRED),
            "temperature": 1.0,
            "top_k": None,
            "top_p": None,
        },
    ),
    (EncoderLayer, LAYER),
    (DecoderLayer, LAYER),
    (SelfAttention.forward, {"x": REQUIRED, "mask": None}),
    (MultiHeadAttention, {"d_model": REQUIRED, "num_heads": REQUIRED, "dropout": 0.1}),
    (MultiHeadAttention.forward, {"query": REQUIRED, "key": REQUIRED, "value": REQUIRED, "mask": None}),
    (PositionalEncoding, {"d_model": REQUIRED, "max_len": 5000, "dropout": 0.1}),
    (FeedForward, {"d_model": REQUIRED, "d_ff": REQUIRED, "dropout": 0.1}),
    (create_padding_mask, {"seq": REQUIRED, "pad_idx": 0}),
    (create_look_ahead_mask, {"size": REQUIRED}),
    (create_masks, {"src": REQUIRED, "tgt": REQUIRED, "pad_idx": 0}),
    (count_parameters, {"model": REQUIRED}),
]


@pytest.mark.parametrize(("published", "expected"), SIGNATURES, ids=lambda value: getattr(value, "__qualname__", ""))
def test_positional_arguments_are_published_in_this_order_with_these_defaults(
    published: object, expected: dict[str, object]
) -> None:
    parameters = inspect.signature(published).parameters.values()
    positional = {p.name: p.default for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"}
    assert list(positional.items()) == list(expected.items())


def test_keyword_arguments_of_the_model() -> None:
    parameters = inspect.signature(Transformer).parameters
    published = {"num_encoder_layers": None, "num_decoder_layers": None, "pad_idx": 0}
    assert {name: parameters[name].default for name in published} == published
    assert {parameters[name].kind for name in published} == {inspect.Parameter.KEYWORD_ONLY}


def test_the_defaults_are_the_papers_base_model() -> None:
    with torch.device("meta"):
        model = Transformer(5, 5)
    assert model.config == {
        "src_vocab_size": 5,
        "tgt_vocab_size": 5,
        "d_model": 512,
        "num_layers": 6,
        "num_heads": 8,
        "d_ff": 2048,
        "max_len": 5000,
        "dropout": 0.1,
        "num_encoder_layers": 6,
        "num_decoder_layers": 6,
        "pad_idx": 0,
        "tie_embeddings": "none",
        "norm_first": False,
        "activation": "relu",
        "attention_dropout": 0.0,
        "activation_dropout": 0.0,
    }


def test_the_attributes_that_the_notes_reach_for() -> None:
    model = Transformer(SRC_VOCAB, TGT_VOCAB, 8, 2, 2, 16)
    assert model.src_embedding.num_embeddings == SRC_VOCAB
    assert model.tgt_embedding.num_embeddings == TGT_VOCAB
    assert isinstance(model.encoder, Encoder)
    assert isinstance(model.decoder, Decoder)
    for i in range(2):
        assert isinstance(model.encoder.layers[i].self_attention, MultiHeadAttention)
        assert isinstance(model.decoder.layers[i].self_attention, MultiHeadAttention)
        assert isinstance(model.decoder.layers[i].cross_attention, MultiHeadAttention)
    assert model.fc_out is model.output_projection
    assert model.fc_out(torch.randn(1, 3, 8)).shape == (1, 3, TGT_VOCAB)
    assert model.d_model == 8


def test_the_stacks_have_no_embedding_inside() -> None:
    for stack in (Encoder(1, 8, 2, 16), Decoder(1, 8, 2, 16)):
        assert not any(isinstance(module, torch.nn.Embedding) for module in stack.modules())


def test_a_model_of_the_notes_takes_its_sizes_by_position() -> None:
    model = Transformer(100, 102, 128, 2, 4, 512, 22, 0.1)
    src, tgt = random_ids(2, 22), random_ids(2, 22)
    src_mask, tgt_mask = create_masks(src, tgt)
    memory = model.encode(src, src_mask)
    assert model.fc_out(model.decode(tgt, memory, src_mask, tgt_mask)).shape == (2, 22, 102)
    with pytest.raises(ValueError, match="max_len=22"):
        model.encode(random_ids(2, 23))


def test_attention_returns_output_and_weights() -> None:
    x = torch.randn(2, 5, 8)
    output, weights = SelfAttention(8)(x)
    assert (output.shape, weights.shape) == ((2, 5, 8), (2, 5, 5))
    output, weights = MultiHeadAttention(8, 2)(x[:, :3], x, x)
    assert (output.shape, weights.shape) == ((2, 3, 8), (2, 2, 3, 5))


def test_layer_norm_takes_its_eps() -> None:
    assert LayerNorm(8, 1e-6).eps == LayerNorm(8, eps=1e-6).eps == 1e-6
